//! What the history rings hold of one series.

use hearth_hot::frames::Frames;
use hearth_model::Word;

use super::View;
use crate::registry::NOT_YET;
use crate::schema::Schema;

/// One second of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Second {
    /// `CLOCK_MONOTONIC` of the frame, in microseconds.
    pub monotonic_us: u64,
    /// What was read.
    pub word: Word,
}

impl View {
    /// The newest `seconds` frames of the series at `index`, oldest first; `None` if the catalogue does not mark it for
    /// history or all columns were taken. A series that came late has fewer frames.
    #[must_use]
    pub fn history(&self, schema: &Schema, index: u32, seconds: usize) -> Option<Vec<Second>> {
        let (lane, place) = schema.place(index)?;
        let known = schema.lanes.get(lane)?;
        let held = |column: &crate::schema::Column| usize::try_from(column.place) == Ok(place);
        let number = known.history.iter().position(|column| column.as_ref().is_some_and(held))?;
        let column = known.history[number]?;
        let ring = &self.lanes[lane].history;
        let wanted = u64::try_from(seconds).unwrap_or(u64::MAX);
        let oldest = ring.next_frame().saturating_sub(wanted).max(ring.first_frame());
        if column.since_frame == NOT_YET {
            return Some(Vec::new());
        }
        let mut cursor = hearth_hot::ring::Cursor::since(oldest.max(column.since_frame));
        let mut frames = Frames::new(1, seconds.min(ring.capacity_frames()));
        ring.read_columns(&mut cursor, &[number], frames.capacity(), &mut frames);
        let times = frames.times_us().iter();
        Some(
            times.zip(frames.column(0)).map(|(&monotonic_us, &word)| Second { monotonic_us, word }).collect(),
        )
    }

    /// How many seconds the history can hold.
    #[must_use]
    pub fn history_seconds(&self) -> usize {
        self.lanes.iter().map(|lane| lane.history.capacity_frames()).max().unwrap_or(0)
    }
}
