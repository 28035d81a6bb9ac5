//! Drivers: bytes from the kernel to quantities in units.

pub mod text;
