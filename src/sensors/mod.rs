//! Every sensor, one file each: a driver's readings joined to the catalogue's metrics.
//!
//! To add one: write a file with a `pub const SENSOR: SensorDef` after the pattern of `loadavg.rs`, add its row to
//! [`SENSORS`], its metrics to the catalogue. A sensor opens and names everything while it is armed; its `read` only
//! reads kept-open files and fills slots.

use std::time::Duration;

use hearth_drivers::file::OpenError;
use hearth_hot::contract::{Absent, SensorDef};
use hearth_model::Reason;

mod lane;

/// The sensors, in the order in which their lane reads them: the fast ones first.
pub static SENSORS: &[SensorDef] = &[lane::STEADY, lane::SLOW];

/// The period of what people look at by the second.
const SECOND: Duration = Duration::from_secs(1);

/// Why a sensor whose file would not open is absent, in words. `fix` says what the owner can do about a file that is
/// not there at all.
fn unopened(error: &OpenError, fix: &str) -> Absent {
    let (reason, fix) = if error.is_permission() {
        (Reason::NoPermission, "run Hearth as root, or give it read access to this file")
    } else if error.is_absent() {
        (Reason::Absent, fix)
    } else {
        (Reason::IoError, "")
    };
    Absent { reason, what: error.to_string(), fix: fix.to_owned() }
}
