//! All processes: a pass over `/proc/[pid]/stat`.
//!
//! For the slow lane. A pass opens and closes one file for each process, as a kept-open file would hold a process's
//! number in use for nothing and run into the limit of open files; it allocates nothing.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::directory::Directory;
use super::stat::{self, ProcessStat};
use crate::file::{Errno, OpenError, OpenStep};

/// Path below the root.
const PATH: &str = "proc";
/// Processes looked at in one pass at most. Linux allows 32 768 unless told otherwise; a pass over this many takes a
/// few hundred milliseconds.
pub const PROCESSES_MAX: usize = 32_768;
/// A line has 52 numbers of at most 20 digits and a command of at most 63 bytes.
const LINE_BYTES: usize = 2048;
/// Behind the number of a process, with the NUL that ends the name.
const NAME_END: &[u8] = b"/stat\0";
/// Ten digits and the end.
const NAME_BYTES: usize = 16;
/// Times that an interrupted system call is tried again.
const INTERRUPTIONS_MAX: u32 = 8;

/// What one pass could not give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Processes given.
    pub seen: usize,
    /// Processes that ended between being listed and being read.
    pub vanished: usize,
    /// Processes that could not be read or understood (`hidepid` hides those of others).
    pub unreadable: usize,
    /// Whether there were more than [`PROCESSES_MAX`]; the rest was not looked at.
    pub is_cut: bool,
}

/// The open directory of processes.
#[derive(Debug)]
pub struct ProcessTable {
    directory: Directory,
}

impl ProcessTable {
    /// Opens the directory below `root`.
    ///
    /// # Errors
    /// [`OpenError`] when it is not there.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let path = root.join(PATH);
        match Directory::open(&path) {
            Ok(directory) => Ok(Self { directory }),
            Err(errno) => Err(OpenError { path, step: OpenStep::Open, errno }),
        }
    }

    /// Gives each process to `each`, by rising number.
    ///
    /// # Errors
    /// [`Errno`] when the directory cannot be listed; that one process cannot be read is counted in [`Pass`].
    pub fn scan(&mut self, each: impl FnMut(&ProcessStat)) -> Result<Pass, Errno> {
        self.scan_at_most(PROCESSES_MAX, each)
    }

    fn scan_at_most(&mut self, most: usize, mut each: impl FnMut(&ProcessStat)) -> Result<Pass, Errno> {
        let mut pass = Pass::default();
        let mut line = [0; LINE_BYTES];
        let mut name = [0; NAME_BYTES];
        self.directory.list(|base, entry| {
            let Some(name) = stat_name(entry, &mut name) else { return ControlFlow::Continue(()) };
            if pass.seen + pass.vanished + pass.unreadable >= most {
                pass.is_cut = true;
                return ControlFlow::Break(());
            }
            match read_line(base, name, &mut line) {
                Ok(text) => match stat::parse(text) {
                    Ok(process) => {
                        each(&process);
                        pass.seen += 1;
                    }
                    Err(_) => pass.unreadable += 1,
                },
                Err(Errno(libc::ENOENT | libc::ESRCH)) => pass.vanished += 1,
                Err(_) => pass.unreadable += 1,
            }
            ControlFlow::Continue(())
        })?;
        Ok(pass)
    }
}

/// Writes the name of a process's line to `name`; `None` when the entry is no process.
fn stat_name<'a>(entry: &CStr, name: &'a mut [u8; NAME_BYTES]) -> Option<&'a CStr> {
    let digits = entry.to_bytes();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let end = digits.len().checked_add(NAME_END.len())?;
    name.get_mut(..digits.len())?.copy_from_slice(digits);
    name.get_mut(digits.len()..end)?.copy_from_slice(NAME_END);
    CStr::from_bytes_until_nul(name).ok()
}

/// Reads one process's line, which the kernel gives whole in one read.
fn read_line<'a>(base: &File, name: &CStr, line: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    let file = openat(base, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
        .map_err(|errno| Errno(errno as i32))?;
    let file = File::from(file);
    for _ in 0..INTERRUPTIONS_MAX {
        match file.read_at(line, 0) {
            Ok(length) => return Ok(line.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Errno::of(&error)),
        }
    }
    Err(Errno(libc::EINTR))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "7 (a b) S 1 1 1 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 9 4096 2 0\n";

    /// A tree of processes, removed at the test's end.
    struct Tree(std::path::PathBuf);

    impl Tree {
        fn new(test: &str) -> Self {
            let root = std::env::temp_dir().join(format!("hearth-table-{}-{test}", std::process::id()));
            std::fs::create_dir_all(root.join(PATH)).unwrap();
            Self(root)
        }

        fn process(&self, pid: &str, line: &str) {
            let directory = self.0.join(PATH).join(pid);
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join("stat"), line).unwrap();
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn this_process_is_in_the_table_again_and_again() {
        let mut table = ProcessTable::open(Path::new("/")).unwrap();
        for _ in 0..3 {
            let mut found = 0;
            let pass = table.scan(|process| found += usize::from(process.pid == std::process::id())).unwrap();
            assert_eq!(found, 1, "{pass:?}");
            assert!(pass.seen > 0 && !pass.is_cut, "{pass:?}");
        }
    }

    #[test]
    fn what_is_no_process_is_passed_over_and_what_cannot_be_read_is_counted() {
        let tree = Tree::new("kinds");
        tree.process("7", LINE);
        tree.process("8", "8 (cut) S 1");
        tree.process("self", LINE);
        tree.process("12345678901", LINE);
        std::fs::create_dir_all(tree.0.join("proc/9")).unwrap();
        std::fs::create_dir_all(tree.0.join("proc/10/stat")).unwrap();
        let mut seen = Vec::new();
        let pass = ProcessTable::open(&tree.0).unwrap().scan(|process| seen.push(*process)).unwrap();
        assert_eq!(pass, Pass { seen: 1, vanished: 1, unreadable: 2, is_cut: false });
        assert_eq!((seen[0].pid, seen[0].user_ticks, seen[0].start_ticks), (7, 5, 9));
        assert_eq!(seen[0].command.as_bytes(), b"a b");
    }

    #[test]
    fn a_pass_over_too_many_processes_says_that_it_was_cut() {
        let tree = Tree::new("many");
        for pid in 1..=5 {
            tree.process(&pid.to_string(), LINE);
        }
        let mut table = ProcessTable::open(&tree.0).unwrap();
        let mut given = 0;
        let pass = table.scan_at_most(3, |_| given += 1).unwrap();
        assert_eq!((pass.seen, pass.is_cut, given), (3, true, 3));
        assert!(!table.scan_at_most(5, |_| ()).unwrap().is_cut);
    }

    #[test]
    fn a_root_without_processes_is_absent() {
        assert!(ProcessTable::open(Path::new("/proc/self/fdinfo")).unwrap_err().is_absent());
    }
}
