//! Schemas and snapshots as messages.

use std::collections::HashMap;

use hearth_hot::series::Part;
use hearth_model::Word;
use postcard::ser_flavors::Flavor;

use super::body;
use super::layout::{
    Bytes, Message, VERSION, WireDelta, WireGap, WireMetric, WirePart, WireSchema, WireSeries, WireSnapshot,
};
use crate::encode::{Change, OtherSchema};
use crate::schema::Schema;
use crate::snapshot::{Moment, Snapshot};

/// Why a message was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A delta joins two schemas: send the schema and a full snapshot instead.
    #[error("a delta needs two snapshots of one schema")]
    OtherSchema(#[from] OtherSchema),
    /// The serialiser refused the message.
    #[error("the message cannot be written as postcard")]
    Postcard(#[from] postcard::Error),
    /// A frame's length does not fit its field.
    #[error("the message is longer than a frame's length field can say")]
    TooLong(#[from] std::num::TryFromIntError),
}

/// Writes messages; keeps its buffers, so that a warm encoder writes snapshots and deltas without allocating.
#[derive(Debug, Default)]
pub struct Encoder {
    before: Vec<Word>,
    now: Vec<Word>,
    body: Vec<u8>,
}

impl Encoder {
    /// Appends the message that says what the series of `schema` mean.
    ///
    /// # Errors
    /// The serialiser refused; `out` may hold a part of the message.
    pub fn schema(&self, schema: &Schema, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut metrics = Vec::new();
        let mut positions = HashMap::new();
        let mut series = Vec::new();
        for (index, key) in schema.series() {
            let metric = key.metric;
            let next = u32::try_from(metrics.len()).unwrap_or(u32::MAX);
            let position = *positions.entry(metric.name).or_insert_with(|| {
                metrics.push(WireMetric {
                    name: metric.name,
                    kind: metric.kind.into(),
                    unit: metric.unit.name(),
                    mul: metric.scale.mul,
                    decimals: metric.scale.decimals,
                    labels: metric.labels.to_vec(),
                    help: metric.help,
                });
                next
            });
            let labels = key.labels.iter().map(|label| &**label).collect();
            series.push(WireSeries { index, metric: position, part: part(key.part), labels });
        }
        put(&Message::Schema(WireSchema { version: VERSION, hash: schema.hash, metrics, series }), out)
    }

    /// Appends the message with every word of `snapshot`.
    ///
    /// # Errors
    /// The serialiser refused; `out` may hold a part of the message.
    pub fn snapshot(&mut self, snapshot: &Snapshot, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        collect(snapshot, &mut self.now);
        self.body.clear();
        body::put_words(&self.now, &mut self.body);
        let message = WireSnapshot {
            version: VERSION,
            schema_hash: snapshot.schema.hash,
            monotonic_ns: snapshot.monotonic_ns,
            realtime_ns: snapshot.realtime_ns,
            body: Bytes(&self.body),
        };
        put(&Message::Snapshot(message), out)
    }

    /// Appends the message that turns `before`, which the client holds, into `now`.
    ///
    /// # Errors
    /// The snapshots have different schemas, and `out` is as it was; or the serialiser refused.
    pub fn delta(&mut self, before: &Snapshot, now: &Snapshot, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        OtherSchema::check(before.schema.hash, now)?;
        collect(before, &mut self.before);
        collect(now, &mut self.now);
        self.body.clear();
        body::put_changes(&self.before, &self.now, &mut self.body);
        let message = WireDelta {
            version: VERSION,
            schema_hash: now.schema.hash,
            base_monotonic_ns: before.monotonic_ns,
            monotonic_ns: now.monotonic_ns,
            realtime_ns: now.realtime_ns,
            body: Bytes(&self.body),
        };
        put(&Message::Delta(message), out)
    }

    /// Appends the message that makes `changes` (ascending by position) to `before`, which the client holds, as of
    /// `moment`. Without changes it says only that the connection still stands.
    ///
    /// # Errors
    /// The serialiser refused; `out` may hold a part of the message.
    pub fn changes(
        &mut self,
        before: &Snapshot,
        moment: Moment,
        changes: &[Change],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        self.body.clear();
        let mut next = 0;
        for change in changes {
            let skipped = change.position.saturating_sub(next);
            body::put_change(skipped, before.reading(change.index), change.word.reading(), &mut self.body);
            next = change.position.saturating_add(1);
        }
        let message = WireDelta {
            version: VERSION,
            schema_hash: before.schema.hash,
            base_monotonic_ns: before.monotonic_ns,
            monotonic_ns: moment.monotonic_ns,
            realtime_ns: moment.realtime_ns,
            body: Bytes(&self.body),
        };
        put(&Message::Delta(message), out)
    }

    /// Appends the message that `skipped` moments were left out.
    ///
    /// # Errors
    /// The serialiser refused; `out` may hold a part of the message.
    pub fn gap(&self, skipped: u64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put(&Message::Gap(WireGap { version: VERSION, skipped }), out)
    }

    /// Appends what `message` appends, as one frame of a stream. On an error `out` is as it was.
    ///
    /// # Errors
    /// Those of `message`; or the frame is longer than its length field can say.
    pub fn frame(
        &mut self,
        out: &mut Vec<u8>,
        message: impl FnOnce(&mut Self, &mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        let written = message(self, out).and_then(|()| Ok(u32::try_from(out.len() - start - 4)?));
        if let Ok(len) = written {
            out[start..start + 4].copy_from_slice(&len.to_le_bytes());
        } else {
            out.truncate(start);
        }
        written.map(|_len| ())
    }
}

/// The words of the schema's series, in its order.
fn collect(snapshot: &Snapshot, words: &mut Vec<Word>) {
    words.clear();
    words.extend(snapshot.schema.series().map(|(index, _)| Word::from(snapshot.reading(index))));
}

fn part(part: Part) -> WirePart {
    match part {
        Part::Value => WirePart::Value,
        Part::Bucket => WirePart::Bucket,
        Part::Sum => WirePart::Sum,
        Part::Count => WirePart::Count,
    }
}

fn put(message: &Message<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    postcard::serialize_with_flavor::<_, _, ()>(message, Append(out))?;
    Ok(())
}

/// Appends to a buffer; postcard's own flavours take the buffer away, and lose it on an error.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
