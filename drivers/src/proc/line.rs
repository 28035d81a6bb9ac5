//! The faults that the line-oriented files of `/proc` share.

use crate::file::ReadError;

/// A line that is not what the kernel writes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not what this kernel file should hold; the kernel may write a form not known here")]
pub struct LineError {
    /// Number of the line, from 0.
    pub line: usize,
}

/// Why a line-oriented file gave no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It was read and not understood.
    #[error(transparent)]
    Line(#[from] LineError),
}
