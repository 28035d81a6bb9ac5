//! `/v1/status`: how Hearth is doing, and what is absent and why, as JSON.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hearth_hot::contract::Absent;
use hearth_hot::source::{Source, SourceOutcome};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};

use super::accept::{Offer, choose};
use super::{Refusal, Routes, rings};
use crate::armory::{Report, SensorReport, SensorState};
use crate::encode::json::Writer;
use crate::meter::{LOST_LOG_LINES, STREAMS};
use crate::serve::{Counter, Counters, Query, Request, Response};

/// What the status says beyond the view: told by whoever runs the daemon.
pub struct Facts {
    /// What became of each sensor.
    pub report: Arc<Report>,
    /// What the server counted.
    pub counters: Arc<Counters>,
    /// What reads `CLOCK_MONOTONIC`, in nanoseconds: the lanes' clock.
    pub clock: fn() -> u64,
    /// `CLOCK_MONOTONIC` at the start, in nanoseconds.
    pub started_ns: u64,
    notes: Mutex<Vec<Note>>,
    reloads: AtomicU64,
}

/// Something the owner should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about: `serve.transport`, `configuration`, `lane.steady`.
    pub about: String,
    /// What is so, and what can be done.
    pub text: String,
}

impl Facts {
    /// Nothing noted yet.
    #[must_use]
    pub fn new(report: Arc<Report>, counters: Arc<Counters>, clock: fn() -> u64) -> Arc<Self> {
        let started_ns = clock();
        let (notes, reloads) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { report, counters, clock, started_ns, notes, reloads })
    }

    /// Notes `text` about `about`, in the place of what was noted about it before; an empty text takes that away.
    pub fn note(&self, about: &str, text: &str) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.retain(|note| note.about != about);
        if !text.is_empty() {
            notes.push(Note { about: about.to_owned(), text: text.to_owned() });
        }
    }

    /// What is noted.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a configuration that was read anew and applied.
    pub fn reloaded(&self) {
        // Relaxed suffices: the number stands for itself.
        self.reloads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn now_ns(&self) -> u64 {
        (self.clock)()
    }
}

