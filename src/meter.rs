//! What the program counts about its own serving: counted where it happens, read by the status and by a sensor. This
//! room is all that the two sides know of each other.

mod fans;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

pub use fans::{FANS, FanFigures, FanMeter};

/// What the daemon's server counts. A server in a test counts for itself.
pub static SERVED: LazyLock<Arc<Counters>> = LazyLock::new(Arc::default);

/// The live streams of this process.
pub static STREAMS: Streams = Streams::new();

/// Log lines that could not be written since the start.
pub static LOST_LOG_LINES: Tally = Tally::new();

/// A count of one thing.
#[derive(Debug)]
pub struct Tally(AtomicU64);

impl Tally {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The count since the start.
    pub fn get(&self) -> u64 {
        // Relaxed: the count stands for itself and orders no other memory.
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self) {
        // Relaxed: as in `get`.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Counter {
    /// Connections accepted and served.
    Connections,
    /// Connections that have ended; open now = `Connections` - `Closed`.
    Closed,
    /// Those of `Connections` that came through the Unix socket.
    UnixConnections,
    /// Those of `Closed` that came through the Unix socket.
    UnixClosed,
    /// Requests whose head was complete and well formed.
    Requests,
    /// Those of `Requests` that were answered with a status of 200 to 299.
    Answered2xx,
    /// The same with 300 to 399.
    Answered3xx,
    /// The same with 400 to 499.
    Answered4xx,
    /// The same with 500 to 599.
    Answered5xx,
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
    pub const ALL: [(Self, &'static str); 23] = [
        (Self::Connections, "connections"),
        (Self::Closed, "closed"),
        (Self::UnixConnections, "unix_connections"),
        (Self::UnixClosed, "unix_closed"),
        (Self::Requests, "requests"),
        (Self::Answered2xx, "answered_2xx"),
        (Self::Answered3xx, "answered_3xx"),
        (Self::Answered4xx, "answered_4xx"),
        (Self::Answered5xx, "answered_5xx"),
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

    pub(crate) fn add(&self, counter: Counter) {
        // Relaxed: as in `get`.
        self.counts[counter as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// How many live streams there are and what they had to leave out.
#[derive(Debug)]
pub struct Streams {
    begun: AtomicU64,
    ended: AtomicU64,
    left_out: AtomicU64,
    open: Mutex<Vec<Arc<StreamCount>>>,
}

/// What is counted of one live stream.
#[derive(Debug)]
pub struct StreamCount {
    /// Which one it is since the start, from 1.
    pub number: u64,
    /// Nanoseconds from one moment to the next, as its client asked.
    pub moment_ns: u64,
    left_out: AtomicU64,
}

impl StreamCount {
    /// Moments that its client was not told.
    pub fn left_out(&self) -> u64 {
        // Relaxed: the count stands for itself and orders no other memory.
        self.left_out.load(Ordering::Relaxed)
    }
}

/// One open stream, counted until it is dropped.
#[derive(Debug)]
pub struct OpenStream {
    streams: &'static Streams,
    count: Arc<StreamCount>,
}

impl Streams {
    const fn new() -> Self {
        Self {
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            open: Mutex::new(Vec::new()),
        }
    }

    /// Streams open now.
    pub fn open(&self) -> u64 {
        // Relaxed: each count stands for itself; a stream that begins between the two reads is one too many for once.
        let ended = self.ended.load(Ordering::Relaxed);
        self.begun.load(Ordering::Relaxed).saturating_sub(ended)
    }

    /// Each stream open now, in the order in which they began.
    pub fn list(&self) -> Vec<Arc<StreamCount>> {
        self.listed().clone()
    }

    fn listed(&self) -> MutexGuard<'_, Vec<Arc<StreamCount>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moments that were left out since the start, all streams together.
    pub fn left_out(&self) -> u64 {
        // Relaxed: the count stands for itself and orders no other memory.
        self.left_out.load(Ordering::Relaxed)
    }

    pub(crate) fn enter(&'static self, moment_ns: u64) -> OpenStream {
        // Relaxed: each number is taken once, and orders no other memory.
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let count = Arc::new(StreamCount { number, moment_ns, left_out: AtomicU64::new(0) });
        self.listed().push(Arc::clone(&count));
        OpenStream { streams: self, count }
    }
}

impl OpenStream {
    pub(crate) fn leave_out(&self, moments: u64) {
        // Relaxed: both counts stand for themselves.
        self.count.left_out.fetch_add(moments, Ordering::Relaxed);
        self.streams.left_out.fetch_add(moments, Ordering::Relaxed);
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.streams.listed().retain(|count| !Arc::ptr_eq(count, &self.count));
        // Relaxed: as in `open`.
        self.streams.ended.fetch_add(1, Ordering::Relaxed);
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
    fn a_stream_counts_its_own_losses_and_the_total_outlives_it() {
        static STREAMS: Streams = Streams::new();
        let (slow, quick) = (STREAMS.enter(1_000_000), STREAMS.enter(1_000_000_000));
        slow.leave_out(7);
        let lost: Vec<_> =
            STREAMS.list().iter().map(|count| (count.number, count.moment_ns, count.left_out())).collect();
        assert_eq!(lost, [(1, 1_000_000, 7), (2, 1_000_000_000, 0)]);
        drop(slow);
        assert_eq!((STREAMS.open(), STREAMS.left_out(), STREAMS.list()[0].number), (1, 7, 2));
        drop(quick);
        assert_eq!((STREAMS.open(), STREAMS.left_out()), (0, 7));
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
