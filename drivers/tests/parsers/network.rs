//! Rows of the table for networking, mounts and processes.

use hearth_drivers::netlink::parse_datagram;
use hearth_drivers::proc::named::Format;
use hearth_drivers::proc::{arp, conntrack, mounts, net_dev, softnet, udp_queues};
use hearth_drivers::process::{limits, stat, statm, status};
use hearth_drivers::{hwmon, nut};

use super::Value::{self, Hex, Name, Number};
use super::disks;

pub(super) fn of_net_dev(text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    // What came before a malformed line was given and counts.
    let _malformed = net_dev::parse(text, |name, counters| {
        let received = [counters.rx_bytes, counters.rx_packets, counters.rx_errors, counters.rx_dropped];
        let received_more =
            [counters.rx_fifo, counters.rx_frame, counters.rx_compressed, counters.rx_multicast];
        let sent = [counters.tx_bytes, counters.tx_packets, counters.tx_errors, counters.tx_dropped];
        let sent_more =
            [counters.tx_fifo, counters.tx_collisions, counters.tx_carrier, counters.tx_compressed];
        values.push(Name(name.to_vec()));
        values.extend([received, received_more, sent, sent_more].into_iter().flatten().map(Number));
    });
    values
}

/// Of a number with a sign, the digits.
pub(super) fn of_named(format: Format, text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let _malformed = (format.parse)(text, &mut |protocol, key, value| {
        values.extend([Name(protocol.to_vec()), Name(key.to_vec()), Number(value.unsigned_abs())]);
    });
    values
}

pub(super) fn of_softnet(text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let _malformed = softnet::parse(text, |row| {
        let first = [row.processed, row.dropped, row.time_squeezed].map(Some);
        let later = [row.received_rps, row.flow_limited, row.backlog_packets, row.cpu];
        values.extend(first.into_iter().chain(later).flatten().map(|value| Hex(value.into())));
    });
    values
}

pub(super) fn of_arp(text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let _malformed = arp::parse(text, |neighbour| values.push(Name(neighbour.device.to_vec())));
    values
}

pub(super) fn of_mounts(text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let _malformed = mounts::parse(text, |mount| {
        let (major, minor) = mount.device_number;
        values.extend([mount.id, major, minor].map(|number| Number(number.into())));
        let names = [mount.subtree, mount.mount_point, mount.kind, mount.source];
        values.extend(names.map(|name| Name(name.0.to_vec())));
        let mut room = [0; 64];
        let plain = mount.mount_point.unescape(&mut room);
        assert!(plain.is_none_or(|plain| plain.len() <= mount.mount_point.0.len()), "{mount:?}");
    });
    values
}

pub(super) fn of_statm(text: &[u8]) -> Vec<Value> {
    let Ok(memory) = statm::parse(text) else { return Vec::new() };
    [memory.size_pages, memory.resident_pages, memory.shared_pages, memory.text_pages, memory.data_pages]
        .map(Number)
        .to_vec()
}

pub(super) fn of_status(text: &[u8]) -> Vec<Value> {
    let Ok(switches) = status::parse(text) else { return Vec::new() };
    [switches.voluntary, switches.involuntary].map(Number).to_vec()
}

pub(super) fn of_limits(text: &[u8]) -> Vec<Value> {
    let Ok(limits) = limits::parse(text) else { return Vec::new() };
    [limits.open_files, limits.address_space_bytes]
        .map(|limit| match limit {
            limits::Limit::Most(number) => Number(number),
            limits::Limit::Unlimited => Name(b"unlimited".to_vec()),
        })
        .to_vec()
}

/// A parser whose values do not stand in its bytes one by one: it sums them, or the bytes are no lines.
pub(crate) struct Whole {
    /// Its folder of inputs and its fuzz target.
    pub(crate) name: &'static str,
    /// Runs it, asserts what holds for any bytes, and says whether it understood them.
    pub(crate) check: fn(&[u8]) -> bool,
}

