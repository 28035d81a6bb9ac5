//! Hearth: home-server appliance firmware.

pub mod registry;
pub mod schema;
pub mod sensors;
pub mod snapshot;
pub mod view;
