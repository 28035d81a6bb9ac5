//! Fuzzes the parser `ata_sct`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("ata_sct", bytes));
