//! Drivers: bytes from the kernel to quantities in units.
pub mod clock;
pub mod file;
pub mod identity;
pub mod label;
pub mod net_class;
pub mod netlink;
pub mod proc;
pub mod process;
pub mod text;
