//! What the routes share: the newest snapshot for each audience, how fast the lanes are wanted, and who is told what.

use std::sync::{Arc, Mutex, PoisonError};

use hearth_model::Audience;

use super::created::Created;
use super::pacing::Pacer;
use crate::encode::exposition::{Exposition, Format};
use crate::snapshot::Snapshot;
use crate::view::{Unsettled, View, Viewer};

/// One audience's view of the machine.
pub(super) struct Desk {
    viewer: Viewer,
    /// Holds back what must not be refreshed at full rate; nothing for the owner.
    pacer: Option<Pacer>,
    paced: Snapshot,
    exposition: Option<Exposition>,
    created: Created,
}

impl Desk {
    /// For those who come over TCP, with side channels refreshed at most `refresh_hz` times a second.
    pub(super) fn everyone(view: &Arc<View>, refresh_hz: u32) -> Self {
        Self::new(view, Audience::Everyone, Some(Pacer::new(refresh_hz)))
    }

    /// For those who come through the Unix socket.
    pub(super) fn owner(view: &Arc<View>) -> Self {
        Self::new(view, Audience::Admin, None)
    }

    fn new(view: &Arc<View>, audience: Audience, pacer: Option<Pacer>) -> Self {
        let viewer = Viewer::new(Arc::clone(view), audience);
        let paced = viewer.snapshot().clone();
        Self { viewer, pacer, paced, exposition: None, created: Created::default() }
    }

    /// Changes how often side channels may be refreshed.
    pub(super) fn set_refresh_hz(&mut self, refresh_hz: u32) {
        if let Some(pacer) = &mut self.pacer {
            pacer.set_hz(refresh_hz);
        }
    }

    /// The state of the machine as published last.
    pub(super) fn snapshot(&mut self) -> Result<&Snapshot, Unsettled> {
        let snapshot = self.viewer.refresh()?;
        let Some(pacer) = &mut self.pacer else { return Ok(snapshot) };
        self.paced.schema = Arc::clone(&snapshot.schema);
        self.paced.monotonic_ns = snapshot.monotonic_ns;
        self.paced.realtime_ns = snapshot.realtime_ns;
        self.paced.words.clone_from(&snapshot.words);
        pacer.hold_back(&mut self.paced);
        Ok(&self.paced)
    }

    /// `CLOCK_MONOTONIC` of each lane's newest tick as of the last snapshot, steady first, in nanoseconds.
    pub(super) fn stamps(&self) -> [u64; 2] {
        self.viewer.stamps()
    }

    /// The whole exposition.
    pub(super) fn text(&mut self, format: Format, out: &mut Vec<u8>) -> Result<(), Unsettled> {
        self.snapshot()?;
        let snapshot = if self.pacer.is_some() { &self.paced } else { self.viewer.snapshot() };
        let created = self.created.update(snapshot);
        let hash = snapshot.schema.hash;
        if self.exposition.as_ref().is_none_or(|known| known.schema_hash() != hash) {
            // The old one goes first, so that never two of them take memory.
            self.exposition = None;
            self.exposition = Some(Exposition::new(&snapshot.schema));
        }
        let exposition = self.exposition.as_ref().ok_or(Unsettled)?;
        // The exposition was made for this very schema.
        exposition.render(format, snapshot, created, out).map_err(|_other_schema| Unsettled)
    }
}

/// How fast clients want the steady lane, all of them together.
pub(super) struct Rates {
    view: Arc<View>,
    wanted: Mutex<Vec<u32>>,
}

/// One client's wish for a rate, given up when dropped.
pub(super) struct Lease {
    rates: Arc<Rates>,
    rate_hz: u32,
}

impl Rates {
    pub(super) fn new(view: &Arc<View>) -> Arc<Self> {
        Arc::new(Self { view: Arc::clone(view), wanted: Mutex::default() })
    }

    /// How fast a client may want it, in Hz.
    pub(super) fn max_hz(&self) -> u32 {
        self.view.lanes[0].wanted.max_hz()
    }

    pub(super) fn lease(self: &Arc<Self>, rate_hz: u32) -> Lease {
        self.change(|wanted| wanted.push(rate_hz));
        Lease { rates: Arc::clone(self), rate_hz }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<u32>)) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut wanted);
        self.view.lanes[0].wanted.set(wanted.iter().copied().max().unwrap_or(0));
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.rates.change(|wanted| {
            if let Some(at) = wanted.iter().position(|&rate| rate == self.rate_hz) {
                wanted.swap_remove(at);
            }
        });
    }
}
