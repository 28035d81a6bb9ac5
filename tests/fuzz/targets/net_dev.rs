//! Fuzzes the parser `net_dev`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("net_dev", text));
