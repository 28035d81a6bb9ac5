//! Fuzzes the parser `nvme_error_log`.
#![no_main]

hearth_fuzz::fuzz_target!(|log: &[u8]| hearth_fuzz::check("nvme_error_log", log));
