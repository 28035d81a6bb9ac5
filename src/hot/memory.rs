//! Memory that a lane touches, faulted in and locked, so that no tick waits for a page.
//!
//! Only the lane's own memory is locked, not the process: the rest of the program may be paged as the kernel likes.

use std::hint::black_box;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::sys::mman::mlock;

use crate::sync::{Region, region};

/// Stack that a lane and its sensors may use without a page fault, in bytes.
pub const STACK_TOUCHED: usize = 64 << 10;

/// Locks each region, to whole pages, and with that faults it in. The lock lasts until the memory goes back to the
/// kernel; memory that shares a page with a region is locked with it.
///
/// # Errors
/// What `mlock` said first: `EPERM` or `ENOMEM` where `RLIMIT_MEMLOCK` is too small and `CAP_IPC_LOCK` lacking. The
/// regions before stay locked.
pub fn lock(regions: impl IntoIterator<Item = Region>) -> Result<(), Errno> {
    for (start, bytes) in regions {
        let Some(start) = NonNull::new(start.cast_mut()) else { continue };
        if bytes > 0 {
            lock_one(start, bytes)?;
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "nix marks mlock unsafe, as it takes any address")]
fn lock_one(start: NonNull<u8>, bytes: usize) -> Result<(), Errno> {
    // SAFETY: mlock neither reads nor writes through the pointer and changes only whether the pages stay resident. The
    // kernel checks the range itself and answers ENOMEM where nothing is mapped.
    unsafe { mlock(start.cast(), bytes) }
}

/// Faults in [`STACK_TOUCHED`] bytes of the calling thread's stack, and locks them if `locked`.
///
/// # Errors
/// As [`lock`].
#[inline(never)]
pub fn prepare_stack(locked: bool) -> Result<(), Errno> {
    let mut stack = [0_u8; STACK_TOUCHED];
    black_box(&mut stack);
    if locked { lock([region(&stack)]) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_lock_is_no_error() {
        let empty: [u64; 0] = [];
        assert_eq!(lock([region(&empty)]), Ok(()));
        assert_eq!(lock([]), Ok(()));
    }

    #[test]
    fn a_range_that_is_not_mapped_is_the_kernels_to_refuse() {
        let nowhere: Region = (std::ptr::without_provenance(1 << 46), 4096);
        assert!(matches!(lock([nowhere]), Err(Errno::ENOMEM | Errno::EPERM)));
    }

    #[test]
    fn a_stack_is_prepared_without_a_lock_on_any_machine() {
        assert_eq!(prepare_stack(false), Ok(()));
    }
}
