//! The live stream: what its source gives at which moment, and that it comes through a socket.

mod live;
mod rig;
mod routes;
mod source;
