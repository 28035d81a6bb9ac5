//! What a lane and the threads around it tell each other in passing: single words, no queues.

use crate::sync::{Arc, AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The words that a lane shares with its handle and with whoever wants it to run faster.
#[derive(Debug)]
pub struct Signals {
    wanted_hz: AtomicU32,
    idle_hz: AtomicU32,
    max_hz: AtomicU32,
    changed: AtomicU64,
    installed: AtomicU32,
    stop: AtomicBool,
}

impl Signals {
    /// Nothing wanted, nothing changed, generation 0, running.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            wanted_hz: AtomicU32::new(0),
            idle_hz: AtomicU32::new(0),
            max_hz: AtomicU32::new(u32::MAX),
            changed: AtomicU64::new(0),
            installed: AtomicU32::new(0),
            stop: AtomicBool::new(false),
        })
    }

    /// The generation of series that the newest page belongs to; 0 before the first. Who sees generation `g` here and
    /// then copies the page holds `g` or a later one.
    #[must_use]
    pub fn installed(&self) -> u32 {
        // Acquire pairs with the Release store in `set_installed`: the page published before it is visible.
        self.installed.load(Ordering::Acquire)
    }

    /// Called after the page of this generation was published.
    pub(crate) fn set_installed(&self, generation: u32) {
        // Release pairs with the Acquire load in `installed`.
        self.installed.store(generation, Ordering::Release);
    }

    /// Takes the sensors that want to be armed anew: bit `i` for the lane's sensor `i`.
    #[must_use]
    pub fn take_changed(&self) -> u64 {
        // Relaxed suffices: the bits say only that something is to be looked up in the machine itself.
        self.changed.swap(0, Ordering::Relaxed)
    }

    pub(crate) fn add_changed(&self, sensors: u64) {
        // Relaxed suffices, as in `take_changed`.
        self.changed.fetch_or(sensors, Ordering::Relaxed);
    }

    /// What clients want, within what the owner wants; the lane's own limits come on top.
    pub(crate) fn wanted_hz(&self) -> u32 {
        // Relaxed suffices: each number stands for itself.
        let wanted_hz = self.wanted_hz.load(Ordering::Relaxed).max(self.idle_hz.load(Ordering::Relaxed));
        wanted_hz.min(self.max_hz.load(Ordering::Relaxed))
    }

    pub(crate) fn ask_to_stop(&self) {
        // Relaxed suffices: nothing written before it is read by the lane.
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_to_stop(&self) -> bool {
        // Relaxed suffices, as in `ask_to_stop`.
        self.stop.load(Ordering::Relaxed)
    }
}

/// How often something was published anew: readers that see another number look at it again.
#[derive(Debug)]
pub struct Revision(AtomicU64);

impl Revision {
    /// Nothing was published yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "nothing else makes one")]
    pub fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Called after each publication.
    pub fn advance(&self) {
        // Release pairs with the Acquire load in `newest`. A second writer's addition keeps the first one's release.
        self.0.fetch_add(1, Ordering::Release);
    }

    /// The newest revision. Who sees a number here finds what was published up to it, or something later.
    #[must_use]
    pub fn newest(&self) -> u64 {
        // Acquire pairs with the Release addition in `advance`: what was published before it is visible.
        self.0.load(Ordering::Acquire)
    }
}

/// How fast the clients want a lane to run. One number for all of them: whoever sets it knows the fastest client.
#[derive(Clone, Debug)]
pub struct Wanted(Arc<Signals>);

/// A wish that no lane hears: for readers of a page that no lane writes.
impl Default for Wanted {
    fn default() -> Self {
        Self(Signals::new())
    }
}

impl Wanted {
    pub(crate) fn new(signals: Arc<Signals>) -> Self {
        Self(signals)
    }

    /// Asks for `rate_hz` from the next tick on; 0 if nobody asks. The lane runs at its idle rate at least and at its
    /// highest rate at most.
    pub fn set(&self, rate_hz: u32) {
        // Relaxed suffices: the number stands for itself.
        self.0.wanted_hz.store(rate_hz, Ordering::Relaxed);
    }

    /// The owner's limits: the rate when no client asks, and the highest whoever asks.
    pub fn limit(&self, idle_hz: u32, max_hz: u32) {
        // Relaxed suffices: a lane that sees one before the other runs a tick at a rate between the old and the new.
        self.0.idle_hz.store(idle_hz, Ordering::Relaxed);
        self.0.max_hz.store(max_hz, Ordering::Relaxed);
    }

    /// The rate wanted now, in Hz; 0 if nobody asks.
    #[must_use]
    pub fn get(&self) -> u32 {
        self.0.wanted_hz()
    }
}

/// `RUSTFLAGS="--cfg hearth_loom" cargo test -p hearth-hot --release --lib signals`
#[cfg(all(test, hearth_loom))]
mod model {
    use super::{Revision, Signals};
    use crate::sync::{Arc, AtomicU64, Ordering};

    /// Fails without the Release store in `set_installed` or the Acquire load in `installed`. A bare cell stands for
    /// what the lane has published, since the page's own fences would hide a lack of either.
    #[test]
    fn who_sees_a_generation_installed_sees_what_was_published_before() {
        loom::model(|| {
            let (published, signals) = (Arc::new(AtomicU64::new(0)), Signals::new());
            let (lane_published, lane_signals) = (Arc::clone(&published), Arc::clone(&signals));
            let lane = loom::thread::spawn(move || {
                lane_published.store(1, Ordering::Relaxed);
                lane_signals.set_installed(7);
            });
            if signals.installed() == 7 {
                assert_eq!(published.load(Ordering::Relaxed), 1);
            }
            lane.join().unwrap();
        });
    }

    /// Fails without the Release addition in `advance` or the Acquire load in `newest`. Bare cells stand for the two
    /// lanes' schemas, since the lock around the real ones would hide a lack of either.
    #[test]
    fn who_sees_a_revision_sees_what_every_lane_published_before() {
        loom::model(|| {
            let revision = Arc::new(Revision::new());
            let schemas = [0, 1].map(|_| Arc::new(AtomicU64::new(0)));
            let lanes = schemas.clone().map(|schema| {
                let revision = Arc::clone(&revision);
                loom::thread::spawn(move || {
                    schema.store(1, Ordering::Relaxed);
                    revision.advance();
                })
            });
            let seen = revision.newest();
            let published: u64 = schemas.iter().map(|schema| schema.load(Ordering::Relaxed)).sum();
            assert!(published >= seen, "revision {seen}, {published} published");
            lanes.into_iter().for_each(|lane| lane.join().unwrap());
        });
    }
}
