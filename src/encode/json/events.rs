//! The live stream as server-sent events (WHATWG HTML, "Server-sent events").
//!
//! | event | data | when |
//! |---|---|---|
//! | `schema` | the schema document of [`super::schema`] | first, and whenever the schema changes |
//! | `full` | a stamp and every series | behind each `schema` |
//! | `delta` | a stamp and the series that changed since the event before | from then on |
//! | `gap` | `{"skipped": 12}` | before the next event, when so many were left out: the client was too slow, or the schema changed |
//!
//! `full` and `delta` are `{"schema": …, "monotonic_seconds": …, "realtime_seconds": …, "values": […]}`; each of the
//! values is `[index, number]` or `[index, null, "reason"]`. A delta never needs what a gap left out: it is made against
//! the last event that was sent. A comment (a line of a colon) now and then keeps a quiet stream open.

use crate::encode::{Change, OtherSchema};
use crate::schema::Schema;
use crate::snapshot::{Moment, Snapshot};

use hearth_hot::series::SeriesKey;
use hearth_model::Reading;

use super::{Writer, scale, stamp};

/// Appends a `schema` event.
pub fn schema(schema: &Schema, out: &mut Vec<u8>) {
    event("schema", out, |out| super::schema(schema, out));
}

/// Appends a `full` event.
pub fn full(snapshot: &Snapshot, out: &mut Vec<u8>) {
    event("full", out, |out| values(None, snapshot, out));
}

/// Appends a `delta` event: what is different in `now` from `before`.
///
/// # Errors
/// The snapshots have different schemas; `out` is as it was. Send the schema and a full event instead.
pub fn delta(before: &Snapshot, now: &Snapshot, out: &mut Vec<u8>) -> Result<(), OtherSchema> {
    OtherSchema::check(before.schema.hash, now)?;
    event("delta", out, |out| values(Some(before), now, out));
    Ok(())
}

/// Appends a `delta` event with `changes` alone, all of them series of `schema`, as of `moment`.
pub fn changes(schema: &Schema, moment: Moment, changes: &[Change], out: &mut Vec<u8>) {
    event("delta", out, |out| {
        let mut json = Writer::new(out);
        json.begin_object();
        stamp(&mut json, schema.hash, moment);
        json.key("values");
        json.begin_array();
        for change in changes {
            if let Some(key) = schema.key(change.index) {
                value(&mut json, change.index, key, change.word.reading());
            }
        }
        json.end_array();
        json.end_object();
    });
}

/// Appends a comment, which clients skip: it shows that the connection still stands.
pub fn keep_alive(out: &mut Vec<u8>) {
    out.extend_from_slice(b":\n\n");
}

/// Appends a `gap` event: `skipped` moments were left out before the next event.
pub fn gap(skipped: u64, out: &mut Vec<u8>) {
    event("gap", out, |out| {
        let mut json = Writer::new(out);
        json.begin_object();
        json.key("skipped");
        json.unsigned(skipped);
        json.end_object();
    });
}

/// JSON as written here has no line breaks, so that one `data:` line holds it.
fn event(name: &str, out: &mut Vec<u8>, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    data(out);
    out.extend_from_slice(b"\n\n");
}

fn values(before: Option<&Snapshot>, now: &Snapshot, out: &mut Vec<u8>) {
    let mut json = Writer::new(out);
    json.begin_object();
    stamp(&mut json, now.schema.hash, now.moment());
    json.key("values");
    json.begin_array();
    for (index, key) in now.schema.series() {
        let reading = now.reading(index);
        if before.is_some_and(|before| before.reading(index) == reading) {
            continue;
        }
        value(&mut json, index, key, reading);
    }
    json.end_array();
    json.end_object();
}

fn value(json: &mut Writer<'_>, index: u32, key: &SeriesKey, reading: Reading) {
    json.begin_array();
    json.unsigned(u64::from(index));
    match reading {
        Ok(value) => json.decimal(scale(key).apply(value)),
        Err(reason) => {
            json.null();
            json.string(reason.name());
        }
    }
    json.end_array();
}
