//! Fuzzes the parser `limits`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("limits", text));
