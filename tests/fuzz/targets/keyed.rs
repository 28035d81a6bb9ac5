//! Fuzzes the memory of where keys stood: armed on one text, reading another.
#![no_main]

hearth_fuzz::fuzz_target!(|texts: &[u8]| hearth_fuzz::remember(texts, b':'));
