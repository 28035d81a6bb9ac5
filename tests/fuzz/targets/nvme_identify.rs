//! Fuzzes the parser `nvme_identify`.
#![no_main]

hearth_fuzz::fuzz_target!(|page: &[u8]| hearth_fuzz::check("nvme_identify", page));
