//! Fuzzes the parser `cpuinfo`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("cpuinfo", text));
