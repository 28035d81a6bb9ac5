//! Starting and stopping the serving thread.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::config::Transport;
use crate::meter::Counters;
use crate::pulse::{Pulse, Watch};
use crate::serve::handler::Handler;
use crate::serve::listen::{self, SocketFile};
use crate::serve::shared::{Parts, Rules, serve};
use crate::serve::stop::StopHandle;
use crate::serve::transport::{self, BackendChoice};

/// How long a client may leave a full send buffer unread.
pub const DEFAULT_WRITE_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// The serving thread has not come to its end.
    #[error("the serving thread has not ended within {} ms; it ends with the process", .0.as_millis())]
    Stuck(Duration),
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
    pulse: Arc<Pulse>,
    thread: Option<JoinHandle<()>>,
    /// Hangs up when the thread ends.
    ended: mpsc::Receiver<()>,
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
        let pulse = Arc::<Pulse>::default();
        let parts = Parts {
            listeners,
            handler: Box::new(handler),
            counters,
            rules: rules.subscribe(),
            pulse: Arc::clone(&pulse),
            stop: stop.signal(),
            write_timeout: settings.write_timeout,
        };
        let (alive, ended) = mpsc::channel();
        let (thread, backend) = spawn(parts, settings.transport, alive)?;
        let thread = Some(thread);
        Ok(Self { addresses, backend, stop, rules, pulse, thread, ended, _socket_file: socket_file })
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

    /// For how long the serving thread has not answered `watch`, in nanoseconds; it is asked anew at `now_ns`.
    pub fn silence_ns(&self, watch: &mut Watch, now_ns: u64) -> u64 {
        let silent_ns = watch.look(&self.pulse, now_ns);
        // The thread follows the rules, and so comes round to look at them, changed or not.
        self.rules.send_modify(|_as_they_are| {});
        silent_ns
    }

    /// Stops, and waits until the thread has ended, but no longer than `at_most`.
    ///
    /// # Errors
    /// [`ServeError::Stuck`], [`ServeError::Panicked`].
    pub fn stop_within(mut self, at_most: Duration) -> Result<(), ServeError> {
        self.stop.stop();
        match self.ended.recv_timeout(at_most) {
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // Nobody joins it any more.
                self.thread = None;
                Err(ServeError::Stuck(at_most))
            }
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => self.end(),
        }
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

fn spawn(
    parts: Parts,
    transport: Transport,
    alive: mpsc::Sender<()>,
) -> Result<(JoinHandle<()>, BackendChoice), ServeError> {
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
        drop(alive);
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
