//! The file of one drive's history: small, checked, and never half written.
//!
//! Its bytes: the mark and version, the history by postcard, and a check over both. A new one is written beside it, made
//! durable, and put in its place in one step, so that a power cut leaves the old one or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hearth_drivers::file::Errno;
use serde::{Deserialize, Serialize};

use crate::sensors::drive::verdict::{History, fnv1a};

/// What every file begins with; the last byte is the version of what follows.
const MARK: [u8; 8] = *b"HEARTHD\x01";
/// Bytes of the check at the end.
const CHECK_BYTES: usize = 8;
/// The longest file: a history has some hundred bytes, each number at most ten.
pub(super) const FILE_BYTES_MAX: usize = 2048;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The history's own clock when it was written, in nanoseconds.
    pub(super) clock_ns: u64,
    /// The wall's clock then, in seconds since 1970.
    pub(super) wall_s: u64,
    /// The history.
    pub(super) history: History,
}

/// Why nothing was read.
#[derive(Debug)]
pub(super) enum Unread {
    /// The file is not what was written.
    Damaged(&'static str),
    /// The kernel refused.
    Io(Errno),
}

/// The place of one drive's history.
pub(super) struct Shelf {
    directory: PathBuf,
    path: PathBuf,
}

impl Shelf {
    /// The place of the drive of this model and serial number.
    pub(super) fn new(directory: &Path, model: &[u8], serial: &[u8]) -> Self {
        let name = format!("drive-{}-{}", escaped(model), escaped(serial));
        Self { directory: directory.to_owned(), path: directory.join(name) }
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is kept there; nothing where there is no file yet.
    pub(super) fn read(&self) -> Result<Option<Kept>, Unread> {
        let mut bytes = Vec::new();
        let refused = |error: io::Error| Unread::Io(Errno::of(&error));
        match File::open(&self.path) {
            Ok(file) => {
                let limit = u64::try_from(FILE_BYTES_MAX + 1).unwrap_or(u64::MAX);
                file.take(limit).read_to_end(&mut bytes).map_err(refused)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error)),
        }
        decode(&bytes).map(Some).map_err(Unread::Damaged)
    }

    /// Whether a file could be written: the directory is there and takes one.
    pub(super) fn may_be_written(&self) -> Result<(), Errno> {
        let beside = self.beside("new");
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)
            .map_err(|error| Errno::of(&error))?;
        fs::remove_file(beside).map_err(|error| Errno::of(&error))
    }

    /// Puts `kept` in the place of what was there.
    pub(super) fn write(&self, kept: &Kept) -> Result<(), Errno> {
        let mut room = [0; FILE_BYTES_MAX];
        // A history has no part that grows, so it fits; what does not is told as the kernel would.
        let bytes = encode(kept, &mut room).ok_or(Errno(libc::EFBIG))?;
        self.put(bytes).map_err(|error| Errno::of(&error))
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        let beside = self.beside("new");
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        // The name is durable with its directory.
        File::open(&self.directory)?.sync_all()
    }

    /// Moves a damaged file out of the way, over the one that was there before.
    pub(super) fn set_aside(&self) -> Result<(), Errno> {
        fs::rename(&self.path, self.beside("damaged")).map_err(|error| Errno::of(&error))
    }

    /// The file's name with an ending.
    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(ending);
        name.into()
    }
}

/// A name as a part of a file's name: letters, digits, and everything else by its number.
fn escaped(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.trim_ascii() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' => text.push(char::from(*byte)),
            other => text.push_str(&format!("%{other:02x}")),
        }
    }
    text
}

/// The file's bytes, in `room`.
pub(super) fn encode<'r>(kept: &Kept, room: &'r mut [u8; FILE_BYTES_MAX]) -> Option<&'r [u8]> {
    let (mark, rest) = room.split_first_chunk_mut()?;
    *mark = MARK;
    let Ok(body) = postcard::to_slice(kept, rest) else { return None };
    let end = MARK.len() + body.len();
    let check = fnv1a([room.get(..end)?]).to_le_bytes();
    room.get_mut(end..end + CHECK_BYTES)?.copy_from_slice(&check);
    room.get(..end + CHECK_BYTES)
}

/// Reads the file's bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<Kept, &'static str> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err("it is longer than any history");
    }
    let (checked, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or("it is cut short")?;
    if u64::from_le_bytes(*check) != fnv1a([checked]) {
        return Err("its check does not fit its content");
    }
    let body = checked.strip_prefix(&MARK).ok_or("it is of another version, or no history at all")?;
    match postcard::take_from_bytes(body) {
        Ok((kept, [])) => Ok(kept),
        Ok(_) => Err("something follows the history"),
        Err(_) => Err("it does not hold a history"),
    }
}
