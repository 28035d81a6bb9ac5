//! A machine written by hand: the lanes' page and ring without lanes, and a client that is asked when the test says so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hearth::armory::Report;
use hearth::schema::{Column, LaneSchema};
use hearth::serve::header::{ACCEPT, HeaderMap};
use hearth::serve::routes::{EnergyRefresh, Facts, Routes};
use hearth::serve::{
    Body, Client, ClientKind, Counters, Handler, Method, Next, Request, Response, StreamSource,
};
use hearth::view::{LaneView, View};
use hearth_hot::contract::LaneKind;
use hearth_hot::page::{Page, PageWriter, Stamp};
use hearth_hot::ring::{Ring, RingWriter};
use hearth_hot::series::{Part, SeriesKey};
use hearth_hot::signals::Wanted;
use hearth_model::{Metric, Unit, Word, counter, gauge};

static LOAD: Metric = gauge("test_load", Unit::None, "Changes with every tick, for everyone.");
static ENERGY: Metric =
    counter("test_energy_joules_total", Unit::Joules, "Fast and a side channel.").every_tick().paced();
static FAST: Metric = counter("test_fast_total", Unit::None, "Fast.").every_tick();
static SECRET: Metric = gauge("test_secret", Unit::None, "For the owner.").admin();

/// The order of the series' indices, which for the owner are the positions, too.
pub(crate) const METRICS: [&Metric; 4] = [&LOAD, &ENERGY, &FAST, &SECRET];

/// Behind `CLOCK_MONOTONIC`'s zero, so that every moment counts from somewhere.
const START_NS: u64 = 5_000_000_000;
pub(crate) const REALTIME_ZERO_NS: u64 = 1_700_000_000_000_000_000;

pub(crate) struct Machine {
    pub(crate) view: Arc<View>,
    pub(crate) t0: Instant,
    page: PageWriter,
    slow: PageWriter,
    ring: RingWriter,
    generation: u32,
}

fn key(metric: &'static Metric) -> Option<Arc<SeriesKey>> {
    Some(Arc::new(SeriesKey { metric, labels: Box::default(), part: Part::Value }))
}

fn schema(generation: u32, metrics: &[&'static Metric]) -> LaneSchema {
    let column = |place| Some(Column { place, since_frame: 0 });
    LaneSchema {
        generation,
        places: metrics.iter().map(|metric| key(metric)).collect(),
        // Not in the order of the places.
        ring: vec![column(2), column(1)],
        ..LaneSchema::empty(LaneKind::Steady)
    }
}

impl Machine {
    /// Ticked once, at 0 ms, with every value 0.
    pub(crate) fn new() -> Self {
        let (page, page_reader) = Page::new(8);
        let (slow, slow_reader) = Page::new(1);
        let (ring, ring_reader) = Ring::new(2, 4096);
        let lane =
            |page, ring, schema| LaneView::new(page, ring, Ring::new(1, 1).1, Wanted::default(), schema);
        let view = View::new([
            lane(page_reader, Some(ring_reader), schema(1, &METRICS)),
            lane(slow_reader, None, LaneSchema::empty(LaneKind::Slow)),
        ]);
        let mut machine = Self { view, t0: Instant::now(), page, slow, ring, generation: 1 };
        machine.slow.publish(Stamp::default(), |_| ());
        machine.tick(0, 0);
        machine
    }

    /// A tick at `ms` after which the load is `value`, the energy ten times and the fast counter a hundred times that.
    pub(crate) fn tick(&mut self, ms: u64, value: i64) {
        let monotonic_ns = START_NS + ms * 1_000_000;
        self.ring.push(monotonic_ns, &[Word::value(value * 100), Word::value(value * 10)]);
        let stamp = Stamp {
            tick: ms,
            monotonic_ns,
            realtime_ns: REALTIME_ZERO_NS + monotonic_ns,
            generation: self.generation,
        };
        self.page.publish(stamp, |edit| {
            for (place, value) in [value, value * 10, value * 100, 7].into_iter().enumerate() {
                edit.put(place, Word::value(value));
            }
        });
    }

    /// A tick at `ms` that only the ring knows of.
    pub(crate) fn unpublished_frame(&mut self, ms: u64, value: i64) {
        self.ring.push(START_NS + ms * 1_000_000, &[Word::value(value * 100), Word::value(value * 10)]);
    }

    /// One series more is no longer there from the next tick on: the load first, the owner's own then.
    pub(crate) fn change_series(&mut self) {
        self.generation += 1;
        let mut schema = schema(self.generation, &METRICS);
        schema.places[0] = None;
        if self.generation > 2 {
            schema.places[3] = None;
        }
        self.view.publish(0, schema);
    }

    pub(crate) fn routes(&self) -> Routes {
        let facts = Facts::new(Arc::new(Report::default()), Arc::new(Counters::default()), || START_NS);
        Routes::new(&self.view, facts, EnergyRefresh::new(10))
    }

    /// How fast the clients want the lane.
    pub(crate) fn wanted_hz(&self) -> u32 {
        self.view.lanes[0].wanted.get()
    }

    /// `ms` after the test's beginning, on the clock of the serving thread.
    pub(crate) fn at(&self, ms: u64) -> Instant {
        self.t0 + Duration::from_millis(ms)
    }
}

pub(crate) const OWNER: Client = Client { kind: ClientKind::Unix, full_rate: true };

pub(crate) fn anyone() -> Client {
    Client { kind: ClientKind::Tcp(([127, 0, 0, 1], 1).into()), full_rate: false }
}

pub(crate) fn ask(
    routes: &Routes,
    client: Client,
    method: &Method,
    query: Option<&str>,
    accept: &str,
) -> Response {
    let mut headers = HeaderMap::new();
    if !accept.is_empty() {
        headers.insert(ACCEPT, accept.parse().unwrap());
    }
    routes.handle(&Request { method, path: "/v1/stream", query, headers: &headers, client })
}

pub(crate) fn stream(routes: &Routes, client: Client, query: &str, accept: &str) -> Box<dyn StreamSource> {
    match ask(routes, client, &Method::GET, Some(query), accept).body {
        Body::Stream(source) => source,
        Body::Bytes(bytes) => panic!("no stream but {bytes:?}"),
    }
}

/// What a source gives at `now`; nothing if it wants to be asked later.
pub(crate) fn given(source: &mut dyn StreamSource, now: Instant) -> Vec<u8> {
    match source.next(now) {
        Next::Chunk(bytes) => bytes.to_vec(),
        Next::At(later) => {
            assert!(later > now, "asked again at once");
            Vec::new()
        }
        Next::End => panic!("the stream ended"),
    }
}

/// An event's name and its data.
pub(crate) type Event = (String, String);

pub(crate) fn events(chunk: &[u8]) -> Vec<Event> {
    let text = std::str::from_utf8(chunk).unwrap();
    let event = |text: &str| {
        let (name, data) = text.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        assert!(!data.contains('\n'), "{data}");
        (name.to_owned(), data.to_owned())
    };
    text.split_terminator("\n\n").filter(|text| *text != ":").map(event).collect()
}

/// The values of a full event or a delta, as text.
pub(crate) fn values(event: &Event) -> &str {
    event.1.split_once("\"values\":").unwrap().1.strip_suffix('}').unwrap().trim()
}

pub(crate) fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.0.as_str()).collect()
}
