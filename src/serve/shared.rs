//! The serving thread's life, and what all its connections share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::sync::{Notify, watch};
use tokio::task::spawn_local;

use crate::config::Limits;
use crate::meter::{Counter, Counters};
use crate::pulse::Pulse;
use crate::serve::accept::accept;
use crate::serve::clients::Clients;
use crate::serve::connection::DRAIN;
use crate::serve::handler::{ClientKind, Handler};
use crate::serve::request::HostNames;
use crate::serve::stop::{StopSignal, unless};
use crate::serve::transport::{Backend, WriteBuffers};

/// After [`DRAIN`] every connection cuts itself; this is for the kernel to notice.
const DRAIN_MARGIN: Duration = Duration::from_millis(80);

/// From the wish to stop to the end of the thread, at most.
pub const DRAIN_MAX: Duration = DRAIN.saturating_add(DRAIN_MARGIN);

/// What may change while the server runs; new connections follow the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// What clients may take.
    pub limits: Limits,
    /// Which names are answered to.
    pub hosts: HostNames,
}

/// What the serving thread is started with.
pub(super) struct Parts {
    pub(super) listeners: Vec<Socket>,
    pub(super) handler: Box<dyn Handler + Send>,
    pub(super) counters: Arc<Counters>,
    pub(super) rules: watch::Receiver<Rules>,
    /// Answered whenever the rules are looked at.
    pub(super) pulse: Arc<Pulse>,
    pub(super) stop: StopSignal,
    pub(super) write_timeout: Duration,
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
pub(super) async fn serve(parts: Parts, backend: Backend) {
    let Parts { listeners, handler, counters, mut rules, pulse, stop, write_timeout } = parts;
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
            pulse.answer();
        }
    };
    // Both ends mean the same: the server has gone or was told to go.
    match unless(stop.wait(), follow).await {
        Some(()) | None => {}
    }
    let emptied = shared.emptied.notified();
    if !shared.is_empty() {
        match tokio::time::timeout(DRAIN_MAX, emptied).await {
            // Whoever is left is cut off with the runtime.
            Ok(()) | Err(_) => {}
        }
    }
}
