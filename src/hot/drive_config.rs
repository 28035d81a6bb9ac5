//! What the owner configured for drives.

use std::time::Duration;

/// Settings of the sensors that ask drives for their health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriveConfig {
    /// How often an NVMe drive is polled.
    pub nvme_period: Duration,
    /// How often an ATA drive is polled, and only while it is awake.
    pub ata_period: Duration,
    /// Drives that are never asked, by the kernel's name, `*` matching anything.
    pub ignored: Vec<String>,
    /// The directory that drives' histories are kept in, below the root; empty for none.
    pub state_dir: String,
}

impl Default for DriveConfig {
    fn default() -> Self {
        Self {
            nvme_period: Duration::from_secs(60),
            ata_period: Duration::from_secs(300),
            ignored: Vec::new(),
            state_dir: String::new(),
        }
    }
}
