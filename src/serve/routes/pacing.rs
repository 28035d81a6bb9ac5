//! Side channels held back: energy counters tell a listener what the processor computes (CVE-2020-8694), so clients
//! that nobody has vouched for see them refreshed at a bounded rate.

use std::sync::Arc;

use hearth_model::{Reason, Word};

use crate::schema::Schema;
use crate::snapshot::Snapshot;

/// The words of paced series as all such clients may see them; one for all, so that many clients learn no more than one.
pub(super) struct Pacer {
    period_ns: u64,
    refreshed_ns: Option<u64>,
    schema: Option<Arc<Schema>>,
    held: Vec<(u32, Word)>,
}

impl Pacer {
    pub(super) fn new(refresh_hz: u32) -> Self {
        Self { period_ns: period_ns(refresh_hz), refreshed_ns: None, schema: None, held: Vec::new() }
    }

    pub(super) fn set_hz(&mut self, refresh_hz: u32) {
        self.period_ns = period_ns(refresh_hz);
    }

    /// Puts the held words in the place of those of `snapshot`'s paced series, after refreshing them if that is due.
    pub(super) fn hold_back(&mut self, snapshot: &mut Snapshot) {
        let known = self.schema.as_ref().is_some_and(|schema| schema.hash == snapshot.schema.hash);
        if !known {
            let paced = snapshot.schema.series().filter(|(_, key)| key.metric.paced);
            // Until a refresh is due, what is new is pending: a change of series must not be a way to read faster.
            self.held = paced.map(|(index, _)| (index, Word::reason(Reason::Pending))).collect();
            self.schema = Some(Arc::clone(&snapshot.schema));
        }
        let now_ns = snapshot.monotonic_ns;
        let due = self.refreshed_ns.is_none_or(|last_ns| now_ns.saturating_sub(last_ns) >= self.period_ns);
        if due {
            self.refreshed_ns = Some(now_ns);
        }
        for (index, held) in &mut self.held {
            let Some(word) = usize::try_from(*index).ok().and_then(|index| snapshot.words.get_mut(index))
            else {
                continue;
            };
            if due {
                *held = *word;
            } else {
                *word = *held;
            }
        }
    }
}

fn period_ns(refresh_hz: u32) -> u64 {
    1_000_000_000 / u64::from(refresh_hz.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::LaneSchema;
    use hearth_hot::contract::LaneKind;
    use hearth_hot::series::{Part, SeriesKey};
    use hearth_model::{Audience, Metric, Unit, catalogue::cpu, counter};

    static ENERGY: Metric = counter("test_energy_joules_total", Unit::Joules, "Energy.").paced();

    fn snapshot(metrics: &[&'static Metric]) -> Snapshot {
        let place = |&metric| Some(Arc::new(SeriesKey { metric, labels: Box::default(), part: Part::Value }));
        let steady =
            LaneSchema { places: metrics.iter().map(place).collect(), ..LaneSchema::empty(LaneKind::Steady) };
        let lanes = [Arc::new(steady), Arc::new(LaneSchema::empty(LaneKind::Slow))];
        let schema = Arc::new(Schema::new(lanes, Audience::Everyone));
        Snapshot { schema, monotonic_ns: 0, realtime_ns: 0, words: Vec::new() }
    }

    #[test]
    fn a_paced_series_is_refreshed_ten_times_a_second_whatever_is_asked() {
        let mut pacer = Pacer::new(10);
        let mut snapshot = snapshot(&[&cpu::LOAD1, &ENERGY]);
        let mut changes = 0;
        let mut last = None;
        for millisecond in 0..=1000_i64 {
            snapshot.monotonic_ns = millisecond.cast_unsigned() * 1_000_000;
            snapshot.words = vec![Word::value(millisecond), Word::value(millisecond)];
            pacer.hold_back(&mut snapshot);
            assert_eq!(snapshot.reading(0), Ok(millisecond), "what is not paced is fresh");
            changes += u32::from(last != Some(snapshot.words[1]));
            last = Some(snapshot.words[1]);
        }
        assert_eq!(changes, 11, "at 0 ms and after each of ten tenths of a second");
    }

    #[test]
    fn a_change_of_series_is_no_way_to_read_faster() {
        let mut pacer = Pacer::new(10);
        let mut first = snapshot(&[&cpu::LOAD1, &ENERGY]);
        first.words = vec![Word::value(1), Word::value(1)];
        pacer.hold_back(&mut first);
        let mut second = snapshot(&[&cpu::LOAD5, &ENERGY]);
        second.monotonic_ns = 50_000_000;
        second.words = vec![Word::value(2), Word::value(2)];
        pacer.hold_back(&mut second);
        assert_eq!(second.reading(1), Err(Reason::Pending));
    }
}
