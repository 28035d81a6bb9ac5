//! Devices of a class in sysfs (`/sys/class/hwmon`, `/sys/class/thermal`, …) and their attributes
//! (`Documentation/ABI/testing/sysfs-class`).
//!
//! Listing and opening ask the kernel alone; reading an attribute asks the device's driver, which may talk to
//! firmware or over a slow bus.

use std::fs;
use std::path::{Path, PathBuf};

use crate::file::{Delivery, Errno, KernelFile, OpenError, OpenStep, ReadError};
use crate::text::Scan;

/// Devices of a class that are looked at; no machine has that many, and a tree that does is not believed further.
pub const DEVICES_MAX: usize = 256;
/// Attributes of a device that are looked at; the largest monitoring chips have some three hundred.
pub const FILES_MAX: usize = 1024;
/// The longest text taken from an attribute, in bytes: the longest name a file may have.
pub const TEXT_BYTES_MAX: usize = 255;
/// Room for one number: 20 characters, a newline, and a byte that shows that it ended.
const NUMBER_BYTES: usize = 24;
/// An attribute has at most a page.
const PAGE_BYTES: usize = 4097;

/// Why an attribute has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// It could not be read; `ENODEV` once its device is gone.
    #[error("an attribute could not be read: {0}")]
    Read(#[from] ReadError),
    /// It is not a number as the kernel writes it.
    #[error("an attribute is not a number as the kernel writes it")]
    Malformed,
}

/// A device of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name in the class, with bytes that are no text replaced: `hwmon3`. Names that then read alike have a number
    /// behind them, `BAT� (2)`, so that no two devices share one.
    pub name: String,
    /// Its directory.
    pub directory: PathBuf,
}

/// The devices of `class` below `root` in the order of their names, numbers as numbers.
///
/// # Errors
/// [`OpenError`] where the class cannot be listed.
pub fn devices(root: &Path, class: &str) -> Result<Vec<Device>, OpenError> {
    let path = root.join("sys/class").join(class);
    let failed = |error: &std::io::Error| OpenError {
        path: path.clone(),
        step: OpenStep::Open,
        errno: Errno::of(error),
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(|error| failed(&error))?.take(DEVICES_MAX) {
        names.push(entry.map_err(|error| failed(&error))?.file_name());
    }
    names.sort();
    let mut found: Vec<Device> = Vec::with_capacity(names.len());
    for file_name in names {
        let text = file_name.to_string_lossy();
        let mut numbered = (2..).map(|number: u32| format!("{text} ({number})"));
        let mut name = text.clone().into_owned();
        while found.iter().any(|device| device.name == name) {
            name = numbered.next().unwrap_or_default();
        }
        found.push(Device { name, directory: path.join(&file_name) });
    }
    found.sort_by(|one, other| (one.name.len(), &one.name).cmp(&(other.name.len(), &other.name)));
    Ok(found)
}

/// A number that changes when a device of `class` comes or goes. Allocates.
///
/// # Errors
/// [`OpenError`] where the class cannot be listed.
pub fn fingerprint(root: &Path, class: &str) -> Result<i64, OpenError> {
    // FNV-1a over the sorted names, each with an end.
    let bytes = devices(root, class)?.into_iter().flat_map(|device| (device.name + "\n").into_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Ok((hash >> 1).cast_signed())
}

/// The names of a device's attributes in their order; names that are no text are none.
///
/// # Errors
/// The error number of listing the directory.
pub fn files(directory: &Path) -> Result<Vec<String>, Errno> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| Errno::of(&error))?.take(FILES_MAX) {
        let entry = entry.map_err(|error| Errno::of(&error))?;
        names.extend(entry.file_name().to_str().map(str::to_owned));
    }
    names.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    Ok(names)
}

/// An attribute's text, read once, without its newline: bytes that are no text replaced, and cut to
/// [`TEXT_BYTES_MAX`].
///
/// # Errors
/// [`OpenError`] where it cannot be opened or read.
pub fn text(directory: &Path, name: &str) -> Result<String, OpenError> {
    let file = KernelFile::open(directory, name, Delivery::Whole)?;
    let mut room = [0; PAGE_BYTES];
    let bytes = match file.read(&mut room) {
        Ok(bytes) => bytes,
        Err(ReadError::Empty) => &[],
        Err(error) => {
            let errno = if let ReadError::Os(errno) = error { errno } else { Errno(libc::EFBIG) };
            return Err(OpenError { path: directory.join(name), step: OpenStep::FirstRead, errno });
        }
    };
    Ok(bounded(bytes))
}

