//! The way of packets: backlog of each CPU, neighbours, queues of UDP sockets, tracked connections.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::conntrack::{self, Events};
use hearth_drivers::proc::{softnet, udp_queues};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue::sockets};

use super::{Trouble, settle, unopened};

const FIVE_SECONDS: Every = Every::Period(Duration::from_secs(5));

pub(super) const SOFTNET: SensorDef = SensorDef {
    name: "softnet",
    source: "/proc/net/softnet_stat",
    lane: LaneKind::Steady,
    every: FIVE_SECONDS,
    budget: Duration::from_micros(100),
    metrics: &[&[&sockets::SOFTNET_PROCESSED, &sockets::SOFTNET_DROPPED, &sockets::SOFTNET_TIMES_SQUEEZED]],
    arm: arm_softnet,
};

pub(super) const UDP_QUEUES: SensorDef = SensorDef {
    name: "udp_queues",
    source: "/proc/net/udp and udp6",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(15)),
    budget: Duration::from_micros(300),
    metrics: &[&[&sockets::UDP_QUEUES]],
    arm: arm_udp_queues,
};

pub(super) const CONNTRACK: SensorDef = SensorDef {
    name: "conntrack",
    source: "/proc/sys/net/netfilter and /proc/net/stat/nf_conntrack",
    lane: LaneKind::Steady,
    every: FIVE_SECONDS,
    budget: Duration::from_micros(100),
    metrics: &[&[&sockets::CONNTRACK, &sockets::CONNTRACK_LIMIT], &EVENTS],
    arm: arm_conntrack,
};

struct Softnet {
    text: KernelText,
    /// A row for each CPU online: its number and its slots for processed, dropped and squeezed.
    rows: Box<[(u32, [Slot; 3])]>,
}

/// The CPU of a row; before 5.14 the kernel did not write it, and all CPUs were online as a rule.
fn cpu_of(row: &softnet::Softnet) -> u32 {
    row.cpu.or_else(|| u32::try_from(row.row).ok()).unwrap_or(u32::MAX)
}

fn arm_softnet(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), softnet::PATH, softnet::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let mut cpus = Vec::new();
    let parsed = text
        .read()
        .map_err(Trouble::from)
        .and_then(|text| Ok(softnet::parse(text, |row| cpus.push(cpu_of(row)))?));
    parsed.map_err(|trouble| trouble.absent(&SOFTNET))?;
    let metrics = [&sockets::SOFTNET_PROCESSED, &sockets::SOFTNET_DROPPED, &sockets::SOFTNET_TIMES_SQUEEZED];
    let row = |cpu: u32| (cpu, metrics.map(|metric| arming.slot(metric, &[&cpu.to_string()])));
    let rows = cpus.into_iter().map(row).collect();
    Ok(Box::new(Softnet { text, rows }))
}

impl Softnet {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let mut rows = self.rows.iter();
        let mut is_outgrown = false;
        softnet::parse(self.text.read()?, |found| {
            let Some((_, slots)) = rows.next().filter(|(cpu, _)| *cpu == cpu_of(found)) else {
                is_outgrown = true;
                return;
            };
            for (slot, count) in slots.iter().zip([found.processed, found.dropped, found.time_squeezed]) {
                sheet.set(*slot, i64::from(count));
            }
        })?;
        if is_outgrown || rows.next().is_some() { Err(Trouble::Outgrown) } else { Ok(State::Steady) }
    }
}

struct UdpQueues {
    /// The file, and its slots for what waits to be sent and to be read.
    files: Vec<(KernelText, [Slot; 2])>,
}

fn arm_udp_queues(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut files = Vec::new();
    let mut unopened_last = None;
    for (path, version) in [(udp_queues::PATH_V4, "v4"), (udp_queues::PATH_V6, "v6")] {
        match KernelText::open(arming.root(), path, udp_queues::DELIVERY) {
            Ok(text) => {
                let slots = ["tx", "rx"].map(|queue| arming.slot(&sockets::UDP_QUEUES, &[queue, version]));
                files.push((text, slots));
            }
            // Without IPv6 there is one of them.
            Err(error) => unopened_last = Some(error),
        }
    }
    match unopened_last.filter(|_| files.is_empty()) {
        Some(error) => Err(unopened(&error, "mount /proc")),
        None => Ok(Box::new(UdpQueues { files })),
    }
}

