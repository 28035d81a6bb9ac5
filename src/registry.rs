//! Which place of a lane's page, and which columns of its rings, each series has.
//!
//! A series keeps its place for as long as its sensor names it, across any number of armings. A vacated place is free
//! for another series from the next generation on; readers pair the generation in a page's stamp with the generation
//! of a [`LaneSchema`], so a place is never read with another's meaning, and churn (containers' interfaces, busy
//! processes) never grows anything.

use std::collections::HashMap;
use std::sync::Arc;

use hearth_hot::contract::LaneKind;
use hearth_hot::series::{Part, SeriesKey};
use hearth_model::{Metric, catalogue};
use thiserror::Error;

use crate::schema::{Column, LaneSchema};

/// How much a lane can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Places of the page.
    pub places: usize,
    /// Columns of the every-tick ring; 0 if the lane has none.
    pub ring_columns: usize,
    /// Columns of the history ring.
    pub history_columns: usize,
}

/// What changes on the lane when a sensor is armed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The generation that begins.
    pub generation: u32,
    /// The place of each of the sensor's slots.
    pub places: Box<[u32]>,
    /// Slot and column of what goes into the every-tick ring.
    pub ring: Box<[(u32, u8)]>,
    /// Slot and column of what goes into the history.
    pub history: Box<[(u32, u8)]>,
    /// Places that lose their meaning.
    pub vacated_places: Box<[u32]>,
    /// Columns of the every-tick ring that lose their meaning.
    pub vacated_ring: Box<[u8]>,
    /// Columns of the history that lose their meaning.
    pub vacated_history: Box<[u8]>,
}

/// A sensor names more series than its lane has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{wanted} more series wanted, but {free} of the lane's {capacity} places are free")]
pub struct TooManySeries {
    wanted: usize,
    free: usize,
    capacity: usize,
}

/// The places of one lane.
#[derive(Debug)]
pub struct Registry {
    capacity: Capacity,
    schema: LaneSchema,
    /// The places each sensor holds.
    owned: Vec<Vec<u32>>,
}

impl Registry {
    /// A lane with `sensors` sensors, none of them armed.
    #[must_use]
    pub fn new(lane: LaneKind, sensors: usize, capacity: Capacity) -> Self {
        let mut schema = LaneSchema::empty(lane);
        schema.ring = vec![None; capacity.ring_columns];
        schema.history = vec![None; capacity.history_columns];
        Self { capacity, schema, owned: vec![Vec::new(); sensors] }
    }

    /// What the places mean now.
    #[must_use]
    pub fn schema(&self) -> &LaneSchema {
        &self.schema
    }

    /// The places that sensor `at` holds.
    #[must_use]
    pub fn places_of(&self, at: usize) -> &[u32] {
        self.owned.get(at).map_or(&[], Vec::as_slice)
    }

    /// Columns taken since `generation` began hold their series only from these frames on.
    pub fn columns_begin(&mut self, ring_frame: u64, history_frame: u64) {
        let settle = |columns: &mut Vec<Option<Column>>, frame| {
            for column in columns.iter_mut().flatten().filter(|column| column.since_frame == NOT_YET) {
                column.since_frame = frame;
            }
        };
        settle(&mut self.schema.ring, ring_frame);
        settle(&mut self.schema.history, history_frame);
    }

