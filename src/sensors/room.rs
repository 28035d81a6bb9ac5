//! How many series control groups and drives may have, so that there is room for those that come later.

/// Control groups followed, at most (`cgroups.max`).
pub(crate) const GROUPS_MAX: usize = 512;
/// Series of one control group, at most: use, pressure, energy, and its counters.
pub(crate) const GROUP_SERIES_MAX: usize = 64;
/// Series of one drive, at most: those of a disk with thirty attributes.
pub(crate) const DRIVE_SERIES_MAX: usize = 320;
/// Drives of both kinds together, at most.
const DRIVES_MAX: usize = 2 * super::drive::DRIVES_MAX;

/// Series of all control groups there may be.
pub(crate) const GROUPS_SERIES_MAX: usize = GROUPS_MAX * GROUP_SERIES_MAX;
/// Series of all drives there may be.
pub(crate) const DRIVES_SERIES_MAX: usize = DRIVES_MAX * DRIVE_SERIES_MAX;
