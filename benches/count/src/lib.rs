//! Nothing: this package exists for `benches/count.rs`.
