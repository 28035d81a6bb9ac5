//! The links of this machine as the `rtnetlink` crate reads them, beside ours.
//!
//! That crate allocates for each attribute and runs on an executor, which the lane does not have; it knows the same
//! messages in full, and so is the measure of our parser.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::TryStreamExt;
use hearth_drivers::netlink::{Link, LinkReader};
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage};

/// Every link by the crate, in the kernel's order.
fn links_by_the_crate() -> Vec<LinkMessage> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let (connection, handle, _notices) = rtnetlink::new_connection().unwrap();
        let _serving = tokio::spawn(connection);
        handle.link().get().execute().try_collect().await.unwrap()
    })
}

/// Checks one attribute; says whether it is one that we keep too.
fn agrees(link: &Link, attribute: &LinkAttribute) -> bool {
    match attribute {
        LinkAttribute::IfName(name) => assert_eq!(link.name.as_text().unwrap(), name),
        LinkAttribute::IfAlias(alias) => assert_eq!(link.alias.as_text().unwrap(), alias),
        LinkAttribute::Address(address) => assert_eq!(link.address.as_bytes(), address),
        LinkAttribute::Broadcast(address) => assert_eq!(link.broadcast.as_bytes(), address),
        LinkAttribute::Mtu(bytes) => assert_eq!(link.mtu_bytes, Some(*bytes)),
        LinkAttribute::TxQueueLen(packets) => assert_eq!(link.transmit_queue_packets, Some(*packets)),
        LinkAttribute::Group(group) => assert_eq!(link.group, Some(*group)),
        LinkAttribute::Promiscuity(count) => assert_eq!(link.promiscuity, Some(*count)),
        LinkAttribute::Controller(index) => assert_eq!(link.master_index, Some(*index)),
        LinkAttribute::OperState(state) => assert_eq!(link.oper_state.number(), u8::from(*state)),
        LinkAttribute::Carrier(carrier) => assert_eq!(link.carrier, Some(*carrier != 0)),
        LinkAttribute::CarrierChanges(count) => assert_eq!(link.carrier_changes, Some(*count)),
        LinkAttribute::CarrierUpCount(count) => assert_eq!(link.carrier_up_changes, Some(*count)),
        LinkAttribute::CarrierDownCount(count) => assert_eq!(link.carrier_down_changes, Some(*count)),
        LinkAttribute::Stats64(stats) => {
            let ours = link.counters.unwrap();
            // Ours were read before: traffic may have passed since, and never less.
            let pairs = [
                (ours.rx_bytes, stats.rx_bytes),
                (ours.rx_packets, stats.rx_packets),
                (ours.tx_bytes, stats.tx_bytes),
                (ours.tx_packets, stats.tx_packets),
                (ours.rx_dropped, stats.rx_dropped),
                (ours.multicast, stats.multicast),
                (ours.rx_nohandler.unwrap_or(0), stats.rx_nohandler),
            ];
            for (before, after) in pairs {
                assert!(before <= after, "{:?}: {before} {after}", link.name);
            }
        }
        _ => return false,
    }
    true
}

#[test]
fn our_links_are_those_of_the_rtnetlink_crate() {
    let mut reader = match LinkReader::open(1024) {
        Ok(reader) => reader,
        Err(error) => {
            eprintln!("not checked here: {error}");
            return;
        }
    };
    let ours = reader.read().unwrap().links.to_vec();
    let theirs = links_by_the_crate();
    let again = reader.read().unwrap().links.to_vec();
    let apart_from_traffic =
        |links: &[Link]| links.iter().map(|link| Link { counters: None, ..*link }).collect::<Vec<_>>();
    if apart_from_traffic(&ours) != apart_from_traffic(&again) {
        eprintln!("not checked here: the links change meanwhile");
        return;
    }
    assert_eq!(ours.len(), theirs.len());
    for (link, message) in ours.iter().zip(&theirs) {
        assert_eq!(u32::try_from(link.index), Ok(message.header.index));
        assert_eq!(link.user_flags, message.header.flags.bits());
        assert_eq!(link.hardware_type, u16::from(message.header.link_layer_type));
        let checked = message.attributes.iter().filter(|attribute| agrees(link, attribute)).count();
        assert!(checked >= 10, "{:?}: only {checked} attributes are compared", link.name);
    }
}
