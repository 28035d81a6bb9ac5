//! Drivers: bytes from the kernel to quantities in units.
pub mod file;
pub mod label;
pub mod netlink;
pub mod proc;
pub mod text;
