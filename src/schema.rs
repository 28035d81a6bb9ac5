//! What the words of a snapshot mean, for one audience.
//!
//! The two lanes' places, one behind the other, are the **series indices** of the wire, the page and the history:
//! steady places first, slow places behind them. A place without a series (never used, or its device gone) has no
//! meaning within this schema; whenever a place gets another meaning, the hash is another.

use std::sync::Arc;

use hearth_hot::contract::LaneKind;
use hearth_hot::series::{Part, SeriesKey};
use hearth_model::{Audience, Metric, catalogue};

/// What the places of one lane's page mean, from one generation of the page on.
#[derive(Clone, Debug)]
pub struct LaneSchema {
    /// The lane.
    pub lane: LaneKind,
    /// The generation in the page's stamp that this meaning belongs to.
    pub generation: u32,
    /// The series at each place.
    pub places: Vec<Option<Arc<SeriesKey>>>,
    /// The place behind each column of the every-tick ring, and the first frame that holds it.
    pub ring: Vec<Option<Column>>,
    /// The place behind each column of the history ring, and the first frame that holds it.
    pub history: Vec<Option<Column>>,
}

/// What a ring's column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The place in the lane's page.
    pub place: u32,
    /// Frames before this one held something else.
    pub since_frame: u64,
}

impl LaneSchema {
    /// A lane on which nothing is armed.
    #[must_use]
    pub fn empty(lane: LaneKind) -> Self {
        Self { lane, generation: 0, places: Vec::new(), ring: Vec::new(), history: Vec::new() }
    }
}

/// A family in the order of the exposition: a metric and the indices of its series.
#[derive(Clone, Debug)]
pub struct Family {
    /// The catalogue's entry.
    pub metric: &'static Metric,
    /// Series indices, ascending; never empty.
    pub series: Vec<u32>,
}

/// What the words of a snapshot mean to one audience.
#[derive(Debug)]
pub struct Schema {
    /// Identifies this meaning of every index; never 0.
    pub hash: u64,
    /// The families, in the catalogue's order.
    pub families: Vec<Family>,
    /// The lanes it was made of, steady first.
    pub lanes: [Arc<LaneSchema>; 2],
    audience: Audience,
}

impl Schema {
    /// The schema of these lanes as `audience` may see it.
    #[must_use]
    pub fn new(lanes: [Arc<LaneSchema>; 2], audience: Audience) -> Self {
        Self::of(catalogue::all(), lanes, audience)
    }

    /// The same with the metrics, and so the order of the families, of another catalogue.
    #[must_use]
    pub fn of(
        metrics: impl Iterator<Item = &'static Metric>,
        lanes: [Arc<LaneSchema>; 2],
        audience: Audience,
    ) -> Self {
        let mut schema = Self { hash: 0, families: Vec::new(), lanes, audience };
        for metric in metrics {
            if schema.shows(metric) {
                schema.families.push(Family { metric, series: Vec::new() });
            }
        }
        let mut families = std::mem::take(&mut schema.families);
        let by_name: std::collections::HashMap<&str, usize> =
            families.iter().enumerate().map(|(at, family)| (family.metric.name, at)).collect();
        for (index, key) in schema.series() {
            if let Some(family) = by_name.get(key.metric.name).and_then(|&at| families.get_mut(at)) {
                family.series.push(index);
            }
        }
        families.retain(|family| !family.series.is_empty());
        schema.hash = hash(&schema);
        schema.families = families;
        schema
    }

