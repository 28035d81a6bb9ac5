//! `hearth run`: everything put together, from the start to the end.
//!
//! ```text
//! main thread     events: signals, the configuration's file, the watchdog ─► reload | stop
//! hearth-control  armory: arms sensors, publishes what they mean
//! hearth-steady   the steady lane          hearth-slow   the slow lane
//! hearth-serve    the server: routes over the view
//! hearth-fan-N    a fan that follows a temperature of the view
//! ```
//!
//! Whatever can be gone without is gone without, and noted in the log and the status with its fix; only what nothing
//! works without (no lane, no listener at all) ends the start.

mod control;
mod process;
mod serving;

use std::ffi::OsString;
use std::time::Duration;

use hearth_hot::page::PageCopy;
use hearth_hot::thread::{Outcome, Outcomes};
use nix::time::{ClockId, clock_gettime};

use crate::armory::ArmoryConfig;
use crate::cli::{Failure, RunArgs};
use crate::config::Config;
use crate::events::{self, Event, Events};
use crate::fans::{self, Fans, Surroundings as FanSurroundings};
use crate::log;
use crate::notify::{self, Notifier};
use crate::sensors::SENSORS;
use control::{Control, Started};
use serving::Serving;

/// What the service manager says through the environment; read by `main` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `NOTIFY_SOCKET`.
    pub notify_socket: Option<OsString>,
    /// `WATCHDOG_USEC`.
    pub watchdog_usec: Option<OsString>,
    /// `WATCHDOG_PID`.
    pub watchdog_pid: Option<OsString>,
    /// `HEARTH_PHASE_FD`: set by `hearth profile` for the programs that it runs.
    pub phase_fd: Option<OsString>,
}

/// The sections of the configuration that sensors are armed by.
const ARMING_SECTIONS: &[&str] = &["sensors.", "drives.", "ups.", "energy.", "cgroups.", "perf."];

/// A steady lane silent for longer than this gets no sign of life sent to the service manager.
const SILENT_NS: u64 = 5_000_000_000;

/// How long a lane is waited for at the end; what hangs in a device is left behind.
const LANE_PATIENCE: Duration = Duration::from_millis(200);

/// Names of all sensors, as the configuration may list them.
#[must_use]
pub fn sensor_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = SENSORS.iter().map(|def| def.name).collect();
    names.dedup();
    names
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting, or from going on.
pub fn run(args: &RunArgs, surroundings: &Surroundings) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| Failure::Failed(format!("error: {error}"));
    let signals = events::block_signals().map_err(|error| failed(&error))?;
    let notifier = surroundings.notify_socket.as_deref().map(Notifier::connect).transpose();
    let notifier = notifier.map_err(|error| failed(&error))?;
    let (usec, pid) = (surroundings.watchdog_usec.as_deref(), surroundings.watchdog_pid.as_deref());
    let watchdog =
        notify::watchdog_interval(usec, pid, std::process::id()).map_err(|error| failed(&error))?;
    let names = sensor_names();
    let mut events =
        Events::open(&signals, Some(args.source().path()), watchdog).map_err(|error| failed(&error))?;
    let config = args.configuration(&names)?;
    let log = log::start(&config.log).map_err(|error| failed(&error))?;
    process::prepare();
    fans::announce(&config.fans);

    let (control, started) = Control::start(armory_config(args, &config)).map_err(|error| failed(&error))?;
    let serving = Serving::start(&config, args, &started).map_err(|error| failed(&error))?;
    note_outcomes(&serving, &started.outcomes);
    let fans = start_fans(args, &config, &started, &serving);
    for blind in events.blind() {
        let (directory, errno) = (blind.directory.display(), blind.errno);
        tracing::warn!(
            "{directory} cannot be watched ({errno}): after changes of the configuration send SIGHUP"
        );
    }
    let mut daemon = Daemon {
        args,
        names,
        config,
        log,
        control,
        serving,
        fans,
        notifier,
        page: PageCopy::of(&started.view.lanes[0].page),
    };
    daemon.tell(|notifier| notifier.ready("sampling and serving"));
    process::give_back_program();
    let ended = daemon.follow(&mut events);
    daemon.stop();
    ended
}

fn armory_config(args: &RunArgs, config: &Config) -> ArmoryConfig {
    let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    ArmoryConfig {
        root: args.root.clone(),
        sensors: config.into(),
        disabled: config.sensors.disabled.clone(),
        rates_hz: (config.lanes.idle_rate_hz, config.lanes.max_rate_hz),
        ring_columns: config.ring.columns.map(whole),
        ring_frames: whole(config.ring.seconds).saturating_mul(1000),
        history_frames: whole(config.history.seconds),
        thread: hearth_hot::thread::Settings {
            fifo_priority: u8::try_from(config.lanes.realtime_priority).unwrap_or(u8::MAX),
            cpu: config.lanes.cpu.map(whole),
            lock_memory: config.lanes.lock_memory,
        },
    }
}

