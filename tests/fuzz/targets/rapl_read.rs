//! Fuzzes the parser `rapl_read`.
#![no_main]

hearth_fuzz::fuzz_target!(|input: &[u8]| hearth_fuzz::check("rapl_read", input));
