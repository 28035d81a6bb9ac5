//! Fuzzes the parser `scsi_inquiry`.
#![no_main]

hearth_fuzz::fuzz_target!(|bytes: &[u8]| hearth_fuzz::check("scsi_inquiry", bytes));
