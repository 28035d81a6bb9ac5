//! The only reader of `hearth.toml`: text in, a validated [`Config`] or every fault of the file out.
//!
//! - [`Config`] and its sections ([`sections`]) are plain data; a value that is there is within its range.
//! - `keys.rs` lists every key once: reading, comparing and showing walk that list.
//! - [`Refused`] has a line and a column for each [`Fault`]; nothing is corrected silently.
//! - [`Config::reload`] takes over what may change in a running program, and says what waits for a restart.
//! - [`DEFAULT_TOML`] documents every key and parses to [`Config::default`]; the tests hold both.
//!
//! Flags of the command line are laid over a configuration by `cli`; the environment is not consulted.

mod changes;
pub mod fans;
mod keys;
mod nearest;
mod read;
pub mod sections;
mod value;
pub mod word;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use changes::{Change, Changes};
pub use read::{Fault, Refused};
pub use sections::{Cgroups, Drives, Energy, History, Lanes, Limits, Log, Perf, Ring, Sensors, Serve, Ups};
pub use word::{LogFormat, LogLevel, Transport, Word};

/// Where the configuration lies when nobody says otherwise.
pub const DEFAULT_PATH: &str = "/etc/hearth/hearth.toml";

/// Where local clients find the program when nobody says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/hearth/hearth.sock";

/// Length of a Unix socket's path, in bytes, at most: `sun_path` holds 108 with the closing NUL (unix(7)).
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The default configuration with every key explained, as `hearth check-config --print-default` prints it.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// Size of the largest file read as configuration, in bytes; ten times the documented default.
pub const FILE_BYTES_MAX: u64 = 128 * 1024;

const _: () = assert!(DEFAULT_TOML.len() as u64 * 10 <= FILE_BYTES_MAX);

/// What the owner wants, section by section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `[lanes]`
    pub lanes: Lanes,
    /// `[ring]`
    pub ring: Ring,
    /// `[history]`
    pub history: History,
    /// `[sensors]`
    pub sensors: Sensors,
    /// `[ups]`
    pub ups: Ups,
    /// `[drives]`
    pub drives: Drives,
    /// `[energy]`
    pub energy: Energy,
    /// `[cgroups]`
    pub cgroups: Cgroups,
    /// `[perf]`
    pub perf: Perf,
    /// `[serve]`
    pub serve: Serve,
    /// `[limits]`
    pub limits: Limits,
    /// `[log]`
    pub log: Log,
    /// `[[fan]]`
    pub fans: Vec<fans::Fan>,
}

impl Config {
    /// Reads a configuration from `text`. `file` names it in errors; `sensors` are the names that
    /// `sensors.disabled` may hold.
    ///
    /// # Errors
    /// Everything wrong with the text, in its order.
    pub fn parse(text: &str, file: &str, sensors: &[&str]) -> Result<Self, Refused> {
        read::read(text, file, sensors)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read the configuration {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What came back.
        source: io::Error,
    },
    /// The file is larger than any configuration.
    #[error("cannot read the configuration {path}: it is larger than {FILE_BYTES_MAX} bytes; is it the right file?", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file has faults.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// The file a configuration is read from, again at each reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    path: PathBuf,
    required: bool,
}

impl Source {
    /// The file somebody named, which must be there; or [`DEFAULT_PATH`], which may be missing and then stands for
    /// the defaults.
    #[must_use]
    pub fn new(named: Option<&Path>) -> Self {
        Self {
            path: named.map_or_else(|| PathBuf::from(DEFAULT_PATH), Path::to_path_buf),
            required: named.is_some(),
        }
    }

    /// The file, present or not.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file as it is now.
    ///
    /// # Errors
    /// When a file that must be there is not, cannot be read, or has faults.
    pub fn load(&self, sensors: &[&str]) -> Result<Config, LoadError> {
        let text = match read_text(&self.path) {
            Err(LoadError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound && !self.required =>
            {
                return Ok(Config::default());
            }
            text => text?,
        };
        Ok(Config::parse(&text, &self.path.to_string_lossy(), sensors)?)
    }
}

fn read_text(path: &Path) -> Result<String, LoadError> {
    let failed = |source| LoadError::Read { path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(LoadError::TooLarge { path: path.to_path_buf() });
    }
    String::from_utf8(bytes)
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error.utf8_error())))
}
