//! Fuzzes the parser `conntrack`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::check("conntrack", text));