/// All of them.
pub(crate) const WHOLES: &[Whole] = &[
    Whole { name: "conntrack", check: check_conntrack },
    Whole { name: "udp_queues", check: check_udp_queues },
    Whole { name: "process_stat", check: check_process_stat },
    Whole { name: "netlink", check: check_netlink },
    Whole { name: "ata_identify", check: disks::check_identify },
    Whole { name: "ata_smart", check: disks::check_smart },
    Whole { name: "ata_thresholds", check: disks::check_thresholds },
    Whole { name: "ata_selftest", check: disks::check_self_tests },
    Whole { name: "ata_selftest_ext", check: disks::check_extended_self_tests },
    Whole { name: "ata_sct", check: disks::check_sct },
    Whole { name: "ata_sense", check: disks::check_sense },
    Whole { name: "scsi_inquiry", check: disks::check_inquiry },
    Whole { name: "scsi_log", check: disks::check_scsi_log },
    Whole { name: "nut", check: check_nut },
    Whole { name: "hwmon", check: check_hwmon },
    Whole { name: "nvme_health", check: super::nvme::check_health },
    Whole { name: "nvme_error_log", check: super::nvme::check_error_log },
    Whole { name: "nvme_self_test", check: super::nvme::check_self_test },
    Whole { name: "nvme_identify", check: super::nvme::check_identify },
    Whole { name: "cpu_list", check: super::energy::check_cpu_list },
    Whole { name: "rapl_read", check: super::energy::check_rapl_read },
    Whole { name: "perf_layout", check: super::counters::check_perf_layout },
];

fn check_conntrack(text: &[u8]) -> bool {
    let events = conntrack::parse(text);
    assert_eq!(events, conntrack::parse(super::complete(text)), "half a line counted");
    events.is_ok_and(|events| events.found().is_some())
}

fn check_udp_queues(text: &[u8]) -> bool {
    let queues = udp_queues::parse(text);
    assert_eq!(queues, udp_queues::parse(super::complete(text)), "half a line counted");
    queues.is_ok_and(|queues| {
        assert!(queues.sockets <= super::lines(text).count() as u64, "{queues:?}");
        queues.sockets > 0
    })
}

fn check_process_stat(text: &[u8]) -> bool {
    let Ok(stat) = stat::parse(text) else { return false };
    let written = super::digit_runs(text);
    let numbers = [
        stat.pid.into(),
        stat.parent_pid.into(),
        stat.minor_faults,
        stat.major_faults,
        stat.user_ticks,
        stat.system_ticks,
        stat.nice.unsigned_abs(),
        stat.threads,
        stat.start_ticks,
        stat.virtual_bytes,
        stat.resident_pages,
    ];
    assert!(numbers.iter().all(|number| written.contains(number)), "{stat:?}");
    assert!(text.ends_with(b"\n"), "a cut line counted");
    true
}

fn check_netlink(datagram: &[u8]) -> bool {
    const ROOM: usize = 3;
    let mut links = Vec::with_capacity(ROOM);
    let end = parse_datagram(datagram, 1, &mut links);
    assert!(links.len() <= ROOM && links.capacity() == ROOM, "{} links", links.len());
    assert!(links.iter().all(|link| !link.name.is_empty()));
    end.is_ok_and(|end| end.done)
}

/// In one piece or byte by byte, the same comes out, and never more than there is room for.
fn check_nut(text: &[u8]) -> bool {
    let whole = nut::Answer::default().take("ups", text);
    let mut pieces = nut::Answer::default();
    let mut last = Ok(None);
    for (at, byte) in text.iter().enumerate() {
        last = pieces.take("ups", &[*byte]);
        if last != Ok(None) {
            // What follows the end is refused in one piece, and not yet seen here.
            let is_all = at + 1 == text.len();
            assert!(whole == last || (!is_all && whole.is_err()), "{whole:?} or {last:?}");
            return is_all && last.is_ok();
        }
    }
    assert!(whole == last || whole == Err(nut::NutError::TooLong), "{whole:?} or {last:?}");
    false
}

/// A name is the attribute that its parts make up again.
fn check_hwmon(text: &[u8]) -> bool {
    let mut found = false;
    for file in super::lines(text).filter_map(|line| core::str::from_utf8(line).ok()) {
        let Some((def, number)) = hwmon::parse_name(file) else { continue };
        let underscore = if def.name.is_empty() { "" } else { "_" };
        assert_eq!(file, format!("{}{number}{underscore}{}", def.kind.name(), def.name));
        assert!(hwmon::cleaned(file).len() <= file.len());
        found = true;
    }
    found
}
