//! Snapshots and schemas as JSON.
//!
//! Numbers are exact decimals in the metric's base unit and may have more digits than a 64-bit float holds. A value that
//! is missing is `null` beside its reason. Hashes are 16 hexadecimal digits in a string, since most readers would round
//! such a number.
//!
//! A snapshot ([`snapshot`]):
//!
//! ```json
//! {"schema": "00c0ffee00c0ffee", "monotonic_seconds": 12.5, "realtime_seconds": 1700000000.000000001,
//!  "families": [
//!   {"name": "node_cpu_seconds_total", "type": "counter", "unit": "seconds", "series": [
//!     {"index": 0, "labels": {"cpu": "0", "mode": "idle"}, "value": 81.25},
//!     {"index": 1, "labels": {"cpu": "1", "mode": "idle"}, "value": null, "reason": "absent"}]}]}
//! ```
//!
//! A histogram's series say which sample they are: `"part": "bucket"` (with `le` among the labels), `"sum"` or `"count"`.
//! Reasons are the names of [`hearth_model::Reason`].
//!
//! A schema ([`schema`]):
//!
//! ```json
//! {"schema": "00c0ffee00c0ffee", "families": [
//!   {"name": "node_cpu_seconds_total", "type": "counter", "unit": "seconds", "labels": ["cpu", "mode"],
//!    "audience": "everyone", "help": "…", "series": [{"index": 0, "labels": {"cpu": "0", "mode": "idle"}}]}]}
//! ```
//!
//! The live stream's events: [`events`].

pub mod events;
mod writer;

use hearth_hot::series::{Part, SeriesKey};
use hearth_model::{Audience, Decimal, Metric, Scale};

use crate::schema::Schema;
use crate::snapshot::{Moment, Snapshot};
pub use writer::Writer;

/// Appends `snapshot`, with every series that its schema shows.
pub fn snapshot(snapshot: &Snapshot, out: &mut Vec<u8>) {
    let schema = &*snapshot.schema;
    let mut json = Writer::new(out);
    json.begin_object();
    stamp(&mut json, snapshot.schema.hash, snapshot.moment());
    json.key("families");
    json.begin_array();
    for family in &schema.families {
        json.begin_object();
        name_and_type(&mut json, family.metric);
        json.key("series");
        json.begin_array();
        for &index in &family.series {
            let Some(key) = schema.key(index) else { continue };
            json.begin_object();
            identity(&mut json, index, key);
            match snapshot.reading(index) {
                Ok(value) => {
                    json.key("value");
                    json.decimal(scale(key).apply(value));
                }
                Err(reason) => {
                    json.key("value");
                    json.null();
                    json.key("reason");
                    json.string(reason.name());
                }
            }
            json.end_object();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

/// Appends what the indices of `schema` mean.
pub fn schema(schema: &Schema, out: &mut Vec<u8>) {
    let mut json = Writer::new(out);
    json.begin_object();
    json.key("schema");
    json.hash(schema.hash);
    json.key("families");
    json.begin_array();
    for family in &schema.families {
        json.begin_object();
        metric(&mut json, family.metric);
        json.key("series");
        json.begin_array();
        for &index in &family.series {
            let Some(key) = schema.key(index) else { continue };
            json.begin_object();
            identity(&mut json, index, key);
            json.end_object();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

/// The members that describe a metric, into an object that is open.
pub(crate) fn metric(json: &mut Writer<'_>, metric: &Metric) {
    name_and_type(json, metric);
    json.key("labels");
    json.begin_array();
    for label in metric.labels {
        json.string(label);
    }
    json.end_array();
    json.key("audience");
    json.string(audience_name(metric.audience));
    json.key("help");
    json.string(metric.help);
}

/// The audience's name in JSON and in tables.
pub(crate) fn audience_name(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => "everyone",
        Audience::Admin => "admin",
    }
}

fn name_and_type(json: &mut Writer<'_>, metric: &Metric) {
    json.key("name");
    json.string(metric.name);
    json.key("type");
    json.string(metric.kind.name());
    json.key("unit");
    json.string(metric.unit.name());
}

/// The members that say which series this is: its index, which part of a histogram it is, its labels.
pub fn identity(json: &mut Writer<'_>, index: u32, key: &SeriesKey) {
    json.key("index");
    json.unsigned(u64::from(index));
    match key.part {
        Part::Value => {}
        Part::Bucket => part(json, "bucket"),
        Part::Sum => part(json, "sum"),
        Part::Count => part(json, "count"),
    }
    json.key("labels");
    json.begin_object();
    let keys = key.metric.labels.iter().copied().chain((key.part == Part::Bucket).then_some("le"));
    for (name, value) in keys.zip(&key.labels) {
        json.key(name);
        json.string(value);
    }
    json.end_object();
}

fn part(json: &mut Writer<'_>, name: &str) {
    json.key("part");
    json.string(name);
}

/// Which schema and which moment a document speaks of.
fn stamp(json: &mut Writer<'_>, schema_hash: u64, moment: Moment) {
    json.key("schema");
    json.hash(schema_hash);
    json.key("monotonic_seconds");
    json.decimal(seconds(moment.monotonic_ns));
    json.key("realtime_seconds");
    json.decimal(seconds(moment.realtime_ns));
}

fn seconds(nanoseconds: u64) -> Decimal {
    Decimal { digits: i128::from(nanoseconds), decimals: Scale::NANO.decimals }
}

/// From a series' word to its number: buckets and counts are plain numbers of events.
pub(crate) fn scale(key: &SeriesKey) -> Scale {
    match key.part {
        Part::Value | Part::Sum => key.metric.scale,
        Part::Bucket | Part::Count => Scale::ONE,
    }
}
