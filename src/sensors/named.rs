//! Numbers behind names: protocol counters and sockets in use.
//!
//! node_exporter's names say where a number stands: `node_netstat_TcpExt_ListenDrops` is `ListenDrops` behind `TcpExt:`.
//! So the catalogue's names are the table of what is wanted.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::named::{DELIVERY, Format, Named, Wanted};
use hearth_drivers::proc::{netstat, snmp6, sockstat};
use hearth_drivers::process::usage;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue};

use super::{Trouble, settle, unopened};

pub(super) const NETSTAT: SensorDef = SensorDef {
    name: "netstat",
    source: "/proc/net/netstat, snmp and snmp6",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(10)),
    budget: Duration::from_micros(300),
    metrics: &[catalogue::netstat::ALL],
    arm: |arming| arm(arming, &[netstat::SNMP, netstat::NETSTAT, snmp6::SNMP6], protocol_counters),
};

pub(super) const SOCKSTAT: SensorDef = SensorDef {
    name: "sockstat",
    source: "/proc/net/sockstat and sockstat6",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(10)),
    budget: Duration::from_micros(100),
    metrics: &[catalogue::sockets::ALL],
    arm: |arming| arm(arming, &[sockstat::SOCKSTAT, sockstat::SOCKSTAT6], sockets),
};

/// A number of a file and the metric it fills.
type Row = (Wanted, &'static Metric);

struct Texts {
    files: Box<[OneText]>,
}

struct OneText {
    text: KernelText,
    named: Named,
    faces: Box<[Face]>,
}

/// A slot and what it shows: one of the file's numbers, times so many of the metric's units.
struct Face {
    number: usize,
    times: i64,
    slot: Slot,
}

/// The joined names of `/proc/net/snmp6`.
const SNMP6_KEYS: [(&str, &Metric); 12] = [
    ("Icmp6InErrors", &catalogue::netstat::ICMP6_IN_ERRORS),
    ("Icmp6InMsgs", &catalogue::netstat::ICMP6_IN_MSGS),
    ("Icmp6OutMsgs", &catalogue::netstat::ICMP6_OUT_MSGS),
    ("Ip6InOctets", &catalogue::netstat::IP6_IN_OCTETS),
    ("Ip6OutOctets", &catalogue::netstat::IP6_OUT_OCTETS),
    ("Udp6InDatagrams", &catalogue::netstat::UDP6_IN_DATAGRAMS),
    ("Udp6InErrors", &catalogue::netstat::UDP6_IN_ERRORS),
    ("Udp6NoPorts", &catalogue::netstat::UDP6_NO_PORTS),
    ("Udp6OutDatagrams", &catalogue::netstat::UDP6_OUT_DATAGRAMS),
    ("Udp6RcvbufErrors", &catalogue::netstat::UDP6_RCVBUF_ERRORS),
    ("Udp6SndbufErrors", &catalogue::netstat::UDP6_SNDBUF_ERRORS),
    ("UdpLite6InErrors", &catalogue::netstat::UDP_LITE6_IN_ERRORS),
];

/// The rows of `/proc/net/snmp`, `netstat` or `snmp6`.
fn protocol_counters(format: &Format) -> Vec<Row> {
    if format.path == snmp6::SNMP6.path {
        return SNMP6_KEYS.iter().map(|&(key, metric)| (Wanted { protocol: "", key }, metric)).collect();
    }
    let is_extended = format.path == netstat::NETSTAT.path;
    let rows = catalogue::netstat::ALL.iter().filter_map(|&metric| {
        let (protocol, key) = metric.name.strip_prefix("node_netstat_")?.split_once('_')?;
        let fits = !protocol.ends_with('6') && protocol.ends_with("Ext") == is_extended;
        fits.then_some((Wanted { protocol, key }, metric))
    });
    rows.collect()
}

/// The rows of `/proc/net/sockstat` or `sockstat6`. `mem_bytes` is no number of the kernel's, but its `mem` in bytes.
fn sockets(format: &Format) -> Vec<Row> {
    let is_6 = format.path == sockstat::SOCKSTAT6.path;
    let rows = catalogue::sockets::ALL.iter().filter_map(|&metric| {
        let (protocol, key) = metric.name.strip_prefix("node_sockstat_")?.split_once('_')?;
        let fits = protocol.ends_with('6') == is_6 && key != "mem_bytes";
        fits.then_some((Wanted { protocol, key }, metric))
    });
    rows.collect()
}

/// The metric that tells in bytes what `row` tells in pages.
fn in_bytes((wanted, metric): Row) -> Option<&'static Metric> {
    let is_of = |bytes: &str| wanted.key == "mem" && bytes.strip_suffix("_bytes") == Some(metric.name);
    catalogue::sockets::ALL.iter().copied().find(|metric| is_of(metric.name))
}

