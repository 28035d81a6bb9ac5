//! Kernel files opened once and read again and again from their start.
//!
//! [`KernelFile`] is the open file and reads into the caller's bytes; [`KernelText`] adds a buffer sized from
//! a first read. Opening allocates, reading does not. Every path hangs below a root directory (`/` in
//! production), so that tests and the virtual board can serve their own tree.
//!
//! A read that does not fit is [`ReadError::TooLong`], never a shortened text.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

mod error;

pub use error::{Errno, OpenError, OpenStep, ReadError};

/// How often one read is tried again after a signal interrupted it. Reading these files waits for nothing,
/// so a second interruption is already rare.
const INTERRUPTIONS_MAX: u32 = 8;
/// The room of the first try to measure a file: what the kernel's `seq_file` hands out at once.
const ROOM_FIRST: usize = 4096;
/// The largest text that is read at all. `/proc/stat` of a machine with thousands of CPUs and interrupts
/// stays below it.
const ROOM_MAX: usize = 4 << 20;
/// What a buffer's size is rounded up to: one cache line.
const ROOM_STEP: usize = 64;

/// How the kernel hands out a file's text. It decides whether the end must be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In one read, if it fits: files made by one `show` function (`/proc/stat`, `/proc/meminfo`, sysctl,
    /// pressure, sysfs attributes). A text that ends in a newline and leaves room is whole, so one system
    /// call suffices; without that newline the end is asked for as with [`Delivery::Chunked`].
    Whole,
    /// In pieces of about a page at record boundaries: files made by an iterator (`/proc/diskstats`,
    /// `/proc/vmstat`, `/proc/net/*`). Only a read of zero bytes is the end.
    Chunked,
}

/// An open kernel file that is read from its start each time.
#[derive(Debug)]
pub struct KernelFile {
    file: File,
    delivery: Delivery,
}

impl KernelFile {
    /// Opens `root`/`path` for reading, closed on exec. `path` is relative: `"proc/stat"`.
    ///
    /// # Errors
    /// [`OpenError`] with [`OpenStep::Open`] where `open(2)` fails or `path` is absolute.
    pub fn open(root: &Path, path: &str, delivery: Delivery) -> Result<Self, OpenError> {
        let whole = root.join(path);
        if Path::new(path).is_absolute() {
            return Err(OpenError { path: whole, step: OpenStep::Open, errno: Errno(libc::EINVAL) });
        }
        match File::open(&whole) {
            Ok(file) => Ok(Self { file, delivery }),
            Err(source) => Err(OpenError { path: whole, step: OpenStep::Open, errno: Errno::of(&source) }),
        }
    }

    /// Reads the whole text into `buf` and returns the filled part.
    ///
    /// # Errors
    /// [`ReadError::Os`] as the kernel answers (`EINTR` after 8 interruptions); [`ReadError::TooLong`] where
    /// no byte of `buf` stays free; [`ReadError::Empty`] where there is no text.
    pub fn read<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], ReadError> {
        fill(buf, self.delivery, |free, offset| self.file.read_at(free, offset))
    }
}

/// A kernel file with the buffer its text is read into.
#[derive(Debug)]
pub struct KernelText {
    file: KernelFile,
    buf: Box<[u8]>,
}

impl KernelText {
    /// Opens `root`/`path` and sets aside twice the room its text takes now, which a first read measures. An
    /// empty file is accepted.
    ///
    /// # Errors
    /// [`OpenError`] where opening or the first read fails, or the text exceeds 4 MiB.
    pub fn open(root: &Path, path: &str, delivery: Delivery) -> Result<Self, OpenError> {
        let file = KernelFile::open(root, path, delivery)?;
        match roomy(&file) {
            Ok(buf) => Ok(Self { file, buf }),
            Err(error) => {
                let errno = match error {
                    ReadError::Os(errno) => errno,
                    ReadError::TooLong { .. } | ReadError::Empty => Errno(libc::EFBIG),
                };
                Err(OpenError { path: root.join(path), step: OpenStep::FirstRead, errno })
            }
        }
    }