    /// How many indices there are, with or without a meaning.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.places.len()).sum()
    }

    /// Whether nothing is armed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The series at `index`, if it has a meaning that this audience may know.
    #[must_use]
    pub fn key(&self, index: u32) -> Option<&Arc<SeriesKey>> {
        let (lane, place) = self.place(index)?;
        let key = self.lanes[lane].places.get(place)?.as_ref()?;
        self.shows(key.metric).then_some(key)
    }

    /// Every index with a meaning, ascending.
    pub fn series(&self) -> impl Iterator<Item = (u32, &Arc<SeriesKey>)> {
        let places = self.lanes.iter().flat_map(|lane| lane.places.iter());
        (0_u32..).zip(places).filter_map(|(index, key)| {
            key.as_ref().filter(|key| self.shows(key.metric)).map(|key| (index, key))
        })
    }

    /// The lane (0 steady, 1 slow) and the place in its page behind `index`.
    #[must_use]
    pub fn place(&self, index: u32) -> Option<(usize, usize)> {
        let index = usize::try_from(index).ok()?;
        let steady = self.lanes[0].places.len();
        if index < steady { Some((0, index)) } else { (index < self.len()).then(|| (1, index - steady)) }
    }

    /// The index of a lane's (0 steady, 1 slow) place.
    #[must_use]
    pub fn index(&self, lane: usize, place: u32) -> u32 {
        let before = if lane == 0 { 0 } else { self.lanes[0].places.len() };
        place.saturating_add(u32::try_from(before).unwrap_or(u32::MAX))
    }

    fn shows(&self, metric: &Metric) -> bool {
        metric.audience == Audience::Everyone || self.audience == Audience::Admin
    }
}

/// FNV-1a, 64 bits, over every index's meaning.
fn hash(schema: &Schema) -> u64 {
    let mut state = Fnv(0xcbf2_9ce4_8422_2325);
    for (index, key) in schema.series() {
        state.bytes(&index.to_le_bytes());
        state.text(key.metric.name);
        state.text(key.metric.kind.name());
        state.text(key.metric.unit.name());
        state.bytes(&key.metric.scale.mul.to_le_bytes());
        let part = match key.part {
            Part::Value => 0,
            Part::Bucket => 1,
            Part::Sum => 2,
            Part::Count => 3,
        };
        state.bytes(&[key.metric.scale.decimals, part]);
        for name in key.metric.labels {
            state.text(name);
        }
        for value in &key.labels {
            state.text(value);
        }
    }
    // 0 is kept for "no schema" on the wire.
    state.0.max(1)
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Text with a terminator that UTF-8 cannot hold, so that neighbours never run together.
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_model::catalogue::own;

    fn key(metric: &'static Metric, labels: &[&str]) -> Option<Arc<SeriesKey>> {
        let labels = labels.iter().map(|&l| l.into()).collect();
        Some(Arc::new(SeriesKey { metric, labels, part: Part::Value }))
    }

    fn lanes(places: Vec<Option<Arc<SeriesKey>>>) -> [Arc<LaneSchema>; 2] {
        let steady = LaneSchema { places, ..LaneSchema::empty(LaneKind::Steady) };
        let slow =
            LaneSchema { places: vec![key(&own::TICKS, &["slow"])], ..LaneSchema::empty(LaneKind::Slow) };
        [Arc::new(steady), Arc::new(slow)]
    }

    #[test]
    fn slow_places_follow_the_steady_ones() {
        let schema = Schema::new(
            lanes(vec![key(&own::TICKS, &["steady"]), None, key(&own::RATE, &["steady"])]),
            Audience::Everyone,
        );
        assert_eq!(schema.len(), 4);
        let indices: Vec<u32> = schema.series().map(|(index, _)| index).collect();
        assert_eq!(indices, [0, 2, 3]);
        assert_eq!(schema.key(3).map(|key| &*key.labels[0]), Some("slow"));
        assert_eq!(schema.key(1), None);
        assert_eq!(schema.key(4), None);
        assert_eq!(schema.place(3), Some((1, 0)));
        assert_eq!(schema.index(1, 0), 3);
        let ticks = schema.families.iter().find(|f| f.metric.name == own::TICKS.name).unwrap();
        assert_eq!(ticks.series, [0, 3]);
    }

    #[test]
    fn the_hash_changes_with_any_meaning_and_only_then() {
        let one = Schema::new(lanes(vec![key(&own::TICKS, &["a"])]), Audience::Everyone);
        let same = Schema::new(lanes(vec![key(&own::TICKS, &["a"])]), Audience::Everyone);
        let label = Schema::new(lanes(vec![key(&own::TICKS, &["b"])]), Audience::Everyone);
        let moved = Schema::new(lanes(vec![None, key(&own::TICKS, &["a"])]), Audience::Everyone);
        assert_eq!(one.hash, same.hash);
        assert_ne!(one.hash, label.hash);
        assert_ne!(one.hash, moved.hash);
    }
}
