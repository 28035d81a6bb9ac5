//! Every sensor, one file each: a driver's readings joined to the catalogue's metrics.
//!
//! To add one: write a file after the pattern of `loadavg.rs`, add its row to [`SENSORS`] and its metrics to the
//! catalogue. A sensor opens and names everything while it is armed; its `read` only reads kept-open files and fills
//! slots.

use std::time::Duration;

use hearth_drivers::file::{OpenError, ReadError};
use hearth_drivers::proc::ParseError;
use hearth_hot::contract::{Absent, SensorDef, State};
use hearth_model::Reason;

use crate::pattern;

mod arp;
mod attributes;
mod cgroup;
mod concerned;
mod counters;
#[cfg(test)]
mod coverage;
mod crew;
mod disk_info;
mod diskstats;
pub(crate) mod drive;
mod energy;
mod fans;
mod filesystem;
mod gpu;
mod hwmon;
mod identity;
mod kept;
mod keyed;
mod lane;
mod ledger;
mod links;
mod loadavg;
mod named;
mod network;
mod own;
mod packets;
mod power_supply;
mod pressure;
mod probes;
pub(crate) mod room;
mod rounds;
mod serving;
mod single;
mod stat;
#[cfg(test)]
mod testing;
mod thermal;
mod time;
mod top;
mod traffic;
mod ups;

pub(crate) use concerned::is_concerned;

/// The sensors, in the order in which their lane reads them: the fast ones first.
pub static SENSORS: &[SensorDef] = &[
    energy::SENSOR,
    traffic::SENSOR,
    pressure::SENSOR,
    stat::SENSOR,
    loadavg::SENSOR,
    keyed::MEMINFO,
    keyed::VMSTAT,
    diskstats::SENSOR,
    network::SENSOR,
    named::NETSTAT,
    named::SOCKSTAT,
    packets::SOFTNET,
    packets::UDP_QUEUES,
    packets::CONNTRACK,
    arp::SENSOR,
    time::TIME,
    time::TIMEX,
    own::SENSOR,
    single::FILEFD,
    single::ENTROPY,
    time::ZONE,
    time::CLOCKSOURCE,
    disk_info::SENSOR,
    identity::SENSOR,
    serving::SENSOR,
    lane::STEADY,
    hwmon::SENSOR,
    thermal::SENSOR,
    power_supply::SENSOR,
    gpu::SENSOR,
    ups::SENSOR,
    fans::SENSOR,
    counters::SENSOR,
    filesystem::SENSOR,
    cgroup::SENSOR,
    top::SENSOR,
    drive::nvme::SENSOR,
    drive::ata::SENSOR,
    lane::SLOW,
];

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
        (
            Reason::IoError,
            "look at the kernel's log for the device behind it; it is looked for again each minute",
        )
    };
    Absent { reason, what: error.to_string(), fix: fix.to_owned() }
}

/// A time in milliseconds, with a decimal.
fn milliseconds(ns: u64) -> String {
    format!("{}.{} ms", ns / 1_000_000, ns % 1_000_000 / 100_000)
}

/// What kept a sensor from its values.
enum Trouble {
    /// There is more than was armed for: arm anew, with more room.
    Outgrown,
    /// There is no value, for this reason.
    No(Reason),
}

impl Trouble {
    /// The reason that stands in the place of the value.
    const fn reason(&self) -> Reason {
        match self {
            Self::Outgrown => Reason::OutOfRange,
            Self::No(reason) => *reason,
        }
    }

    /// For the sensor that meets trouble while it is armed.
    fn absent(self, def: &SensorDef) -> Absent {
        let (reason, what) = match self {
            Self::Outgrown => (Reason::OutOfRange, "larger than any kernel writes it"),
            Self::No(Reason::OutOfRange) => (Reason::OutOfRange, "not as the kernel writes it"),
            Self::No(reason) => (reason, "there but cannot be read"),
        };
        let fix = match reason {
            Reason::OutOfRange => {
                "nothing: this kernel writes it in a way that Hearth does not know; please report it"
            }
            Reason::NoPermission => "run Hearth as root, or give it read access to this file",
            _ => "nothing if it comes back; it is looked for again each minute",
        };
        Absent { reason, what: format!("{} is {what}", def.source), fix: fix.to_owned() }
    }
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLong { .. } => Self::Outgrown,
            ReadError::Os(errno) if errno.is_permission() => Self::No(Reason::NoPermission),
            ReadError::Os(errno) if errno.is_absent() => Self::No(Reason::Absent),
            ReadError::Os(_) | ReadError::Empty => Self::No(Reason::IoError),
        }
    }
}

impl From<ParseError> for Trouble {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::TooMany { .. } => Self::Outgrown,
            ParseError::Missing { .. } | ParseError::Malformed { .. } => Self::No(Reason::OutOfRange),
        }
    }
}

/// A read's outcome as the lane wants it. What was outgrown keeps its last values until it is armed anew.
fn settle(outcome: Result<State, Trouble>) -> Result<State, Reason> {
    outcome.or_else(|trouble| match trouble {
        Trouble::Outgrown => Ok(State::Changed),
        Trouble::No(reason) => Err(reason),
    })
}
