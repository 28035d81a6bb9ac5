//! Hearth: home-server appliance firmware.

pub mod schema;
pub mod snapshot;
