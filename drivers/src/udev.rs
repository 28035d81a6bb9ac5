//! What the device daemon knows of a block device: `/run/udev/data/bMAJOR:MINOR`.
//!
//! Each line is a letter, a colon and a text; `E:NAME=VALUE` is a property. Without the daemon there are no files, which
//! is not an error: then nothing is known.

use std::path::Path;

use crate::file::{Delivery, KernelText, OpenError, ReadError};

/// Why a device's properties are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UdevError {
    /// The file is there and cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It was opened and cannot be read.
    #[error("a device's properties could not be read: {0}")]
    Read(#[from] ReadError),
}

/// The properties of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    found: Vec<(String, String)>,
}

impl Properties {
    /// Reads those of the block device with this number, below `root`. Allocates.
    ///
    /// # Errors
    /// [`UdevError`]; that there is no such file is no error and gives no properties.
    pub fn of_block_device(root: &Path, major: u32, minor: u32) -> Result<Self, UdevError> {
        let path = format!("run/udev/data/b{major}:{minor}");
        let mut text = match KernelText::open(root, &path, Delivery::Chunked) {
            Err(error) if error.is_absent() => return Ok(Self::default()),
            opened => opened?,
        };
        match text.read() {
            Err(ReadError::Empty) => Ok(Self::default()),
            read => Ok(Self::parse(read?)),
        }
    }

    /// The properties in `text`; other lines are skipped, bytes that are no text are replaced.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let pairs = text.lines().filter_map(|line| line.strip_prefix("E:")?.split_once('='));
        Self { found: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// The value of a property; empty when it is not known.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.found.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_the_lines_with_an_e() {
        let text = b"S:disk/by-id/ata-X\nI:123\nE:ID_MODEL=X=Y\nE:ID_SERIAL_SHORT=\nE:broken\nG:systemd\n";
        let properties = Properties::parse(text);
        assert_eq!(properties.get("ID_MODEL"), "X=Y");
        assert_eq!(properties.get("ID_SERIAL_SHORT"), "");
        assert_eq!(properties.get("ID_WWN"), "");
        assert_eq!(properties.found.len(), 2);
    }

    #[test]
    fn any_cut_of_the_text_gives_no_more_than_the_text() {
        let text = b"E:A=1\nE:B=2\n";
        for end in 0..text.len() {
            assert!(Properties::parse(&text[..end]).found.len() <= 2, "{end} bytes");
        }
    }

    #[test]
    fn a_device_without_a_file_has_no_properties() {
        assert_eq!(Properties::of_block_device(Path::new("/nowhere"), 8, 0), Ok(Properties::default()));
    }
}
