//! Why there is no profile.

use hearth_hot::thread::StartError;

use crate::profile::child::ChildError;
use crate::profile::options::CommandError;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A program would not run.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// A command cannot be understood.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A program failed.
    #[error("{name} failed in {run} with {how}; count failures like other runs with --ignore-failure{}", quoted(.said))]
    Failed {
        /// The command.
        name: String,
        /// Which of its runs.
        run: String,
        /// Code or signal.
        how: String,
        /// The last of its messages.
        said: String,
        /// The code by which a shell says that it could not run what it was given, if there was a shell.
        by_shell: Option<i32>,
    },
    /// What is run around a command failed.
    #[error("{what} of {name} failed: {how}{}", quoted(.said))]
    Around {
        /// `--prepare` and its like.
        what: &'static str,
        /// The command.
        name: String,
        /// What came back.
        how: String,
        /// The last of its messages.
        said: String,
    },
    /// There is no clock, or no way to hear Ctrl-C.
    #[error("the system refuses {what}: {source}")]
    System {
        /// What.
        what: &'static str,
        /// What it said.
        source: std::io::Error,
    },
    /// Sampling would not start.
    #[error("energy cannot be sampled: {0}")]
    Lane(#[from] StartError),
}

fn quoted(said: &str) -> String {
    let said = said.trim_end();
    if said.is_empty() { String::new() } else { format!("; its last messages:\n{said}") }
}
