//! Fuzzes the parser `cpu_list`.
#![no_main]

hearth_fuzz::fuzz_target!(|input: &[u8]| hearth_fuzz::check("cpu_list", input));
