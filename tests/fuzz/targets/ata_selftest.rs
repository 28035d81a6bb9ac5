//! Fuzzes the parser `ata_selftest`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("ata_selftest", bytes));
