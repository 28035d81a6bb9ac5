//! `/v1/history?series=…&seconds=…&step=…`: the past ten minutes of the series kept for it, as JSON.
//!
//! `series` is a metric's name, with labels if only some are wanted: `node_load1`,
//! `node_network_receive_bytes_total{device="eth0"}`. `seconds` (default: all) and `step` (default 1) are whole seconds.
//! With a step above 1 each value is the last one of its step.
//!
//! ```json
//! {"schema": "00c0ffee00c0ffee", "step_seconds": 1, "series": [
//!   {"index": 7, "name": "node_load1", "labels": {}, "unit": "", "values": [[1700000000.25, 0.39], [1700000001.25, null, "io_error"]]}]}
//! ```

use std::sync::Arc;

use hearth_hot::series::SeriesKey;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};

use super::accept::{Offer, choose};
use super::selector::Selector;
use super::{Refusal, Routes};
use crate::encode::json::Writer;
use crate::serve::{Query, Request, Response};
use crate::snapshot::Snapshot;
use crate::view::Second;
use hearth_model::{Decimal, catalogue};

/// Series in one answer at most.
const SERIES_MAX: usize = 128;

pub(super) fn answer(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    let query = Query::parse(request.query, &["series", "seconds", "step"])?;
    choose(request.headers, &[Offer { media: "application/json", form: () }])
        .ok_or(Refusal::NotAcceptable("application/json"))?;
    let longest = routes.view.history_seconds();
    let range = 1..=u64::try_from(longest).unwrap_or(u64::MAX);
    let seconds = query.whole("seconds", range.clone())?.map_or(longest, whole);
    let step = query.whole("step", range)?.map_or(1, whole);
    let wanted = query.text("series").ok_or_else(|| {
        Refusal::Parameter("series is missing: name a metric, as in series=node_load1".to_owned())
    })?;
    let selector = Selector::parse(wanted).map_err(|error| Refusal::Parameter(error.to_string()))?;
    let mut desk = routes.desk(request.client);
    let snapshot = desk.snapshot()?;
    let found: Vec<_> =
        snapshot.schema.series().filter(|(_, key)| selector.matches(key)).take(SERIES_MAX).collect();
    if found.is_empty() {
        return Err(Refusal::Parameter(format!("series: nothing here is called {wanted}; see /v1/schema")));
    }
    let mut kept = Vec::new();
    for (index, key) in found {
        if let Some(frames) = routes.view.history(&snapshot.schema, index, seconds) {
            kept.push((index, Arc::clone(key), frames));
        }
    }
    if kept.is_empty() {
        let names: Vec<&str> =
            catalogue::all().filter(|metric| metric.history).map(|metric| metric.name).collect();
        let sentence = format!("series: {wanted} has no history; these have: {}", names.join(", "));
        return Err(Refusal::Parameter(sentence));
    }
    let mut body = Vec::new();
    write(snapshot, &kept, step, &mut body);
    Ok(Response::bytes(StatusCode::OK, "application/json", body)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn write(snapshot: &Snapshot, kept: &[(u32, Arc<SeriesKey>, Vec<Second>)], step: usize, body: &mut Vec<u8>) {
    // The wall clock's offset now is the best known for the past as well: the frames carry monotonic time.
    let offset_us = (i128::from(snapshot.realtime_ns) - i128::from(snapshot.monotonic_ns)) / 1000;
    let mut json = Writer::new(body);
    json.begin_object();
    json.key("schema");
    json.hash(snapshot.schema.hash);
    json.key("step_seconds");
    json.unsigned(u64::try_from(step).unwrap_or(u64::MAX));
    json.key("series");
    json.begin_array();
    for (index, key, frames) in kept {
        json.begin_object();
        crate::encode::json::identity(&mut json, *index, key);
        json.key("name");
        json.string(key.metric.name);
        json.key("unit");
        json.string(key.metric.unit.name());
        json.key("values");
        json.begin_array();
        // Steps are counted from the newest frame back, so that the last value is always the newest.
        let first = frames.len() % step;
        let ends = (0..frames.len()).filter(|at| (at + 1) % step == first % step);
        for frame in ends.filter_map(|at| frames.get(at)) {
            json.begin_array();
            json.decimal(Decimal { digits: i128::from(frame.monotonic_us) + offset_us, decimals: 6 });
            match frame.word.reading() {
                Ok(value) => json.decimal(key.metric.scale.apply(value)),
                Err(reason) => {
                    json.null();
                    json.string(reason.name());
                }
            }
            json.end_array();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.end_object();
}
