//! A server on free ports with a handler that shows what the server does.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hearth::config::{Limits, Transport};
use hearth::serve::{
    Backend, ClientKind, Counter, Counters, Handler, HostNames, Method, Next, Query, Request, Response,
    Rules, Server, Settings, StatusCode, StreamSource,
};

/// Long enough for a busy machine; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What `/endless` gives at each poll.
pub(crate) const CHUNK: usize = 16 * 1024;

pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) counters: Arc<Counters>,
    /// Polls of all `/endless` sources.
    polls: Arc<AtomicU64>,
    /// Told when a stream's source is dropped.
    pub(crate) dropped: mpsc::Receiver<()>,
}

pub(crate) fn settings(transport: Transport, limits: Limits) -> Settings {
    Settings {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        socket: None,
        transport,
        rules: Rules { limits, hosts: HostNames::new("attic", &[]) },
        write_timeout: PATIENCE,
    }
}

/// Limits that no case meets by accident.
pub(crate) fn wide() -> Limits {
    Limits {
        connections: 2000,
        connections_per_address: 2000,
        header_timeout_ms: 60_000,
        idle_timeout_ms: 60_000,
        requests_per_second: 1_000_000,
        ..Limits::default()
    }
}

impl Rig {
    pub(crate) fn new(transport: Transport, limits: Limits) -> Self {
        Self::with(settings(transport, limits))
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let wanted = settings.transport;
        let counters = Arc::new(Counters::default());
        let polls = Arc::new(AtomicU64::new(0));
        let (sender, dropped) = mpsc::channel();
        let handler = Show { polls: Arc::clone(&polls), dropped: Mutex::new(sender) };
        let server = Server::start(settings, handler, Arc::clone(&counters)).expect("the server starts");
        let backend = server.backend().backend;
        match wanted {
            Transport::IoUring => assert_eq!(backend, Backend::IoUring),
            Transport::Epoll => assert_eq!(backend, Backend::Epoll),
            Transport::Auto => {}
        }
        Self { server, counters, polls, dropped }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    /// Waits until `counter` has reached `count`.
    pub(crate) fn await_count(&self, counter: Counter, count: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.counters.get(counter) < count {
            assert!(Instant::now() < deadline, "{counter:?} stays below {count}");
            std::thread::yield_now();
        }
        assert_eq!(self.counters.get(counter), count, "{counter:?}");
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Ordering::SeqCst)
    }
}

/// Whether io_uring can be had here; says so if not.
pub(crate) fn io_uring_works() -> bool {
    let rig = Rig::new(Transport::Auto, wide());
    let choice = rig.server.backend();
    if choice.backend != Backend::IoUring {
        hearth_board::not_run("io_uring", &choice.reason);
    }
    choice.backend == Backend::IoUring
}

struct Show {
    polls: Arc<AtomicU64>,
    dropped: Mutex<mpsc::Sender<()>>,
}

impl Handler for Show {
    fn handle(&self, request: &Request<'_>) -> Response {
        if !matches!(*request.method, Method::GET | Method::HEAD) {
            return Response::sentence(StatusCode::METHOD_NOT_ALLOWED, "Only GET.");
        }
        let stream = |every| {
            let dropped = self.dropped.lock().expect("no test panics with the lock").clone();
            let source = Source { polls: Arc::clone(&self.polls), dropped, every, due: None };
            Response::stream("text/plain", Box::new(source))
        };
        match request.path {
            "/endless" => stream(None),
            "/ticks" => stream(Some(Duration::from_millis(1))),
            "/quiet" => stream(Some(Duration::from_secs(3600))),
            "/size" => match Query::parse(request.query, &["bytes"])
                .and_then(|query| query.whole("bytes", 0..=10_000_000))
            {
                Ok(bytes) => pattern(usize::try_from(bytes.unwrap_or(0)).expect("small")),
                Err(error) => Response::sentence(StatusCode::BAD_REQUEST, &error.to_string()),
            },
            "/who" => {
                let kind = match request.client.kind {
                    ClientKind::Unix => "unix",
                    ClientKind::Tcp(_) => "tcp",
                };
                text(&format!("{kind} {}", request.client.full_rate))
            }
            path => text(path),
        }
    }
}

fn text(body: &str) -> Response {
    Response::bytes(StatusCode::OK, "text/plain", body.to_owned())
}

fn pattern(length: usize) -> Response {
    let body: Vec<u8> = (0..=250).cycle().take(length).collect();
    Response::bytes(StatusCode::OK, "application/octet-stream", body)
}

/// A stream without end: as fast as the client reads, or one line in every interval.
struct Source {
    polls: Arc<AtomicU64>,
    dropped: mpsc::Sender<()>,
    every: Option<Duration>,
    due: Option<Instant>,
}

impl StreamSource for Source {
    fn next(&mut self, now: Instant) -> Next {
        self.polls.fetch_add(1, Ordering::SeqCst);
        let Some(every) = self.every else { return Next::Chunk(Bytes::from(vec![b'x'; CHUNK])) };
        let due = *self.due.get_or_insert(now + every);
        if now < due {
            return Next::At(due);
        }
        self.due = Some(now + every);
        Next::Chunk(Bytes::from_static(b"tick\n"))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // A test that does not wait for it has dropped its rig.
        match self.dropped.send(()) {
            Ok(()) | Err(mpsc::SendError(())) => {}
        }
    }
}
