//! `hearth run`: everything put together, from the start to the end.
//!
//! ```text
//! main thread     events: signals, the configuration's file, the watchdog ─► reload | stop
//! hearth-control  armory: has sensors armed, publishes what they mean
//! hearth-arm      a hand of the armory: opens and reads what may hang; there only while something is armed
//! hearth-steady   the steady lane          hearth-slow   the slow lane
//! hearth-serve    the server: routes over the view
//! hearth-fan-N    a fan that follows a temperature of the view
//! ```
//!
//! Whatever can be gone without is gone without, and noted in the log and the status with its fix; only what nothing
//! works without (no lane, no listener at all) ends the start.

mod control;
mod life;
mod process;
mod serving;
mod stop;

use std::ffi::OsString;
use std::time::Duration;

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
use control::{Control, ControlError, Started};
use life::Life;
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

    let armory = armory_config(args, &config);
    let control = Control::start(armory, events.waker()).map_err(|error| failed(&error))?;
    let (started, is_outdated) = match begin(&control, &mut events)? {
        Beginning::Done(started, is_outdated) => (started, is_outdated),
        Beginning::Ended => {
            tracing::info!("ended before everything was armed");
            return Ok(());
        }
    };
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
        life: Life::of(&started.view),
        reloads: 0,
    };
    daemon.tell(|notifier| notifier.ready("sampling and serving"));
    if is_outdated {
        daemon.reload();
    }
    process::give_back_program();
    let ended = daemon.follow(&mut events);
    daemon.stop();
    ended
}

/// How a start went.
enum Beginning {
    /// Every sensor is armed or told to hang; whether the configuration may have changed meanwhile.
    Done(Started, bool),
    /// It was asked to end before.
    Ended,
}

/// Waits until everything is armed. A file may hang for as long as arming has patience, so that signals are heard here.
fn begin(control: &Control, events: &mut Events) -> Result<Beginning, Failure> {
    let failed = |error: ControlError| Failure::Failed(format!("error: {error}"));
    let mut is_outdated = false;
    loop {
        match events.wait() {
            Ok(Event::Terminate) => return Ok(Beginning::Ended),
            Ok(Event::Reload | Event::FileChanged) => is_outdated = true,
            // No sign of life is due before readiness.
            Ok(Event::WatchdogDue) => {}
            Ok(Event::Woken) => {
                if let Some(started) = control.started() {
                    return started.map(|started| Beginning::Done(started, is_outdated)).map_err(failed);
                }
            }
            Err(error) => return Err(Failure::Failed(format!("error: {error}"))),
        }
    }
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
    life: Life,
    /// Configurations that were read and that sensors are still being armed under.
    reloads: u32,
}

impl Daemon<'_> {
    fn follow(&mut self, events: &mut Events) -> Result<(), Failure> {
        loop {
            match events.wait() {
                Ok(Event::Terminate) => return Ok(()),
                Ok(Event::Reload | Event::FileChanged) => self.reload(),
                Ok(Event::WatchdogDue) => self.show_life(),
                Ok(Event::Woken) => self.settle(),
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
        self.reloads += 1;
        self.settle();
    }

    /// Counts the reloads that hold by now: every sensor was armed under the new settings, or is told to hang.
    fn settle(&mut self) {
        if self.reloads == 0 || !self.control.is_settled() {
            return;
        }
        for _ in 0..std::mem::take(&mut self.reloads) {
            self.serving.facts().reloaded();
        }
        self.tell(|notifier| notifier.ready("sampling and serving"));
    }

    fn tell(&self, what: impl FnOnce(&Notifier) -> Result<(), notify::NotifyError>) {
        if let Some(Err(error)) = self.notifier.as_ref().map(what) {
            tracing::warn!("the service manager was not told: {error}");
        }
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds: the lanes' clock.
fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
