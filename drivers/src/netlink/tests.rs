use super::*;
use crate::label::Label;
use crate::proc::net_dev;

/// A dump of four links of Linux 6.18 on x86-64 (sequence number 1): two datagrams and the end.
const CAPTURED: &[u8] = include_bytes!("../../fixtures/netlink/rtm_getlink-6.18.bin");

fn parse(bytes: &[u8], room: usize) -> (Vec<Link>, Result<DatagramEnd, WireError>) {
    let mut links = Vec::with_capacity(room);
    let end = parse_datagram(bytes, 1, &mut links);
    (links, end)
}

/// The first message of the capture, to be changed.
fn first_message() -> Vec<u8> {
    let length = usize::try_from(wire::u32_at(CAPTURED, 0).unwrap()).unwrap();
    CAPTURED[..length].to_vec()
}

#[test]
fn a_captured_dump_gives_its_links_with_all_their_properties() {
    let (links, end) = parse(CAPTURED, 8);
    assert_eq!(end, Ok(DatagramEnd { done: true, ..DatagramEnd::default() }));
    let names: Vec<_> = links.iter().map(|link| (link.index, link.name.as_text().unwrap())).collect();
    assert_eq!(names, [(1, "lo"), (2, "ifb0"), (3, "ifb1"), (4, "eth0")]);
    let eth0 = &links[3];
    assert_eq!(eth0.address.as_bytes(), [0x02, 0xfc, 0, 0, 0, 1]);
    assert_eq!(eth0.broadcast.as_bytes(), [0xff; 6]);
    assert_eq!(
        (eth0.hardware_type, eth0.mtu_bytes, eth0.transmit_queue_packets),
        (1, Some(1400), Some(1000))
    );
    assert_eq!((eth0.oper_state, eth0.oper_state.name()), (OperState::Up, "up"));
    assert_eq!((eth0.link_mode, eth0.group, eth0.lower_index), (Some(0), Some(0), None));
    assert_eq!((eth0.carrier, eth0.carrier_changes), (Some(true), Some(2)));
    assert_eq!((eth0.carrier_up_changes, eth0.carrier_down_changes), (Some(1), Some(1)));
    assert_eq!((eth0.device_flags(), eth0.is_up(), eth0.is_dormant()), (0x1003, true, false));
    assert!(eth0.alias.is_empty());
    assert!(eth0.counters.unwrap().rx_otherhost_dropped.is_some());
    assert!(!links[1].is_up());
    assert_eq!((links[0].hardware_type, links[0].oper_state), (772, OperState::Unknown));
}

#[test]
fn every_shorter_prefix_of_a_dump_gives_a_fault_or_the_links_before_it() {
    let (all, _) = parse(CAPTURED, 8);
    for length in 0..CAPTURED.len() {
        let (links, end) = parse(&CAPTURED[..length], 8);
        assert_eq!(links, all[..links.len()], "{length} bytes");
        // The end of the dump stands in its last four bytes; before them nothing may pass for a whole dump.
        assert!(!matches!(end, Ok(DatagramEnd { done: true, .. })), "{length} bytes");
    }
}

#[test]
fn links_beyond_the_room_are_counted_and_not_kept() {
    let (links, end) = parse(CAPTURED, 3);
    assert_eq!((links.len(), links.capacity(), end.unwrap().left_out), (3, 3, 1));
}

#[test]
fn the_messages_of_another_dump_are_not_taken() {
    let mut links = Vec::with_capacity(8);
    assert_eq!(parse_datagram(CAPTURED, 2, &mut links), Ok(DatagramEnd::default()));
    assert!(links.is_empty());
}

#[test]
fn a_dump_that_the_kernel_marks_as_torn_says_so() {
    let mut message = first_message();
    message[6] |= 0x10;
    assert!(parse(&message, 1).1.unwrap().interrupted);
}

#[test]
fn a_refusal_carries_the_kernels_number() {
    let mut message = 36_u32.to_ne_bytes().to_vec();
    message.extend(wire::NLMSG_ERROR.to_ne_bytes());
    message.extend([0; 2]);
    message.extend(1_u32.to_ne_bytes());
    message.extend([0; 4]);
    message.extend((-libc::EPERM).to_ne_bytes());
    message.extend([0; 16]);
    let end = parse(&message, 1).1.unwrap();
    assert_eq!((end.done, end.refusal), (true, libc::EPERM));
}

