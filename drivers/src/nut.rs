//! What `upsd` of Network UPS Tools says of a UPS (`docs/net-protocol.txt` of its sources; RFC 9271).
//!
//! ```text
//! LIST VAR ups          ──► upsd
//! BEGIN LIST VAR ups    ◄──
//! VAR ups name "value"
//! END LIST VAR ups           or  ERR reason
//! ```
//!
//! [`Answer`] takes the bytes in whatever pieces they come and is pure; [`Upsd`] holds the connection. Everything is
//! bounded: the length of a line, of an answer, the time for a read, the number of reads.

mod answer;
mod client;

pub use answer::Answer;
pub use client::{PORT, Upsd};

use crate::file::Errno;

/// Bytes of a line at most; `upsd` itself stays below 512 (`SMALLBUF` and `NUT_NET_ANSWER_MAX` of its sources).
pub const LINE_BYTES_MAX: usize = 1024;
/// Bytes of a whole answer at most; a talkative UPS has some hundred variables of fifty bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The states that `ups.status` may name, several at a time (`docs/new-drivers.txt`).
pub const FLAGS: [&str; 16] = [
    "OL", "OB", "LB", "HB", "RB", "CHRG", "DISCHRG", "BYPASS", "CAL", "OFF", "OVER", "TRIM", "BOOST", "FSD",
    "ALARM", "COMM",
];

/// The numbers that are taken, in thousandths of their unit: `upsd`'s name and the unit.
pub const NUMBERS: [(&str, &str); 14] = [
    ("battery.charge", "%"),
    ("battery.runtime", "s"),
    ("battery.voltage", "V"),
    ("battery.voltage.nominal", "V"),
    ("input.voltage", "V"),
    ("input.voltage.nominal", "V"),
    ("input.frequency", "Hz"),
    ("output.voltage", "V"),
    ("ups.load", "%"),
    ("ups.power", "VA"),
    ("ups.power.nominal", "VA"),
    ("ups.realpower", "W"),
    ("ups.realpower.nominal", "W"),
    ("ups.temperature", "°C"),
];

/// What a UPS says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpsReading {
    /// Which of [`FLAGS`] hold; `None` where it tells no status.
    pub flags: Option<[bool; FLAGS.len()]>,
    /// [`NUMBERS`] in their order, in thousandths; `None` where there is none or it is no number.
    pub thousandths: [Option<i64>; NUMBERS.len()],
}

impl UpsReading {
    /// A number by `upsd`'s name, in thousandths.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        let at = NUMBERS.iter().position(|(other, _)| *other == name)?;
        self.thousandths.get(at).copied().flatten()
    }

    /// The load in thousandths of a watt, computed from its share of the nominal real power; `None` without both.
    #[must_use]
    pub fn computed_load_mw(&self) -> Option<i64> {
        let (load, nominal) = (self.number("ups.load")?, self.number("ups.realpower.nominal")?);
        let product = i128::from(load) * i128::from(nominal) / 100_000;
        i64::try_from(product).ok()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NutError {
    /// The name of the host has no address.
    #[error("the host has no address: {0}")]
    NoAddress(Errno),
    /// The connection could not be made, or broke.
    #[error("the connection failed: {0}")]
    Connection(Errno),
    /// The server closed the connection before its answer was whole.
    #[error("the server closed the connection within its answer")]
    Closed,
    /// The server took longer than is waited for.
    #[error("the server did not answer in time")]
    Late,
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(Refusal),
    /// The answer is longer than any.
    #[error("the answer is longer than any that upsd gives")]
    TooLong,
    /// The answer is not of this protocol.
    #[error("the answer is not of the protocol of upsd")]
    Malformed,
}

/// What the server's `ERR` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `ACCESS-DENIED`.
    #[error("this host may not ask it; add it to LISTEN and the access rules of upsd.conf")]
    AccessDenied,
    /// `UNKNOWN-UPS`.
    #[error("it has no UPS of this name; see ups.conf of the server")]
    UnknownUps,
    /// `DRIVER-NOT-CONNECTED`.
    #[error("its driver does not run; start it on the server with upsdrvctl")]
    DriverNotConnected,
    /// `DATA-STALE`.
    #[error("its driver has lost the UPS; look at the cable")]
    DataStale,
    /// Another word of the protocol.
    #[error("for another reason")]
    Other,
}
