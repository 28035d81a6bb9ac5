//! Fuzzes the parser `nvme_self_test`.
#![no_main]

hearth_fuzz::fuzz_target!(|page: &[u8]| hearth_fuzz::check("nvme_self_test", page));
