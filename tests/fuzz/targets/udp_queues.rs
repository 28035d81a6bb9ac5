//! Fuzzes the parser `udp_queues`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::check("udp_queues", text));
