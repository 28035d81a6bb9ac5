//! A schema and a snapshot that fit each other, and the figures that they make.

use super::place::{Connection, Place, Target};
use super::{GetError, http};
use crate::encode::wire::{DecodeError, Message, Mirror, WireMetric, WireSchema, WireSeries, WireSnapshot};
use hearth_model::{Decimal, Reason};

const SCHEMA: &str = "/v1/schema";
const SNAPSHOT: &str = "/v1/snapshot";

/// How often schema and snapshot are fetched until they fit: series change when devices come or go, so twice is rare.
const TRIES: usize = 4;

/// A schema's and a snapshot's message that fit each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    place: Place,
    schema: Vec<u8>,
    snapshot: Vec<u8>,
}

/// What a server measured last.
#[derive(Clone, Debug)]
pub struct Figures<'a> {
    pub(super) schema: WireSchema<'a>,
    pub(super) mirror: Mirror,
}

/// A metric with its series' positions in the schema.
pub(super) struct Family<'f> {
    pub(super) metric: &'f WireMetric<'f>,
    pub(super) series: Vec<(usize, &'f WireSeries<'f>)>,
}

/// Fetches what `target` has measured last.
///
/// # Errors
/// Nobody answers there, or what comes back is not what Hearth says.
pub fn ask(target: &Target) -> Result<Answers, GetError> {
    let (place, connection) = target.reach()?;
    let mut ready = Some(connection);
    settle(place, |place, path| fetch(place, path, ready.take()))
}

/// Fetches both until they fit: each is the newer one in its turn, so one change of series costs one more request.
fn settle(
    place: Place,
    mut fetch: impl FnMut(&Place, &'static str) -> Result<Vec<u8>, GetError>,
) -> Result<Answers, GetError> {
    let mut snapshot = fetch(&place, SNAPSHOT)?;
    let mut known = snapshot_of(&place, &snapshot)?.schema_hash;
    for _ in 0..TRIES {
        let schema = fetch(&place, SCHEMA)?;
        let hash = schema_of(&place, &schema)?.hash;
        if hash != known {
            snapshot = fetch(&place, SNAPSHOT)?;
            known = snapshot_of(&place, &snapshot)?.schema_hash;
        }
        if hash == known {
            return Ok(Answers { place, schema, snapshot });
        }
    }
    Err(GetError::Restless { place, tries: TRIES })
}

fn fetch(place: &Place, path: &'static str, ready: Option<Connection>) -> Result<Vec<u8>, GetError> {
    let connection = ready.map_or_else(|| place.connect(), Ok)?;
    http::exchange(connection, &place.host(), path).map_err(|source| GetError::Exchange {
        place: place.clone(),
        path,
        source,
    })
}

fn unreadable(place: &Place, path: &'static str, bytes: &[u8], source: DecodeError) -> GetError {
    GetError::Message { place: place.clone(), path, bytes: bytes.len(), source }
}

fn schema_of<'a>(place: &Place, bytes: &'a [u8]) -> Result<WireSchema<'a>, GetError> {
    match Message::decode(bytes) {
        Ok(Message::Schema(schema)) => Ok(schema),
        Ok(_) => Err(GetError::OtherMessage { place: place.clone(), path: SCHEMA }),
        Err(source) => Err(unreadable(place, SCHEMA, bytes, source)),
    }
}

fn snapshot_of<'a>(place: &Place, bytes: &'a [u8]) -> Result<WireSnapshot<'a>, GetError> {
    match Message::decode(bytes) {
        Ok(Message::Snapshot(snapshot)) => Ok(snapshot),
        Ok(_) => Err(GetError::OtherMessage { place: place.clone(), path: SNAPSHOT }),
        Err(source) => Err(unreadable(place, SNAPSHOT, bytes, source)),
    }
}

impl Answers {
    /// The figures in the answers.
    ///
    /// # Errors
    /// The snapshot's body is not one for this schema.
    pub fn figures(&self) -> Result<Figures<'_>, GetError> {
        let schema = schema_of(&self.place, &self.schema)?;
        let snapshot = snapshot_of(&self.place, &self.snapshot)?;
        let mut mirror = Mirror::new(&schema);
        mirror
            .snapshot(&snapshot)
            .map_err(|source| unreadable(&self.place, SNAPSHOT, &self.snapshot, source))?;
        Ok(Figures { schema, mirror })
    }
}

