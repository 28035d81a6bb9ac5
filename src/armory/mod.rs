//! Arms sensors, off the hot path: opens their files, numbers their series, hands them to their lane, and tells the
//! readers what each place means.
//!
//! ```text
//! SENSORS ─► arm ─► registry (places) ─► order ─► lane ─► installed ─► view (meaning published)
//!    ▲                                               │
//!    └──── a sensor says Changed, or an absent one is tried again ◄┘
//! ```
//!
//! One change is under way in a lane at a time, so that readers never need more than the newest two meanings. What
//! stays absent changes nothing: no order is sent and no meaning is rebuilt.
//!
//! A file may hang while it is opened or read for the first time, so that each arming is done by a [`hand`]. One that is
//! late is told as such; whatever the sensor had before goes on, and what comes back late is taken over then.

pub mod hand;
mod post;
mod report;
mod room;
mod whereabouts;
pub mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use hearth_hot::contract::{LaneKind, SensorConfig, SensorDef};
use hearth_hot::thread::{LaneHandle, Settings, StartError, Stopped};

use crate::sensors::is_concerned;
use crate::view::View;
use hand::Hands;
use post::{Around, Post, SLOW_RATE_HZ_MAX, slow_rate_hz};
use work::{Armers, Start, Under};

pub use report::{Report, SensorReport, SensorState};
pub use room::RING_COLUMNS;

/// How long a sensor stays absent before it is looked for again.
pub const RETRY: Duration = Duration::from_secs(60);

/// What the owner configured for sampling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmoryConfig {
    /// The directory below which every path lies.
    pub root: PathBuf,
    /// Settings of the sensors.
    pub sensors: SensorConfig,
    /// Names of sensors that are not to be read.
    pub disabled: Vec<String>,
    /// The steady lane's rates in Hz at first: when nobody asks, and at most.
    pub rates_hz: (u32, u32),
    /// Columns of the every-tick ring at most, if the owner fixed them.
    pub ring_columns: Option<usize>,
    /// Frames of the every-tick ring.
    pub ring_frames: usize,
    /// Frames of the history, one a second.
    pub history_frames: usize,
    /// How the steady lane's thread is set up.
    pub thread: Settings,
}

/// Keeps every lane's sensors armed.
pub struct Armory {
    under: Under,
    hands: Armers,
    posts: [Post; 2],
    view: Arc<View>,
    report: Arc<Report>,
}

/// Why sampling cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ArmoryError {
    /// A lane would not start.
    #[error("the {lane} lane would not start: {source}")]
    Lane {
        /// The lane's name.
        lane: &'static str,
        /// What stood in the way.
        source: StartError,
    },
}

impl Armory {
    /// Arms every sensor of `defs` that this machine has and starts both lanes. `control` is the thread that will call
    /// [`Armory::step`]: lanes and late armings wake it when they have something to say.
    ///
    /// # Errors
    /// A lane could not be started.
    pub fn start(
        config: ArmoryConfig,
        defs: &'static [SensorDef],
        control: &Thread,
    ) -> Result<Self, ArmoryError> {
        let report = Arc::new(Report::default());
        let under = Under { config: Arc::new(config), epoch: 0 };
        let mut hands = Hands::of(control.clone());
        let mut start = Start::new();
        let mut begin = |kind: LaneKind| {
            Post::start(kind, defs, control.clone(), (&under, &mut hands, &report), &mut start)
                .map_err(|source| ArmoryError::Lane { lane: kind.name(), source })
        };
        let posts = [begin(LaneKind::Steady)?, begin(LaneKind::Slow)?];
        hands.rest();
        let view = View::new([posts[0].view(), posts[1].view()]);
        Ok(Self { under, hands, posts, view, report })
    }

    /// What readers see.
    #[must_use]
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// What became of each sensor.
    #[must_use]
    pub fn report(&self) -> &Arc<Report> {
        &self.report
    }

    /// The lanes, steady first: their rates, settings and how they went.
    #[must_use]
    pub fn lanes(&self) -> [&LaneHandle; 2] {
        [&self.posts[0].handle, &self.posts[1].handle]
    }

    /// Makes every sensor that the changed settings concern due for arming; all others go on. What is under way goes on,
    /// and is armed once more when it comes back.
    pub fn reconfigure(&mut self, sensors: SensorConfig, disabled: Vec<String>) {
        self.posts[1].handle.ends.wanted().limit(slow_rate_hz(&sensors), SLOW_RATE_HZ_MAX);
        let before = Arc::clone(&self.under.config);
        let is_listed = |list: &[String], def: &SensorDef| list.iter().any(|name| name == def.name);
        {
            let concerns = is_concerned(&before.sensors, &sensors);
            let is_due = |def: &SensorDef| {
                concerns(def) || is_listed(&before.disabled, def) != is_listed(&disabled, def)
            };
            self.posts.iter_mut().for_each(|post| post.are_due(is_due));
        }
        let config = ArmoryConfig { sensors, disabled, ..(*before).clone() };
        self.under = Under { config: Arc::new(config), epoch: self.under.epoch + 1 };
    }

    /// Makes every sensor that has nothing to show due for another look: the absent, the one that had no room for what it
    /// found, and the armed whose every series lacks a value, since a file that vanished and came back is only found by opening it again. One whose arming has
    /// not come back is not begun again.
    pub fn retry(&mut self) {
        self.posts.iter_mut().for_each(|post| post.retry(&self.report));
    }

    /// Does what can be done now: confirms what the lanes have installed and arms what is due. Waits for no lane, and a
    /// second at most for each arming that hangs; the control thread parks afterwards and is woken by lanes and by what
    /// comes back late. Returns whether a lane still has something to install.
    pub fn step(&mut self) -> bool {
        let Self { under, hands, posts, view, report } = self;
        let mut around = Around { under, hands, view, report };
        for (lane, post) in posts.iter_mut().enumerate() {
            post.due |= post.handle.ends.signals.take_changed();
            while let Some(spent) = post.handle.ends.desk.take_spent() {
                drop(spent);
            }
            post.confirm(lane, around.view);
            post.advance(&mut around);
        }
        hands.rest();
        posts.iter().any(Post::is_under_way)
    }

    /// Whether the newest settings hold: every sensor was armed under them, or is told to hang.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.posts.iter().all(|post| post.is_settled(&self.hands))
    }

    /// Ends both lanes, which have `patience` together. Armings that hang end with the process.
    #[must_use]
    pub fn stop(self, patience: Duration) -> [Stopped; 2] {
        // Both are asked before either is waited for, so that the second has had the first one's time as well.
        self.posts.iter().for_each(|post| post.handle.ask_to_stop());
        self.posts.map(|post| post.handle.stop(patience / 2))
    }
}

#[cfg(test)]
mod tests;
