//! `hearth sensors`: what this machine has, and what is absent and why.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hearth_hot::contract::{Arming, Every, LaneKind, SensorConfig, SensorDef};

use super::Failure;
use crate::armory::SensorState;
use crate::config::Source;
use crate::sensors::SENSORS;

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
    pub fn source(&self) -> Source {
        Source::new(self.config.as_deref())
    }
}

/// Arms every sensor once and prints what became of it: name, lane, period, source, outcome.
///
/// # Errors
/// When the configuration is not accepted, or nobody takes the answer.
pub(super) fn sensors(args: &SensorsArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let names: Vec<&str> = SENSORS.iter().map(|sensor| sensor.name).collect();
    let wanted = args.source().load(&names)?.sensors;
    let config = SensorConfig::from(&wanted);
    let rows: Vec<(&SensorDef, SensorState)> = SENSORS
        .iter()
        .map(|def| {
            let disabled = wanted.disabled.iter().any(|name| name == def.name);
            (def, if disabled { SensorState::Disabled } else { armed(args, &config, def) })
        })
        .collect();
    Failure::unless_written(print(&rows, out))
}

/// What becomes of a sensor, which is let go again at once.
fn armed(args: &SensorsArgs, config: &SensorConfig, def: &SensorDef) -> SensorState {
    let neighbours = lane_names(def.lane);
    let mut arming = Arming::new(&args.root, config, def.lane, &neighbours);
    match (def.arm)(&mut arming) {
        Ok(_sensor) => SensorState::Armed { series: arming.into_series().len() },
        Err(absent) => SensorState::Absent(absent),
    }
}

fn lane_names(lane: LaneKind) -> Vec<&'static str> {
    SENSORS.iter().filter(|def| def.lane == lane).map(|def| def.name).collect()
}

fn print(rows: &[(&SensorDef, SensorState)], out: &mut dyn Write) -> io::Result<()> {
    let widest =
        |cell: fn(&SensorDef) -> &str| rows.iter().map(|(def, _)| cell(def).len()).max().unwrap_or(0);
    let (name_width, source_width) = (widest(|def| def.name), widest(|def| def.source));
    for (def, state) in rows {
        let (name, lane, period, source) = (def.name, def.lane.name(), period(def.every), def.source);
        writeln!(
            out,
            "{name:name_width$}  {lane:6}  {period:10}  {source:source_width$}  {}",
            outcome(state)
        )?;
        match state {
            SensorState::Absent(absent) if !absent.fix.is_empty() => {
                writeln!(out, "{:name_width$}  to have it: {}", "", absent.fix)?;
            }
            SensorState::Absent(_) | SensorState::Armed { .. } | SensorState::Disabled => {}
        }
    }
    Ok(())
}

fn outcome(state: &SensorState) -> String {
    match state {
        SensorState::Armed { series } => format!("{series} series"),
        SensorState::Disabled => "disabled by the configuration".to_owned(),
        SensorState::Absent(absent) => format!("{}: {}", absent.reason.name(), absent.what),
    }
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
    use hearth_hot::contract::Absent;
    use hearth_model::Reason;

    #[test]
    fn each_sensor_has_a_line_and_an_absent_one_says_what_to_do() {
        let absent = |fix: &str| {
            let what = "no /proc/x".to_owned();
            SensorState::Absent(Absent { reason: Reason::NoPermission, what, fix: fix.to_owned() })
        };
        let [one, two, three, ..] = SENSORS else { panic!("there are more than three sensors") };
        let rows = [
            (one, SensorState::Armed { series: 7 }),
            (two, absent("be root")),
            (three, absent("")),
            (one, SensorState::Disabled),
        ];
        let mut out = Vec::new();
        print(&rows, &mut out).expect("a buffer takes it");
        let text = String::from_utf8(out).expect("text");
        let ends = [
            "  7 series",
            "  no_permission: no /proc/x",
            "  to have it: be root",
            ": no /proc/x",
            "configuration",
        ];
        assert_eq!(text.lines().count(), ends.len(), "{text}");
        for (line, end) in text.lines().zip(ends) {
            assert!(line.ends_with(end), "{line:?} ends with {end:?}");
        }
        assert!(text.starts_with(one.name) && text.contains(one.source), "{text}");
    }

    #[test]
    fn periods_are_whole_seconds_or_milliseconds() {
        assert_eq!(period(Every::Tick), "every tick");
        assert_eq!(period(Every::Period(Duration::from_secs(60))), "60 s");
        assert_eq!(period(Every::Period(Duration::from_millis(1500))), "1500 ms");
    }
}