fn arm(
    arming: &mut Arming<'_>,
    formats: &[Format],
    rows: fn(&Format) -> Vec<Row>,
) -> Result<Box<dyn Sensor>, Absent> {
    let mut files = Vec::new();
    let mut unopened_first = None;
    for format in formats {
        match KernelText::open(arming.root(), format.path, DELIVERY) {
            Ok(text) => files.push(OneText::new(arming, text, *format, rows(format))),
            // Without IPv6 its files are not there.
            Err(error) => unopened_first = unopened_first.or(Some(error)),
        }
    }
    match unopened_first.filter(|_| files.is_empty()) {
        Some(error) => Err(unopened(&error, "mount /proc")),
        None => Ok(Box::new(Texts { files: files.into() })),
    }
}

/// The wanted numbers that `text` has; all of them if it cannot be read, so that each says why it has no value.
fn there(text: &mut KernelText, format: &Format, wanted: Vec<Row>) -> Vec<Row> {
    let mut found = vec![false; wanted.len()];
    let parsed = text.read().map_err(Trouble::from).and_then(|text| {
        Ok((format.parse)(text, &mut |protocol, key, _| {
            let is_it = |(row, _): &Row| row.protocol.as_bytes() == protocol && row.key.as_bytes() == key;
            if let Some(found) = wanted.iter().position(is_it).and_then(|at| found.get_mut(at)) {
                *found = true;
            }
        })?)
    });
    let keep = |found: bool| found || parsed.is_err();
    wanted.into_iter().zip(found).filter(|(_, found)| keep(*found)).map(|(row, _)| row).collect()
}

impl OneText {
    fn new(arming: &mut Arming<'_>, mut text: KernelText, format: Format, wanted: Vec<Row>) -> Self {
        let rows = there(&mut text, &format, wanted);
        let page_bytes = usage::page_bytes().ok().and_then(|bytes| i64::try_from(bytes).ok());
        let mut faces = Vec::new();
        for (number, &row) in rows.iter().enumerate() {
            faces.push(Face { number, times: 1, slot: arming.slot(row.1, &[]) });
            if let (Some(metric), Some(times)) = (in_bytes(row), page_bytes) {
                faces.push(Face { number, times, slot: arming.slot(metric, &[]) });
            }
        }
        let wanted: Vec<_> = rows.iter().map(|(wanted, _)| *wanted).collect();
        Self { text, named: Named::new(format, &wanted), faces: faces.into() }
    }

    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let values = self.named.read(self.text.read()?)?;
        for face in &self.faces {
            let value = values.get(face.number).copied().flatten().ok_or(Reason::Absent);
            let told = value.and_then(|value| value.checked_mul(face.times).ok_or(Reason::OutOfRange));
            sheet.reading(face.slot, told);
        }
        Ok(State::Steady)
    }
}

