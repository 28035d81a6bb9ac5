//! Fuzzes the parser `process_stat`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::check("process_stat", text));
