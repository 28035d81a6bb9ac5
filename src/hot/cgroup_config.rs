//! What the owner configured for the sensor of control groups.

use std::time::Duration;

/// Which groups are followed, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupConfig {
    /// Between two readings; not below half a second, the slow lane's tick.
    pub period: Duration,
    /// Groups that are followed, at most; 0 follows none.
    pub max: usize,
    /// Levels of the tree that are looked at.
    pub depth: usize,
    /// Paths left out, `*` matching anything.
    pub ignored: Vec<String>,
}

impl Default for CgroupConfig {
    fn default() -> Self {
        Self { period: Duration::from_millis(500), max: 64, depth: 4, ignored: Vec::new() }
    }
}
