//! What a thread of this process waits for in the kernel, as far as the kernel tells: `/proc/self/task/N/syscall`
//! (proc(5)) has the number of the call and its arguments, and of a read the first argument is an open file.

use std::fs;

use nix::unistd::gettid;

/// The calls that read an open file, and what people call them.
const READS: [(libc::c_long, &str); 4] = [
    (libc::SYS_read, "a read of"),
    (libc::SYS_pread64, "a read of"),
    (libc::SYS_ioctl, "a command to"),
    (libc::SYS_getdents64, "the listing of"),
];

/// The kernel's number of the calling thread.
pub(super) fn own_number() -> i32 {
    gettid().as_raw()
}

/// What the thread with this number waits for: `a read of /sys/class/…/manufacturer`. Nothing of one that runs, or where
/// the kernel does not tell.
pub(super) fn of(number: i32) -> Option<String> {
    let line = fs::read_to_string(format!("/proc/self/task/{number}/syscall")).ok()?;
    let (what, descriptor) = reads(&line)?;
    let path = fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
    Some(format!("{what} {}", path.display()))
}

/// What a thread does and on which descriptor: `17 0x5 0x7ffd… 0x1000 0x0 …`.
fn reads(line: &str) -> Option<(&'static str, u32)> {
    let mut words = line.split_ascii_whitespace();
    let call: libc::c_long = words.next()?.parse().ok()?;
    let (_, what) = READS.iter().find(|(number, _)| *number == call)?;
    let descriptor = words.next()?.strip_prefix("0x")?;
    Some((what, u32::from_str_radix(descriptor, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_told_by_its_descriptor_and_other_calls_are_not() {
        let of =
            |number: libc::c_long| format!("{number} 0x1f 0x7ffd0000 0x1000 0x0 0x0 0x0 0x7ffd 0x7f12\n");
        assert_eq!(reads(&of(libc::SYS_read)), Some(("a read of", 0x1f)));
        assert_eq!(reads(&of(libc::SYS_pread64)), Some(("a read of", 0x1f)));
        assert_eq!(reads(&of(libc::SYS_futex)), None);
        for line in ["running\n", "-1 0x0 0x0\n", "", "0", "0 5", "0 0xzz"] {
            assert_eq!(reads(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_thread_that_reads_an_empty_pipe_waits_for_that_pipe() {
        if !std::path::Path::new("/proc/thread-self/syscall").exists() {
            eprintln!("skipped: this kernel does not tell what a thread waits for");
            return;
        }
        let (mut read, write) = std::io::pipe().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            tell.send(own_number()).unwrap();
            std::io::Read::read(&mut read, &mut [0; 1]).unwrap()
        });
        let number = told.recv().unwrap();
        // It is on its way there.
        let waits_for = loop {
            match of(number) {
                Some(waits_for) if waits_for.contains("pipe:") => break waits_for,
                Some(_) | None => std::thread::yield_now(),
            }
        };
        assert!(waits_for.starts_with("a read of pipe:"), "{waits_for}");
        drop(write);
        assert_eq!(reader.join().unwrap(), 0);
    }
}
