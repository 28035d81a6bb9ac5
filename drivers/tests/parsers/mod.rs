//! The parsers in one table, and what must hold for each of them on any bytes whatever.
//!
//! The mutation test, the cut test and the fuzz targets all run over this table. A new parser is a row here,
//! a folder of texts in `fixtures/`, and a fuzz target (see `tests/fuzz/run.sh`).

pub(crate) mod cgroups;
pub(crate) mod counters;
mod disks;
pub(crate) mod energy;
pub(crate) mod network;
mod nvme;

use std::collections::HashSet;

use hearth_drivers::cgroup::number;
use hearth_drivers::proc::keyed::Keyed;
use hearth_drivers::proc::{
    diskstats, file_nr, loadavg, meminfo, netstat, pressure, random, snmp6, sockstat, stat, uptime, vmstat,
};
use hearth_drivers::text::{complete, lines};

/// A value that a parser took from a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A number, written as such.
    Number(u64),
    /// A number, written in hexadecimal.
    Hex(u64),
    /// A number in hundredths, written with two decimals.
    Hundredths(u64),
    /// A name.
    Name(Vec<u8>),
}

use Value::{Hex, Hundredths, Name, Number};

/// One parser.
pub(crate) struct Parser {
    /// Its module, its folder of texts and its fuzz target.
    pub(crate) name: &'static str,
    /// Runs it over a text and lists what it took, in the order of the text; nothing of what is an error.
    pub(crate) values: fn(&[u8]) -> Vec<Value>,
}

/// All parsers.
pub(crate) const PARSERS: &[Parser] = &[
    Parser { name: "stat", values: of_stat },
    Parser { name: "loadavg", values: of_loadavg },
    Parser { name: "meminfo", values: |text| of_keyed(meminfo::arm(text).ok(), text) },
    Parser { name: "vmstat", values: |text| of_keyed(vmstat::arm(text, |_| true).ok(), text) },
    Parser { name: "pressure", values: of_pressure },
    Parser { name: "diskstats", values: of_diskstats },
    Parser { name: "file_nr", values: of_file_nr },
    Parser { name: "random", values: |text| random::parse(text).map(Number).into_iter().collect() },
    Parser { name: "uptime", values: of_uptime },
    Parser { name: "net_dev", values: network::of_net_dev },
    Parser { name: "snmp", values: |text| network::of_named(netstat::SNMP, text) },
    Parser { name: "netstat", values: |text| network::of_named(netstat::NETSTAT, text) },
    Parser { name: "snmp6", values: |text| network::of_named(snmp6::SNMP6, text) },
    Parser { name: "sockstat", values: |text| network::of_named(sockstat::SOCKSTAT, text) },
    Parser { name: "softnet", values: network::of_softnet },
    Parser { name: "arp", values: network::of_arp },
    Parser { name: "mounts", values: network::of_mounts },
    Parser { name: "statm", values: network::of_statm },
    Parser { name: "status", values: network::of_status },
    Parser { name: "limits", values: network::of_limits },
    Parser { name: "cgroup_cpu", values: cgroups::of_cpu },
    Parser { name: "cgroup_io", values: cgroups::of_io },
    Parser { name: "cgroup_memory", values: cgroups::of_memory },
    Parser { name: "cgroup_number", values: |text| number::parse(text).map(Number).into_iter().collect() },
    Parser { name: "energy_uj", values: energy::of_energy_uj },
    Parser { name: "cpuinfo", values: energy::of_cpuinfo },
];

fn of_stat(text: &[u8]) -> Vec<Value> {
    let mut cpus = [stat::Cpu::NONE; 4];
    let Ok(stat) = stat::parse(text, &mut cpus) else { return Vec::new() };
    let mut values: Vec<_> = stat.total.given().iter().copied().map(Number).collect();
    for cpu in &cpus[..stat.cpus] {
        values.push(Number(u64::from(cpu.id)));
        values.extend(cpu.ticks.given().iter().copied().map(Number));
    }
    let singles = [
        stat.intr,
        stat.ctxt,
        stat.btime,
        stat.processes,
        stat.procs_running,
        stat.procs_blocked,
        stat.softirq,
    ];
    values.extend(singles.into_iter().chain(stat.softirqs.given().iter().copied()).map(Number));
    values
}

fn of_loadavg(text: &[u8]) -> Vec<Value> {
    let Ok(load) = loadavg::parse(text) else { return Vec::new() };
    let tasks = [load.runnable, load.tasks, load.last_pid];
    load.load_hundredths.into_iter().map(Hundredths).chain(tasks.into_iter().map(Number)).collect()
}

