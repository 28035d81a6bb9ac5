//! The names in a directory, read into a buffer made once (`getdents64(2)`).
//!
//! The libraries at hand allocate a name for each entry; a table of processes is listed too often for that.

use std::ffi::CStr;
use std::fs::File;
use std::io::Seek;
use std::ops::ControlFlow;
use std::path::Path;

use crate::file::Errno;

/// Where an entry of `struct linux_dirent64` has its size, and where its name begins.
const SIZE_AT: usize = 16;
const NAME_AT: usize = 19;
/// Room for some thousand short names at a time.
const BUFFER_BYTES: usize = 32 * 1024;
/// Buffers filled in one listing at most; 32 768 processes take about forty.
const FILLS_MAX: usize = 4096;

/// An open directory.
#[derive(Debug)]
pub(crate) struct Directory {
    file: File,
    buffer: Box<[u8]>,
}

impl Directory {
    /// Opens it. Allocates; listing does not.
    pub(crate) fn open(path: &Path) -> Result<Self, Errno> {
        let file = File::open(path).map_err(|error| Errno::of(&error))?;
        if !file.metadata().map_err(|error| Errno::of(&error))?.is_dir() {
            return Err(Errno(libc::ENOTDIR));
        }
        Ok(Self { file, buffer: vec![0; BUFFER_BYTES].into_boxed_slice() })
    }

    /// The open directory itself.
    pub(crate) const fn file(&self) -> &File {
        &self.file
    }

    /// Gives each name but `.` and `..`, with the directory for opening it, until `each` breaks off.
    pub(crate) fn list(
        &mut self,
        mut each: impl FnMut(&File, &CStr) -> ControlFlow<()>,
    ) -> Result<(), Errno> {
        self.file.rewind().map_err(|error| Errno::of(&error))?;
        for _ in 0..FILLS_MAX {
            let filled = sys::getdents64(&self.file, &mut self.buffer)?;
            let mut rest = self.buffer.get(..filled).unwrap_or_default();
            if rest.is_empty() {
                return Ok(());
            }
            while let Some(name) = next_name(&mut rest) {
                if !matches!(name.to_bytes(), b"." | b"..") && each(&self.file, name).is_break() {
                    return Ok(());
                }
            }
        }
        Err(Errno(libc::EOVERFLOW))
    }
}

/// Takes the first entry off `rest`; `None` at its end, or where no whole entry is.
fn next_name<'a>(rest: &mut &'a [u8]) -> Option<&'a CStr> {
    let size = usize::from(u16::from_ne_bytes(*rest.get(SIZE_AT..)?.first_chunk()?));
    // The kernel ends every name; an entry that has no end ends the list.
    let Ok(name) = CStr::from_bytes_until_nul(rest.get(NAME_AT..size)?) else { return None };
    *rest = rest.get(size..).unwrap_or_default();
    Some(name)
}

#[expect(unsafe_code, reason = "getdents64 has no safe form that does not allocate")]
mod sys {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;

    use super::Errno;

    /// Fills `buffer` with whole entries and says how many bytes they take; 0 at the end.
    pub(super) fn getdents64(directory: &File, buffer: &mut [u8]) -> Result<usize, Errno> {
        // SAFETY: the kernel writes at most the given length to the address, which the exclusive slice keeps valid, and
        // any bytes are values of `u8`.
        let filled = unsafe {
            libc::syscall(libc::SYS_getdents64, directory.as_raw_fd(), buffer.as_mut_ptr(), buffer.len())
        };
        usize::try_from(filled).map_err(|_negative| Errno::of(&io::Error::last_os_error()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &[u8], size: u16) -> Vec<u8> {
        let mut bytes = vec![0; SIZE_AT];
        bytes.extend(size.to_ne_bytes());
        bytes.push(4);
        bytes.extend(name);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    #[test]
    fn entries_are_taken_by_their_size() {
        let mut bytes = entry(b"1\0", 24);
        bytes.extend(entry(b"cpuinfo\0", 32));
        let mut rest = bytes.as_slice();
        assert_eq!(next_name(&mut rest), Some(c"1"));
        assert_eq!(next_name(&mut rest), Some(c"cpuinfo"));
        assert_eq!(next_name(&mut rest), None);
    }

    #[test]
    fn an_entry_that_is_not_whole_ends_the_list() {
        for size in [0, 18, 33, u16::MAX] {
            assert_eq!(next_name(&mut entry(b"cpuinfo\0", size).as_slice()), None, "{size}");
        }
        assert_eq!(next_name(&mut entry(b"abcdefghijklm", 32).as_slice()), None);
        let whole = entry(b"cpuinfo\0", 32);
        for length in 0..whole.len() {
            assert_eq!(next_name(&mut &whole[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn a_directory_of_many_names_is_listed_whole_and_from_its_start() {
        let path = std::env::temp_dir().join(format!("hearth-directory-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for number in 0..1500 {
            std::fs::write(path.join(format!("a-name-of-some-length-{number}")), "").unwrap();
        }
        let mut directory = Directory::open(&path).unwrap();
        for _ in 0..2 {
            let mut count = 0;
            directory
                .list(|_, _| {
                    count += 1;
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert_eq!(count, 1500);
        }
        std::fs::remove_dir_all(&path).unwrap();
    }
}
