//! What the machine's state costs to say: bytes and time of each form, on the real sensors of this machine.
//!
//! ```sh
//! cargo bench --bench encode
//! ```
//!
//! Both lanes run with every sensor this machine has, at 10 Hz. After two seconds the snapshot that a client on TCP is
//! given is taken, and another one a second later. Encoded are, into warm buffers: the second as postcard, what changed
//! between the two as a postcard delta, the second as exposition text, OpenMetrics and JSON. Times are medians of
//! `--rounds` (401) rounds, in each of which every form is encoded once, so that a busy machine is busy for all.

#![expect(clippy::expect_used, reason = "a benchmark that cannot take a figure has nothing to go on with")]

use std::hint::black_box;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use hearth::armory::{Armory, ArmoryConfig};
use hearth::config::Config;
use hearth::encode::exposition::{Exposition, Format};
use hearth::encode::json;
use hearth::encode::wire::Encoder;
use hearth::sensors::SENSORS;
use hearth::snapshot::Snapshot;
use hearth::view::Viewer;
use hearth_hot::thread::{Settings, Stopped};
use hearth_measure::table::Table;
use hearth_measure::{argument, ranks};
use hearth_model::Audience;

/// Appends the state to a buffer.
type Encode<'a> = Box<dyn FnMut(&mut Vec<u8>) + 'a>;

/// A form of the state: its name, how it is encoded, its limits in bytes and microseconds.
struct Form<'a> {
    name: &'static str,
    encode: Encode<'a>,
    limits: (Option<f64>, Option<f64>),
    times_us: Vec<f64>,
    bytes: usize,
}

fn main() {
    let rounds = argument("--rounds", 401);
    let armory = armory();
    let mut viewer = Viewer::new(armory.view().clone(), Audience::Everyone);
    thread::sleep(Duration::from_secs(2));
    let before = viewer.refresh().expect("the lanes publish").clone();
    thread::sleep(Duration::from_secs(1));
    let now = viewer.refresh().expect("the lanes publish").clone();
    assert_eq!(
        armory.stop(Duration::from_secs(5)),
        [Stopped::Asked; 2],
        "the lanes end when they are asked to"
    );

    let exposition = Exposition::new(&now.schema);
    let mut forms = forms(&before, &now, &exposition);
    let mut out = Vec::with_capacity(1 << 20);
    for _ in 0..rounds {
        for form in &mut forms {
            out.clear();
            let begun = Instant::now();
            (form.encode)(&mut out);
            form.times_us.push(begun.elapsed().as_secs_f64() * 1e6);
            form.bytes = black_box(&out).len();
        }
    }
    let mut table = Table::begin(&format!("{} series, {rounds} rounds", now.schema.series().count()), "-");
    for form in &forms {
        show(&mut table, &format!("{}, bytes", form.name), count(form.bytes), form.limits.0);
        show(&mut table, &format!("{}, us", form.name), ranks::median(&form.times_us), form.limits.1);
    }
}

fn forms<'a>(before: &'a Snapshot, now: &'a Snapshot, exposition: &'a Exposition) -> Vec<Form<'a>> {
    let form = |name, limits, encode| Form { name, encode, limits, times_us: Vec::new(), bytes: 0 };
    let (mut whole, mut changes) = (Encoder::default(), Encoder::default());
    let text =
        move |format| move |out: &mut Vec<u8>| exposition.render(format, now, &[], out).expect("one schema");
    vec![
        form(
            "postcard snapshot",
            (Some(6144.0), Some(60.0)),
            Box::new(move |out| whole.snapshot(now, out).expect("a snapshot can be written")),
        ),
        form(
            "postcard delta of a second",
            (Some(1024.0), None),
            Box::new(move |out| changes.delta(before, now, out).expect("both have one schema")),
        ),
        form("text 0.0.4", (None, None), Box::new(text(Format::Text))),
        form("OpenMetrics", (None, None), Box::new(text(Format::OpenMetrics))),
        form("JSON", (None, None), Box::new(move |out| json::snapshot(now, out))),
    ]
}

fn show(table: &mut Table, figure: &str, value: f64, limit: Option<f64>) {
    match limit {
        Some(limit) => table.at_most(figure, value, None, limit),
        None => table.shown(figure, value, None),
    }
}

fn armory() -> Armory {
    let config = ArmoryConfig {
        root: PathBuf::from("/"),
        sensors: (&Config::default()).into(),
        disabled: Vec::new(),
        rates_hz: (10, 1000),
        ring_columns: Some(4),
        ring_frames: 60_000,
        history_frames: 600,
        thread: Settings::default(),
    };
    Armory::start(config, SENSORS, &thread::current()).expect("the lanes start")
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}
