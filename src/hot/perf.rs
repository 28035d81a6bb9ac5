//! What the owner configured for performance counters.

/// `[perf]`, as the sensor is told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerfConfig {
    /// Whether the CPUs' own counters are used; otherwise they stay free for other tools.
    pub hardware: bool,
    /// Cgroups counted by themselves: paths below the mount of the hierarchy.
    pub cgroups: Vec<String>,
}

impl Default for PerfConfig {
    /// The CPUs' counters, and no cgroup.
    fn default() -> Self {
        Self { hardware: true, cgroups: Vec::new() }
    }
}
