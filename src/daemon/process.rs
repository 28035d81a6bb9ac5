//! What the process asks of the kernel and the allocator before it starts its threads.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// One heap for all threads: the few that allocate do so seldom, and each further heap would keep its own spare pages.
const ARENAS_MAX: libc::c_int = 1;

/// Free memory at the top of the heap beyond this goes back to the kernel.
const TRIM_BYTES: libc::c_int = 64 << 10;

/// Buffers from this size on are mapped singly, and so given back whole when they are freed.
const MAP_BYTES: libc::c_int = 256 << 10;

/// Sets the allocator's limits and raises the number of open files to what is allowed.
pub(super) fn prepare() {
    for (setting, value) in [
        (libc::M_ARENA_MAX, ARENAS_MAX),
        (libc::M_TRIM_THRESHOLD, TRIM_BYTES),
        (libc::M_MMAP_THRESHOLD, MAP_BYTES),
    ] {
        set_allocator(setting, value);
    }
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_soft, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(errno) = raised {
        tracing::warn!("the limit of open files stays as it is: {errno}");
    }
}

/// Gives the heap's free pages back to the kernel. Arming and the meaning of the series it changes leave holes behind;
/// who calls this now and then holds no more memory than is in use.
#[expect(unsafe_code, reason = "glibc's allocator is trimmed by a plain C call that nix does not have")]
pub(super) fn give_back_memory() {
    // SAFETY: malloc_trim takes the heap's own lock and touches free memory alone; any thread may call it at any time.
    let given_back = unsafe { libc::malloc_trim(0) };
    tracing::debug!("free memory given back: {}", given_back == 1);
}

#[expect(unsafe_code, reason = "glibc's allocator is set by a plain C call that nix does not have")]
fn set_allocator(setting: libc::c_int, value: libc::c_int) {
    // SAFETY: mallopt takes any pair of numbers and refuses what it does not know; it is called by `prepare` alone,
    // before another thread exists that could allocate meanwhile.
    let accepted = unsafe { libc::mallopt(setting, value) };
    if accepted == 0 {
        tracing::debug!("the allocator does not know setting {setting}");
    }
}
