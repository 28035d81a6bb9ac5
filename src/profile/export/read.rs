//! A file that was exported, read back.

use std::str::Utf8Error;

use super::{json, postcard};
use crate::profile::record::{FORMAT, Record};

/// Why a file cannot be analysed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no text, and nothing else that is known.
    #[error("not an export of `hearth profile --export-json` or --export-postcard: {0}")]
    NoText(#[from] Utf8Error),
    /// It is not the JSON of this program.
    #[error("not an export of `hearth profile --export-json`: {0}")]
    NotJson(#[from] serde_json::Error),
    /// It begins as postcard does and does not go on so.
    #[error("not a whole export of `hearth profile --export-postcard`: {0}")]
    NotPostcard(#[from] ::postcard::Error),
    /// Not even the number of its format is there.
    #[error("not a whole export of `hearth profile --export-postcard`: it ends within its first five bytes")]
    Cut,
    /// Something follows.
    #[error("{0} bytes follow the record: the file is damaged")]
    More(usize),
    /// It means something else.
    #[error("an export of format {0}; this program reads format {FORMAT}")]
    Format(u32),
}

/// The record of an export; its first bytes tell postcard from JSON.
///
/// # Errors
/// Anything else.
pub fn read(bytes: &[u8]) -> Result<Record, ReadError> {
    if postcard::is_one(bytes) { postcard::read(bytes) } else { json::read(std::str::from_utf8(bytes)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::analysis::Analysis;
    use crate::profile::testing::record;

    #[test]
    fn both_forms_are_told_apart_and_hold_the_same() {
        let record = record(&[("A", 10.0, 1.0)], 5);
        let json = json::write(&record, &Analysis::of(&record, 0)).unwrap();
        assert_eq!(read(json.as_bytes()).unwrap(), record);
        assert_eq!(read(&postcard::write(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn what_is_neither_is_refused_with_what_was_expected() {
        for (bytes, said) in [
            (&b""[..], "--export-json"),
            (b"\xff\xfe", "--export-json` or --export-postcard"),
            (b"\x89HPR", "within its first five bytes"),
            (b"\x89HPR\x01\x01", "--export-postcard"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
