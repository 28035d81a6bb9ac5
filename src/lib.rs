//! Hearth: home-server appliance firmware.

pub mod config;
pub mod serve;
