//! Fuzzes the parser `scsi_log`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("scsi_log", bytes));
