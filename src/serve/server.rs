//! Starting and stopping the serving thread.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::sync::{Notify, watch};
use tokio::task::spawn_local;

use crate::config::{Limits, Transport};
use crate::serve::accept::accept;
use crate::serve::clients::Clients;
use crate::serve::connection::DRAIN;
use crate::serve::counters::{Counter, Counters};
use crate::serve::handler::{ClientKind, Handler};
use crate::serve::listen::{self, SocketFile};
use crate::serve::request::HostNames;
use crate::serve::stop::{StopHandle, StopSignal, unless};
use crate::serve::transport::{self, Backend, BackendChoice, WriteBuffers};

/// How long a client may leave a full send buffer unread.
pub const DEFAULT_WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// After [`DRAIN`] every connection cuts itself; this is for the kernel to notice.
const DRAIN_MARGIN: Duration = Duration::from_millis(80);

/// What may change while the server runs; new connections follow the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// What clients may take.
    pub limits: Limits,
    /// Which names are answered to.
    pub hosts: HostNames,
}

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct Settings {
    /// TCP addresses to listen on; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// The Unix socket's path, if one is wanted.
    pub socket: Option<PathBuf>,
    /// The backend wanted.
    pub transport: Transport,
    /// The rules at the start.
    pub rules: Rules,
    /// How long a client may leave a full send buffer unread, and a vanished peer hold its place; usually
    /// [`DEFAULT_WRITE_TIMEOUT`].
    pub write_timeout: Duration,
}

/// Why there is no server, or why it ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A TCP address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another program using the port, or is it below 1024?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// The Unix socket cannot be opened.
    #[error("cannot open the socket {}: {source}; choose another path with serve.socket", path.display())]
    Socket {
        /// The path.
        path: PathBuf,
        /// What the kernel said, or what is in the way.
        source: io::Error,
    },
    /// No backend works.
    #[error("cannot run the server over {transport:?}: {source}; `auto` falls back to epoll")]
    Transport {
        /// What was wanted.
        transport: Transport,
        /// What the kernel said.
        source: io::Error,
    },
    /// The thread cannot be started.
    #[error("cannot start the serving thread: {0}")]
    Thread(#[source] io::Error),
    /// The serving thread panicked.
    #[error("the serving thread ended by a panic; its message is in the log")]
    Panicked,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    backend: BackendChoice,
    stop: StopHandle,
    rules: watch::Sender<Rules>,
    thread: Option<JoinHandle<()>>,
    /// Declared after the thread: the file goes when nobody answers on it any more.
    _socket_file: Option<SocketFile>,
}

impl Server {
    /// Opens the listeners and starts the serving thread, which asks `handler` and counts in `counters`.
    ///
    /// # Errors
    /// [`ServeError`] when a listener cannot be opened or the wanted backend is refused.
    pub fn start(
        settings: Settings,
        handler: impl Handler + Send + 'static,
        counters: Arc<Counters>,
    ) -> Result<Self, ServeError> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for address in settings.listen {
            let (socket, bound) =
                listen::tcp(address).map_err(|source| ServeError::Listen { address, source })?;
            listeners.push(socket);
            addresses.push(bound);
        }
        let mut socket_file = None;
        if let Some(path) = settings.socket {
            let (socket, file) = listen::unix(&path).map_err(|source| ServeError::Socket { path, source })?;
            listeners.push(socket);
            socket_file = Some(file);
        }
        let stop = StopHandle::new();
        let rules = watch::Sender::new(settings.rules);
        let parts = Parts {
            listeners,
            handler: Box::new(handler),
            counters,
            rules: rules.subscribe(),
            stop: stop.signal(),
            write_timeout: settings.write_timeout,
        };
        let (thread, backend) = spawn(parts, settings.transport)?;
        Ok(Self { addresses, backend, stop, rules, thread: Some(thread), _socket_file: socket_file })
    }

    /// The TCP addresses listened on, in the order of the settings, with their real ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The backend in use, and why: for the log, once, and the status.
    pub fn backend(&self) -> &BackendChoice {
        &self.backend
    }

    /// What stops this server from anywhere.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Changes the rules for requests to come; open connections keep the time-outs they began with.
    pub fn set_rules(&self, rules: Rules) {
        self.rules.send_replace(rules);
    }

    /// Stops, and waits until the thread has ended: at most half a second.
    ///
    /// # Errors
    /// [`ServeError::Panicked`].
    pub fn stop(mut self) -> Result<(), ServeError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ServeError> {
        self.stop.stop();
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_panic)) => Err(ServeError::Panicked),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A panic of the thread has been printed by its own hook.
        match self.end() {
            Ok(()) | Err(_) => {}
        }
    }
}

