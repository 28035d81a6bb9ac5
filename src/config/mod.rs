//! What the owner wants, as plain data.

/// How sockets are driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// io_uring where the kernel allows it, epoll otherwise.
    Auto,
    /// io_uring or nothing.
    IoUring,
    /// epoll, whatever the kernel could do.
    Epoll,
}

/// `[limits]`: what one client, or all of them, may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections of all clients together, at most.
    pub connections: u32,
    /// Open connections of one TCP address, at most.
    pub connections_per_address: u32,
    /// Size of a request's line and headers, in bytes, at most.
    pub header_bytes: u32,
    /// How long a client may take over a request's headers, in milliseconds.
    pub header_timeout_ms: u32,
    /// How long a connection may lie idle between requests, in milliseconds.
    pub idle_timeout_ms: u32,
    /// Requests a second of one TCP address, at most.
    pub requests_per_second: u32,
    /// Live streams of all clients together, at most.
    pub stream_clients: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            connections_per_address: 64,
            header_bytes: 16_384,
            header_timeout_ms: 5_000,
            idle_timeout_ms: 60_000,
            requests_per_second: 1_000,
            stream_clients: 32,
        }
    }
}
