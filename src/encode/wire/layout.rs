//! The messages, field by field.
//!
//! This page and the types below are all that a decoder needs.
//!
//! # Primitives
//! The messages are [postcard 1.x](https://postcard.jamesmunns.com/wire-format): fields follow one another in the order
//! of their declaration, without names, padding or alignment.
//!
//! * `varint`: seven bits a byte, lowest seven first; every byte but the last has its top bit (0x80) set; at most 10
//!   bytes, and then the last is 0 or 1. 300 is `ac 02`.
//! * `u8`: one byte. `u32`, `u64`: a varint.
//! * `&str`: a varint, the length in bytes, then that much UTF-8.
//! * [`Bytes`]: a varint, the length in bytes, then the bytes.
//! * `Vec<T>`: a varint, how many, then the elements.
//! * `enum`: a varint, the variant's number as given below, then the variant's fields.
//! * `zigzag(i64)` (inside bodies alone): a varint `n` that stands for `n / 2` if `n` is even and `-(n + 1) / 2` if it is
//!   odd: 0, 1, 2, 3 stand for 0, -1, 1, -2.
//!
//! # Framing
//! The body of an HTTP answer is one [`Message`]. A stream is a sequence of frames, each `u32` little endian (four plain
//! bytes, not a varint), the length of the message, then the message. A frame is never empty.
//!
//! # Order of a stream
//! First a schema, then a snapshot of it, then deltas. Each delta changes what the messages before it have built, even
//! behind a gap. Another schema starts over.
//!
//! # Words
//! A series has one **word**: a value (`i64`, never below -9223372036854775792) or a **reason** why there is none, one byte:
//! 0 pending, 1 absent, 2 no_permission, 3 not_counted, 4 io_error, 5 out_of_range, 6 uncertain, 7 stale, 8 gone.
//! The number that a value stands for is `value × mul ÷ 10^decimals` of the series' metric, in the metric's unit; for the
//! parts bucket and count it is the value itself.
//!
//! # Body of a snapshot
//! One word for each series, in the order of [`WireSchema::series`], as a sequence of runs up to the end of the body.
//! A run is a varint `h`, with `n = h / 4` (at least 1) words, of the kind `h % 4`:
//!
//! * 0: `n` values follow, each a `zigzag(i64)`;
//! * 1: `n` values 0, nothing follows;
//! * 2: `n` times the same reason; one byte follows, the reason;
//! * 3: not used.
//!
//! The runs have exactly as many words as the schema has series.
//!
//! # Body of a delta
//! A sequence of runs up to the end of the body, over the series in the order of [`WireSchema::series`], from the first.
//! A run is a varint, how many series are skipped because nothing changed, then a varint `h`, with `n = h / 2` (at least
//! 1) series, of the kind `h % 2`:
//!
//! * 0: for each of the `n` series a `zigzag(i64)` follows, which is added to the series' value; where the series had a
//!   reason, it is added to 0. The sum wraps at 64 bits;
//! * 1: each of the `n` series takes the same reason; one byte follows, the reason.
//!
//! Series behind the last run did not change.

use hearth_model::{Kind, Scale};
use serde::{Deserialize, Serialize};

/// The version of this layout: the first field of every message.
pub const VERSION: u8 = 1;

/// One message. As an enum: variant numbers in the order of the list, from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message<'a> {
    /// 0: what the series mean.
    #[serde(borrow)]
    Schema(WireSchema<'a>),
    /// 1: every series.
    Snapshot(WireSnapshot<'a>),
    /// 2: the series that changed.
    Delta(WireDelta<'a>),
    /// 3: moments that were left out.
    Gap(WireGap),
}

/// What the series of a snapshot mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireSchema<'a> {
    /// [`VERSION`].
    pub version: u8,
    /// Identifies the schema in the messages that follow; never 0.
    pub hash: u64,
    /// The metrics that have series.
    #[serde(borrow)]
    pub metrics: Vec<WireMetric<'a>>,
    /// The series, ascending by index.
    pub series: Vec<WireSeries<'a>>,
}

/// One metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireMetric<'a> {
    /// Exposition name: `node_cpu_seconds_total`.
    pub name: &'a str,
    /// What its numbers do over time.
    pub kind: WireKind,
    /// Base unit: `seconds`; empty for a plain number.
    pub unit: &'a str,
    /// Multiplier from value to number, at least 1.
    pub mul: u32,
    /// Decimal places of the value, at most 18.
    pub decimals: u8,
    /// Label keys.
    #[serde(borrow)]
    pub labels: Vec<&'a str>,
    /// One sentence for people.
    pub help: &'a str,
}

