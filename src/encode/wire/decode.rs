//! Messages read back: what `hearth get` and the stream's clients in Rust use.

use hearth_model::{Decimal, Reading, Reason, Scale, Word};
use serde::Deserialize;

use super::body;
use super::layout::{Message, VERSION, WireDelta, WirePart, WireSchema, WireSnapshot};

/// The longest frame a client takes; a schema of 100 000 series is below.
pub const FRAME_MAX_BYTES: usize = 16 << 20;

/// What is wrong with the input, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {offset}")]
pub struct DecodeError {
    /// Byte at which the fault was noticed: in the message, or in its body for faults of a body.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The input ends too early.
    #[error("the input ends too early")]
    Truncated,
    /// Bytes follow where the input should end.
    #[error("bytes follow the end of the message")]
    Trailing,
    /// A frame's length is 0 or above [`FRAME_MAX_BYTES`].
    #[error("a frame of {0} bytes is not between 1 and {FRAME_MAX_BYTES}")]
    FrameSize(u32),
    /// The message is not postcard of this layout.
    #[error("the message does not follow the layout: {0}")]
    Postcard(#[source] postcard::Error),
    /// The layout is of another version.
    #[error("layout version {0}, while this program reads version {VERSION}: update the older of the two")]
    Version(u8),
    /// A schema contradicts itself.
    #[error("the schema contradicts itself: {0}")]
    Schema(&'static str),
    /// The message belongs to another schema: ask for the schema anew.
    #[error("the message belongs to schema {0:016x}, which is not the one known")]
    OtherSchema(u64),
    /// The delta changes another moment than the one known: ask for a snapshot anew.
    #[error("the delta is for the moment {0} ns, which is not the one known")]
    OtherBase(u64),
    /// A varint has more than 64 bits.
    #[error("a number has more than 64 bits")]
    BadVarint,
    /// A run is empty, of an unknown kind, or goes beyond the schema's series.
    #[error("a run is empty, of unknown kind or longer than the schema")]
    BadRun,
    /// A reason's code is unknown.
    #[error("a reason's code is unknown")]
    BadReason,
    /// A value is among those kept for reasons.
    #[error("a value is below the lowest that there is")]
    BadValue,
}

/// A frame's message, and the bytes behind the frame.
pub type Frame<'a> = (&'a [u8], &'a [u8]);

/// Splits the first frame off a stream's bytes, or says nothing while it is incomplete.
///
/// # Errors
/// The length is one that no frame has.
pub fn take_frame(bytes: &[u8]) -> Result<Option<Frame<'_>>, DecodeError> {
    let Some((len, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let len = u32::from_le_bytes(*len);
    match usize::try_from(len) {
        Ok(size @ 1..=FRAME_MAX_BYTES) => Ok(rest.split_at_checked(size)),
        Ok(_) | Err(_) => Err(DecodeError { offset: 0, fault: Fault::FrameSize(len) }),
    }
}

impl<'a> Message<'a> {
    /// Reads one message, which fills `bytes`; text and bodies are borrowed from there.
    ///
    /// # Errors
    /// What is wrong and where. A body is not looked into; that is [`Mirror`]'s.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut input = postcard::Deserializer::from_bytes(bytes);
        let message = Self::deserialize(&mut input);
        // What is left tells how far a failed reading came, too; for a slice this cannot fail.
        let rest = input.finalize().map_or(0, <[u8]>::len);
        let fail = |fault| DecodeError { offset: bytes.len() - rest, fault };
        let message = message.map_err(|error| match error {
            postcard::Error::DeserializeUnexpectedEnd => fail(Fault::Truncated),
            error => fail(Fault::Postcard(error)),
        })?;
        let version = match &message {
            Self::Schema(schema) => schema.version,
            Self::Snapshot(snapshot) => snapshot.version,
            Self::Delta(delta) => delta.version,
            Self::Gap(gap) => gap.version,
        };
        if version != VERSION {
            return Err(fail(Fault::Version(version)));
        }
        if rest > 0 {
            return Err(fail(Fault::Trailing));
        }
        if let Self::Schema(schema) = &message {
            check(schema).map_err(fail)?;
        }
        Ok(message)
    }
}

/// What the layout promises of a schema beyond its types.
fn check(schema: &WireSchema<'_>) -> Result<(), Fault> {
    if schema.hash == 0 {
        return Err(Fault::Schema("its hash is 0"));
    }
    if schema.metrics.iter().any(|metric| metric.mul == 0 || metric.decimals > 18) {
        return Err(Fault::Schema("a metric's scale is none that there is"));
    }
    if !schema.series.is_sorted_by(|one, next| one.index < next.index) {
        return Err(Fault::Schema("its series are not in the order of their indices"));
    }
    for series in &schema.series {
        let metric = usize::try_from(series.metric).ok().and_then(|metric| schema.metrics.get(metric));
        let metric = metric.ok_or(Fault::Schema("a series' metric is not in it"))?;
        let bounds = usize::from(series.part == WirePart::Bucket);
        if series.labels.len() != metric.labels.len() + bounds {
            return Err(Fault::Schema("a series has more or fewer label values than its metric has keys"));
        }
    }
    Ok(())
}

impl WireSchema<'_> {
    /// The number that the word of the series at `position` stands for.
    ///
    /// # Errors
    /// The reason in the word; absent if there is no such series.
    pub fn number(&self, position: usize, word: Word) -> Result<Decimal, Reason> {
        let series = self.series.get(position).ok_or(Reason::Absent)?;
        let metric = usize::try_from(series.metric).ok().and_then(|metric| self.metrics.get(metric));
        let scale = match series.part {
            WirePart::Value | WirePart::Sum => metric.ok_or(Reason::Absent)?.scale(),
            WirePart::Bucket | WirePart::Count => Scale::ONE,
        };
        word.reading().map(|value| scale.apply(value))
    }
}

/// A client's copy of the words, built from a schema, a snapshot and the deltas behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    schema_hash: u64,
    monotonic_ns: u64,
    realtime_ns: u64,
    words: Vec<Word>,
}

