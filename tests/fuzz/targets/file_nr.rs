//! Fuzzes the parser `file_nr`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("file_nr", text));