    /// Reads the text anew. Allocates nothing.
    ///
    /// # Errors
    /// As [`KernelFile::read`].
    pub fn read(&mut self) -> Result<&[u8], ReadError> {
        self.file.read(&mut self.buf)
    }

    /// The most bytes a text may have, plus one.
    #[must_use]
    pub fn room(&self) -> usize {
        self.buf.len()
    }

    /// Measures the text anew and sets aside twice its room. Allocates: the answer to
    /// [`ReadError::TooLong`], to be given off the hot path.
    ///
    /// # Errors
    /// As [`KernelFile::read`]; [`ReadError::TooLong`] where the text exceeds 4 MiB. The old room stays.
    pub fn grow(&mut self) -> Result<(), ReadError> {
        self.buf = roomy(&self.file)?;
        Ok(())
    }
}

/// Measures `file` and makes a buffer of twice its length.
fn roomy(file: &KernelFile) -> Result<Box<[u8]>, ReadError> {
    let mut room = ROOM_FIRST;
    loop {
        let mut trial = vec![0; room];
        match file.read(&mut trial) {
            Ok(text) => return Ok(empty_buf(text.len())),
            Err(ReadError::Empty) => return Ok(empty_buf(0)),
            Err(ReadError::TooLong { .. }) if room < ROOM_MAX => room *= 2,
            Err(error) => return Err(error),
        }
    }
}

/// A buffer with as much headroom as a text of `length` bytes has content, and a little more, so that
/// growing digits and a new device or two still fit.
fn empty_buf(length: usize) -> Box<[u8]> {
    vec![0; (2 * length + ROOM_STEP).next_multiple_of(ROOM_STEP)].into_boxed_slice()
}

