//! The two forms a stream comes in.

use crate::encode::Change;
use crate::encode::json::events;
use crate::encode::wire::{EncodeError, Encoder};
use crate::meter::OpenStream;
use crate::snapshot::{Moment, Snapshot};

/// Which form a client asked for.
#[derive(Clone, Copy)]
pub(super) enum Media {
    Events,
    Postcard,
}

/// What writes one client's messages; each method appends to `out`.
pub(super) struct Form {
    writer: Writer,
    open: OpenStream,
}

enum Writer {
    Events,
    Postcard(Encoder),
}

impl Form {
    /// What writes the messages of the stream that `open` counts.
    pub(super) fn new(media: Media, open: OpenStream) -> Self {
        let writer = match media {
            Media::Events => Writer::Events,
            Media::Postcard => Writer::Postcard(Encoder::default()),
        };
        Self { writer, open }
    }

    /// The schema and everything.
    pub(super) fn all(&mut self, snapshot: &Snapshot, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match &mut self.writer {
            Writer::Events => {
                events::schema(&snapshot.schema, out);
                events::full(snapshot, out);
                Ok(())
            }
            Writer::Postcard(encoder) => {
                encoder.frame(out, |encoder, out| encoder.schema(&snapshot.schema, out))?;
                encoder.frame(out, |encoder, out| encoder.snapshot(snapshot, out))
            }
        }
    }

    /// What makes `now` of `sent`, if anything does; `sent` then is `now`.
    pub(super) fn delta(
        &mut self,
        sent: &mut Snapshot,
        now: &Snapshot,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if now.schema.series().all(|(index, _)| sent.reading(index) == now.reading(index)) {
            return Ok(());
        }
        match &mut self.writer {
            Writer::Events => events::delta(sent, now, out)?,
            Writer::Postcard(encoder) => encoder.frame(out, |encoder, out| encoder.delta(sent, now, out))?,
        }
        sent.copy_from(now);
        Ok(())
    }

    /// These changes alone (ascending by position), if there are any; `sent` then has them.
    pub(super) fn changes(
        &mut self,
        sent: &mut Snapshot,
        moment: Moment,
        changes: &[Change],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if changes.is_empty() {
            return Ok(());
        }
        match &mut self.writer {
            Writer::Events => events::changes(&sent.schema, moment, changes, out),
            Writer::Postcard(encoder) => {
                encoder.frame(out, |encoder, out| encoder.changes(sent, moment, changes, out))?;
            }
        }
        (sent.monotonic_ns, sent.realtime_ns) = (moment.monotonic_ns, moment.realtime_ns);
        for change in changes {
            let word = usize::try_from(change.index).ok().and_then(|index| sent.words.get_mut(index));
            if let Some(word) = word {
                *word = change.word;
            }
        }
        Ok(())
    }

    /// That `moments` were left out, if any were; they are counted.
    pub(super) fn gap(&mut self, moments: u64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if moments == 0 {
            return Ok(());
        }
        self.open.leave_out(moments);
        match &mut self.writer {
            Writer::Events => {
                events::gap(moments, out);
                Ok(())
            }
            Writer::Postcard(encoder) => encoder.frame(out, |encoder, out| encoder.gap(moments, out)),
        }
    }

    /// Something that changes nothing.
    pub(super) fn keep_alive(&mut self, sent: &Snapshot, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match &mut self.writer {
            Writer::Events => {
                events::keep_alive(out);
                Ok(())
            }
            Writer::Postcard(encoder) => {
                encoder.frame(out, |encoder, out| encoder.changes(sent, sent.moment(), &[], out))
            }
        }
    }
}