/// A metric's kind. As an enum: variant numbers in the order of the list, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WireKind {
    /// 0: only grows, but for resets.
    Counter,
    /// 1: goes up and down.
    Gauge,
    /// 2: always 1; its labels carry the content.
    Info,
    /// 3: cumulative buckets, a sum and a count.
    Histogram,
    /// 4: nobody promises what it does.
    Unknown,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireSeries<'a> {
    /// The series' index in other answers (JSON, history). Some indices have no series.
    pub index: u32,
    /// Position of its metric in [`WireSchema::metrics`], from 0.
    pub metric: u32,
    /// Which sample of the metric it is.
    pub part: WirePart,
    /// A value for each of the metric's label keys, in their order; a bucket has its upper bound `le` behind them.
    #[serde(borrow)]
    pub labels: Vec<&'a str>,
}

/// Which sample a series is. As an enum: variant numbers in the order of the list, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WirePart {
    /// 0: the one sample of the label set.
    Value,
    /// 1: a histogram's cumulative bucket.
    Bucket,
    /// 2: a histogram's sum.
    Sum,
    /// 3: a histogram's count.
    Count,
}

/// The words of every series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireSnapshot<'a> {
    /// [`VERSION`].
    pub version: u8,
    /// [`WireSchema::hash`] of the schema that the words belong to.
    pub schema_hash: u64,
    /// The machine's monotonic clock when the newest words were read, in nanoseconds.
    pub monotonic_ns: u64,
    /// The same moment in nanoseconds since 1970-01-01 00:00 UTC.
    pub realtime_ns: u64,
    /// The words, coded as told above.
    #[serde(borrow)]
    pub body: Bytes<'a>,
}

/// The words that changed since the message before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireDelta<'a> {
    /// [`VERSION`].
    pub version: u8,
    /// [`WireSchema::hash`] of the schema that the words belong to.
    pub schema_hash: u64,
    /// `monotonic_ns` of the snapshot or delta that this one changes.
    pub base_monotonic_ns: u64,
    /// The machine's monotonic clock when the newest words were read, in nanoseconds.
    pub monotonic_ns: u64,
    /// The same moment in nanoseconds since 1970-01-01 00:00 UTC.
    pub realtime_ns: u64,
    /// The changes, coded as told above.
    #[serde(borrow)]
    pub body: Bytes<'a>,
}

/// Moments that were left out because the client read too slowly or the schema changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireGap {
    /// [`VERSION`].
    pub version: u8,
    /// How many moments of the stream were left out here.
    pub skipped: u64,
}

/// A byte array inside a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Serialize for Bytes<'_> {
    /// As bytes: a slice by itself would be taken element by element.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl WireMetric<'_> {
    /// The scale of the parts value and sum.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        Scale { mul: self.mul, decimals: self.decimals }
    }
}

impl From<Kind> for WireKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter,
            Kind::Gauge => Self::Gauge,
            Kind::Info => Self::Info,
            Kind::Histogram => Self::Histogram,
            Kind::Unknown => Self::Unknown,
        }
    }
}

impl WireKind {
    /// The type word of OpenMetrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => Kind::Counter.name(),
            Self::Gauge => Kind::Gauge.name(),
            Self::Info => Kind::Info.name(),
            Self::Histogram => Kind::Histogram.name(),
            Self::Unknown => Kind::Unknown.name(),
        }
    }
}