/// Fills `buf` by `read_at(free part, offset)` until the text is whole.
fn fill(
    buf: &mut [u8],
    delivery: Delivery,
    mut read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> Result<&[u8], ReadError> {
    let mut length = 0;
    let mut offset = 0;
    let mut interruptions = 0;
    while length < buf.len() {
        match read_at(&mut buf[length..], offset) {
            Ok(0) if length == 0 => return Err(ReadError::Empty),
            Ok(0) => return Ok(&buf[..length]),
            Ok(count) => {
                length += count;
                offset += count as u64;
                let free = length < buf.len();
                if delivery == Delivery::Whole && free && buf[..length].ends_with(b"\n") {
                    return Ok(&buf[..length]);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted && interruptions < INTERRUPTIONS_MAX => {
                interruptions += 1;
            }
            Err(error) => return Err(ReadError::Os(Errno::of(&error))),
        }
    }
    Err(ReadError::TooLong { limit: buf.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    /// A directory of one test's own, removed at its end.
    struct Root(PathBuf);

    impl Root {
        fn new(test: &str) -> Self {
            let path = std::env::temp_dir().join(format!("hearth-file-{}-{test}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn pieces_are_joined_until_the_kernel_says_the_end() {
        let pieces = [&b"one\n"[..], b"two\n", b"three\n", b""];
        let mut asked = Vec::new();
        let mut buf = [0; 64];
        let text = fill(&mut buf, Delivery::Chunked, |free, offset| {
            let piece = pieces[asked.len()];
            asked.push(offset);
            free[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        });
        assert_eq!(text, Ok(&b"one\ntwo\nthree\n"[..]));
        assert_eq!(asked, [0, 4, 8, 14]);
    }

    #[test]
    fn a_whole_text_takes_one_read_unless_its_newline_lacks() {
        let pieces = [&b"12"[..], b"34\n", b"never"];
        let mut reads = 0;
        let mut buf = [0; 64];
        let text = fill(&mut buf, Delivery::Whole, |free, _| {
            let piece = pieces[reads];
            reads += 1;
            free[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        });
        assert_eq!(text, Ok(&b"1234\n"[..]));
        assert_eq!(reads, 2);
    }

    #[test]
    fn a_full_buffer_is_too_long_and_no_text_is_empty() {
        let mut buf = [0; 4];
        let full = fill(&mut buf, Delivery::Whole, |free, _| {
            free.fill(b'\n');
            Ok(free.len())
        });
        assert_eq!(full, Err(ReadError::TooLong { limit: 4 }));
        assert_eq!(fill(&mut buf, Delivery::Whole, |_, _| Ok(0)), Err(ReadError::Empty));
    }

    #[test]
    fn interruptions_are_retried_a_bounded_number_of_times() {
        let interrupted = || Err(io::Error::from_raw_os_error(libc::EINTR));
        let mut calls = 0;
        let mut buf = [0; 8];
        let text = fill(&mut buf, Delivery::Whole, |free, _| {
            calls += 1;
            if calls <= 8 {
                return interrupted();
            }
            free[..2].copy_from_slice(b"7\n");
            Ok(2)
        });
        assert_eq!(text, Ok(&b"7\n"[..]));
        let mut calls = 0;
        let endless = fill(&mut buf, Delivery::Whole, |_, _| {
            calls += 1;
            interrupted()
        });
        assert_eq!((endless, calls), (Err(ReadError::Os(Errno(libc::EINTR))), 9));
    }

    #[test]
    fn a_text_that_outgrows_its_room_says_so_and_fits_after_growing() {
        let root = Root::new("grow");
        let path = root.0.join("list");
        fs::write(&path, "1\n").unwrap();
        let mut text = KernelText::open(&root.0, "list", Delivery::Chunked).unwrap();
        assert_eq!(text.read(), Ok(&b"1\n"[..]));
        let long = "0123456\n".repeat(2000);
        fs::write(&path, &long).unwrap();
        let limit = text.room();
        assert_eq!(text.read(), Err(ReadError::TooLong { limit }));
        text.grow().unwrap();
        assert_eq!(text.read(), Ok(long.as_bytes()));
        fs::write(&path, "").unwrap();
        assert_eq!(text.read(), Err(ReadError::Empty));
        assert_eq!(text.grow(), Ok(()));
    }

    #[test]
    fn a_file_that_is_not_there_is_absent_with_its_path() {
        let root = Root::new("absent");
        let error = KernelText::open(&root.0, "proc/none", Delivery::Whole).unwrap_err();
        assert!(error.is_absent() && !error.is_permission());
        assert_eq!((error.step, &error.path), (OpenStep::Open, &root.0.join("proc/none")));
        assert!(error.to_string().starts_with("cannot open /"), "{error}");
    }

    #[test]
    fn a_path_cannot_leave_the_root_by_being_absolute() {
        let error = KernelFile::open(Path::new("/tmp"), "/proc/stat", Delivery::Whole).unwrap_err();
        assert_eq!(error.errno, Errno(libc::EINVAL));
    }

    #[test]
    fn a_directory_opens_but_its_first_read_is_refused() {
        let root = Root::new("directory");
        let error = KernelText::open(&root.0, "", Delivery::Whole).unwrap_err();
        assert_eq!((error.step, error.errno), (OpenStep::FirstRead, Errno(libc::EISDIR)));
    }

    #[test]
    fn the_live_kernel_delivers_its_files_as_this_module_expects() {
        for path in ["proc/stat", "proc/meminfo", "proc/loadavg", "proc/uptime", "proc/sys/fs/file-nr"] {
            let whole =
                KernelText::open(Path::new("/"), path, Delivery::Whole).unwrap().read().unwrap().len();
            let asked =
                KernelText::open(Path::new("/"), path, Delivery::Chunked).unwrap().read().unwrap().len();
            // Digits may grow between the two reads; lines may not go missing.
            assert!(whole.abs_diff(asked) < 64, "{path}: {whole} bytes at once, {asked} to the end");
        }
    }
}
