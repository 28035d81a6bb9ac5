//! The HTTP room: one thread, one runtime, any number of clients within the limits.
//!
//! ```text
//! listen ─ accept (places, addresses) ─ connection (time-outs, stop) ─ hyper ─ service (rate, body, host) ─ Handler
//!                                           │                           │
//!                                       activity ◄───── transport (io_uring | epoll) ─ stream (pulled bodies)
//! ```
//!
//! - `transport` moves bytes; nothing above it knows which backend runs.
//! - `activity` is what a connection's parts know of each other: who waits for whom, and since when.
//! - A body is *pulled*: a stream's source is asked for its next bytes only when the socket has taken all that it
//!   gave before, so nothing queues in this process for a client that does not read.
//! - Nothing here wakes up on its own: without clients the thread sleeps in the kernel.
//!
//! Absent on purpose: TLS, HTTP/2, request bodies, compression.

mod accept;
mod activity;
mod clients;
mod connection;
mod handler;
mod listen;
mod query;
mod request;
pub mod routes;
mod server;
mod service;
mod shared;
mod stop;
mod stream;
mod timer;
mod transport;

pub use crate::meter::{Counter, Counters};
pub use handler::{Body, Client, ClientKind, Handler, Request, Response};
pub use hyper::{HeaderMap, Method, StatusCode, header};
pub use query::{Query, QueryError};
pub use request::HostNames;
pub use server::{DEFAULT_WRITE_TIMEOUT, ServeError, Server, Settings};
pub use shared::{DRAIN_MAX, Rules};
pub use stop::StopHandle;
pub use stream::{Next, StreamSource};
pub use transport::{Backend, BackendChoice};
