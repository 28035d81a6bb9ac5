//! The live stream as server-sent events (WHATWG HTML, "Server-sent events").
//!
//! | event | data | when |
//! |---|---|---|
//! | `schema` | the schema document of [`super::schema`] | first, and whenever the schema changes |
//! | `full` | a stamp and every series | behind each `schema` |
//! | `delta` | a stamp and the series that changed since the event before | from then on |
//! | `gap` | `{"skipped": 12}` | before the next event, when the client was too slow for so many |
//!
//! `full` and `delta` are `{"schema": …, "monotonic_seconds": …, "realtime_seconds": …, "values": […]}`; each of the
//! values is `[index, number]` or `[index, null, "reason"]`. A delta never needs what a gap left out: it is made against
//! the last event that was sent.

use crate::encode::OtherSchema;
use crate::schema::Schema;
use crate::snapshot::Snapshot;

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

/// Appends a `gap` event: `skipped` moments were left out because the client read too slowly.
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
    stamp(&mut json, now);
    json.key("values");
    json.begin_array();
    for (index, key) in now.schema.series() {
        let reading = now.reading(index);
        if before.is_some_and(|before| before.reading(index) == reading) {
            continue;
        }
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
    json.end_array();
    json.end_object();
}