/// Takes the configured fans over. A fan that cannot be driven stays with its chip and is noted.
fn start_fans(args: &RunArgs, config: &Config, started: &Started, serving: &Serving) -> Option<Fans> {
    if config.fans.is_empty() {
        return None;
    }
    let surroundings = FanSurroundings { clock: now_ns, note: serving.noter() };
    let program = std::path::PathBuf::from("/proc/self/exe");
    let fans = Fans::start(&config.fans, &args.root, &started.view, program, &surroundings);
    fans.inspect_err(|error| {
        serving.note("fan", &format!("no thread could be started for the fans: {error}; raise TasksMax="));
    })
    .ok()
}

/// Says which of the lane's settings the kernel refused, and what would help.
fn note_outcomes(serving: &Serving, outcomes: &Outcomes) {
    let rows = [
        (
            "lanes.realtime_priority",
            outcomes.fifo,
            "ticks may be late under load; grant CAP_SYS_NICE or set it to 0",
        ),
        (
            "lanes.lock_memory",
            outcomes.memory,
            "grant CAP_IPC_LOCK, raise RLIMIT_MEMLOCK, or set it to false",
        ),
        ("lanes.cpu", outcomes.cpu, "name a CPU that is online and allowed"),
        ("lanes.timer_slack", outcomes.timer_slack, "ticks may be up to 50 µs later"),
    ];
    for (about, outcome, advice) in rows {
        if let Outcome::Refused { what, errno } = outcome {
            serving.note(about, &format!("{what} was refused ({errno}): {advice}"));
        }
    }
}

/// A running Hearth, as the main thread holds it.
struct Daemon<'a> {
    args: &'a RunArgs,
    names: Vec<&'static str>,
    config: Config,
    log: log::Handle,
    control: Control,
    serving: Serving,
    fans: Option<Fans>,
    notifier: Option<Notifier>,
    page: PageCopy,
}

impl Daemon<'_> {
    fn follow(&mut self, events: &mut Events) -> Result<(), Failure> {
        loop {
            match events.wait() {
                Ok(Event::Terminate) => return Ok(()),
                Ok(Event::Reload | Event::FileChanged) => self.reload(),
                Ok(Event::WatchdogDue) => self.show_life(),
                Err(error) => return Err(Failure::Failed(format!("error: {error}"))),
            }
        }
    }

    /// Reads the configuration anew; one with faults changes nothing.
    fn reload(&mut self) {
        let new = match self.args.configuration(&self.names) {
            Ok(new) => new,
            Err(failure) => {
                tracing::error!("the configuration stays as it was: {failure}");
                self.serving.facts().note("configuration", &format!("not applied: {failure}"));
                return;
            }
        };
        self.serving.facts().note("configuration", "");
        let changes = self.config.reload(&new);
        if changes.is_empty() {
            return;
        }
        self.tell(|notifier| notifier.reloading(now_ns() / 1000));
        for change in &changes.live {
            tracing::info!("configuration: {change}");
        }
        let waiting: Vec<String> = changes.at_restart.iter().map(ToString::to_string).collect();
        if !waiting.is_empty() {
            let text = format!("takes effect when Hearth is started again: {}", waiting.join("; "));
            tracing::warn!("configuration: {text}");
            self.serving.facts().note("configuration", &text);
        }
        let arms = |key: &str| ARMING_SECTIONS.iter().any(|section| key.starts_with(section));
        if changes.live.iter().any(|change| arms(&change.key)) {
            self.control.reconfigure((&self.config).into(), self.config.sensors.disabled.clone());
        }
        self.log.apply(&self.config.log);
        self.serving.apply(&self.config);
        self.serving.facts().reloaded();
        self.tell(|notifier| notifier.ready("sampling and serving"));
    }

    /// Sends the sign of life, if the steady lane and the control thread live.
    fn show_life(&mut self) {
        let copied = self.serving.view().lanes[0].page.copy(&mut self.page).is_ok();
        let silent_ns = now_ns().saturating_sub(self.page.stamp.monotonic_ns);
        if copied && silent_ns < SILENT_NS && self.control.is_alive() {
            self.tell(Notifier::watchdog);
        } else {
            tracing::error!("no sign of life is sent: the steady lane has been silent for {silent_ns} ns");
        }
    }

    fn tell(&self, what: impl FnOnce(&Notifier) -> Result<(), notify::NotifyError>) {
        if let Some(Err(error)) = self.notifier.as_ref().map(what) {
            tracing::warn!("the service manager was not told: {error}");
        }
    }

    fn stop(self) {
        self.tell(Notifier::stopping);
        if let Some(fans) = self.fans {
            fans.stop();
        }
        self.serving.stop();
        self.control.stop(LANE_PATIENCE);
        tracing::info!("ended in good order");
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds: the lanes' clock.
fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