/// `/v1/status`.
///
/// ```json
/// {"version": "0.1.0", "uptime_seconds": 12.5, "schema": "00c0ffee00c0ffee", "configuration_reloads": 0,
///  "lost_log_lines": 0,
///  "lanes": [{"lane": "steady", "series": 900, "newest_tick_age_seconds": 0.04,
///             "rings": [{"ring": "every_tick", "columns": 4, "left_out": []}]}],
///  "sensors": [{"sensor": "stat", "lane": "steady", "source": "/proc/stat", "state": "armed", "series": 61},
///              {"sensor": "pressure", "lane": "steady", "source": "/proc/pressure", "state": "absent",
///               "reason": "absent", "what": "…", "fix": "…",
///               "sources": [{"source": "package-0", "state": "used", "unit": "µJ", "how": "powercap intel-rapl:0"},
///                           {"source": "dram", "state": "absent", "reason": "absent", "what": "…", "fix": "…"},
///                           {"source": "package-0 by msr", "state": "spare", "why": "powercap gives the same"}]}],
///  "streams": [{"stream": 1, "hz": 1000, "lost_frames": 0}],
///  "notes": [{"about": "serve.transport", "text": "…"}], "server": {"requests": 3}}
/// ```
pub(super) fn answer(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    choose(request.headers, &[Offer { media: "application/json", form: () }])
        .ok_or(Refusal::NotAcceptable("application/json"))?;
    let facts = &routes.facts;
    let mut desk = routes.desk(request.client);
    let schema = Arc::clone(&desk.snapshot()?.schema);
    let mut body = Vec::new();
    let mut json = Writer::new(&mut body);
    json.begin_object();
    json.key("version");
    json.string(env!("CARGO_PKG_VERSION"));
    json.key("uptime_seconds");
    json.decimal(seconds(facts.now_ns().saturating_sub(facts.started_ns)));
    json.key("schema");
    json.hash(schema.hash);
    json.key("configuration_reloads");
    json.unsigned(facts.reloads.load(Ordering::Relaxed));
    json.key("lost_log_lines");
    json.unsigned(LOST_LOG_LINES.get());
    json.key("lanes");
    json.begin_array();
    for ((at, lane), stamp) in schema.lanes.iter().enumerate().zip(desk.stamps()) {
        json.begin_object();
        json.key("lane");
        json.string(lane.lane.name());
        json.key("series");
        json.unsigned(count(lane.places.iter().flatten().count()));
        json.key("newest_tick_age_seconds");
        json.decimal(seconds(facts.now_ns().saturating_sub(stamp)));
        json.key("rings");
        rings::list(&mut json, &schema, at);
        json.end_object();
    }
    json.end_array();
    json.key("sensors");
    json.begin_array();
    for report in facts.report.sensors() {
        sensor(&mut json, &report);
    }
    json.end_array();
    streams(&mut json);
    json.key("notes");
    json.begin_array();
    for note in facts.notes() {
        json.begin_object();
        json.key("about");
        json.string(&note.about);
        json.key("text");
        json.string(&note.text);
        json.end_object();
    }
    json.end_array();
    json.key("server");
    json.begin_object();
    for (counter, name) in Counter::ALL {
        json.key(name);
        json.unsigned(facts.counters.get(counter));
    }
    json.end_object();
    json.end_object();
    Ok(Response::bytes(StatusCode::OK, "application/json", body)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// Each live stream, how often its client wants to be told, and how many moments it was not.
fn streams(json: &mut Writer<'_>) {
    json.key("streams");
    json.begin_array();
    for count in STREAMS.list() {
        json.begin_object();
        json.key("stream");
        json.unsigned(count.number);
        json.key("hz");
        let millihertz = 1_000_000_000_000_u64.checked_div(count.moment_ns).unwrap_or(0);
        json.decimal(hearth_model::Decimal { digits: i128::from(millihertz), decimals: 3 });
        json.key("lost_frames");
        json.unsigned(count.left_out());
        json.end_object();
    }
    json.end_array();
}

fn sensor(json: &mut Writer<'_>, report: &SensorReport) {
    json.begin_object();
    let def = report.def;
    texts(json, &[("sensor", def.name), ("lane", def.lane.name()), ("source", def.source)]);
    json.key("state");
    match &report.state {
        SensorState::Armed { series } => {
            json.string("armed");
            json.key("series");
            json.unsigned(count(*series));
        }
        SensorState::Disabled => json.string("disabled"),
        SensorState::Absent(absent) => lacking(json, absent),
    }
    if !report.sources.is_empty() {
        json.key("sources");
        json.begin_array();
        for one in &report.sources {
            source(json, one);
        }
        json.end_array();
    }
    json.end_object();
}

fn source(json: &mut Writer<'_>, source: &Source) {
    json.begin_object();
    json.key("source");
    json.string(&source.name);
    json.key("state");
    match &source.outcome {
        SourceOutcome::Used { unit, how } => {
            json.string("used");
            texts(json, &[("unit", unit), ("how", how)]);
        }
        SourceOutcome::Spare { why } => {
            json.string("spare");
            texts(json, &[("why", why)]);
        }
        SourceOutcome::Absent(absent) => lacking(json, absent),
    }
    json.end_object();
}

fn lacking(json: &mut Writer<'_>, absent: &Absent) {
    json.string("absent");
    texts(json, &[("reason", absent.reason.name()), ("what", &absent.what), ("fix", &absent.fix)]);
}

fn texts(json: &mut Writer<'_>, pairs: &[(&str, &str)]) {
    for (key, value) in pairs {
        json.key(key);
        json.string(value);
    }
}

fn seconds(ns: u64) -> hearth_model::Decimal {
    hearth_model::Decimal { digits: i128::from(ns), decimals: 9 }
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
