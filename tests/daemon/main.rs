//! The real program, as its owner and its clients meet it: started, asked over TCP and the Unix socket, reconfigured,
//! ended, and compared with another exporter on the same machine.
//!
//! Each test has a Hearth of its own: a free port, a directory of its own for socket and configuration, its log printed
//! when the test fails. Whatever takes time is waited for by asking again, for a minute at most.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test needs and does not get is its failure"
)]

mod client;
mod coverage;
mod exposition;
mod fans;
mod life;
mod manager;
#[path = "../encode/outside.rs"]
mod outside;
mod peer;
mod refusals;
mod reload;
mod routes;
mod running;
