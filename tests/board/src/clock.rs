//! Board time: a duration since the board was made, which the test turns.

use std::time::{Duration, Instant};

/// Board time. It stands still unless `started` is set, and can be moved forward in both cases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// Set when board time runs along with real time.
    started: Option<Instant>,
    /// What the test added by hand.
    turned: Duration,
}

impl Clock {
    /// A clock that only moves when it is turned.
    pub(crate) const fn held() -> Self {
        Self { started: None, turned: Duration::ZERO }
    }

    /// A clock that starts now and runs with real time.
    pub(crate) fn running() -> Self {
        Self { started: Some(Instant::now()), turned: Duration::ZERO }
    }

    /// Whether time passes without being turned.
    pub(crate) const fn runs(&self) -> bool {
        self.started.is_some()
    }

    /// Moves board time forward.
    pub(crate) fn turn(&mut self, by: Duration) {
        self.turned = self.turned.saturating_add(by);
    }

    /// Board time now.
    pub(crate) fn elapsed(&self) -> Duration {
        let ran = self.started.map_or(Duration::ZERO, |started| started.elapsed());
        ran.saturating_add(self.turned)
    }
}
