//! The end: everything is asked to end at once, and has one deadline together, so that whatever hangs the program is gone
//! within a second.

use std::time::{Duration, Instant};

use super::Daemon;
use crate::notify::Notifier;
use crate::serve::DRAIN_MAX;

/// From the signal to the last thing that is waited for. The rest of a second is for what cannot be waited for less.
const BUDGET: Duration = Duration::from_millis(700);

/// What the fans have of it, to be handed back.
const FANS: Duration = Duration::from_millis(400);

/// What the lanes have of it; what hangs in a device is left behind.
const LANES: Duration = Duration::from_millis(200);

const _: () = {
    assert!(DRAIN_MAX.as_millis() < BUDGET.as_millis(), "clients are served to the end of their answers");
    assert!(FANS.as_millis() < BUDGET.as_millis() && LANES.as_millis() < BUDGET.as_millis());
    assert!(BUDGET.as_millis() <= 750, "an end is promised within a second");
};

impl Daemon<'_> {
    /// Ends everything.
    pub(super) fn stop(mut self) {
        let end = Instant::now() + BUDGET;
        let left = || end.saturating_duration_since(Instant::now());
        self.tell(Notifier::stopping);
        self.serving.ask_to_stop();
        self.control.ask_to_stop(LANES);
        if let Some(fans) = &mut self.fans {
            fans.ask_to_stop();
        }
        if let Some(fans) = self.fans {
            fans.stop(FANS.min(left()));
        }
        self.serving.stop(left());
        self.control.wait(left());
        tracing::info!("ended in good order");
    }
}