impl Figures<'_> {
    /// The metrics that are wanted and have series, in the server's order.
    pub(super) fn families(&self, wants: impl Fn(&str) -> bool) -> Vec<Family<'_>> {
        let mut families: Vec<Family<'_>> =
            self.schema.metrics.iter().map(|metric| Family { metric, series: Vec::new() }).collect();
        for (position, series) in self.schema.series.iter().enumerate() {
            let metric = usize::try_from(series.metric).ok();
            if let Some(family) = metric.and_then(|metric| families.get_mut(metric)) {
                family.series.push((position, series));
            }
        }
        families.retain(|family| !family.series.is_empty() && wants(family.metric.name));
        families
    }

    /// The number at `position` in the schema's series, or why there is none.
    pub(super) fn number(&self, position: usize) -> Result<Decimal, Reason> {
        let word = self.mirror.words().get(position).copied().ok_or(Reason::Absent)?;
        self.schema.number(position, word)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::encode::wire::Encoder;
    use crate::schema::{LaneSchema, Schema};
    use crate::snapshot::Snapshot;
    use hearth_hot::contract::LaneKind;
    use hearth_hot::series::{Part, SeriesKey};
    use hearth_model::catalogue::{cpu, own};
    use hearth_model::{Audience, Metric, Word};
    use std::sync::Arc;

    /// A machine with a value, a missing one, odd text in a label and a histogram; `load` is in its schema too.
    pub(in crate::get) fn machine(load: bool) -> Snapshot {
        let place = |metric: &'static Metric, labels: &[&str], part| {
            let labels = labels.iter().map(|&label| label.into()).collect();
            Some(Arc::new(SeriesKey { metric, labels, part }))
        };
        let mut places = vec![
            place(&own::TICKS, &["a\u{1b}\"b"], Part::Value),
            place(&own::TICK_LATENESS, &["x", "0.5"], Part::Bucket),
            place(&own::TICK_LATENESS, &["x"], Part::Sum),
            place(&own::TICK_LATENESS, &["x"], Part::Count),
        ];
        let mut words =
            vec![Word::reason(Reason::NoPermission), Word::value(3), Word::value(1_500_000), Word::value(4)];
        if load {
            places.insert(0, place(&cpu::LOAD1, &[], Part::Value));
            words.insert(0, Word::value(125));
        }
        let lane = LaneSchema { places, ..LaneSchema::empty(LaneKind::Steady) };
        let lanes = [Arc::new(lane), Arc::new(LaneSchema::empty(LaneKind::Slow))];
        let schema = Arc::new(Schema::new(lanes, Audience::Admin));
        Snapshot { schema, monotonic_ns: 12_500_000_000, realtime_ns: 1_700_000_000_000_000_001, words }
    }

    fn place() -> Place {
        Place::Socket("/test".into())
    }

    fn messages(snapshot: &Snapshot) -> (Vec<u8>, Vec<u8>) {
        let (mut schema, mut words) = (Vec::new(), Vec::new());
        let mut encoder = Encoder::default();
        encoder.schema(&snapshot.schema, &mut schema).expect("encoded");
        encoder.snapshot(snapshot, &mut words).expect("encoded");
        (schema, words)
    }

    pub(in crate::get) fn answers(snapshot: &Snapshot) -> Answers {
        let (schema, snapshot) = messages(snapshot);
        Answers { place: place(), schema, snapshot }
    }

    /// Answers in order, whatever is asked for, and notes what was.
    fn settled(script: &[&[u8]]) -> (Result<Answers, GetError>, Vec<&'static str>) {
        let mut asked = Vec::new();
        let outcome = settle(place(), |_, path| {
            asked.push(path);
            Ok(script[asked.len() - 1].to_vec())
        });
        (outcome, asked)
    }

    #[test]
    fn a_change_of_series_in_between_costs_one_more_request() {
        let (old_schema, old) = messages(&machine(false));
        let (new_schema, new) = messages(&machine(true));
        let (outcome, asked) = settled(&[&old, &old_schema]);
        assert_eq!(
            (asked.as_slice(), outcome.expect("they fit").schema),
            (&[SNAPSHOT, SCHEMA][..], old_schema.clone())
        );
        let (outcome, asked) = settled(&[&old, &new_schema, &new]);
        assert_eq!(asked, [SNAPSHOT, SCHEMA, SNAPSHOT]);
        let outcome = outcome.expect("they fit");
        assert_eq!((&outcome.schema, &outcome.snapshot), (&new_schema, &new));
        let (outcome, _) = settled(&[&old, &new_schema, &old, &old_schema]);
        assert_eq!(outcome.expect("they fit").snapshot, old);
    }

    #[test]
    fn a_server_that_never_settles_is_given_up() {
        let (schema, _) = messages(&machine(false));
        let (_, other) = messages(&machine(true));
        let mut script: Vec<&[u8]> = vec![&other];
        script.extend([schema.as_slice(), &other].repeat(TRIES));
        let (outcome, asked) = settled(&script);
        let words = outcome.expect_err("they never fit").to_string();
        assert_eq!(words, "/test changed its series at each of 4 tries; ask again");
        assert_eq!(asked.len(), 1 + 2 * TRIES);
    }

    #[test]
    fn any_damage_to_an_answer_is_an_error_or_another_answer_but_no_panic() {
        let (schema, snapshot) = messages(&machine(true));
        let (mut refused, mut read) = (0, 0);
        let mut check = |schema: &[u8], snapshot: &[u8]| {
            let figures =
                settle(place(), |_, path| Ok(if path == SCHEMA { schema } else { snapshot }.to_vec()));
            match figures
                .and_then(|answers| answers.figures().map(|figures| super::super::table(&figures, |_| true)))
            {
                Ok(_) => read += 1,
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("/test"), "{error}");
                }
            }
        };
        for end in 0..schema.len() {
            check(&schema[..end], &snapshot);
        }
        for end in 0..snapshot.len() {
            check(&schema, &snapshot[..end]);
        }
        for (at, bit) in (0..schema.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut damaged = schema.clone();
            damaged[at] ^= 1 << bit;
            check(&damaged, &snapshot);
        }
        for (at, bit) in (0..snapshot.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut damaged = snapshot.clone();
            damaged[at] ^= 1 << bit;
            check(&schema, &damaged);
        }
        assert!(refused > schema.len() + snapshot.len(), "every shorter answer is refused: {refused}");
        assert!(read > 0, "a changed letter is another answer");
    }

    #[test]
    fn a_message_of_another_kind_is_refused() {
        let (schema, _) = messages(&machine(true));
        let (outcome, _) = settled(&[&schema]);
        let words = outcome.expect_err("no snapshot").to_string();
        assert!(words.starts_with("asking /test for /v1/snapshot: another kind of message"), "{words}");
    }
}