/// `bytes` as text without the newlines and blanks around it, at most [`TEXT_BYTES_MAX`] long.
#[must_use]
pub fn bounded(bytes: &[u8]) -> String {
    let whole = String::from_utf8_lossy(bytes);
    let mut text = whole.trim_ascii();
    if text.len() > TEXT_BYTES_MAX {
        text = text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or("");
    }
    text.to_owned()
}

/// Reads the text of a numeric attribute. `power_supply` and thermal attributes may lack nothing of a line: a cut number
/// is an error.
///
/// # Errors
/// [`AttributeError::Malformed`].
pub fn parse_number(text: &[u8]) -> Result<i64, AttributeError> {
    let mut scan = Scan::text(text);
    scan.i64().filter(|_| scan.at_line_end()).ok_or(AttributeError::Malformed)
}

/// An open numeric attribute.
#[derive(Debug)]
pub struct Attribute(KernelFile);

impl Attribute {
    /// Opens the attribute `name` of the device at `directory`.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(directory: &Path, name: &str) -> Result<Self, OpenError> {
        KernelFile::open(directory, name, Delivery::Whole).map(Self)
    }

    /// Its value now. Takes as long as the device's driver takes; allocates nothing.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn read(&self) -> Result<i64, AttributeError> {
        parse_number(self.0.read(&mut [0; NUMBER_BYTES])?)
    }

    /// Its text now, a word of a fixed list: the index of the one it is.
    ///
    /// # Errors
    /// [`AttributeError`]; malformed where it is none of `words`.
    pub fn read_word(&self, words: &[&str]) -> Result<usize, AttributeError> {
        let mut room = [0; 64];
        let text = self.0.read(&mut room)?.trim_ascii();
        words.iter().position(|word| word.as_bytes() == text).ok_or(AttributeError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_number_is_a_whole_line() {
        assert_eq!((parse_number(b"42\n"), parse_number(b"-5000\n")), (Ok(42), Ok(-5000)));
        assert_eq!(parse_number(b"9223372036854775807\n"), Ok(i64::MAX));
        for text in ["", "\n", "42", "4 2\n", "0x2a\n", "nan\n", "1e3\n", "9223372036854775808\n", "-\n"] {
            assert_eq!(parse_number(text.as_bytes()), Err(AttributeError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_text_is_bounded_and_always_text() {
        assert_eq!(bounded(b"CPU \"fan\"\n"), "CPU \"fan\"");
        assert_eq!(bounded(b"a\nb\n"), "a\nb");
        assert_eq!(bounded(b"a\xffb"), "a\u{fffd}b");
        let long = "ä".repeat(200);
        let cut = bounded(long.as_bytes());
        assert_eq!((cut.len(), long.starts_with(&cut)), (254, true));
    }

    #[test]
    fn devices_are_listed_by_number_and_a_change_of_them_shows() {
        let root = std::env::temp_dir().join(format!("hearth-class-{}", std::process::id()));
        let class = root.join("sys/class/x");
        for name in ["x10", "x2"] {
            fs::create_dir_all(class.join(name)).unwrap();
        }
        fs::write(class.join("x2/value"), "7\n").unwrap();
        fs::write(class.join("x2/state"), "on\n").unwrap();
        let found = devices(&root, "x").unwrap();
        let names: Vec<_> = found.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, ["x2", "x10"]);
        assert_eq!(Attribute::open(&found[0].directory, "value").unwrap().read(), Ok(7));
        let state = Attribute::open(&found[0].directory, "state").unwrap();
        assert_eq!(state.read_word(&["off", "on"]), Ok(1));
        assert_eq!(state.read_word(&["off"]), Err(AttributeError::Malformed));
        let before = fingerprint(&root, "x").unwrap();
        assert_eq!(fingerprint(&root, "x").unwrap(), before);
        fs::create_dir_all(class.join("x3")).unwrap();
        assert_ne!(fingerprint(&root, "x").unwrap(), before);
        fs::remove_dir_all(&root).unwrap();
        assert!(devices(&root, "x").unwrap_err().is_absent());
    }

    #[test]
    fn names_that_are_no_text_are_told_apart() {
        let root = std::env::temp_dir().join(format!("hearth-class-bytes-{}", std::process::id()));
        for name in [&b"BAT\xfe"[..], b"BAT\xff", "BAT\u{fffd} (2)".as_bytes()] {
            fs::create_dir_all(root.join("sys/class/x").join(OsStr::from_bytes(name))).unwrap();
        }
        let found = devices(&root, "x").unwrap();
        let names: Vec<_> = found.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, ["BAT\u{fffd}", "BAT\u{fffd} (2)", "BAT\u{fffd} (3)"]);
        assert_eq!(found[2].directory.file_name(), Some(OsStr::from_bytes(b"BAT\xff")));
        fs::remove_dir_all(&root).unwrap();
    }
}
