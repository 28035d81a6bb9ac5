//! Fuzzes the parser `nut`.
#![no_main]

hearth_fuzz::fuzz_target!(|input: &[u8]| hearth_fuzz::check("nut", input));
