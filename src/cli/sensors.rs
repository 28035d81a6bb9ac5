//! `hearth sensors`: what this machine has, and what is absent and why.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::Args;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, SensorConfig, SensorDef};
use hearth_hot::source::{Source, SourceOutcome};
use hearth_hot::trial;

use super::Failure;
use crate::armory::hand::{Given, Hands};
use crate::armory::{SensorState, work};
use crate::config;
use crate::fans;
use crate::sensors::SENSORS;

/// How long a sensor is waited for. A file that hangs costs this once; the rest is listed all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// Arguments of `hearth sensors`: what this machine has, and what is absent and why.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = "Looks here and now; no running Hearth is asked.")]
pub struct SensorsArgs {
    /// The configuration [default: /etc/hearth/hearth.toml, which may be missing]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Look below this directory instead of the running system's root
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
}

impl SensorsArgs {
    /// The file the configuration comes from.
    #[must_use]
    pub fn source(&self) -> config::Source {
        config::Source::new(self.config.as_deref())
    }
}

/// Arms every sensor once and prints a line of what became of it (name, lane, period, source, outcome), and one for each
/// back end and device it looked at.
///
/// # Errors
/// When the configuration is not accepted, or nobody takes the answer.
pub(super) fn sensors(args: &SensorsArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let names: Vec<&str> = SENSORS.iter().map(|sensor| sensor.name).collect();
    let wanted = args.source().load(&names)?;
    let mut config = SensorConfig::from(&wanted);
    // A look writes nothing: what is remembered of drives is the running Hearth's.
    config.drives.state_dir.clear();
    let config = Arc::new(config);
    fans::announce(&wanted.fans);
    let root: Arc<Path> = args.root.as_path().into();
    let mut hands = Hands::of(thread::current());
    let mut rows = Vec::with_capacity(SENSORS.len());
    for (number, def) in SENSORS.iter().enumerate() {
        let disabled = wanted.sensors.disabled.iter().any(|name| name == def.name);
        if disabled {
            rows.push(Row::disabled(def));
            continue;
        }
        let (root, config) = (Arc::clone(&root), Arc::clone(&config));
        let row = match hands.give(number, move || Row::armed(&root, &config, def), PATIENCE) {
            Given::Done(row) => row,
            Given::Late => Row::absent(def, work::late(def, hands.waits_for(number))),
            Given::Refused(refusal) => Row::absent(def, work::refused(def, &refusal)),
        };
        rows.push(row);
    }
    Failure::unless_written(print(&rows, out))
}

/// A sensor, what became of it, and what it looked at.
struct Row {
    def: &'static SensorDef,
    state: SensorState,
    /// What a read took, of a sensor that could be read.
    cost_ns: Option<u64>,
    sources: Vec<Source>,
}

impl Row {
    fn disabled(def: &'static SensorDef) -> Self {
        Self { def, state: SensorState::Disabled, cost_ns: None, sources: Vec::new() }
    }

    fn absent(def: &'static SensorDef, absent: Absent) -> Self {
        Self { def, state: SensorState::Absent(absent), cost_ns: None, sources: Vec::new() }
    }

    /// Arms a sensor, reads it, and lets it go again. What slow devices are and what asking them takes is known when
    /// they have been asked, so that their sensors are armed once more then.
    fn armed(root: &Path, config: &SensorConfig, def: &'static SensorDef) -> Self {
        let neighbours = lane_names(def.lane);
        let arm = || {
            let mut arming = Arming::new(root, config, def.lane, &neighbours);
            let armed = (def.arm)(&mut arming);
            (armed, arming.take_sources(), arming.into_series().len())
        };
        let (armed, mut sources, series) = arm();
        match armed {
            Ok(mut sensor) => {
                let cost_ns = trial::cost_ns(sensor.as_mut(), series);
                if def.lane == LaneKind::Slow {
                    let (again, told, _) = arm();
                    sources = told;
                    drop(again);
                }
                Self { def, state: SensorState::Armed { series }, cost_ns, sources }
            }
            Err(absent) => Self { def, state: SensorState::Absent(absent), cost_ns: None, sources },
        }
    }
}

fn lane_names(lane: LaneKind) -> Vec<&'static str> {
    SENSORS.iter().filter(|def| def.lane == lane).map(|def| def.name).collect()
}

fn print(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let widest = |cell: fn(&SensorDef) -> &str| rows.iter().map(|row| cell(row.def).len()).max().unwrap_or(0);
    let (name_width, source_width) = (widest(|def| def.name), widest(|def| def.source));
    for Row { def, state, cost_ns, sources } in rows {
        let (name, lane, period, source) = (def.name, def.lane.name(), period(def.every), def.source);
        writeln!(
            out,
            "{name:name_width$}  {lane:6}  {period:10}  {source:source_width$}  {}",
            on_one_line(&outcome(state, *cost_ns))
        )?;
        for source in sources {
            let what = match &source.outcome {
                SourceOutcome::Used { unit, how } => {
                    format!("in {unit}, {how}{}", rate_and_cost(how, &period, *cost_ns))
                }
                SourceOutcome::Spare { why } => format!("not used: {why}"),
                SourceOutcome::Absent(absent) => cause_and_fix(absent),
            };
            writeln!(out, "{:name_width$}  {}", "", on_one_line(&format!("{}: {what}", source.name)))?;
        }
    }
    Ok(())
}

