//! Networking: what `procfs` reads by it, the rest by a reader that splits words and knows nothing else.

use super::texts::{all, fields, plain};
use hearth_drivers::proc::named::{DELIVERY, Format};
use hearth_drivers::proc::{arp, net_dev, netstat, snmp6, sockstat, softnet};
use procfs::FromBufRead;
use procfs::net::{ARPFlags, ArpEntries, InterfaceDeviceStatus, Snmp, Snmp6};
use std::collections::BTreeMap;

/// All numbers of a text, each by protocol and key.
fn numbers(format: Format, text: &[u8]) -> Vec<(String, String, i64)> {
    let mut found = Vec::new();
    let word = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (format.parse)(text, &mut |protocol, key, value| found.push((word(protocol), word(key), value))).unwrap();
    found
}

#[test]
fn snmp_agrees_with_procfs() {
    for (name, text) in all(netstat::SNMP.path, DELIVERY, "snmp") {
        let theirs = Snmp::from_buf_read(&text[..]).unwrap();
        let ours: BTreeMap<_, _> = numbers(netstat::SNMP, &text)
            .into_iter()
            .map(|(protocol, key, value)| (plain(&format!("{protocol}{key}")), value))
            .collect();
        let words = [
            ("ipforwarding", theirs.ip_forwarding.to_u8()),
            ("tcprtoalgorithm", theirs.tcp_rto_algorithm.to_u8()),
        ];
        for (key, value) in words {
            assert_eq!(ours.get(key), Some(&i64::from(value)), "{name} {key}");
        }
        let theirs = fields(&theirs);
        assert!(theirs.len() >= 75, "{name}: {theirs:?}");
        for (key, value) in theirs {
            assert_eq!(ours.get(&key).copied(), value, "{name} {key}");
        }
    }
}

#[test]
fn snmp6_agrees_with_procfs() {
    for (name, text) in all(snmp6::SNMP6.path, DELIVERY, "snmp6") {
        let ours: BTreeMap<_, _> = numbers(snmp6::SNMP6, &text)
            .into_iter()
            // Theirs leaves the number of the protocol out, which is the first digit in each name.
            .map(|(protocol, key, value)| (plain(&format!("{protocol}{key}")).replacen('6', "", 1), value))
            .collect();
        let theirs = fields(&Snmp6::from_buf_read(&text[..]).unwrap());
        assert!(theirs.len() >= 80, "{name}: {theirs:?}");
        for (mut key, value) in theirs {
            if key == "icmpinparmproblem" {
                key.push('s');
            }
            assert_eq!(ours.get(&key).copied(), value, "{name} {key}");
        }
    }
}

/// Lines in pairs, of names and of numbers, each behind its protocol.
#[test]
fn netstat_and_snmp_agree_with_a_reader_of_words() {
    for (format, folder) in [(netstat::NETSTAT, "netstat"), (netstat::SNMP, "snmp")] {
        for (name, text) in all(format.path, DELIVERY, folder) {
            let lines: Vec<_> = str::from_utf8(&text).unwrap().lines().collect();
            let mut expected = Vec::new();
            for pair in lines.chunks(2) {
                let (protocol, names) = pair[0].split_once(':').unwrap();
                let values = pair[1].strip_prefix(protocol).unwrap().strip_prefix(':').unwrap();
                for (key, value) in names.split_whitespace().zip(values.split_whitespace()) {
                    expected.push((protocol.to_owned(), key.to_owned(), value.parse().unwrap()));
                }
            }
            assert!(expected.len() > 70, "{name}: {expected:?}");
            assert_eq!(numbers(format, &text), expected, "{name}");
        }
    }
}

/// A protocol, then names and numbers in turn.
#[test]
fn sockstat_agrees_with_a_reader_of_words() {
    for (name, text) in all(sockstat::SOCKSTAT.path, DELIVERY, "sockstat") {
        let mut expected = Vec::new();
        for line in str::from_utf8(&text).unwrap().lines() {
            let (protocol, rest) = line.split_once(':').unwrap();
            let words: Vec<_> = rest.split_whitespace().collect();
            for pair in words.chunks(2) {
                expected.push((protocol.to_owned(), pair[0].to_owned(), pair[1].parse().unwrap()));
            }
        }
        assert!(expected.len() > 8, "{name}: {expected:?}");
        assert_eq!(numbers(sockstat::SOCKSTAT, &text), expected, "{name}");
    }
}

/// Hexadecimal numbers in columns, which later kernels have more of (`softnet_seq_show` of `net/core/net-procfs.c`).
#[test]
fn softnet_agrees_with_a_reader_of_words() {
    for (name, text) in all(softnet::PATH, softnet::DELIVERY, "softnet") {
        let rows: Vec<Vec<u32>> = str::from_utf8(&text)
            .unwrap()
            .lines()
            .map(|line| line.split(' ').map(|word| u32::from_str_radix(word, 16).unwrap()).collect())
            .collect();
        assert!(!rows.is_empty(), "{name}");
        let mut ours = Vec::new();
        softnet::parse(&text, |row| ours.push(*row)).unwrap();
        assert_eq!(ours.len(), rows.len(), "{name}");
        for (ours, row) in ours.iter().zip(rows) {
            assert_eq!([ours.processed, ours.dropped, ours.time_squeezed][..], row[..3], "{name}");
            let later = [ours.received_rps, ours.flow_limited, ours.backlog_packets, ours.cpu];
            assert_eq!(later, [9, 10, 11, 12].map(|column| row.get(column).copied()), "{name}");
        }
    }
}

#[test]
fn neighbours_agree_with_procfs() {
    for (name, text) in all(arp::PATH, arp::DELIVERY, "arp") {
        let theirs = ArpEntries::from_buf_read(&text[..]).unwrap().0;
        let mut ours = Vec::new();
        arp::parse(&text, |one| ours.push((one.device.to_vec(), one.is_complete))).unwrap();
        let theirs: Vec<_> = theirs
            .iter()
            .map(|one| (one.device.as_bytes().to_vec(), one.flags.contains(ARPFlags::COM)))
            .collect();
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn interfaces_agree_with_procfs() {
    for (name, text) in all(net_dev::PATH, net_dev::DELIVERY, "net_dev") {
        let theirs = InterfaceDeviceStatus::from_buf_read(&text[..]).unwrap().0;
        let mut seen = 0;
        net_dev::parse(&text, |interface, ours| {
            seen += 1;
            let theirs = &theirs[str::from_utf8(interface).unwrap()];
            let received = [theirs.recv_bytes, theirs.recv_packets, theirs.recv_errs, theirs.recv_drop];
            let rest = [theirs.recv_fifo, theirs.recv_frame, theirs.recv_compressed, theirs.recv_multicast];
            assert_eq!([ours.rx_bytes, ours.rx_packets, ours.rx_errors, ours.rx_dropped], received, "{name}");
            assert_eq!([ours.rx_fifo, ours.rx_frame, ours.rx_compressed, ours.rx_multicast], rest, "{name}");
            let sent = [theirs.sent_bytes, theirs.sent_packets, theirs.sent_errs, theirs.sent_drop];
            let rest = [theirs.sent_fifo, theirs.sent_colls, theirs.sent_carrier, theirs.sent_compressed];
            assert_eq!([ours.tx_bytes, ours.tx_packets, ours.tx_errors, ours.tx_dropped], sent, "{name}");
            assert_eq!(
                [ours.tx_fifo, ours.tx_collisions, ours.tx_carrier, ours.tx_compressed],
                rest,
                "{name}"
            );
        })
        .unwrap();
        assert_eq!(seen, theirs.len(), "{name}");
    }
}
