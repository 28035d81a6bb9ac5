//! Fuzzes the parser `statm`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("statm", text));
