//! Hearth: home-server appliance firmware.

pub mod encode;
pub mod schema;
pub mod schema_doc;
pub mod snapshot;
