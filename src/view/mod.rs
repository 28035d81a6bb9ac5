//! The reading side of the lanes: pages copied without locks and paired with the schema they were written under.

mod history;
mod ticks;

use std::sync::{Arc, Mutex, PoisonError};

use hearth_hot::page::{Page, PageCopy};
use hearth_hot::ring::Ring;
use hearth_hot::signals::{Revision, Wanted};
use hearth_model::{Audience, Reason, Word};

use crate::schema::{LaneSchema, Schema};
use crate::snapshot::Snapshot;

pub use history::Second;
pub use ticks::{Follower, Found};

/// What readers may see of one lane.
pub struct LaneView {
    /// The newest word of every series.
    pub page: Arc<Page>,
    /// Every tick's frames of the fast series; the slow lane has none.
    pub ring: Option<Arc<Ring>>,
    /// One frame a second of the series kept for history.
    pub history: Arc<Ring>,
    /// For readers that want the lane to run faster.
    pub wanted: Wanted,
    /// The newest meaning, and the one before: the lane may not have come to the newest yet.
    schemas: Mutex<[Arc<LaneSchema>; 2]>,
}

/// What readers may see of the machine.
pub struct View {
    /// The lanes, steady first.
    pub lanes: [LaneView; 2],
    revision: Revision,
}

/// No consistent copy was to be had; trying again soon will work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sampling lane published twice within every copy, or was arming; ask again")]
pub struct Unsettled;

impl LaneView {
    /// A lane and what its places mean at first.
    #[must_use]
    pub fn new(
        page: Arc<Page>,
        ring: Option<Arc<Ring>>,
        history: Arc<Ring>,
        wanted: Wanted,
        schema: LaneSchema,
    ) -> Self {
        let schema = Arc::new(schema);
        Self { page, ring, history, wanted, schemas: Mutex::new([Arc::clone(&schema), schema]) }
    }

    fn schema_of(&self, generation: u32) -> Option<Arc<LaneSchema>> {
        let schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        schemas.iter().find(|schema| schema.generation == generation).cloned()
    }
}

impl View {
    /// A view of these lanes, steady first.
    #[must_use]
    pub fn new(lanes: [LaneView; 2]) -> Arc<Self> {
        Arc::new(Self { lanes, revision: Revision::new() })
    }

    /// Publishes what lane `lane`'s places mean from `schema.generation` on. The meaning of the generation before stays
    /// known until the next call with a new generation.
    pub fn publish(&self, lane: usize, schema: LaneSchema) {
        let Some(lane) = self.lanes.get(lane) else { return };
        let mut schemas = lane.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if schemas[0].generation != schema.generation {
            schemas.swap(0, 1);
        }
        schemas[0] = Arc::new(schema);
        drop(schemas);
        // Who sees it in Viewer::refresh finds the schema behind it.
        self.revision.advance();
    }
}

/// One reader's own copy of the machine's state, reused from copy to copy.
pub struct Viewer {
    view: Arc<View>,
    audience: Audience,
    copies: [PageCopy; 2],
    revision: u64,
    snapshot: Snapshot,
}

