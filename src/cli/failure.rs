//! How a command ends that does not end well.

use std::fmt;
use std::io;

use crate::config::LoadError;
use crate::get::GetError;

/// Why a command failed, in words for the one who gave it.
#[derive(Debug)]
pub enum Failure {
    /// The command line or the configuration is wrong: exit code 2.
    Usage(String),
    /// What was asked for did not work out: exit code 1.
    Failed(String),
    /// A program that was to be run is not there (exit code 127) or cannot be executed (126), as shells say it.
    NotRun {
        /// Words for the one who named it.
        words: String,
        /// Whether it is not even there.
        is_missing: bool,
    },
}

impl Failure {
    /// What the shell is told.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::NotRun { is_missing: false, .. } => 126,
            Self::NotRun { is_missing: true, .. } => 127,
        }
    }

    /// What became of writing an answer. Whoever closed the pipe (`| head`) has had enough, which is no failure.
    ///
    /// # Errors
    /// The answer could not be written for another reason.
    pub(super) fn unless_written(outcome: io::Result<()>) -> Result<(), Self> {
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome.map_err(|error| Self::output(&error)),
        }
    }

    /// The answer could not be written.
    pub(super) fn output(error: &io::Error) -> Self {
        Self::Failed(format!("error: cannot write the answer: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(words) | Self::Failed(words) | Self::NotRun { words, .. }) = self;
        to.write_str(words.trim_end())
    }
}

impl std::error::Error for Failure {}

impl From<GetError> for Failure {
    fn from(error: GetError) -> Self {
        Self::Failed(format!("error: {error}"))
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            // Faults begin with their place, as compilers put it, so that editors can jump there.
            LoadError::Refused(refused) => Self::Usage(refused.to_string()),
            error => Self::Usage(format!("error: {error}")),
        }
    }
}