impl Sensor for Texts {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut state = State::Steady;
        for file in &mut self.files {
            match settle(file.fill(sheet)) {
                Ok(State::Steady) => {}
                Ok(State::Changed) => state = State::Changed,
                Err(reason) => file.faces.iter().for_each(|face| sheet.fail(face.slot, reason)),
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const SNMP: &str = "Tcp: MaxConn InSegs\nTcp: -1 77\nUdpLite: InErrors\nUdpLite: 3\n";

    #[test]
    fn protocol_counters_are_found_in_their_files() {
        let files = Files::with(&[
            ("proc/net/snmp", SNMP),
            ("proc/net/netstat", "TcpExt: SyncookiesSent ListenDrops\nTcpExt: 5 6\n"),
            ("proc/net/snmp6", "Ip6InOctets  900\nUdpLite6InErrors 4\n"),
        ]);
        let mut bench = Bench::arm(&NETSTAT, files.root()).unwrap();
        bench.read_at(0).unwrap();
        let value = |name: &str| bench.value(&format!("node_netstat_{name}"), &[]);
        assert_eq!(value("Tcp_InSegs"), Some(Ok(77)));
        assert_eq!(value("UdpLite_InErrors"), Some(Ok(3)));
        assert_eq!(value("TcpExt_ListenDrops"), Some(Ok(6)));
        assert_eq!(value("Ip6_InOctets"), Some(Ok(900)));
        assert_eq!(value("UdpLite6_InErrors"), Some(Ok(4)));
        assert_eq!(value("Udp6_InErrors"), None);
        assert_eq!(bench.series().len(), 6);
    }

    #[test]
    fn a_file_that_is_garbled_fails_alone() {
        let files = Files::with(&[("proc/net/snmp", SNMP), ("proc/net/snmp6", "Ip6InOctets 900\n")]);
        let mut bench = Bench::arm(&NETSTAT, files.root()).unwrap();
        files.write("proc/net/snmp", "Tcp: InSegs\nUdp: 1\n");
        bench.read_at(0).unwrap();
        assert_eq!(bench.value("node_netstat_Tcp_InSegs", &[]), Some(Err(Reason::OutOfRange)));
        assert_eq!(bench.value("node_netstat_Ip6_InOctets", &[]), Some(Ok(900)));
    }

    #[test]
    fn memory_of_sockets_is_told_in_pages_and_in_bytes() {
        let files = Files::with(&[
            ("proc/net/sockstat", "sockets: used 294\nTCP: inuse 7 orphan 0 tw 2 alloc 9 mem 3\n"),
            ("proc/net/sockstat6", "TCP6: inuse 5\nFRAG6: inuse 0 memory 8\n"),
        ]);
        let mut bench = Bench::arm(&SOCKSTAT, files.root()).unwrap();
        bench.read_at(0).unwrap();
        let value = |name: &str| bench.value(&format!("node_sockstat_{name}"), &[]);
        assert_eq!(value("sockets_used"), Some(Ok(294)));
        assert_eq!(value("TCP_tw"), Some(Ok(2)));
        assert_eq!(value("TCP_mem"), Some(Ok(3)));
        let page_bytes = i64::try_from(usage::page_bytes().unwrap()).unwrap();
        assert_eq!(value("TCP_mem_bytes"), Some(Ok(3 * page_bytes)));
        assert_eq!(value("FRAG6_memory"), Some(Ok(8)));
        assert_eq!(value("UDP_inuse"), None);
    }

    #[test]
    fn every_wanted_number_has_a_file() {
        let formats = [netstat::SNMP, netstat::NETSTAT, snmp6::SNMP6];
        let rows: usize = formats.iter().map(|format| protocol_counters(format).len()).sum();
        assert_eq!(rows, catalogue::netstat::ALL.len());
        let bytes = catalogue::sockets::ALL.iter().filter(|metric| metric.name.ends_with("_mem_bytes"));
        let rows: Vec<Row> = [sockstat::SOCKSTAT, sockstat::SOCKSTAT6].iter().flat_map(sockets).collect();
        assert_eq!(rows.iter().filter_map(|row| in_bytes(*row)).count(), bytes.count());
    }
}
