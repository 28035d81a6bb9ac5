//! `/`: the machine at a glance, for people. One page with nothing outside itself.
//!
//! ```text
//! snapshot, history ─► figures ─► markup ─► page.html          (complete and readable without a script)
//!                                              └─ page.js ◄─ /v1/stream, /v1/history   (live, with graphs)
//! ```
//!
//! The policy names the style and the script by their hashes, so that nothing else runs in the page, wherever it
//! comes from; and the script may not make markup out of text at all (Trusted Types).

mod amount;
mod figures;
mod growth;
mod markup;
#[cfg(test)]
mod tests;

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};

use super::accept::{Offer, choose};
use super::{Note, Refusal, Routes};
use crate::armory::SensorReport;
use crate::markup::Escaped;
use crate::serve::{Query, Request, Response};
use crate::snapshot::Snapshot;
use crate::view::View;
use figures::Figures;
use markup::{FlowRows, Remarks, RoomRows, Value};

const HTML: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// What the page may do (Content Security Policy Level 3): its own style and script, named by their SHA-256, and
/// requests to this server. A test says the hashes when the files have changed.
const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src data:; \
     style-src 'sha256-8zk6n3U+0ez2/waYz84oVohpV5xNcF4WrP/IsSrWLjQ='; \
     script-src 'sha256-dMLmKtmn2Ce7aA/s+7pIsk5oiO0QKvWCKfIYIAvn1uc='; \
     require-trusted-types-for 'script'; trusted-types 'none'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Room for the page of an ordinary machine.
const PAGE_BYTES: usize = 32 * 1024;

/// `/`: the page.
pub(super) fn answer(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    choose(request.headers, &[Offer { media: "text/html", form: () }])
        .ok_or(Refusal::NotAcceptable("text/html"))?;
    let (sensors, notes) = (routes.facts.report.sensors(), routes.facts.notes());
    let mut desk = routes.desk(request.client);
    let html = render(desk.snapshot()?, &routes.view, &sensors, &notes);
    Ok(Response::bytes(StatusCode::OK, "text/html; charset=utf-8", html)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with_page_security(POLICY))
}

fn render(snapshot: &Snapshot, view: &View, sensors: &[SensorReport], notes: &[Note]) -> String {
    let figures = Figures::of(snapshot, view, sensors);
    let mut html = String::with_capacity(PAGE_BYTES);
    let mut rest = HTML;
    // The places to fill are written {{so}}; what is between them is copied.
    while let Some((before, after)) = rest.split_once("{{") {
        let (place, behind) = after.split_once("}}").unwrap_or((after, ""));
        html.push_str(before);
        match place {
            "style" => html.push_str(STYLE),
            "script" => html.push_str(SCRIPT),
            "remarks" => html.push_str(&Remarks { sensors, notes }.to_string()),
            place => html.push_str(&filled(place, &figures)),
        }
        rest = behind;
    }
    html.push_str(rest);
    html
}

/// What stands in a place of the page; nothing in a place without a meaning, of which there is none (a test looks).
fn filled(place: &str, figures: &Figures) -> String {
    let [load1, load5, load15] = &figures.loads;
    let [running, blocked] = &figures.tasks;
    let [used, available, memory, used_share] = &figures.memory;
    let [cpu, io, memory_pressure] = &figures.pressure;
    let value = |shown| Value(shown).to_string();
    match place {
        "host" => Escaped(figures.host.as_deref().unwrap_or("This machine")).to_string(),
        "at" => time_of_day(figures.at_seconds),
        "version" => env!("CARGO_PKG_VERSION").to_owned(),
        "uptime" => value(&figures.uptime),
        "busy" => value(&figures.busy),
        "running" => value(running),
        "blocked" => value(blocked),
        "load1" => value(load1),
        "load5" => value(load5),
        "load15" => value(load15),
        "used" => value(used),
        "available" => value(available),
        "memory" => value(memory),
        "used-share" => value(used_share),
        "cpu-pressure" => value(cpu),
        "io-pressure" => value(io),
        "memory-pressure" => value(memory_pressure),
        "interfaces" => FlowRows(&figures.interfaces).to_string(),
        "disks" => FlowRows(&figures.disks).to_string(),
        "rooms" => RoomRows(&figures.rooms).to_string(),
        _ => String::new(),
    }
}

/// `16:20:03 UTC`
fn time_of_day(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}
