//! Every key of `hearth.toml`: its section, its name, its place in [`Config`], what it accepts and when a change
//! takes effect. Reading, comparing and showing a configuration all walk this one list.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use hearth_model::attribution::Tariff;

use super::word::Word;
use super::{Cgroups, Config, Drives, Energy, Lanes, Limits, Perf, Sensors, Serve};

/// When a changed key takes effect in a running program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applies {
    /// At the next reload.
    Live,
    /// When the program is started again.
    Restart,
}

use Applies::{Live, Restart};

/// A key's value, wherever it lives, and what it may become.
pub(super) enum Slot<'a> {
    Number {
        value: &'a mut u32,
        range: RangeInclusive<u32>,
    },
    /// A number that may be left out.
    Optional {
        value: &'a mut Option<u32>,
        range: RangeInclusive<u32>,
    },
    Flag(&'a mut bool),
    Choice(&'a mut dyn Choice),
    /// A socket's path; the empty string stands for none.
    Socket(&'a mut Option<PathBuf>),
    /// A directory's path; the empty string stands for none.
    Directory(&'a mut String),
    Addresses(&'a mut Vec<SocketAddr>),
    /// A price for a kilowatt-hour, which may be left out.
    Price(&'a mut Option<Tariff>),
    /// Three capital letters.
    Currency(&'a mut String),
    Names {
        values: &'a mut Vec<String>,
        of: Names,
    },
}

/// What the strings of a list name.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// Sensors this program has.
    Sensors,
    /// Hosts, as in a `Host` header.
    Hosts,
    /// UPS at their servers.
    Ups,
    /// Cgroups, by their paths below the hierarchy's mount.
    Cgroups,
    /// Anything, with the wildcards of [`crate::pattern`].
    Patterns,
}

/// A [`Word`] setting whose type the list of keys need not know.
pub(super) trait Choice {
    /// Takes the value `word` stands for; false, and nothing changed, if there is none.
    fn choose(&mut self, word: &str) -> bool;
    /// The present value's word.
    fn chosen(&self) -> &'static str;
    /// The words there are.
    fn words(&self) -> Vec<&'static str>;
}

impl<T: Word> Choice for T {
    fn choose(&mut self, word: &str) -> bool {
        let found = T::from_word(word);
        found.inspect(|value| *self = *value).is_some()
    }

    fn chosen(&self) -> &'static str {
        self.word()
    }

    fn words(&self) -> Vec<&'static str> {
        T::ALL.iter().map(|&(_, word)| word).collect()
    }
}

/// One key.
pub(super) struct Key<'a> {
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    pub(super) applies: Applies,
    pub(super) slot: Slot<'a>,
}

/// Keys of which the first may not exceed the second, as (section, lesser, greater).
pub(super) const ORDERED: &[(&str, &str, &str)] = &[
    ("lanes", "idle_rate_hz", "max_rate_hz"),
    ("limits", "connections_per_address", "connections"),
    ("limits", "stream_clients", "connections"),
];

/// A key within its section.
type Row<'a> = (&'static str, Applies, Slot<'a>);

/// Every key, in the order of the default file.
pub(super) fn keys(config: &mut Config) -> Vec<Key<'_>> {
    let Config {
        lanes: in_lanes,
        ring,
        history,
        sensors: in_sensors,
        ups,
        drives: in_drives,
        energy: in_energy,
        cgroups: in_cgroups,
        perf: in_perf,
        serve: in_serve,
        limits: in_limits,
        log,
        // A list of tables, see `fans.rs`.
        fans: _,
    } = config;
    let ring = vec![
        ("seconds", Restart, number(&mut ring.seconds, 1..=600)),
        ("columns", Restart, Slot::Optional { value: &mut ring.columns, range: 1..=8 }),
    ];
    let history = vec![("seconds", Restart, number(&mut history.seconds, 60..=3600))];
    let ups = vec![("servers", Live, names(&mut ups.servers, Names::Ups))];
    let log =
        vec![("level", Live, Slot::Choice(&mut log.level)), ("format", Live, Slot::Choice(&mut log.format))];
    let sections = [
        ("lanes", lanes(in_lanes)),
        ("ring", ring),
        ("history", history),
        ("sensors", sensors(in_sensors)),
        ("ups", ups),
        ("drives", drives(in_drives)),
        ("energy", energy(in_energy)),
        ("cgroups", cgroups(in_cgroups)),
        ("perf", perf(in_perf)),
        ("serve", serve(in_serve)),
        ("limits", limits(in_limits)),
        ("log", log),
    ];
    sections
        .into_iter()
        .flat_map(|(section, rows)| {
            rows.into_iter().map(move |(name, applies, slot)| Key { section, name, applies, slot })
        })
        .collect()
}

fn lanes(lanes: &mut Lanes) -> Vec<Row<'_>> {
    vec![
        ("idle_rate_hz", Live, number(&mut lanes.idle_rate_hz, 1..=1000)),
        ("max_rate_hz", Live, number(&mut lanes.max_rate_hz, 1..=1000)),
        ("realtime_priority", Restart, number(&mut lanes.realtime_priority, 0..=50)),
        ("cpu", Restart, Slot::Optional { value: &mut lanes.cpu, range: 0..=8191 }),
        ("lock_memory", Restart, Slot::Flag(&mut lanes.lock_memory)),
    ]
}