    /// Gives the series of sensor `at` their places; what it held and names no more is vacated. An empty list removes
    /// the sensor.
    ///
    /// # Errors
    /// There is no room for all of them; nothing has changed then.
    pub fn assign(&mut self, at: usize, series: Vec<SeriesKey>) -> Result<Assignment, TooManySeries> {
        let held = self.owned.get(at).cloned().unwrap_or_default();
        let mut kept: HashMap<Arc<SeriesKey>, u32> =
            held.iter().filter_map(|&place| Some((Arc::clone(self.at(place)?), place))).collect();
        let series: Vec<_> = series
            .into_iter()
            .map(|key| match kept.remove_entry(&key) {
                Some((key, place)) => (key, Some(place)),
                None => (Arc::new(key), None),
            })
            .collect();
        let mut vacated: Vec<u32> = kept.into_values().collect();
        vacated.sort_unstable();

        let wanted = series.iter().filter(|(_, place)| place.is_none()).count();
        let mut free: Vec<u32> = self.free_places(&vacated).take(wanted).collect();
        if wanted > free.len() {
            return Err(TooManySeries { wanted, free: free.len(), capacity: self.capacity.places });
        }
        let vacated_ring = vacate(&mut self.schema.ring, &vacated);
        let vacated_history = vacate(&mut self.schema.history, &vacated);
        for &place in &vacated {
            self.put(place, None);
        }
        // The lowest places first, so that the page in use stays short.
        free.reverse();
        let mut places = Vec::with_capacity(series.len());
        for (key, place) in series {
            if let Some(place) = place.or_else(|| free.pop()) {
                self.put(place, Some(key));
                places.push(place);
            }
        }
        let ring = self.columns(&places, |metric| metric.every_tick, |schema| &mut schema.ring);
        let history = self.columns(&places, |metric| metric.history, |schema| &mut schema.history);
        if let Some(owned) = self.owned.get_mut(at) {
            owned.clone_from(&places);
        }
        self.schema.generation = self.schema.generation.wrapping_add(1);
        Ok(Assignment {
            generation: self.schema.generation,
            places: places.into(),
            ring,
            history,
            vacated_places: vacated.into(),
            vacated_ring,
            vacated_history,
        })
    }

    fn at(&self, place: u32) -> Option<&Arc<SeriesKey>> {
        usize::try_from(place).ok().and_then(|place| self.schema.places.get(place)?.as_ref())
    }

    fn put(&mut self, place: u32, key: Option<Arc<SeriesKey>>) {
        let Ok(place) = usize::try_from(place) else { return };
        if place >= self.schema.places.len() {
            self.schema.places.resize(place + 1, None);
        }
        self.schema.places[place] = key;
    }

    /// Free places, lowest first, those in `vacated` among them.
    fn free_places(&self, vacated: &[u32]) -> impl Iterator<Item = u32> {
        let capacity = u32::try_from(self.capacity.places).unwrap_or(u32::MAX);
        (0..capacity).filter(|place| self.at(*place).is_none() || vacated.binary_search(place).is_ok())
    }

    /// Slot and column of every place whose metric is `wanted` in a ring. The catalogue's order decides who comes first
    /// when there are fewer columns than candidates; a column once given is not taken away.
    fn columns(
        &mut self,
        places: &[u32],
        wanted: fn(&Metric) -> bool,
        of: fn(&mut LaneSchema) -> &mut Vec<Option<Column>>,
    ) -> Box<[(u32, u8)]> {
        let mut candidates: Vec<(usize, u32, u32)> = Vec::new();
        for (slot, &place) in (0_u32..).zip(places) {
            let metric = self.at(place).filter(|key| key.part == Part::Value).map(|key| key.metric);
            if let Some(metric) = metric.filter(|metric| wanted(metric)) {
                candidates.push((rank(metric), slot, place));
            }
        }
        candidates.sort_unstable();
        let columns = of(&mut self.schema);
        let mut taken = Vec::new();
        for (_, slot, place) in candidates {
            let column = columns
                .iter()
                .position(|column| column.is_some_and(|column| column.place == place))
                .or_else(|| columns.iter().position(Option::is_none));
            let Some(column) = column else { continue };
            columns[column].get_or_insert(Column { place, since_frame: NOT_YET });
            taken.extend(u8::try_from(column).map(|column| (slot, column)));
        }
        taken.into()
    }
}

/// A column that its lane has not begun to fill.
pub const NOT_YET: u64 = u64::MAX;

