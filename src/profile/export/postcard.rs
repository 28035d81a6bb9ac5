//! The record as postcard: small, exact, and read back by `hearth profile --analyze`.
//!
//! Five bytes come first: 0x89 (which no text begins with), `HPR`, and [`FORMAT`]. The rest is the
//! [`Record`] as postcard 1 lays out its fields, in their order: integers as LEB128 (signed ones zigzag), floats as eight
//! bytes, texts and lists with their length before them, what may be absent with a byte 0 or 1 before it.

use super::read::ReadError;
use crate::profile::record::{FORMAT, Record};

/// What comes before the format's number.
const SIGN: [u8; 4] = [0x89, b'H', b'P', b'R'];

/// The record as postcard.
///
/// # Errors
/// None that is known: a record has no part that postcard has no form for.
pub fn write(record: &Record) -> Result<Vec<u8>, postcard::Error> {
    let mut bytes = SIGN.to_vec();
    bytes.push(u8::try_from(FORMAT).unwrap_or(u8::MAX));
    postcard::to_extend(record, bytes)
}

/// Whether a file begins as [`write()`] begins it.
#[must_use]
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGN)
}

/// The record of a file that [`write()`] made.
///
/// # Errors
/// Anything else, and anything behind it.
pub fn read(bytes: &[u8]) -> Result<Record, ReadError> {
    let (format, bytes) = bytes.get(SIGN.len()..).and_then(<[u8]>::split_first).ok_or(ReadError::Cut)?;
    if u32::from(*format) != FORMAT {
        return Err(ReadError::Format(u32::from(*format)));
    }
    let (record, rest) = postcard::take_from_bytes(bytes)?;
    if rest.is_empty() { Ok(record) } else { Err(ReadError::More(rest.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::record;

    #[test]
    fn what_is_written_is_read_back_whole() {
        let record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 6);
        let bytes = write(&record).unwrap();
        assert!(is_one(&bytes) && std::str::from_utf8(&bytes).is_err());
        assert_eq!(read(&bytes).unwrap(), record);
    }

    #[test]
    fn every_shorter_file_and_every_longer_one_is_refused() {
        let mut bytes = write(&record(&[("A", 10.0, 1.0)], 1)).unwrap();
        for end in SIGN.len()..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
        }
        bytes.push(0);
        assert_eq!(read(&bytes).unwrap_err().to_string(), "1 bytes follow the record: the file is damaged");
    }

    #[test]
    fn another_format_is_named() {
        let mut bytes = write(&record(&[("A", 10.0, 1.0)], 1)).unwrap();
        bytes[4] = 9;
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.contains("format 9; this program reads format 1"), "{error}");
    }
}
