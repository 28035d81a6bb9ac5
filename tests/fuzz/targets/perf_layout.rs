//! Fuzzes the parser `perf_layout`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("perf_layout", bytes));
