//! Fuzzes the parser `snmp6`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("snmp6", text));
