//! Fuzzes the parser `energy_uj`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("energy_uj", text));
