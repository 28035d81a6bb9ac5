//! When counters began anew.
//!
//! A counter that is lower than before (a driver was reset, a device replaced under its name) or that appears while
//! Hearth runs (a disk was plugged in) started at some moment since the last look; OpenMetrics tells such moments as
//! `_created`, so that rates are computed rightly across them.

use std::collections::HashMap;
use std::sync::Arc;

use hearth_hot::series::{Part, SeriesKey};
use hearth_model::{Kind, Word};

use crate::schema::Schema;
use crate::snapshot::Snapshot;

/// What was last seen of every counter, and when it began if that was seen.
#[derive(Default)]
pub(super) struct Created {
    schema: Option<Arc<Schema>>,
    counters: Vec<Counter>,
    created: Vec<(u32, u64)>,
}

struct Counter {
    index: u32,
    last: Word,
    began_ns: Option<u64>,
}

impl Created {
    /// Series index and beginning, in nanoseconds since 1970, of every counter whose beginning was seen.
    pub(super) fn update(&mut self, snapshot: &Snapshot) -> &[(u32, u64)] {
        if !self.schema.as_ref().is_some_and(|schema| Arc::ptr_eq(schema, &snapshot.schema)) {
            self.rebuild(snapshot);
        }
        let mut changed = false;
        for counter in &mut self.counters {
            let now = snapshot.words.get(usize::try_from(counter.index).unwrap_or(usize::MAX));
            let Some(now) = now.filter(|now| now.reading().is_ok()) else { continue };
            if let (Ok(before), Ok(after)) = (counter.last.reading(), now.reading())
                && after < before
            {
                counter.began_ns = Some(snapshot.realtime_ns);
                changed = true;
            }
            counter.last = *now;
        }
        if changed {
            self.list();
        }
        &self.created
    }

    fn rebuild(&mut self, snapshot: &Snapshot) {
        let mut known: HashMap<Arc<SeriesKey>, Counter> = HashMap::new();
        let before = self.schema.take();
        for counter in self.counters.drain(..) {
            if let Some(key) = before.as_ref().and_then(|schema| schema.key(counter.index)) {
                known.insert(Arc::clone(key), counter);
            }
        }
        let counts = |key: &SeriesKey| match key.part {
            Part::Value => key.metric.kind == Kind::Counter,
            Part::Count => true,
            Part::Bucket | Part::Sum => false,
        };
        let newcomer_ns = before.is_some().then_some(snapshot.realtime_ns);
        for (index, key) in snapshot.schema.series().filter(|(_, key)| counts(key)) {
            self.counters.push(match known.remove(key) {
                Some(counter) => Counter { index, ..counter },
                None => Counter { index, last: Word::value(0), began_ns: newcomer_ns },
            });
        }
        self.schema = Some(Arc::clone(&snapshot.schema));
        self.list();
    }

    fn list(&mut self) {
        self.created.clear();
        let seen = self.counters.iter().filter_map(|counter| Some((counter.index, counter.began_ns?)));
        self.created.extend(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::LaneSchema;
    use hearth_hot::contract::LaneKind;
    use hearth_model::{Audience, catalogue::disk};

    fn snapshot(disks: &[(&str, i64)], realtime_ns: u64) -> Snapshot {
        let key =
            |name: &str| SeriesKey { metric: &disk::READS, labels: [name.into()].into(), part: Part::Value };
        let places = disks.iter().map(|(name, _)| Some(Arc::new(key(name)))).collect();
        let steady = LaneSchema { places, ..LaneSchema::empty(LaneKind::Steady) };
        let lanes = [Arc::new(steady), Arc::new(LaneSchema::empty(LaneKind::Slow))];
        let words = disks.iter().map(|&(_, value)| Word::value(value)).collect();
        Snapshot {
            schema: Arc::new(Schema::new(lanes, Audience::Everyone)),
            monotonic_ns: 0,
            realtime_ns,
            words,
        }
    }

    #[test]
    fn what_was_there_at_the_start_has_no_moment_of_creation() {
        assert_eq!(Created::default().update(&snapshot(&[("sda", 7)], 1)), []);
    }

    #[test]
    fn a_counter_that_falls_began_anew_and_one_that_grows_did_not() {
        let mut created = Created::default();
        let mut now = snapshot(&[("sda", 7), ("sdb", 7)], 1);
        created.update(&now);
        now.words = vec![Word::value(8), Word::value(2)];
        now.realtime_ns = 2;
        assert_eq!(created.update(&now), [(1, 2)]);
        now.realtime_ns = 3;
        assert_eq!(created.update(&now), [(1, 2)], "the moment stays");
    }

    #[test]
    fn a_device_that_comes_later_began_then_and_the_others_keep_their_past() {
        let mut created = Created::default();
        created.update(&snapshot(&[("sda", 7), ("sdb", 9)], 1));
        let reset = snapshot(&[("sda", 1), ("sdb", 9)], 2);
        created.update(&reset);
        assert_eq!(created.update(&snapshot(&[("sdc", 1), ("sda", 3)], 5)), [(0, 5), (1, 2)]);
    }
}
