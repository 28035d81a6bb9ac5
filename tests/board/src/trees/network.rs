//! Interfaces and sockets: `/proc/net` and `/sys/class/net`.

use super::law::{Law, NET_ETH0, NET_LO, SOFTNET0_PROCESSED, SOFTNET0_SQUEEZED, SOFTNET1_PROCESSED};
use super::{lines, over_time};
use crate::{Board, Content, Errno};
use std::time::Duration;

const ETH0: &str = "devices/pci0000:00/0000:00:1f.6/net/eth0";
const LO: &str = "devices/virtual/net/lo";

/// The columns of `/proc/net/dev` by their names in sysfs, in its order.
const STATISTICS: [&str; 16] = [
    "rx_bytes",
    "rx_packets",
    "rx_errors",
    "rx_dropped",
    "rx_fifo_errors",
    "rx_frame_errors",
    "rx_compressed",
    "multicast",
    "tx_bytes",
    "tx_packets",
    "tx_errors",
    "tx_dropped",
    "tx_fifo_errors",
    "collisions",
    "tx_carrier_errors",
    "tx_compressed",
];

const DEV_HEADER: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
";

const ARP: &str = "\
IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         02:00:5e:10:00:01     *        eth0
192.168.1.23     0x1         0x2         02:00:5e:10:00:17     *        eth0
";

const UDP_HEADER: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
const UDP_ROW: &str = " 1297: 00000000:14E9 00000000:0000 07 00000000:00000300 00:00000000 00000000   104        0 13199 2 0000000000000000 5";
const UDP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 6387: 00000000000000000000000001000000:0222 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13200 2 0000000000000000 0
";

pub(super) fn add(board: Board) -> Board {
    let board = board
        .symlink("proc/net", "self/net")
        .file("proc/net/dev", over_time(dev))
        .file("proc/net/softnet_stat", over_time(softnet))
        .file("proc/net/arp", Content::text(ARP))
        // Rows of this file are padded to 127 columns (`net/ipv4/udp.c`), those of udp6 are not.
        .file("proc/net/udp", Content::text(&format!("{UDP_HEADER:<127}\n{UDP_ROW:<127}\n")))
        .file("proc/net/udp6", Content::text(UDP6))
        .symlink("sys/class/net/eth0", &format!("../../{ETH0}"))
        .symlink("sys/class/net/lo", &format!("../../{LO}"))
        // The loopback device has no link settings to ask for (`net/core/net-sysfs.c`).
        .file(&format!("sys/{LO}/speed"), Content::error(Errno::EINVAL))
        .file(&format!("sys/{LO}/duplex"), Content::error(Errno::EINVAL));
    let eth0 = [
        ("address", "02:00:5e:10:00:02"),
        ("broadcast", "ff:ff:ff:ff:ff:ff"),
        ("addr_assign_type", "0"),
        ("carrier", "1"),
        ("carrier_changes", "2"),
        ("carrier_down_count", "1"),
        ("carrier_up_count", "1"),
        ("dormant", "0"),
        ("duplex", "full"),
        ("flags", "0x1003"),
        ("ifalias", ""),
        ("ifindex", "2"),
        ("iflink", "2"),
        ("link_mode", "0"),
        ("mtu", "1500"),
        ("name_assign_type", "4"),
        ("netdev_group", "0"),
        ("operstate", "up"),
        ("speed", "1000"),
        ("tx_queue_len", "1000"),
        ("type", "1"),
    ];
    let lo = [
        ("address", "00:00:00:00:00:00"),
        ("broadcast", "00:00:00:00:00:00"),
        ("carrier", "1"),
        ("carrier_changes", "0"),
        ("carrier_down_count", "0"),
        ("carrier_up_count", "0"),
        ("flags", "0x9"),
        ("ifindex", "1"),
        ("iflink", "1"),
        ("mtu", "65536"),
        ("operstate", "unknown"),
        ("tx_queue_len", "1000"),
        ("type", "772"),
    ];
    let board = lines(lines(board, &format!("sys/{ETH0}"), &eth0), &format!("sys/{LO}"), &lo);
    statistics(statistics(board, ETH0, &NET_ETH0), LO, &NET_LO)
}

fn statistics(board: Board, device: &str, laws: &[Law; 16]) -> Board {
    laws.iter().zip(STATISTICS).fold(board, |board, (law, name)| {
        let law = *law;
        let path = format!("sys/{device}/statistics/{name}");
        board.file(&path, over_time(move |elapsed| format!("{}\n", law.at(elapsed))))
    })
}

/// `net/core/net-procfs.c`, `dev_seq_printf_stats`.
fn dev(elapsed: Duration) -> String {
    let row = |name: &str, laws: &[Law; 16]| {
        let at = laws.map(|law| law.at(elapsed));
        let received = format!(
            "{:7} {:7} {:4} {:4} {:4} {:5} {:10} {:9}",
            at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]
        );
        let sent = format!(
            "{:8} {:7} {:4} {:4} {:4} {:5} {:7} {:10}",
            at[8], at[9], at[10], at[11], at[12], at[13], at[14], at[15]
        );
        format!("{name:>6}: {received} {sent}\n")
    };
    DEV_HEADER.to_owned() + &row("lo", &NET_LO) + &row("eth0", &NET_ETH0)
}

/// `softnet_seq_show` of 6.1: thirteen columns of 32 bits, the last one the CPU.
fn softnet(elapsed: Duration) -> String {
    let row = |processed: Law, squeezed: u64, cpu: u64| {
        let columns = [processed.at(elapsed), 0, squeezed, 0, 0, 0, 0, 0, 0, 0, 0, 0, cpu];
        let columns = columns.map(|column| format!("{:08x}", column & u64::from(u32::MAX)));
        columns.join(" ") + "\n"
    };
    row(SOFTNET0_PROCESSED, SOFTNET0_SQUEEZED.at(elapsed), 0) + &row(SOFTNET1_PROCESSED, 0, 1)
}