#[test]
fn an_attribute_of_the_wrong_size_is_named() {
    let message = first_message();
    // The name is the first attribute, behind both headers: give its place to the MTU with two bytes.
    let at = wire::HEADER_BYTES + 16;
    assert_eq!(wire::u16_at(&message, at + 2), Some(3));
    let mut short_mtu = message.clone();
    short_mtu[at..at + 4].copy_from_slice(&[6, 0, 4, 0]);
    assert_eq!(parse(&short_mtu, 1).1, Err(WireError::AttributeValue { kind: 4 }));
    let mut unnamed = message;
    unnamed[at + 2] = 0xff;
    assert_eq!(parse(&unnamed, 1).1, Err(WireError::UnnamedLink));
}

#[test]
fn flags_wanted_inside_the_kernel_are_the_devices_own() {
    let (links, _) = parse(CAPTURED, 8);
    let mut link = links[3];
    assert_eq!((link.promiscuity, link.all_multicast), (Some(0), Some(0)));
    link.promiscuity = Some(2);
    assert_eq!(link.device_flags(), 0x1003 | 0x100);
    link.user_flags |= 0x200;
    assert_eq!(link.device_flags(), 0x1003 | 0x100);
    link.all_multicast = None;
    assert_eq!(link.device_flags(), 0x1003 | 0x100 | 0x200);
}

/// A reader on this machine, or `None` with a note where a sandbox has no netlink.
fn live_reader(links_max: usize) -> Option<LinkReader> {
    match LinkReader::open(links_max) {
        Ok(reader) => Some(reader),
        Err(error) => {
            eprintln!("not checked here: {error}");
            None
        }
    }
}

#[test]
fn the_live_links_are_those_of_the_other_interface_to_the_same_counters() {
    let Some(mut reader) = live_reader(4096) else { return };
    let counters = |text: &[u8]| {
        let mut lines = Vec::new();
        net_dev::parse(text, |name, counters| lines.push((Label::new(name).unwrap(), *counters))).unwrap();
        lines
    };
    let before = counters(&std::fs::read("/proc/net/dev").unwrap());
    let list = match reader.read() {
        Err(NetlinkError::Unsettled) => {
            eprintln!("not compared here: links come and go all the time");
            return;
        }
        list => list.unwrap(),
    };
    let after = counters(&std::fs::read("/proc/net/dev").unwrap());
    assert_eq!(list.left_out, 0);
    let mut compared = 0;
    for link in list.links {
        let find = |lines: &[(LinkName, FoldedCounters)]| {
            lines.iter().find(|(name, _)| *name == link.name).map(|(_, counters)| *counters)
        };
        // A link that came or went meanwhile, or whose counters were reset, is no counterexample.
        let (Some(before), Some(after)) = (find(&before), find(&after)) else { continue };
        let Some(now) = link.counters.map(|counters| counters.folded()) else { continue };
        if before.rx_bytes <= after.rx_bytes && before.tx_bytes <= after.tx_bytes {
            assert!((before.rx_bytes..=after.rx_bytes).contains(&now.rx_bytes), "{link:?}");
            assert!((before.tx_bytes..=after.tx_bytes).contains(&now.tx_bytes), "{link:?}");
            compared += 1;
        }
    }
    eprintln!("{compared} of {} links compared", list.links.len());
}

#[test]
fn a_reader_without_enough_room_counts_what_it_left_out_and_stays_usable() {
    let Some(mut reader) = live_reader(0) else { return };
    for _ in 0..3 {
        match reader.read() {
            Err(NetlinkError::Unsettled) => eprintln!("not checked here: links come and go all the time"),
            list => {
                let list = list.unwrap();
                assert!(list.links.is_empty());
                assert!(list.left_out > 0, "every network namespace has a loopback link");
            }
        }
    }
}

#[test]
fn a_watch_answers_at_once_when_nothing_changed() {
    match LinkWatch::open() {
        // Links of this machine may change at any time, so only that an answer comes is certain.
        Ok(mut watch) => assert!(watch.changed().is_ok()),
        Err(error) => eprintln!("not checked here: {error}"),
    }
}
