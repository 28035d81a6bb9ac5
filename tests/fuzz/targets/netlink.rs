//! Fuzzes the parser `netlink`.
#![no_main]

hearth_fuzz::fuzz_target!(|datagram: &[u8]| hearth_fuzz::check("netlink", datagram));