impl Viewer {
    /// A reader for `audience`; its snapshot is empty until the first [`Viewer::refresh`].
    #[must_use]
    pub fn new(view: Arc<View>, audience: Audience) -> Self {
        let copies = [PageCopy::of(&view.lanes[0].page), PageCopy::of(&view.lanes[1].page)];
        let lanes = [0, 1].map(|lane: usize| {
            let schemas = view.lanes[lane].schemas.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&schemas[1])
        });
        let schema = Arc::new(Schema::new(lanes, audience));
        let words = vec![Word::reason(Reason::Pending); schema.len()];
        let snapshot = Snapshot { schema, monotonic_ns: 0, realtime_ns: 0, words };
        Self { view, audience, copies, revision: u64::MAX, snapshot }
    }

    /// `CLOCK_MONOTONIC` of each lane's newest tick as of the last refresh, steady first, in nanoseconds.
    #[must_use]
    pub fn stamps(&self) -> [u64; 2] {
        [self.copies[0].stamp.monotonic_ns, self.copies[1].stamp.monotonic_ns]
    }

    /// The copy made by the last successful [`Viewer::refresh`].
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Copies what the lanes published last. Allocates only when the series have changed.
    ///
    /// # Errors
    /// A lane published twice within every copy, or was arming; the snapshot is as it was.
    pub fn refresh(&mut self) -> Result<&Snapshot, Unsettled> {
        for (lane, copy) in self.view.lanes.iter().zip(&mut self.copies) {
            lane.page.copy(copy).map_err(|hearth_hot::page::Busy| Unsettled)?;
        }
        let revision = self.view.revision.newest();
        let known = &self.snapshot.schema.lanes;
        let same = |lane: usize| known[lane].generation == self.copies[lane].stamp.generation;
        if revision != self.revision || !same(0) || !same(1) {
            let of = |lane: usize| self.view.lanes[lane].schema_of(self.copies[lane].stamp.generation);
            let lanes = [of(0).ok_or(Unsettled)?, of(1).ok_or(Unsettled)?];
            self.snapshot.schema = Arc::new(Schema::new(lanes, self.audience));
            self.revision = revision;
        }
        self.gather();
        Ok(&self.snapshot)
    }

    /// Lays the lanes' words one behind the other, as the schema's indices are.
    fn gather(&mut self) {
        let snapshot = &mut self.snapshot;
        snapshot.words.clear();
        for (copy, lane) in self.copies.iter().zip(&snapshot.schema.lanes) {
            let end = snapshot.words.len() + lane.places.len();
            snapshot.words.extend(copy.words.iter().take(lane.places.len()));
            snapshot.words.resize(end, Word::reason(Reason::Pending));
        }
        snapshot.monotonic_ns = self.copies[0].stamp.monotonic_ns;
        snapshot.realtime_ns = self.copies[0].stamp.realtime_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_hot::contract::LaneKind;
    use hearth_hot::page::{PageWriter, Stamp};
    use hearth_hot::series::{Part, SeriesKey};
    use hearth_model::catalogue::{cpu, process};

    fn schema(lane: LaneKind, generation: u32, metric: &'static hearth_model::Metric) -> LaneSchema {
        let key = SeriesKey {
            metric,
            labels: metric.labels.iter().map(|&l| l.into()).collect(),
            part: Part::Value,
        };
        LaneSchema { generation, places: vec![None, Some(Arc::new(key))], ..LaneSchema::empty(lane) }
    }

    fn rig() -> (Arc<View>, [PageWriter; 2]) {
        let (steady, steady_page) = Page::new(4);
        let (slow, slow_page) = Page::new(4);
        let lane = |page, kind, metric| {
            LaneView::new(page, None, Ring::new(1, 1).1, Wanted::default(), schema(kind, 1, metric))
        };
        let view = View::new([
            lane(steady_page, LaneKind::Steady, &cpu::LOAD1),
            lane(slow_page, LaneKind::Slow, &process::TOP_COUNT),
        ]);
        (view, [steady, slow])
    }

    fn publish(writer: &mut PageWriter, generation: u32, value: i64) {
        let stamp = Stamp { tick: 1, monotonic_ns: 5, realtime_ns: 6, generation };
        writer.publish(stamp, |edit| edit.put(1, Word::value(value)));
    }

    #[test]
    fn words_stand_at_the_schemas_indices_and_admin_series_are_for_the_owner() {
        let (view, [mut steady, mut slow]) = rig();
        publish(&mut steady, 1, 10);
        publish(&mut slow, 1, 20);
        let mut owner = Viewer::new(Arc::clone(&view), Audience::Admin);
        let mut anyone = Viewer::new(view, Audience::Everyone);
        let seen = owner.refresh().unwrap();
        let values: Vec<_> = seen.schema.series().map(|(index, _)| seen.reading(index)).collect();
        assert_eq!(values, [Ok(10), Ok(20)]);
        assert_eq!((seen.monotonic_ns, seen.realtime_ns), (5, 6));
        let seen = anyone.refresh().unwrap();
        let names: Vec<_> = seen.schema.series().map(|(_, key)| key.metric.name).collect();
        assert_eq!(names, ["node_load1"]);
    }

    #[test]
    fn a_copy_is_read_with_the_meaning_of_its_own_generation() {
        let (view, [mut steady, mut slow]) = rig();
        publish(&mut steady, 1, 10);
        publish(&mut slow, 1, 20);
        let mut viewer = Viewer::new(Arc::clone(&view), Audience::Everyone);
        let name = |viewer: &mut Viewer| {
            let seen = viewer.refresh().unwrap();
            let name = seen.schema.key(1).unwrap().metric.name;
            (name, seen.reading(1))
        };
        view.publish(0, schema(LaneKind::Steady, 2, &cpu::RUNNING));
        assert_eq!(name(&mut viewer), ("node_load1", Ok(10)), "the lane has not installed it yet");
        publish(&mut steady, 2, 30);
        assert_eq!(name(&mut viewer), ("node_procs_running", Ok(30)));
        publish(&mut steady, 3, 40);
        assert_eq!(viewer.refresh().unwrap_err(), Unsettled, "nobody said what generation 3 means");
    }
}