fn of_keyed(keyed: Option<Keyed>, text: &[u8]) -> Vec<Value> {
    let Some(mut keyed) = keyed else { return Vec::new() };
    let mut values = vec![None; keyed.len()];
    assert_eq!(keyed.read(text, &mut values), Ok(values.len()), "a key is where it was armed");
    values.into_iter().flatten().map(Number).collect()
}

fn of_pressure(text: &[u8]) -> Vec<Value> {
    let Ok(pressure) = pressure::parse(text) else { return Vec::new() };
    let stalled = [pressure.some, pressure.full].into_iter().flatten();
    stalled
        .flat_map(|line| {
            line.avg_percent_hundredths.into_iter().map(Hundredths).chain([Number(line.total_us)])
        })
        .collect()
}

fn of_diskstats(text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    for disk in diskstats::parse(text).flatten() {
        let mut kinds = vec![disk.reads, disk.writes];
        kinds.extend(disk.discards);
        values.extend([Number(disk.major.into()), Number(disk.minor.into()), Name(disk.name.to_vec())]);
        values.extend(
            kinds.into_iter().flat_map(|kind| [kind.ios, kind.merges, kind.sectors, kind.ms]).map(Number),
        );
        values.extend([disk.in_flight, disk.io_ms, disk.weighted_io_ms].map(Number));
        values.extend(disk.flushes.into_iter().flat_map(|flushes| [flushes.ios, flushes.ms]).map(Number));
    }
    values
}

fn of_file_nr(text: &[u8]) -> Vec<Value> {
    let Ok(files) = file_nr::parse(text) else { return Vec::new() };
    [files.allocated, files.free, files.max].map(Number).to_vec()
}

fn of_uptime(text: &[u8]) -> Vec<Value> {
    let Ok(uptime) = uptime::parse(text) else { return Vec::new() };
    [uptime.up_hundredths_s, uptime.idle_hundredths_s].map(Hundredths).to_vec()
}

/// Runs `parser` over `text` and asserts that no value is made up: each stands in the text as a run of
/// digits, and what follows the last newline changes nothing.
pub(crate) fn check(parser: &Parser, text: &[u8]) {
    let values = (parser.values)(text);
    assert_eq!((parser.values)(complete(text)), values, "{}: half a line counted", parser.name);
    let written = digit_runs(text);
    let written_hex = hex_runs(text);
    for value in values {
        let stands = match &value {
            Number(number) => written.contains(number),
            Hex(number) => written_hex.contains(number),
            Hundredths(number) => written.contains(&(number / 100)) && written.contains(&(number % 100)),
            Name(name) => name.is_empty() || text.windows(name.len()).any(|bytes| bytes == name),
        };
        assert!(stands, "{}: {value:?} is not in {:?}", parser.name, text.escape_ascii().to_string());
    }
}

/// Arms on one text and reads another, and asserts that every value is that of a line with its key.
pub(crate) fn check_memory(armed_on: &[u8], text: &[u8], separator: u8) {
    let Ok(mut keyed) = Keyed::arm(armed_on, separator, |_| true) else { return };
    let mut values = vec![None; keyed.len()];
    // The second read looks where the first one found the keys.
    for _ in 0..2 {
        let found = keyed.read(text, &mut values);
        assert_eq!(found, Ok(values.iter().flatten().count()));
        for ((name, _), value) in keyed.keys().zip(&values) {
            let start = [name.as_bytes(), &[separator]].concat();
            let mut of_key = lines(text).filter_map(|line| line.strip_prefix(&start[..]));
            let right = match value {
                Some(value) => of_key.any(|rest| digit_runs(rest).contains(value)),
                None => true,
            };
            assert!(right, "{name}: {value:?} is on no line of this key");
        }
    }
}

/// The values of all runs of digits in `text` that fit 64 bits.
fn digit_runs(text: &[u8]) -> HashSet<u64> {
    let runs = text.split(|byte| !byte.is_ascii_digit()).filter(|run| !run.is_empty());
    let value = |run: &[u8]| {
        run.iter().try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    };
    runs.filter_map(value).collect()
}

/// As [`digit_runs`], of hexadecimal digits.
fn hex_runs(text: &[u8]) -> HashSet<u64> {
    let runs = text.split(|byte| !byte.is_ascii_hexdigit()).filter_map(|run| str::from_utf8(run).ok());
    runs.filter_map(|run| u64::from_str_radix(run, 16).ok()).collect()
}
