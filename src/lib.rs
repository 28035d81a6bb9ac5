//! Hearth: home-server appliance firmware.

pub mod armory;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod encode;
pub mod events;
pub mod log;
pub mod notify;
pub mod pattern;
pub mod registry;
pub mod schema;
pub mod schema_doc;
pub mod sensors;
pub mod serve;
pub mod snapshot;
pub mod view;