impl Mirror {
    /// A copy for the series of `schema`, all of them pending.
    #[must_use]
    pub fn new(schema: &WireSchema<'_>) -> Self {
        let words = vec![Word::reason(Reason::Pending); schema.series.len()];
        Self { schema_hash: schema.hash, monotonic_ns: 0, realtime_ns: 0, words }
    }

    /// Takes every word from `snapshot`.
    ///
    /// # Errors
    /// The snapshot is of another schema, or its body is bad; the words are then as before.
    pub fn snapshot(&mut self, snapshot: &WireSnapshot<'_>) -> Result<(), DecodeError> {
        self.expect_schema(snapshot.schema_hash)?;
        let mut words = self.words.clone();
        body::take_words(snapshot.body.0, &mut words)?;
        self.words = words;
        (self.monotonic_ns, self.realtime_ns) = (snapshot.monotonic_ns, snapshot.realtime_ns);
        Ok(())
    }

    /// Takes the changed words from `delta`.
    ///
    /// # Errors
    /// The delta is of another schema or for another moment, or its body is bad; the words are then as before.
    pub fn delta(&mut self, delta: &WireDelta<'_>) -> Result<(), DecodeError> {
        self.expect_schema(delta.schema_hash)?;
        if delta.base_monotonic_ns != self.monotonic_ns {
            return Err(DecodeError { offset: 0, fault: Fault::OtherBase(delta.base_monotonic_ns) });
        }
        let mut words = self.words.clone();
        body::take_changes(delta.body.0, &mut words)?;
        self.words = words;
        (self.monotonic_ns, self.realtime_ns) = (delta.monotonic_ns, delta.realtime_ns);
        Ok(())
    }

    /// The words, in the order of [`WireSchema::series`].
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The reading of the series at `position` in the schema; beyond it, absent.
    ///
    /// # Errors
    /// The reason why there is no value.
    pub fn reading(&self, position: usize) -> Reading {
        self.words.get(position).map_or(Err(Reason::Absent), |word| word.reading())
    }

    /// The monotonic clock of the machine at the newest message, in nanoseconds.
    #[must_use]
    pub fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns
    }

    /// The same moment, in nanoseconds since 1970.
    #[must_use]
    pub fn realtime_ns(&self) -> u64 {
        self.realtime_ns
    }

    fn expect_schema(&self, hash: u64) -> Result<(), DecodeError> {
        if hash == self.schema_hash {
            Ok(())
        } else {
            Err(DecodeError { offset: 0, fault: Fault::OtherSchema(hash) })
        }
    }
}
