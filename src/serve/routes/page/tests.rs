use std::sync::Arc;
use std::time::Duration;

use hearth_hot::contract::{Absent, Every, LaneKind, SensorDef};
use hearth_hot::page::{Page, Stamp};
use hearth_hot::ring::Ring;
use hearth_hot::series::SeriesKey;
use hearth_hot::signals::Wanted;
use hearth_model::catalogue::{cpu, disk, filesystem, memory, network, pressure, system};
use hearth_model::{Metric, Reason, Word};
use hyper::header::{ACCEPT, CONTENT_SECURITY_POLICY, HeaderMap};
use sha2::{Digest, Sha256};

use super::*;
use crate::armory::{Report, SensorState};
use crate::schema::{Column, LaneSchema};
use crate::serve::routes::{EnergyRefresh, Facts};
use crate::serve::{Body, Client, ClientKind, Counters, Handler, Method};
use crate::view::{LaneView, Viewer};

const HOSTILE: &str = "<img src=x onerror=alert(1)>";

/// A series, and its value in each of the last three seconds.
type Told = (&'static Metric, &'static [&'static str], [i64; 3]);

const MACHINE: &[Told] = &[
    (&system::BOOT_TIME, &[], [1_000; 3]),
    (&cpu::ALL_SECONDS, &["user"], [100, 150, 200]),
    (&cpu::ALL_SECONDS, &["idle"], [100, 250, 400]),
    (&cpu::ALL_SECONDS, &["guest"], [0, 50, 100]),
    (&cpu::LOAD1, &[], [0, 0, 125]),
    (&cpu::RUNNING, &[], [3; 3]),
    (&memory::MEMTOTAL, &[], [16 << 20; 3]),
    (&memory::MEMAVAILABLE, &[], [12 << 20; 3]),
    (&pressure::CPU_WAITING, &[], [0, 100_000, 200_000]),
    (&network::RX_BYTES, &["eth0"], [0, 2_048, 4_096]),
    (&network::TX_BYTES, &["eth0"], [9_000, 5, 5]),
    (&network::RX_BYTES, &[HOSTILE], [0; 3]),
    (&disk::READ_BYTES, &["sda"], [0, 2, 4]),
    (&disk::WRITTEN_BYTES, &["sda"], [500, 600, 3]),
    (&filesystem::SIZE, &["/dev/sda1", "/\"'&", "ext4"], [8 << 30; 3]),
    (&filesystem::AVAIL, &["/dev/sda1", "/\"'&", "ext4"], [2 << 30; 3]),
];

/// A view of a steady lane with these series, all of which are kept for history.
fn view(series: &[Told]) -> Arc<View> {
    let key = |&(metric, labels, _): &Told| {
        let labels = labels.iter().map(|&label| label.into()).collect();
        Some(Arc::new(SeriesKey { metric, labels, part: hearth_hot::series::Part::Value }))
    };
    let columns =
        (0..u32::try_from(series.len()).unwrap()).map(|place| Some(Column { place, since_frame: 0 }));
    let schema = LaneSchema {
        generation: 1,
        places: series.iter().map(key).collect(),
        history: columns.collect(),
        ..LaneSchema::empty(LaneKind::Steady)
    };
    let (mut writer, page) = Page::new(series.len());
    let (mut past, history) = Ring::new(series.len(), 8);
    for second in 0..3 {
        let words: Vec<Word> = series.iter().map(|(_, _, values)| Word::value(values[second])).collect();
        let monotonic_ns = u64::try_from(second).unwrap() * 1_000_000_000;
        past.push(monotonic_ns, &words);
        let stamp = Stamp { tick: 1, monotonic_ns, realtime_ns: 91_062_000_000_000, generation: 1 };
        writer.publish(stamp, |edit| {
            for (place, word) in words.iter().enumerate() {
                edit.put(place, *word);
            }
        });
    }
    let steady = LaneView::new(page, None, history, Wanted::default(), schema);
    let (_, slow) = Page::new(1);
    let slow =
        LaneView::new(slow, None, Ring::new(1, 1).1, Wanted::default(), LaneSchema::empty(LaneKind::Slow));
    View::new([steady, slow])
}

fn html(series: &[Told], sensors: &[SensorReport]) -> String {
    let view = view(series);
    let mut viewer = Viewer::new(Arc::clone(&view), hearth_model::Audience::Everyone);
    let notes = [Note { about: "serve.transport".to_owned(), text: "epoll <b>instead</b>".to_owned() }];
    render(viewer.refresh().unwrap(), &view, sensors, &notes).replace('\u{a0}', " ")
}

/// The page without its script.
fn seen(html: &str) -> &str {
    html.split_once("</head>").unwrap().1
}

fn never(_: &mut hearth_hot::contract::Arming<'_>) -> Result<Box<dyn hearth_hot::contract::Sensor>, Absent> {
    unreachable!("these tests arm nothing")
}

static PRESSURE: SensorDef = SensorDef {
    name: "pressure",
    source: "/proc/pressure",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::ZERO,
    metrics: &[pressure::ALL],
    arm: never,
};

fn absent() -> SensorReport {
    let absent = Absent {
        reason: Reason::Absent,
        what: "/proc/pressure does not exist".to_owned(),
        fix: "boot with psi=1".to_owned(),
    };
    SensorReport { def: &PRESSURE, state: SensorState::Absent(absent), sources: Vec::new(), armings: 1 }
}

#[test]
fn the_figures_stand_in_the_page_without_its_script() {
    let html = html(MACHINE, &[]);
    for figure in [
        "<b data-figure=\"uptime\">1 d 1 h</b>",
        "<time id=\"at\">01:17:42 UTC</time>",
        "<b data-figure=\"busy\">25.0 %</b>",
        "<td data-figure=\"load1\">1.25</td>",
        "<td data-figure=\"running\">3</td>",
        "<td data-figure=\"used\">4.0 GiB</td>",
        "<td data-figure=\"available\">12.0 GiB</td>",
        "<td data-figure=\"memory\">16.0 GiB</td>",
        "<b data-figure=\"used-share\">25.0 %</b>",
        "<td data-figure=\"cpu-pressure\">10.0 %</td>",
        "<th scope=\"row\">sda</th><td>1.0 KiB/s</td>",
        "aria-label=\"75.0 % taken\"",
        "</th><td>2.0 GiB</td><td>8.0 GiB</td>",
    ] {
        assert!(seen(&html).contains(figure), "{figure} is not in {}", seen(&html));
    }
    assert!(!html.contains("{{") || SCRIPT.contains("{{"), "every place has a meaning");
}

#[test]
fn a_counter_that_began_anew_gives_no_rate_rather_than_a_wrong_one() {
    let html = html(MACHINE, &[]);
    let reset_now = "<td>1.0 KiB/s</td><td>no data: only one reading</td>";
    assert!(seen(&html).contains(reset_now), "{}", seen(&html));
    assert!(seen(&html).contains("<th scope=\"row\">eth0</th><td>2.0 KiB/s</td><td>0 B/s</td>"));
    assert!(!seen(&html).contains(">-"), "nothing is negative");
}

#[test]
fn names_and_notes_from_outside_stay_text() {
    let html = html(MACHINE, &[absent()]);
    let seen = seen(&html);
    assert!(!seen.contains("<img") && seen.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(seen.contains("/&quot;&#39;&amp;"));
    assert!(seen.contains("epoll &lt;b&gt;instead&lt;/b&gt;"));
}

#[test]
fn what_is_not_measured_says_why_and_what_helps() {
    let html = html(&[], &[absent()]);
    let seen = seen(&html);
    let why = "<td data-figure=\"io-pressure\">no data: /proc/pressure does not exist; boot with psi=1</td>";
    assert!(seen.contains(why), "{seen}");
    assert!(
        seen.contains("<dt>pressure</dt><dd>/proc/pressure does not exist <em>boot with psi=1</em></dd>")
    );
    assert!(seen.contains("<td data-figure=\"load1\">no data: nothing here measures it</td>"));
    assert!(seen.contains("no data: nothing here measures it</td></tr></tbody>"));
}

#[test]
fn every_place_of_the_page_is_filled() {
    let view = view(MACHINE);
    let mut viewer = Viewer::new(Arc::clone(&view), hearth_model::Audience::Everyone);
    let figures = Figures::of(viewer.refresh().unwrap(), &view, &[]);
    for place in HTML.split("{{").skip(1) {
        let (place, _) = place.split_once("}}").unwrap();
        let own = ["style", "script", "remarks"].contains(&place);
        assert!(own || !filled(place, &figures).is_empty(), "{place} has no meaning");
    }
}

#[test]
fn the_policy_names_the_style_and_the_script_as_they_are() {
    for (what, file) in [("style", STYLE), ("script", SCRIPT)] {
        let hash = format!("{what}-src 'sha256-{}'", base64(&Sha256::digest(file)));
        assert!(POLICY.contains(&hash), "the page's {what} has changed; POLICY needs {hash}");
        // Both would end the element early and so change what is hashed.
        assert!(!file.contains("</") && !file.contains("<!--"), "{what}");
    }
    assert!(!POLICY.contains("unsafe"));
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word =
            (0..3).fold(0_usize, |word, at| (word << 8) | three.get(at).map_or(0, |&b| usize::from(b)));
        for digit in 0..4 {
            let shown = digit <= three.len();
            text.push(if shown { char::from(DIGITS[(word >> (18 - 6 * digit)) & 63]) } else { '=' });
        }
    }
    text
}

#[test]
fn the_page_is_small() {
    let bytes = html(MACHINE, &[absent()]).len();
    assert!(bytes <= 30 * 1024, "{bytes} bytes");
}

#[test]
fn html_is_served_with_its_policy_and_to_those_alone_who_take_html() {
    let facts = Facts::new(Arc::new(Report::default()), Arc::new(Counters::default()), || 0);
    let routes = Routes::new(&view(MACHINE), facts, EnergyRefresh::new(10));
    let answer = |method: Method, accept: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let client = Client { kind: ClientKind::Unix, full_rate: false };
        routes.handle(&Request { method: &method, path: "/", query: None, headers: &headers, client })
    };
    for method in [Method::GET, Method::HEAD] {
        let response = answer(method, "text/html,application/xhtml+xml,*/*;q=0.8");
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.headers[CONTENT_SECURITY_POLICY], POLICY);
        let Body::Bytes(body) = response.body else { panic!("the page is sent whole") };
        assert!(body.starts_with(b"<!doctype html>"));
    }
    assert_eq!(answer(Method::GET, "application/json").status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(answer(Method::POST, "text/html").status, StatusCode::METHOD_NOT_ALLOWED);
}