fn sensors(sensors: &mut Sensors) -> Vec<Row<'_>> {
    vec![
        ("disabled", Live, names(&mut sensors.disabled, Names::Sensors)),
        ("top_processes", Live, number(&mut sensors.top_processes, 0..=20)),
        ("filesystem_timeout_ms", Live, number(&mut sensors.filesystem_timeout_ms, 50..=10_000)),
        ("ignored_mounts", Live, names(&mut sensors.ignored_mounts, Names::Patterns)),
        ("ignored_filesystems", Live, names(&mut sensors.ignored_filesystems, Names::Patterns)),
        ("ignored_disks", Live, names(&mut sensors.ignored_disks, Names::Patterns)),
        ("ignored_interfaces", Live, names(&mut sensors.ignored_interfaces, Names::Patterns)),
    ]
}

fn drives(drives: &mut Drives) -> Vec<Row<'_>> {
    vec![
        ("nvme_period_s", Live, number(&mut drives.nvme_period_s, 60..=86_400)),
        ("ata_period_s", Live, number(&mut drives.ata_period_s, 300..=86_400)),
        ("ignored", Live, names(&mut drives.ignored, Names::Patterns)),
        ("state_dir", Live, Slot::Directory(&mut drives.state_dir)),
    ]
}

fn energy(energy: &mut Energy) -> Vec<Row<'_>> {
    vec![
        ("source", Live, Slot::Choice(&mut energy.source)),
        ("price_per_kwh", Live, Slot::Price(&mut energy.price_per_kwh)),
        ("currency", Live, Slot::Currency(&mut energy.currency)),
    ]
}

fn cgroups(cgroups: &mut Cgroups) -> Vec<Row<'_>> {
    vec![
        // The slow lane ticks twice a second.
        ("period_ms", Live, number(&mut cgroups.period_ms, 500..=60_000)),
        ("max", Live, number(&mut cgroups.max, 0..=512)),
        ("depth", Live, number(&mut cgroups.depth, 1..=16)),
        ("ignored", Live, names(&mut cgroups.ignored, Names::Patterns)),
    ]
}

fn perf(perf: &mut Perf) -> Vec<Row<'_>> {
    vec![
        ("hardware", Live, Slot::Flag(&mut perf.hardware)),
        ("cgroups", Live, names(&mut perf.cgroups, Names::Cgroups)),
    ]
}

fn serve(serve: &mut Serve) -> Vec<Row<'_>> {
    vec![
        ("listen", Restart, Slot::Addresses(&mut serve.listen)),
        ("socket", Restart, Slot::Socket(&mut serve.socket)),
        ("transport", Restart, Slot::Choice(&mut serve.transport)),
        ("hosts", Live, names(&mut serve.hosts, Names::Hosts)),
        ("energy_refresh_hz", Live, number(&mut serve.energy_refresh_hz, 1..=1000)),
    ]
}

fn limits(limits: &mut Limits) -> Vec<Row<'_>> {
    vec![
        ("connections", Live, number(&mut limits.connections, 1..=16_384)),
        ("connections_per_address", Live, number(&mut limits.connections_per_address, 1..=16_384)),
        // hyper asks for a read buffer of 8 KiB at least.
        ("header_bytes", Live, number(&mut limits.header_bytes, 8_192..=65_536)),
        ("header_timeout_ms", Live, number(&mut limits.header_timeout_ms, 100..=60_000)),
        ("idle_timeout_ms", Live, number(&mut limits.idle_timeout_ms, 1_000..=600_000)),
        ("requests_per_second", Live, number(&mut limits.requests_per_second, 1..=1_000_000)),
        ("stream_clients", Live, number(&mut limits.stream_clients, 1..=1_024)),
    ]
}

fn number(value: &mut u32, range: RangeInclusive<u32>) -> Slot<'_> {
    Slot::Number { value, range }
}

fn names(values: &mut Vec<String>, of: Names) -> Slot<'_> {
    Slot::Names { values, of }
}