fn rank(metric: &Metric) -> usize {
    catalogue::all().position(|other| other.name == metric.name).unwrap_or(usize::MAX)
}

fn vacate(columns: &mut [Option<Column>], vacated: &[u32]) -> Box<[u8]> {
    let mut gone = Vec::new();
    for (number, column) in (0_u8..).zip(columns) {
        if column.is_some_and(|column| vacated.binary_search(&column.place).is_ok()) {
            *column = None;
            gone.push(number);
        }
    }
    gone.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_model::catalogue::{disk, network, pressure};

    const CAPACITY: Capacity = Capacity { places: 6, ring_columns: 1, history_columns: 2 };

    fn series(metric: &'static Metric, labels: &[&str]) -> SeriesKey {
        let labels = labels.iter().map(|&label| label.into()).collect();
        SeriesKey { metric, labels, part: Part::Value }
    }

    fn disks(names: &[&str]) -> Vec<SeriesKey> {
        names.iter().map(|name| series(&disk::READ_BYTES, &[name])).collect()
    }

    fn registry() -> Registry {
        Registry::new(LaneKind::Steady, 2, CAPACITY)
    }

    #[test]
    fn a_series_keeps_its_place_while_others_come_and_go() {
        let mut registry = registry();
        assert_eq!(*registry.assign(0, disks(&["a", "b"])).unwrap().places, [0, 1]);
        assert_eq!(*registry.assign(1, vec![series(&pressure::CPU_WAITING, &[])]).unwrap().places, [2]);
        let change = registry.assign(0, disks(&["c", "b"])).unwrap();
        assert_eq!(*change.places, [0, 1], "the vacated place serves the newcomer");
        assert_eq!(*change.vacated_places, [0]);
        assert_eq!(change.generation, 3);
        assert_eq!(registry.schema().places.len(), 3);
    }

    #[test]
    fn churn_does_not_grow_the_lane() {
        let mut registry = registry();
        for round in 0..1000 {
            registry.assign(0, disks(&[&format!("x{round}"), &format!("y{round}")])).unwrap();
            registry.columns_begin(round, round);
        }
        assert_eq!(registry.schema().places.len(), 2);
        assert_eq!(registry.schema().history.iter().flatten().count(), 2);
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let mut registry = registry();
        registry.assign(0, disks(&["a", "b", "c", "d"])).unwrap();
        let before = registry.schema().clone();
        let refused = registry.assign(1, disks(&["e", "f", "g"])).unwrap_err();
        assert_eq!(refused, TooManySeries { wanted: 3, free: 2, capacity: 6 });
        assert_eq!(registry.schema().generation, before.generation);
        assert_eq!(registry.schema().places, before.places);
        assert_eq!(*registry.assign(1, disks(&["e", "f"])).unwrap().places, [4, 5]);
    }

    #[test]
    fn columns_go_to_the_first_of_the_catalogue_and_stay() {
        let mut registry = registry();
        let all = || {
            vec![
                series(&network::TICK_TX_BYTES, &["eth0"]),
                series(&network::TICK_RX_BYTES, &["eth0"]),
                series(&pressure::IRQ_STALLED, &[]),
                series(&pressure::CPU_WAITING, &[]),
            ]
        };
        let change = registry.assign(0, all()).unwrap();
        assert_eq!(*change.ring, [(1, 0)], "one column only, and what is received comes first");
        assert_eq!(*change.history, [(3, 0), (2, 1)], "processors come before interrupts");
        registry.columns_begin(7, 9);
        let again = registry.assign(0, all()).unwrap();
        assert_eq!(again.ring, change.ring);
        assert_eq!(registry.schema().ring, [Some(Column { place: 1, since_frame: 7 })]);
        let gone = registry.assign(0, vec![]).unwrap();
        assert_eq!((&*gone.vacated_ring, &*gone.vacated_history), (&[0][..], &[0, 1][..]));
        assert_eq!(registry.schema().ring, [None]);
    }
}