/// How often a source is read and what that takes, where it does not say so itself: then it is read when its sensor is.
fn rate_and_cost(how: &str, period: &str, cost_ns: Option<u64>) -> String {
    let every = if period.starts_with("every") { period.to_owned() } else { format!("every {period}") };
    let rate = if how.contains("every ") { String::new() } else { format!(", {every}") };
    let own = how.contains(" a poll") || how.contains("each turn");
    let cost = cost_ns.filter(|_| !own).map(microseconds);
    let cost = cost.map_or_else(String::new, |cost| format!(", within the {cost} of its sensor"));
    rate + &cost
}

/// Why something is absent, and what the owner can do about it.
fn cause_and_fix(absent: &Absent) -> String {
    let Absent { reason, what, fix } = absent;
    let to_do = if fix.is_empty() { String::new() } else { format!("; to do: {fix}") };
    format!("{}: {what}{to_do}", reason.name())
}

/// Devices choose their names, and a name may have a newline in it, or what moves a terminal's cursor.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { line.extend(letter.escape_default()) } else { line.push(letter) }
    }
    line
}

fn outcome(state: &SensorState, cost_ns: Option<u64>) -> String {
    match state {
        SensorState::Armed { series } => match cost_ns {
            Some(cost_ns) => format!("{series} series, {} a read", microseconds(cost_ns)),
            None => format!("{series} series, cannot be read now"),
        },
        SensorState::Disabled => "disabled by the configuration".to_owned(),
        SensorState::Absent(absent) => cause_and_fix(absent),
    }
}

/// A short time in microseconds, with a decimal.
fn microseconds(ns: u64) -> String {
    format!("{}.{} µs", ns / 1000, ns % 1000 / 100)
}

fn period(every: Every) -> String {
    match every {
        Every::Tick => "every tick".to_owned(),
        Every::Period(period) if period.subsec_nanos() == 0 => format!("{} s", period.as_secs()),
        Every::Period(period) => format!("{} ms", Duration::as_millis(&period)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_model::Reason;

    #[test]
    fn each_sensor_has_a_line_and_an_absent_one_says_what_to_do() {
        let absent = |fix: &str| Absent {
            reason: Reason::NoPermission,
            what: "no /proc/x".to_owned(),
            fix: fix.to_owned(),
        };
        let [one, two, three, ..] = SENSORS else { panic!("there are more than three sensors") };
        let row = |def, state| Row { def, state, cost_ns: None, sources: Vec::new() };
        let source = |name: &str, outcome| Source { name: name.to_owned(), outcome };
        let rows = [
            Row { cost_ns: Some(12_345), ..row(one, SensorState::Armed { series: 7 }) },
            row(two, SensorState::Absent(absent("be root"))),
            row(three, SensorState::Absent(absent(""))),
            row(one, SensorState::Disabled),
            Row {
                sources: vec![
                    source("package-0", SourceOutcome::Used { unit: "µJ", how: "powercap".to_owned() }),
                    source("mmio", SourceOutcome::Spare { why: "the same again".to_owned() }),
                    source("dram\n\u{1b}[2J", SourceOutcome::Absent(absent("modprobe it"))),
                ],
                cost_ns: Some(4_567),
                ..row(one, SensorState::Armed { series: 1 })
            },
        ];
        let mut out = Vec::new();
        print(&rows, &mut out).expect("a buffer takes it");
        let text = String::from_utf8(out).expect("text");
        let ends = [
            "  7 series, 12.3 µs a read",
            "  no_permission: no /proc/x; to do: be root",
            "  no_permission: no /proc/x",
            "configuration",
            "  1 series, 4.5 µs a read",
            "  package-0: in µJ, powercap, every tick, within the 4.5 µs of its sensor",
            "  mmio: not used: the same again",
            "  dram\\n\\u{1b}[2J: no_permission: no /proc/x; to do: modprobe it",
        ];
        assert_eq!(text.lines().count(), ends.len(), "{text}");
        for (line, end) in text.lines().zip(ends) {
            assert!(line.ends_with(end), "{line:?} ends with {end:?}");
        }
        assert!(text.starts_with(one.name) && text.contains(one.source), "{text}");
    }

    #[test]
    fn a_source_says_its_own_rate_and_cost_or_those_of_its_sensor() {
        assert_eq!(rate_and_cost("by io_uring, every 60 s, 3.1 ms a poll", "5 s", Some(900)), "");
        assert_eq!(rate_and_cost("hwmon0, 1.0 ms a poll", "1 s", Some(900)), ", every 1 s");
        let of_sensor = rate_and_cost("powercap", "1 s", Some(900));
        assert_eq!(of_sensor, ", every 1 s, within the 0.9 µs of its sensor");
        assert_eq!(rate_and_cost("powercap", "every tick", None), ", every tick");
        assert_eq!(outcome(&SensorState::Armed { series: 1 }, None), "1 series, cannot be read now");
    }

    #[test]
    fn periods_are_whole_seconds_or_milliseconds() {
        assert_eq!(period(Every::Tick), "every tick");
        assert_eq!(period(Every::Period(Duration::from_secs(60))), "60 s");
        assert_eq!(period(Every::Period(Duration::from_millis(1500))), "1500 ms");
    }
}
