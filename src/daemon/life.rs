//! Signs of life for the service manager: sent while the steady lane ticks and the threads beside it answer.

use hearth_hot::page::PageCopy;

use super::{Daemon, now_ns};
use crate::notify::Notifier;
use crate::pulse::Watch;
use crate::view::View;

/// Who is silent for longer than this is not well: a tick is due ten times a second, and the control thread waits for a
/// second at most for a file that hangs.
const SILENT_NS: u64 = 5_000_000_000;

/// What is known of the life of the others.
pub(super) struct Life {
    page: PageCopy,
    control: Watch,
    serving: Watch,
}

impl Life {
    /// Nothing asked yet.
    pub(super) fn of(view: &View) -> Self {
        Self { page: PageCopy::of(&view.lanes[0].page), control: Watch::default(), serving: Watch::default() }
    }
}

impl Daemon<'_> {
    /// Sends the sign of life, if everybody lives.
    pub(super) fn show_life(&mut self) {
        let now_ns = now_ns();
        let copied = self.serving.view().lanes[0].page.copy(&mut self.life.page).is_ok();
        let lane_ns = now_ns.saturating_sub(self.life.page.stamp.monotonic_ns);
        let control_ns = self.control.silence_ns(&mut self.life.control, now_ns);
        let serving_ns = self.serving.silence_ns(&mut self.life.serving, now_ns);
        let silent = [
            ("the steady lane", if copied { lane_ns } else { u64::MAX }),
            ("the control thread", control_ns),
            ("the serving thread", serving_ns),
        ];
        let mut all_live = true;
        for (who, silent_ns) in silent.into_iter().filter(|(_, silent_ns)| *silent_ns > SILENT_NS) {
            all_live = false;
            tracing::error!("no sign of life is sent: {who} has been silent for {silent_ns} ns");
        }
        if all_live {
            self.tell(Notifier::watchdog);
        }
    }
}
