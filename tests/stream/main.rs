//! The live stream: what its source gives at which moment, and that it comes through a socket.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its rig too")]

mod live;
mod rig;
mod routes;
mod source;