fn fill_queues(text: &mut KernelText, slots: [Slot; 2], sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
    let queues = udp_queues::parse(text.read()?)?;
    sheet.count(slots[0], queues.transmit_bytes);
    sheet.count(slots[1], queues.receive_bytes);
    Ok(State::Steady)
}

/// Slots of the events, in the order of [`events`].
const EVENTS: [&Metric; 8] = [
    &sockets::CONNTRACK_FOUND,
    &sockets::CONNTRACK_INVALID,
    &sockets::CONNTRACK_IGNORE,
    &sockets::CONNTRACK_INSERT,
    &sockets::CONNTRACK_INSERT_FAILED,
    &sockets::CONNTRACK_DROP,
    &sockets::CONNTRACK_EARLY_DROP,
    &sockets::CONNTRACK_SEARCH_RESTART,
];

fn events(of: &Events) -> [Option<u64>; EVENTS.len()] {
    [
        of.found(),
        of.invalid(),
        of.ignore(),
        of.insert(),
        of.insert_failed(),
        of.drop(),
        of.early_drop(),
        of.search_restart(),
    ]
}

struct Conntrack {
    numbers: [(KernelText, Slot); 2],
    /// A kernel without `CONFIG_NF_CONNTRACK_PROCFS` has no such file.
    stat: Option<(KernelText, [Slot; EVENTS.len()])>,
}

fn arm_conntrack(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let root = arming.root();
    let open = |path| {
        KernelText::open(root, path, conntrack::DELIVERY_NUMBER)
            .map_err(|error| unopened(&error, "load nf_conntrack, as a firewall with stateful rules does"))
    };
    let (count, limit) = (open(conntrack::PATH_COUNT)?, open(conntrack::PATH_MAX)?);
    let numbers = [
        (count, arming.slot(&sockets::CONNTRACK, &[])),
        (limit, arming.slot(&sockets::CONNTRACK_LIMIT, &[])),
    ];
    // Kernels may be built without this file, and only root may read it.
    let stat = match KernelText::open(root, conntrack::PATH_STAT, conntrack::DELIVERY_STAT) {
        Ok(text) => Some((text, EVENTS.map(|metric| arming.slot(metric, &[])))),
        Err(error) => {
            let fix = "use a kernel with CONFIG_NF_CONNTRACK_PROCFS";
            arming.lacks("/proc/net/stat/nf_conntrack", unopened(&error, fix));
            None
        }
    };
    Ok(Box::new(Conntrack { numbers, stat }))
}

fn fill_number(text: &mut KernelText, slot: Slot, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
    sheet.count(slot, conntrack::parse_number(text.read()?)?);
    Ok(State::Steady)
}

fn fill_events(text: &mut KernelText, slots: &[Slot], sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
    let found = conntrack::parse(text.read()?)?;
    for (slot, count) in slots.iter().zip(events(&found)) {
        match count {
            Some(count) => sheet.count(*slot, count),
            None => sheet.fail(*slot, Reason::Absent),
        }
    }
    Ok(State::Steady)
}

/// Settles what one of a sensor's files gave: if it failed, so did its own `slots` alone.
fn alone(outcome: Result<State, Trouble>, slots: &[Slot], sheet: &mut Sheet<'_>, state: &mut State) {
    match settle(outcome) {
        Ok(State::Steady) => {}
        Ok(State::Changed) => *state = State::Changed,
        Err(reason) => slots.iter().for_each(|slot| sheet.fail(*slot, reason)),
    }
}

impl Sensor for Softnet {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

impl Sensor for UdpQueues {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut state = State::Steady;
        for (text, slots) in &mut self.files {
            alone(fill_queues(text, *slots, sheet), slots, sheet, &mut state);
        }
        Ok(state)
    }
}

