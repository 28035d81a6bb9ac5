//! `/v1/history?series=…&seconds=…&step=…`: the past ten minutes of the series kept for it, as JSON.
//!
//! `series` is a metric's name, with labels if only some are wanted: `node_load1`,
//! `node_network_receive_bytes_total{device="eth0"}`. `seconds` (default: all) and `step` (default 1) are whole seconds.
//! With a step above 1 each value is the last one of its step. `series_not_kept` says how many more of this name there
//! are for which no room was left.
//!
//! ```json
//! {"schema": "00c0ffee00c0ffee", "step_seconds": 1, "series_not_kept": 0, "series": [
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
use crate::view::{Second, View};
use hearth_model::{Decimal, catalogue};

/// A series' index, what it is, and what is kept of it, oldest first.
type Kept = (u32, Arc<SeriesKey>, Vec<Second>);

/// What is kept of the series that a request names.
struct Found {
    /// As many as the lanes have columns, at most.
    kept: Vec<Kept>,
    /// How many more it names for which no column was left.
    unkept: usize,
}

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
    let found = find(&routes.view, snapshot, &selector, wanted, seconds)?;
    let mut body = Vec::new();
    write(snapshot, &found, step, &mut body);
    Ok(Response::bytes(StatusCode::OK, "application/json", body)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// The series that `selector` matches, each with what is kept of it.
fn find(
    view: &View,
    snapshot: &Snapshot,
    selector: &Selector,
    wanted: &str,
    seconds: usize,
) -> Result<Found, Refusal> {
    let refused = |sentence: &str| Err(Refusal::Parameter(format!("series: {sentence}")));
    let mut named = snapshot.schema.series().filter(|(_, key)| selector.matches(key)).peekable();
    match named.peek() {
        None => return refused(&format!("nothing here is called {wanted}; see /v1/schema")),
        Some((_, key)) if !key.metric.history => {
            let kept: Vec<&str> =
                catalogue::all().filter(|metric| metric.history).map(|metric| metric.name).collect();
            return refused(&format!("{wanted} has no history; these have: {}", kept.join(", ")));
        }
        Some(_) => {}
    }
    let mut found = Found { kept: Vec::new(), unkept: 0 };
    for (index, key) in named {
        match view.history(&snapshot.schema, index, seconds) {
            Some(frames) => found.kept.push((index, Arc::clone(key), frames)),
            None => found.unkept += 1,
        }
    }
    if found.kept.is_empty() {
        return refused(&format!(
            "no room is left to keep {wanted}: other series have it all; disable sensors you do not need and start \
             Hearth again"
        ));
    }
    Ok(found)
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn write(snapshot: &Snapshot, found: &Found, step: usize, body: &mut Vec<u8>) {
    // The wall clock's offset now is the best known for the past as well: the frames carry monotonic time.
    let offset_us = (i128::from(snapshot.realtime_ns) - i128::from(snapshot.monotonic_ns)) / 1000;
    let mut json = Writer::new(body);
    json.begin_object();
    json.key("schema");
    json.hash(snapshot.schema.hash);
    json.key("step_seconds");
    json.unsigned(u64::try_from(step).unwrap_or(u64::MAX));
    json.key("series_not_kept");
    json.unsigned(u64::try_from(found.unkept).unwrap_or(u64::MAX));
    json.key("series");
    json.begin_array();
    for (index, key, frames) in &found.kept {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::armory::Report;
    use crate::schema::{Column, LaneSchema};
    use crate::serve::routes::{EnergyRefresh, Facts};
    use crate::serve::{Body, Client, ClientKind, Counters, Handler, Method};
    use crate::view::LaneView;
    use hearth_hot::contract::LaneKind;
    use hearth_hot::page::{Page, Stamp};
    use hearth_hot::ring::Ring;
    use hearth_hot::series::Part;
    use hearth_hot::signals::Wanted;
    use hearth_model::catalogue::{cpu, network, system};
    use hearth_model::{Metric, Word};
    use hyper::header::HeaderMap;

    const INTERFACES: u32 = 200;

    /// Status and text of the answer where 200 interfaces, the load and the time of the start are known, and where these
    /// places have columns.
    fn ask(columns: &[u32], series: &str) -> (StatusCode, String) {
        let key = |metric: &'static Metric, label: Option<String>| {
            let labels = label.into_iter().map(String::into_boxed_str).collect();
            Some(Arc::new(SeriesKey { metric, labels, part: Part::Value }))
        };
        let interfaces = (0..INTERFACES).map(|number| key(&network::RX_BYTES, Some(format!("eth{number}"))));
        let places: Vec<_> =
            interfaces.chain([key(&cpu::LOAD1, None), key(&system::BOOT_TIME, None)]).collect();
        let words = places.len();
        let history = columns.iter().map(|&place| Some(Column { place, since_frame: 0 })).collect();
        let schema = LaneSchema { generation: 1, places, history, ..LaneSchema::empty(LaneKind::Steady) };
        let (mut writer, page) = Page::new(words);
        let (mut past, ring) = Ring::new(columns.len(), 8);
        past.push(1_000_000_000, &vec![Word::value(7); columns.len()]);
        let stamp = Stamp { tick: 1, monotonic_ns: 1_000_000_000, realtime_ns: 2_000_000_000, generation: 1 };
        writer.publish(stamp, |_| ());
        let (mut slow, slow_page) = Page::new(1);
        slow.publish(Stamp::default(), |_| ());
        let view = View::new([
            LaneView::new(page, None, ring, Wanted::default(), schema),
            LaneView::new(
                slow_page,
                None,
                Ring::new(1, 8).1,
                Wanted::default(),
                LaneSchema::empty(LaneKind::Slow),
            ),
        ]);
        let facts = Facts::new(Arc::new(Report::default()), Arc::new(Counters::default()), || 0);
        let routes = Routes::new(&view, facts, EnergyRefresh::new(10));
        let query = format!("series={series}");
        let client = Client { kind: ClientKind::Unix, full_rate: true };
        let headers = HeaderMap::new();
        let request = Request {
            method: &Method::GET,
            path: "/v1/history",
            query: Some(&query),
            headers: &headers,
            client,
        };
        let answer = routes.handle(&request);
        let Body::Bytes(body) = answer.body else { panic!("a stream") };
        (answer.status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn what_is_kept_is_found_however_many_series_have_the_name() {
        let (status, text) = ask(&[0, 150, 199], "node_network_receive_bytes_total");
        assert_eq!(status, StatusCode::OK, "{text}");
        for device in ["eth0", "eth150", "eth199"] {
            assert!(text.contains(&format!(r#""labels":{{"device":"{device}"}}"#)), "{text}");
        }
        assert_eq!(text.matches("\"values\":[[").count(), 3, "{text}");
        assert!(text.contains(r#""series_not_kept":197,"#), "{text}");
    }

    #[test]
    fn a_series_without_a_column_is_told_from_one_that_never_has_a_past() {
        let (status, text) = ask(&[0], "node_load1");
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.contains("no room is left to keep node_load1"), "{text}");
        assert!(!text.contains("these have"), "{text}");
        let (status, text) = ask(&[0], "node_boot_time_seconds");
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.contains("node_boot_time_seconds has no history; these have: "), "{text}");
        assert!(!text.split("these have").nth(1).unwrap().contains("node_boot_time_seconds"), "{text}");
    }
}
