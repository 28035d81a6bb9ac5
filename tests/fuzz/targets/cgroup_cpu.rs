//! Fuzzes the parser `cgroup_cpu`.
#![no_main]

hearth_fuzz::fuzz_target!(|text: &[u8]| hearth_fuzz::parse("cgroup_cpu", text));
