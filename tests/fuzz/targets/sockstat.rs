//! Fuzzes the parser `sockstat`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("sockstat", text));
