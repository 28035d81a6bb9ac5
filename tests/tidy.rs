//! House rules over the text of the house. Each prints every place that breaks it.

mod house {
    pub(crate) mod licences;
    pub(crate) mod manifest;
    pub(crate) mod paths;
    pub(crate) mod rules;
    pub(crate) mod scan;
    pub(crate) mod tree;
}

use house::licences;
use house::rules::{self, Banned, Long};
use house::tree::{Breach, Text, demand, house};

/// The files that may say `unsafe`, and why. A row may go before its file comes, not stay after its need is gone.
const UNSAFE: &[(&str, &str)] = &[
    ("benches/peers/unsafe_ring.rs", "the version that the safe ring is measured against"),
    ("drivers/src/ata/sg.rs", "SG_IO has no safe form"),
    ("drivers/src/clock.rs", "adjtimex and localtime_r have no safe form"),
    ("drivers/src/nvme/ioctl.rs", "NVMe admin commands have no safe form"),
    ("drivers/src/nvme/uring.rs", "memory that is the kernel's between two calls"),
    ("drivers/src/perf/open/descriptor.rs", "perf-event2 gives a counter's descriptor away as a bare number"),
    ("drivers/src/process/directory.rs", "getdents64 into storage that is kept"),
    ("drivers/tests/allocation.rs", "an allocator that counts"),
    ("drivers/tests/steady.rs", "an allocator that counts"),
    ("src/daemon/process.rs", "the allocator's limits"),
    ("src/hot/memory.rs", "mlock of the lane's memory"),
    ("src/hot/tests/lane/allocation.rs", "an allocator that counts"),
    ("src/hot/thread.rs", "the scheduling policy of the lane's thread"),
    ("src/profile/door.rs", "a child that shares our memory while it waits"),
    ("src/profile/sys.rs", "wait4 and signal handlers"),
    ("tests/encode_warm.rs", "an allocator that counts"),
    ("tests/no_alloc/allocator.rs", "an allocator that counts"),
];

/// Words that are not written: as tokens, what to do instead, and the places that may, each with its reason.
const BANNED: &[Banned] = &[
    Banned("todo !", "finish it", &[]),
    Banned("unimplemented !", "finish it", &[]),
    Banned("dbg !", "remove it, or say it by `tracing`", &[]),
    Banned("# [ allow", "use #[expect(…, reason = …)]", &[]),
    Banned("# ! [ allow", "use #![expect(…, reason = …)]", &[]),
    Banned("let _ =", "handle the value, or say in a match why not", &[]),
    Banned(
        "thread :: sleep",
        "wait for what happens: poll, a channel, a timer",
        &[("benches", "a figure is taken over a time, and an attacker rests between two strokes")],
    ),
];

/// Words that only code that ships must not write: the time is an argument.
const BANNED_IN_SHIPPED: &[Banned] = &[
    Banned(
        "Instant :: now",
        "take the time as an argument",
        &[
            ("src/daemon/control.rs", "when absent sensors are looked for again"),
            ("src/sensors/drive/worker.rs", "what a poll took, and the patience of arming"),
            ("src/serve", "deadlines of connections, never the time of a sample"),
            ("src/get", "the patience of one question"),
            ("src/profile/child.rs", "how long a program runs is what is measured"),
        ],
    ),
    Banned(
        "SystemTime :: now",
        "take the time as an argument",
        &[
            ("src/log.rs", "the time of a line of the log"),
            ("src/sensors/time.rs", "arming names the time zone before there is a tick"),
        ],
    ),
    Banned(
        "clock_gettime",
        "take the time as an argument",
        &[
            ("src/hot/clock.rs", "the lane's clock"),
            ("src/daemon/mod.rs", "the lane's clock, told to the routes"),
        ],
    ),
];

/// Files that may throw a Result away by `.ok();`, or make an error a default, and why.
const SWALLOWING: &[(&str, &str)] =
    &[("tests/board/src/served.rs", "the answer `ok` to the kernel, not a Result")];

/// Sources over the limit: lines and reason. A row is lowered when its file shrinks, never raised.
const LONG: &[Long] = &[];

fn sources(files: &[Text]) -> impl Iterator<Item = &Text> {
    files.iter().filter(|file| file.path.ends_with(".rs"))
}

#[test]
fn unsafe_code_stays_in_the_files_that_are_listed() {
    demand(
        "unsafe has an address",
        sources(&house()).flat_map(|file| rules::unsafe_code(file, UNSAFE)).collect(),
    );
}

#[test]
fn words_that_hide_trouble_are_not_written() {
    let files = house();
    let everywhere = sources(&files).flat_map(|file| rules::banned(file, BANNED, true));
    let shipped = sources(&files).filter(|file| rules::ships(&file.path));
    let shipped = shipped.flat_map(|file| rules::banned(file, BANNED_IN_SHIPPED, false));
    let defaults = sources(&files).flat_map(|file| rules::swallowed(file, SWALLOWING));
    demand("banned words", everywhere.chain(shipped).chain(defaults).collect());
}

#[test]
fn a_source_is_short_enough_to_be_read_at_once() {
    demand("length of sources", house().iter().filter_map(|file| rules::length(file, LONG)).collect());
}

#[test]
fn text_speaks_of_the_product_alone() {
    demand("text", house().iter().flat_map(rules::text).collect());
}

#[test]
fn every_bench_is_declared_and_said_where_people_look() {
    demand("benches", rules::benches(&house()));
}

#[test]
fn a_crate_in_two_versions_has_a_reason() {
    let files = house();
    let text_of =
        |path: &str| files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
    let breaches: Vec<Breach> = rules::duplicates(text_of("Cargo.lock"), text_of(".deny.toml"));
    demand("versions in Cargo.lock", breaches);
}

#[test]
fn every_dependency_is_under_a_licence_that_is_allowed() {
    let files = house();
    let deny = files.iter().find(|file| file.path == ".deny.toml").map_or("", |file| file.text.as_str());
    let packages = licences::packages();
    assert!(packages.len() > 100, "cargo names {} packages only", packages.len());
    demand("licences", licences::breaches(&packages, &licences::allowed(deny)));
}
