//! Fuzzes the parser `ata_smart`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("ata_smart", bytes));