impl Sensor for Conntrack {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut state = State::Steady;
        for (text, slot) in &mut self.numbers {
            alone(fill_number(text, *slot, sheet), &[*slot], sheet, &mut state);
        }
        if let Some((text, slots)) = &mut self.stat {
            alone(fill_events(text, slots, sheet), slots, sheet, &mut state);
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const CPU0: &str = "0000000a 00000001 00000002 0 0 0 0 0 0 0 0 0 00000000 0 0\n";
    const CPU2: &str = "0000000b 00000000 00000000 0 0 0 0 0 0 0 0 0 00000002 0 0\n";

    #[test]
    fn the_backlog_goes_by_the_cpus_own_number_and_follows_hotplug() {
        let files = Files::with(&[("proc/net/softnet_stat", &[CPU0, CPU2].concat())]);
        let mut bench = Bench::arm(&SOFTNET, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        assert_eq!(bench.value("node_softnet_processed_total", &[("cpu", "2")]), Some(Ok(11)));
        assert_eq!(bench.value("node_softnet_times_squeezed_total", &[("cpu", "0")]), Some(Ok(2)));
        assert_eq!(bench.value("node_softnet_processed_total", &[("cpu", "1")]), None);
        files.write("proc/net/softnet_stat", CPU2);
        assert_eq!(bench.read_at(1), Ok(State::Changed));
        files.write("proc/net/softnet_stat", CPU0);
        assert_eq!(bench.read_at(2), Ok(State::Changed));
    }

    #[test]
    fn queues_of_both_versions_are_sums_and_one_garbled_file_fails_alone() {
        let row = " 1: 00000000:14E9 00000000:0000 07 00000002:00000300 00:00000000 0 0 0 1 2 0 5\n";
        let files =
            Files::with(&[("proc/net/udp", &format!("heading\n{row}{row}")), ("proc/net/udp6", "heading\n")]);
        let mut bench = Bench::arm(&UDP_QUEUES, files.root()).unwrap();
        bench.read_at(0).unwrap();
        let queue =
            |bench: &Bench, queue, ip| bench.value("node_udp_queues", &[("queue", queue), ("ip", ip)]);
        assert_eq!(queue(&bench, "tx", "v4"), Some(Ok(4)));
        assert_eq!(queue(&bench, "rx", "v4"), Some(Ok(0x600)));
        assert_eq!(queue(&bench, "rx", "v6"), Some(Ok(0)));
        files.write("proc/net/udp6", "heading\n 1: x\n");
        bench.read_at(1).unwrap();
        assert_eq!(queue(&bench, "rx", "v6"), Some(Err(Reason::OutOfRange)));
        assert_eq!(queue(&bench, "rx", "v4"), Some(Ok(0x600)));
    }

    #[test]
    fn connections_and_their_events_are_told_as_far_as_the_kernel_tells_them() {
        let files = Files::with(&[
            ("proc/sys/net/netfilter/nf_conntrack_count", "12\n"),
            ("proc/sys/net/netfilter/nf_conntrack_max", "262144\n"),
            ("proc/net/stat/nf_conntrack", "entries found invalid drop\n0c 0a 01 00\n0c 01 0f 00\n"),
        ]);
        let mut bench = Bench::arm(&CONNTRACK, files.root()).unwrap();
        bench.read_at(0).unwrap();
        let value = |bench: &Bench, name: &str| bench.value(&format!("node_nf_conntrack_{name}"), &[]);
        assert_eq!(value(&bench, "entries"), Some(Ok(12)));
        assert_eq!(value(&bench, "entries_limit"), Some(Ok(262_144)));
        assert_eq!(value(&bench, "stat_found"), Some(Ok(11)));
        assert_eq!(value(&bench, "stat_invalid"), Some(Ok(16)));
        assert_eq!(value(&bench, "stat_insert"), Some(Err(Reason::Absent)));
        files.write("proc/net/stat/nf_conntrack", "entries found\n0c\n");
        bench.read_at(1).unwrap();
        assert_eq!(value(&bench, "stat_found"), Some(Err(Reason::OutOfRange)));
        assert_eq!(value(&bench, "entries"), Some(Ok(12)));
    }

    #[test]
    fn without_connection_tracking_the_fix_is_named() {
        let absent = Bench::arm(&CONNTRACK, Files::with(&[]).root()).err().unwrap();
        assert_eq!(absent.reason, Reason::Absent);
        assert!(absent.fix.contains("nf_conntrack"), "{}", absent.fix);
    }
}
