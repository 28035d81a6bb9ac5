//! Files of `/proc`.
pub mod net_dev;

/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x {line}")]
pub struct FieldError {
    /// y
    pub line: usize,
}
