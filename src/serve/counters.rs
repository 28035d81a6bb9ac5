//! What the server did and refused, for the metrics and the status route.

use std::sync::atomic::{AtomicU64, Ordering};

/// One thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Counter {
    /// Connections accepted and served.
    Connections,
    /// Connections that have ended; open now = `Connections` - `Closed`.
    Closed,
    /// Requests whose head was complete and well formed.
    Requests,
    /// Connections refused because all places were taken (503).
    ServerFull,
    /// Connections refused because their address holds its share (503).
    AddressFull,
    /// Requests refused because their address asks too often (429).
    TooManyRequests,
    /// Streams refused because all places for streams were taken (503).
    StreamsFull,
    /// Requests whose head was longer than the limit (431, 414).
    HeadTooLarge,
    /// Requests that were not HTTP/1 (400).
    Malformed,
    /// GET or HEAD requests that carried a body (413).
    BodyRefused,
    /// Requests without exactly one Host header (400).
    HostMissing,
    /// Requests for a name that is not this machine's (421).
    HostRefused,
    /// Connections closed because a request's head came too slowly.
    HeaderTimeouts,
    /// Connections closed because no request came.
    IdleTimeouts,
    /// Connections closed because the client did not read.
    WriteTimeouts,
    /// Connections that broke while a request was under way.
    Broken,
    /// Failures to accept a connection or to set its options (out of descriptors, out of memory).
    AcceptFailures,
}

impl Counter {
    /// Every counter with its name in metrics and status, in the order of the enum.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::Connections, "connections"),
        (Self::Closed, "closed"),
        (Self::Requests, "requests"),
        (Self::ServerFull, "server_full"),
        (Self::AddressFull, "address_full"),
        (Self::TooManyRequests, "too_many_requests"),
        (Self::StreamsFull, "streams_full"),
        (Self::HeadTooLarge, "head_too_large"),
        (Self::Malformed, "malformed"),
        (Self::BodyRefused, "body_refused"),
        (Self::HostMissing, "host_missing"),
        (Self::HostRefused, "host_refused"),
        (Self::HeaderTimeouts, "header_timeouts"),
        (Self::IdleTimeouts, "idle_timeouts"),
        (Self::WriteTimeouts, "write_timeouts"),
        (Self::Broken, "broken"),
        (Self::AcceptFailures, "accept_failures"),
    ];
}

/// The counts, shared with the routes and readable from any thread.
#[derive(Debug, Default)]
pub struct Counters {
    counts: [AtomicU64; Counter::ALL.len()],
}

impl Counters {
    /// The count since the start.
    pub fn get(&self, counter: Counter) -> u64 {
        // Relaxed: each count stands for itself and orders no other memory.
        self.counts[counter as usize].load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, counter: Counter) {
        // Relaxed: as in `get`.
        self.counts[counter as usize].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_counters_follows_the_enum() {
        for (index, (counter, _)) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, index);
        }
    }

    #[test]
    fn each_counter_counts_for_itself() {
        let counters = Counters::default();
        counters.add(Counter::Closed);
        counters.add(Counter::Closed);
        assert_eq!(counters.get(Counter::Closed), 2);
        assert_eq!(counters.get(Counter::Connections), 0);
    }
}
