//! Hearth: home-server appliance firmware.

pub mod cli;
pub mod config;
pub mod events;
pub mod log;
pub mod notify;
pub mod registry;
pub mod schema;
pub mod sensors;
pub mod snapshot;
pub mod view;
