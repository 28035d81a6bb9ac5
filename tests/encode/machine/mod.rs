//! Machines that do not exist: one with everything a format must cope with, one as large as a real home server.

use std::sync::Arc;

use hearth::schema::{LaneSchema, Schema};
use hearth::snapshot::Snapshot;
use hearth_hot::contract::LaneKind;
use hearth_hot::series::{Part, SeriesKey};
use hearth_model::{Audience, Metric, Reason, Scale, Unit, Word, counter, gauge, histogram, info, unknown};

mod home;

pub(crate) use home::{advance, home_server};

pub(crate) type Place = (Option<Arc<SeriesKey>>, Word);

/// A place on a page and what it holds.
pub(crate) fn place(metric: &'static Metric, labels: &[&str], part: Part, word: Word) -> Place {
    let labels = labels.iter().map(|&label| label.into()).collect();
    (Some(Arc::new(SeriesKey { metric, labels, part })), word)
}

/// A snapshot of these steady and slow places.
pub(crate) fn snapshot(
    metrics: &[&'static Metric],
    steady: Vec<Place>,
    slow: Vec<Place>,
    audience: Audience,
) -> Snapshot {
    let words = steady.iter().chain(&slow).map(|place| place.1).collect();
    let lane = |lane, places: Vec<Place>| {
        let places = places.into_iter().map(|place| place.0).collect();
        Arc::new(LaneSchema { places, ..LaneSchema::empty(lane) })
    };
    let lanes = [lane(LaneKind::Steady, steady), lane(LaneKind::Slow, slow)];
    let schema = Arc::new(Schema::of(metrics.iter().copied(), lanes, audience));
    Snapshot { schema, monotonic_ns: 12_500_000_000, realtime_ns: 1_700_000_000_000_000_001, words }
}

pub(crate) static SECONDS: Metric =
    counter("odd_seconds_total", Unit::Seconds, "A back\\slash, a \"quote\",\na line.")
        .labels(&["mode"])
        .scale(Scale::CENTI);
pub(crate) static PLAIN: Metric =
    counter("odd_events", Unit::None, "A counter named without its suffix.").labels(&["cpu"]);
pub(crate) static SECTORS: Metric =
    counter("odd_bytes_total", Unit::Bytes, "Sectors, shown as bytes.").scale(Scale::SECTORS);
pub(crate) static JOULES: Metric = counter("odd_joules_total", Unit::Joules, "Energy.").scale(Scale::MICRO);
pub(crate) static WATTS: Metric = gauge("odd_watts", Unit::Watts, "Power.").scale(Scale::MILLI);
pub(crate) static CELSIUS: Metric =
    gauge("odd_temp_celsius", Unit::Celsius, "Temperature.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
pub(crate) static VOLTS: Metric = gauge("odd_in_volts", Unit::Volts, "Voltage.").scale(Scale::MILLI);
pub(crate) static AMPERES: Metric = gauge("odd_curr_amperes", Unit::Amperes, "Current.").scale(Scale::MILLI);
pub(crate) static HERTZ: Metric =
    gauge("odd_frequency_hertz", Unit::Hertz, "Frequency.").scale(Scale::times(1000));
pub(crate) static RATIO: Metric =
    gauge("odd_share_ratio", Unit::Ratio, "A share.").scale(Scale::decimals(18));
pub(crate) static UNNAMED_UNIT: Metric = gauge("odd_size", Unit::Bytes, "Its name does not say its unit.");
pub(crate) static INFO: Metric = info("odd_info", "Content in labels.").labels(&["text"]);
pub(crate) static INFO_UNNAMED: Metric =
    info("odd_release", "An info that is not named so.").labels(&["text"]);
pub(crate) static LATENESS: Metric =
    histogram("odd_lateness_seconds", Unit::Seconds, "Lateness.").labels(&["lane"]).scale(Scale::NANO);
pub(crate) static UNTYPED: Metric = unknown("odd_vmstat", "Nobody knows.");
pub(crate) static SECRET: Metric =
    gauge("odd_secret", Unit::None, "For the owner.").labels(&["serial"]).admin();
pub(crate) static SILENT: Metric = gauge("odd_silent", Unit::None, "Never has a value.").labels(&["reason"]);

/// Every kind, unit, part, audience and escape.
pub(crate) static ODD: &[&Metric] = &[
    &SECONDS,
    &PLAIN,
    &SECTORS,
    &JOULES,
    &WATTS,
    &CELSIUS,
    &VOLTS,
    &AMPERES,
    &HERTZ,
    &RATIO,
    &UNNAMED_UNIT,
    &INFO,
    &INFO_UNNAMED,
    &LATENESS,
    &UNTYPED,
    &SECRET,
    &SILENT,
];

/// A machine with everything that can be strange at once.
pub(crate) fn odd(audience: Audience) -> Snapshot {
    let value = |metric, labels: &[&str], value| place(metric, labels, Part::Value, Word::value(value));
    let none = |metric, labels: &[&str], reason| place(metric, labels, Part::Value, Word::reason(reason));
    let mut steady = vec![
        value(&SECONDS, &["idle"], 8125),
        value(&SECONDS, &["a \"quoted\" back\\slash\nand a line, {braces}"], 0),
        (None, Word::reason(Reason::Gone)),
        value(&SECONDS, &["below zero"], -1),
        none(&SECONDS, &["missing"], Reason::Uncertain),
        value(&PLAIN, &["0"], i64::MAX),
        value(&SECTORS, &[], i64::MAX),
        value(&JOULES, &[], 262_143_328_850),
        value(&WATTS, &[], -1500),
        value(&CELSIUS, &["k10temp", ""], 45_125),
        value(&CELSIUS, &["grüße", "Tctl"], i64::MIN + 16),
        value(&VOLTS, &[], 1),
        value(&AMPERES, &[], 12_000),
        value(&HERTZ, &[], 3_400_000),
        value(&RATIO, &[], 1),
        value(&UNNAMED_UNIT, &[], 4096),
        value(&INFO, &["a"], 1),
        value(&INFO, &["not one"], 2),
        value(&INFO_UNNAMED, &["b"], 1),
        value(&UNTYPED, &[], 7),
        value(&SECRET, &["WD-1234"], 1),
    ];
    steady.extend(Reason::ALL.map(|reason| none(&SILENT, &[reason.name()], reason)));
    let count = |lane, part, value| place(&LATENESS, &[lane], part, Word::value(value));
    let bucket = |lane, le, word| place(&LATENESS, &[lane, le], Part::Bucket, word);
    // In an order in which no format wants them.
    let slow = vec![
        count("steady", Part::Count, 12),
        bucket("steady", "+Inf", Word::value(12)),
        bucket("slow", "+Inf", Word::reason(Reason::Pending)),
        bucket("steady", "0.001", Word::value(9)),
        bucket("steady", "1e-05", Word::value(4)),
        count("slow", Part::Sum, 5),
        count("steady", Part::Sum, 1_234_567_890),
        count("slow", Part::Count, 3),
    ];
    snapshot(ODD, steady, slow, audience)
}

/// Xorshift: the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
