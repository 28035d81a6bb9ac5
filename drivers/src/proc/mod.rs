//! Files of `/proc`.

pub mod arp;
pub mod conntrack;
pub mod keyed;
pub mod line;
pub mod mounts;
pub mod net_dev;
pub mod netstat;
pub mod snmp6;
pub mod sockstat;
pub mod softnet;
pub mod udp_queues;
