//! What the process asks of the kernel and the allocator: limits before it starts its threads, and memory it can do without.

use std::{fs, io, ptr};

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

/// Lets go of the pages of program and libraries that are mapped by now: what starting, reading the configuration and
/// arming needed is not needed again soon. The kernel keeps the pages as it keeps those of any file; the ones that are
/// run again come back at their first use, sixteen at a time (`src/link/steady.ld` has them side by side), which costs a
/// microsecond or two each time and no read of a disk.
pub(super) fn give_back_program() {
    let maps = match fs::read_to_string(MAPS) {
        Ok(maps) => maps,
        Err(error) => return tracing::debug!("{MAPS}: {error}; the pages of the start stay"),
    };
    for (start, bytes) in maps.lines().filter_map(never_written) {
        if let Err(error) = give_back_mapping(start, bytes) {
            tracing::debug!("{bytes} bytes of the program stay in memory: {error}");
        }
    }
}

/// What is mapped into this process (`Documentation/filesystems/proc.rst`).
const MAPS: &str = "/proc/self/maps";

/// Start and length of a mapping whose pages are as in its file: `7f00-7f20 r-xp 00001000 fe:00 42 /usr/bin/hearth`.
/// Those are the private ones that are run, and the first of each file, which holds its headers. What the loader writes
/// into and then protects (RELRO) is a later one.
fn never_written(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (rights, offset) = (fields.next()?, fields.next()?);
    let is_of_file = fields.nth(2).is_some_and(|path| path.starts_with('/'));
    let is_headers = rights == "r--p" && offset.bytes().all(|digit| digit == b'0');
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    (is_of_file && (rights == "r-xp" || is_headers)).then_some((start, end.checked_sub(start)?))
}

#[expect(unsafe_code, reason = "madvise may take memory away and so is unsafe")]
fn give_back_mapping(start: usize, bytes: usize) -> io::Result<()> {
    // SAFETY: `never_written` names private mappings of files that nothing in this process has written to: they are not
    // writable, and position-independent programs have no relocations in what is run nor in their headers. A page that is
    // let go holds what the file holds, and the kernel fills it in again from there before anybody sees it.
    let outcome =
        unsafe { libc::madvise(ptr::with_exposed_provenance_mut(start), bytes, libc::MADV_DONTNEED) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_run_and_headers_are_given_back_and_nothing_that_may_have_been_written() {
        for (line, expected) in [
            ("1000-3000 r--p 00000000 fe:00 42    /usr/bin/hearth", Some((0x1000, 0x2000))),
            ("3000-9000 r-xp 00002000 fe:00 42    /usr/bin/hearth", Some((0x3000, 0x6000))),
            ("9000-a000 r--p 00008000 fe:00 42    /usr/bin/hearth", None),
            ("a000-b000 rw-p 00009000 fe:00 42    /usr/bin/hearth", None),
            ("b000-c000 rw-p 00000000 00:00 0     [heap]", None),
            ("c000-d000 r--s 00000000 fe:00 43    /run/shared", None),
            ("d000-e000 r-xp 00000000 00:00 0     [vdso]", None),
            ("e000-f000 r-xp 00000000 00:00 0", None),
            ("", None),
        ] {
            assert_eq!(never_written(line), expected, "{line}");
        }
    }

    #[test]
    fn a_program_whose_pages_were_given_back_goes_on() {
        let maps = fs::read_to_string(MAPS).unwrap();
        let found: Vec<(usize, usize)> = maps.lines().filter_map(never_written).collect();
        assert!(found.len() >= 2, "a program has headers and code: {maps}");
        for (start, bytes) in found {
            give_back_mapping(start, bytes).unwrap();
        }
    }
}
