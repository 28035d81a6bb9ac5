//! The walls of the house: which crate may depend on what, and which room may name which.
//!
//! A room is a file or folder; the row with the longest matching place holds. A row lists every other room
//! (`crate::…`), every module of another crate of the house, every outside crate, and everything of `std` in
//! `WORLD`, that the room may name. What only its tests may name comes second. Something new is a row or a word
//! here, in the commit that needs it, with the reason.

mod house {
    pub(crate) mod crates;
    pub(crate) mod manifest;
    pub(crate) mod paths;
    pub(crate) mod rooms;
    pub(crate) mod scan;
    pub(crate) mod tree;
    pub(crate) mod walls;
}

use std::collections::BTreeSet;

use house::crates::CRATES;
use house::manifest::{below, tables};
use house::rooms::{OF_DEVICES, OF_THE_PROFILER};
use house::tree::{Breach, demand, house};
use house::walls::{Room, dependencies, manifest_of, surplus, test_stems, trespasses};

/// Of each room: its place, what it may name, and what its tests may name besides.
const ROOMS: &[Room] = &[
    // The words of the house, and the quantities of the machine.
    Room("src/model", &[], &[]),
    Room(
        "src/hot",
        &["hearth_model", "libc", "loom", "nix", "rtrb", "hdrhistogram", "thiserror", "std::thread"],
        &["hearth_hot", "std::fs", "std::process", "std::sync::mpsc"],
    ),
    // Answers between a lane's thread and whoever asked; off the path of a read.
    Room("src/hot/thread.rs", &["nix", "libc", "thiserror", "std::sync::mpsc", "std::thread"], &[]),
    Room(
        "drivers/src",
        &["libc", "memchr", "nix", "thiserror", "std::os"],
        &["procfs", "std::env", "std::fs", "std::process", "std::thread"],
    ),
    Room("drivers/src/file.rs", &["libc", "std::fs", "std::os"], &["std::env", "std::process"]),
    // Zones, events and registers are found by listing what there is; registers are read at their offset in a file.
    Room("drivers/src/rapl", &["libc", "thiserror", "std::fs", "std::os"], &["std::env", "std::process"]),
    // Which PMUs there are is a listing; a cgroup is given as its open directory.
    Room(
        "drivers/src/perf",
        &["libc", "nix", "thiserror", "std::fs", "std::os"],
        &["std::env", "std::process"],
    ),
    // The table of processes holds its directory open, and opens what appears there.
    Room(
        "drivers/src/process",
        &["libc", "memchr", "nix", "thiserror", "std::fs", "std::os"],
        &["procfs", "std::env", "std::process", "std::thread"],
    ),
    // Opens a controller, and what only the kernel can do with it.
    Room(
        "drivers/src/nvme",
        &["io_uring", "libc", "nix", "thiserror", "std::fs", "std::os"],
        &["std::env", "std::process"],
    ),
    // Arming walks through the groups and asks which devices stand before others.
    Room("drivers/src/cgroup", &["libc", "thiserror", "std::fs", "std::os"], &["std::env", "std::process"]),
    // From sensors to what every reader sees.
    Room(
        "src/sensors",
        &[
            "crate::meter",
            "crate::pattern",
            "hearth_drivers",
            "hearth_hot::contract",
            "hearth_hot::meters",
            "hearth_hot::series",
            "hearth_model",
            "std::os",
        ],
        &["hearth_hot::source", "hearth_hot::testing", "tempfile", "std::env", "std::fs", "std::process"],
    ),
    // Arming lists the links there are.
    Room(
        "src/sensors/traffic.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "std::fs"],
        &["hearth_hot::testing"],
    ),
    // Totals that outlive an arming; the lane only tries the lock, which arming holds for moments.
    Room(
        "src/sensors/energy",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "std::sync::Mutex"],
        &["hearth_hot::source", "hearth_hot::testing", "tempfile", "std::fs", "std::os"],
    ),
    // Counts that outlive an arming; the lock is the slow lane's alone while it runs.
    Room(
        "src/sensors/top.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "std::sync::Mutex"],
        &["hearth_hot::testing", "std::fs", "std::process"],
    ),
    // Joules that outlive an arming; the lock likewise.
    Room(
        "src/sensors/cgroup/division.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "std::sync::Mutex"],
        &[],
    ),
    // Open groups and their totals outlive an arming; a cgroup is known by its open directory's inode.
    Room(
        "src/sensors/counters",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "std::sync::Mutex"],
        &["hearth_hot::source", "hearth_hot::testing", "libc", "std::fs", "std::os", "std::process"],
    ),
    Room(
        "src/sensors/kept.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "std::sync::Mutex"],
        &[],
    ),
    // All that serving and sensors know of each other.
    // The list of live streams: a lane reads its counts alone.
    Room("src/meter", &["std::sync::Mutex"], &[]),
    // Text within markup, and days: for the page, the reports and the log alike.
    Room("src/markup", &[], &[]),
    Room("src/calendar", &[], &[]),
    Room("src/pattern", &["crate::config"], &[]),
    Room("src/schema", &["hearth_model", "hearth_hot::contract", "hearth_hot::series"], &["crate::registry"]),
    Room(
        "src/registry",
        &["crate::schema", "hearth_model", "hearth_hot::contract", "hearth_hot::series", "thiserror"],
        &[],
    ),
    Room(
        "src/armory",
        &[
            "crate::registry",
            "crate::schema",
            "crate::sensors::room",
            // Which of them a changed setting concerns; their list is given to it.
            "crate::sensors::is_concerned",
            "crate::view",
            "hearth_hot",
            "hearth_model",
            "thiserror",
            "tracing",
            "std::sync::Mutex",
            "std::thread",
        ],
        &["crate::sensors", "crate::snapshot", "nix", "tempfile", "std::fs"],
    ),
    // Work that may hang is given to threads of its own and waited for as long as there is patience.
    Room("src/armory/hand.rs", &["crate::armory", "thiserror", "std::sync::mpsc", "std::thread"], &[]),
    // What a hanging thread waits for is asked of the kernel.
    Room("src/armory/whereabouts.rs", &["libc", "nix", "std::fs"], &["std::sync::mpsc", "std::thread"]),
    // Whether a thread still answers: two counts.
    Room("src/pulse.rs", &[], &[]),
    Room("src/snapshot", &["crate::schema", "hearth_model", "hearth_hot::contract"], &["hearth_hot::series"]),
    Room(
        "src/view",
        &[
            "crate::registry",
            "crate::schema",
            "crate::snapshot",
            "hearth_model",
            "hearth_hot::contract",
            "hearth_hot::frames",
            "hearth_hot::page",
            "hearth_hot::ring",
            "hearth_hot::signals",
            "thiserror",
            "std::sync::Mutex",
        ],
        &["hearth_hot::series", "std::thread"],
    ),
    Room(
        "src/encode",
        &[
            "crate::schema",
            "crate::snapshot",
            "hearth_hot::contract",
            "hearth_hot::series",
            "hearth_model",
            "postcard",
            "serde",
            "thiserror",
        ],
        &[],
    ),
    Room("src/schema_doc", &["crate::encode::json", "hearth_model"], &[]),
    // Towards the network: the transport knows no data, the routes know no sockets.
    Room(
        "src/serve",
        &[
            "crate::config",
            "crate::meter",
            "crate::pulse",
            "bytes",
            "hyper",
            "socket2",
            "thiserror",
            "tokio",
            "tracing",
            "std::sync::mpsc",
            "std::thread",
        ],
        &["std::env", "std::fs", "std::os", "std::process"],
    ),
    Room(
        "src/serve/listen.rs",
        &["crate::serve", "crate::config", "socket2", "thiserror", "tokio", "std::fs", "std::os"],
        &["std::env", "std::process"],
    ),
    Room(
        "src/serve/transport",
        &[
            "crate::serve",
            "crate::config",
            "bytes",
            "hyper",
            "socket2",
            "tokio",
            "tokio_uring",
            "tracing",
            "std::os",
        ],
        &[],
    ),
    Room(
        "src/serve/routes",
        &[
            "crate::armory",
            "crate::config",
            "crate::encode",
            "crate::markup",
            "crate::meter",
            "crate::schema",
            "crate::schema_doc",
            "crate::serve",
            "crate::snapshot",
            "crate::view",
            "bytes",
            "hearth_hot::contract",
            "hearth_hot::series",
            "hearth_hot::source",
            "hearth_model",
            "hyper",
            "thiserror",
            "tracing",
            "std::sync::Mutex",
        ],
        // SHA-256, for the hashes in the page's policy.
        &["hearth_hot::page", "hearth_hot::ring", "hearth_hot::signals", "sha2"],
    ),
    // The edge: what people write, say and read.
    Room(
        "src/config",
        &["thiserror", "toml", "hearth_hot::contract", "hearth_model::attribution", "std::fs"],
        &[],
    ),
    Room(
        "src/events.rs",
        &["nix", "thiserror", "std::os"],
        &["std::env", "std::fs", "std::process", "std::thread"],
    ),
    Room("src/events", &["nix", "std::fs", "std::os"], &["std::env", "std::process"]),
    Room("src/notify", &["thiserror", "std::env", "std::os"], &["std::fs", "std::process"]),
    Room("src/log.rs", &["crate::config", "crate::meter", "tracing"], &["std::sync::Mutex"]),
    Room("src/log", &["crate::calendar", "tracing"], &[]),
    Room(
        "src/get",
        &[
            "crate::config",
            "crate::encode",
            // For its tests, which make the messages that a server would.
            "crate::schema",
            "crate::snapshot",
            "hearth_hot::contract",
            "hearth_hot::series",
            "hearth_model",
            "socket2",
            "thiserror",
            "std::net::TcpStream",
            "std::os",
        ],
        &["std::net::TcpListener", "std::thread"],
    ),
    // What is measured, shown on the way, and written where the owner wants it.
    Room(
        "src/cli/profile",
        &[
            "crate::cli",
            "crate::profile",
            "clap",
            "console",
            "hearth_drivers::perf",
            "hearth_hot::clock",
            "indicatif",
            "serde_json",
            "std::env",
            "std::fs",
            "std::process",
        ],
        &["tempfile", "std::os"],
    ),
    Room("src/cli/mark.rs", &["crate::cli", "crate::profile", "clap", "std::fs"], &["std::os"]),
    Room(
        "src/cli",
        &[
            "crate::armory",
            "crate::config",
            "crate::daemon",
            "crate::encode",
            "crate::get",
            "crate::pattern",
            "crate::profile",
            "crate::schema_doc",
            "crate::sensors",
            "clap",
            "hearth_hot::contract",
            "hearth_hot::source",
            "hearth_hot::trial",
            "hearth_model",
            "thiserror",
        ],
        &["std::fs"],
    ),
    // Where everything is joined, and therefore the only room that sees everything.
    Room(
        "src/daemon",
        &[
            "crate",
            "hearth_hot",
            "libc",
            "nix",
            // What is mapped into the process, to let go of what starting needed.
            "std::fs",
            "std::process",
            "thiserror",
            "tracing",
            "std::sync",
            "std::thread",
        ],
        &["std::env", "std::process"],
    ),
    Room("src/main.rs", &["crate::cli", "crate::daemon", "crate::profile", "std::env", "std::process"], &[]),
    Room("src/lib.rs", &[], &[]),
    // Runs while building: what Cargo tells it stands in the environment.
    Room("src/link/build.rs", &["std::env"], &[]),
];

#[test]
fn every_crate_depends_on_what_its_row_lists_and_nothing_else() {
    let files = house();
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        if let Some(row) = CRATES.iter().find(|row| manifest_of(row.0) == file.path) {
            breaches.extend(surplus(&file.path, &file.text, row));
        } else if below(&tables(&file.path, &file.text), &["workspace"]).is_none() {
            // A workspace of its own (the fuzz targets, a counter) is no crate of this one.
            let words = "no row for this crate: add a Crate to CRATES in tests/house/crates.rs with what it may depend on";
            breaches.push(Breach::new(&file.path, 1, words));
        }
    }
    demand("the crates' walls", breaches);
}

#[test]
fn every_room_names_what_its_row_lists_and_nothing_else() {
    let files = house();
    let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let names = manifests.flat_map(|file| dependencies(&file.path, &file.text));
    let outside: BTreeSet<String> = names.map(|(name, ..)| name.replace('-', "_")).collect();
    let tests = test_stems(&files);
    let sources = files.iter().filter(|file| file.path.ends_with(".rs"));
    let rooms = [ROOMS, OF_DEVICES, OF_THE_PROFILER].concat();
    demand("the rooms' walls", sources.flat_map(|file| trespasses(file, &rooms, &outside, &tests)).collect());
}
