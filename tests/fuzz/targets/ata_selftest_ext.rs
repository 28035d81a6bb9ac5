//! Fuzzes the parser `ata_selftest_ext`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("ata_selftest_ext", bytes));