/// What the serving thread is started with.
struct Parts {
    listeners: Vec<Socket>,
    handler: Box<dyn Handler + Send>,
    counters: Arc<Counters>,
    rules: watch::Receiver<Rules>,
    stop: StopSignal,
    write_timeout: Duration,
}

fn spawn(parts: Parts, transport: Transport) -> Result<(JoinHandle<()>, BackendChoice), ServeError> {
    let (sender, chosen) = mpsc::channel();
    let body = move || {
        let started = sender.clone();
        let result = transport::run(transport, |choice| {
            let backend = choice.backend;
            report(&started, Ok(choice));
            serve(parts, backend)
        });
        if let Err(error) = result {
            report(&sender, Err(error));
        }
    };
    let thread = std::thread::Builder::new()
        .name("hearth-serve".to_owned())
        .spawn(body)
        .map_err(ServeError::Thread)?;
    match chosen.recv() {
        Ok(Ok(choice)) => Ok((thread, choice)),
        Ok(Err(source)) => Err(ServeError::Transport { transport, source }),
        Err(mpsc::RecvError) => Err(ServeError::Panicked),
    }
}

/// Tells the starting thread, which waits for exactly one report; a later one has no listener.
fn report(sender: &mpsc::Sender<io::Result<BackendChoice>>, what: io::Result<BackendChoice>) {
    match sender.send(what) {
        Ok(()) | Err(mpsc::SendError(_)) => {}
    }
}

/// What all connections of the thread share.
pub(super) struct Shared {
    pub(super) handler: Box<dyn Handler>,
    pub(super) counters: Arc<Counters>,
    pub(super) clients: RefCell<Clients>,
    pub(super) streams: Cell<u32>,
    pub(super) write_timeout: Duration,
    pub(super) backend: Backend,
    pub(super) write_buffers: Rc<WriteBuffers>,
    /// Told when the last connection has gone.
    pub(super) emptied: Notify,
    rules: RefCell<Rc<Rules>>,
    open_tcp: Cell<u32>,
    open_unix: Cell<u32>,
}

impl Shared {
    /// The newest rules.
    pub(super) fn rules(&self) -> Rc<Rules> {
        Rc::clone(&self.rules.borrow())
    }

    /// Open connections of this kind. The Unix socket has places of its own, so that a flood from the network does
    /// not lock out local clients.
    pub(super) fn open_of(&self, kind: ClientKind) -> &Cell<u32> {
        match kind {
            ClientKind::Unix => &self.open_unix,
            ClientKind::Tcp(_) => &self.open_tcp,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open_tcp.get() == 0 && self.open_unix.get() == 0
    }

    fn follow(&self, rules: Rules) {
        self.clients.borrow_mut().grow(rules.limits.connections, Instant::now());
        self.rules.replace(Rc::new(rules));
    }
}

/// The thread's whole life.
async fn serve(parts: Parts, backend: Backend) {
    let Parts { listeners, handler, counters, mut rules, stop, write_timeout } = parts;
    let first = rules.borrow_and_update().clone();
    let shared = Rc::new(Shared {
        handler,
        counters,
        clients: RefCell::new(Clients::new(first.limits.connections, Instant::now())),
        streams: Cell::new(0),
        write_timeout,
        backend,
        write_buffers: Rc::default(),
        emptied: Notify::new(),
        rules: RefCell::new(Rc::new(first)),
        open_tcp: Cell::new(0),
        open_unix: Cell::new(0),
    });
    for listener in listeners {
        let (shared, stop) = (Rc::clone(&shared), stop.clone());
        spawn_local(async move {
            if accept(listener, Rc::clone(&shared), stop).await.is_err() {
                shared.counters.add(Counter::AcceptFailures);
            }
        });
    }
    let follow = async {
        while rules.changed().await.is_ok() {
            let newest = rules.borrow_and_update().clone();
            shared.follow(newest);
        }
    };
    // Both ends mean the same: the server has gone or was told to go.
    match unless(stop.wait(), follow).await {
        Some(()) | None => {}
    }
    let emptied = shared.emptied.notified();
    if !shared.is_empty() {
        match tokio::time::timeout(DRAIN + DRAIN_MARGIN, emptied).await {
            // Whoever is left is cut off with the runtime.
            Ok(()) | Err(_) => {}
        }
    }
}
