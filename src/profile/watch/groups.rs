//! Control groups, by the daemon's own sensor on lanes of ours.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hearth_hot::contract::{Absent, SensorConfig};
use hearth_hot::source::SourceOutcome;
use hearth_hot::thread::{Settings, Stopped};
use hearth_model::catalogue::{attribution, cgroup};
use hearth_model::{Audience, Metric};
use serde::Serialize;

use crate::armory::{Armory, ArmoryConfig, ArmoryError, SensorState};
use crate::config::Config;
use crate::profile::energy::{joules, seconds};
use crate::profile::record::Missing;
use crate::sensors::SENSORS;
use crate::view::Viewer;

/// The one sensor that is armed.
const SENSOR: &str = "cgroups";
/// The source of it that is the division of energy.
const DIVISION: &str = "energy of groups";
/// How long a lane may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a control group has used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Its path below the tree's root.
    pub cgroup: String,
    /// CPU time of its own, without that of followed groups in it.
    pub cpu_s: f64,
    /// Its share of the packages' energy, by that CPU time.
    pub energy_j: Option<f64>,
    /// The same as mean power.
    pub watts: Option<f64>,
}

/// How the packages' energy was divided. The parts and the groups' add up to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Division {
    /// From the first reading to the last: a little less than the whole watch.
    pub seconds: f64,
    /// What was divided.
    pub attributed_j: f64,
    /// What the packages would have drawn with nothing to do; 0 until that is known.
    pub idle_j: f64,
    /// For CPU time, or idle time before the floor is known, of nobody who is followed.
    pub unattributed_j: f64,
    /// Of groups that went before they were seen.
    pub gone_j: f64,
    /// This program's own, which is part of its group's.
    pub own_j: f64,
}

/// What was found about groups.
pub(super) struct Found {
    pub(super) groups: Vec<Group>,
    pub(super) no_groups: Option<Missing>,
    pub(super) division: Option<Division>,
    pub(super) no_division: Option<Missing>,
}

/// A counter's first and newest value.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    first: u64,
    newest: u64,
}

impl Counter {
    fn gained(self) -> u64 {
        self.newest.saturating_sub(self.first)
    }
}

/// What was seen of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    user_us: Option<Counter>,
    system_us: Option<Counter>,
    energy_uj: Option<Counter>,
    /// The look at which it was there last.
    look: u64,
}

/// Everything about groups, looked at now and then.
pub(super) struct Groups {
    armory: Armory,
    viewer: Viewer,
    seen: BTreeMap<String, Seen>,
    /// By the metric's name.
    whole_uj: BTreeMap<&'static str, Counter>,
    span_ns: Option<(u64, u64)>,
    looks: u64,
}

/// Notes a counter's value. What is counted from zero since we watch began with zero.
fn note(counter: &mut Option<Counter>, newest: u64, from_zero: bool) {
    let first = if from_zero { 0 } else { newest };
    counter.get_or_insert(Counter { first, newest }).newest = newest;
}

impl Groups {
    /// Arms the sensor of groups below `root`, and starts its lane.
    pub(super) fn begin(root: &Path) -> Result<Self, ArmoryError> {
        let sensors = SensorConfig::from(&Config::default());
        let others = SENSORS.iter().map(|def| def.name).filter(|name| *name != SENSOR);
        let config = ArmoryConfig {
            root: root.to_owned(),
            sensors,
            disabled: others.map(str::to_owned).collect(),
            rates_hz: (1, 1),
            ring_columns: Some(0),
            ring_frames: 2,
            history_frames: 2,
            thread: Settings::default(),
        };
        let armory = Armory::start(config, SENSORS, &thread::current())?;
        let viewer = Viewer::new(Arc::clone(armory.view()), Audience::Admin);
        Ok(Self { armory, viewer, seen: BTreeMap::new(), whole_uj: BTreeMap::new(), span_ns: None, looks: 0 })
    }

    /// Notes what the sensor read last, and arms it anew where groups have come or gone.
    pub(super) fn look(&mut self) {
        self.armory.step();
        // A lane that arms just now is looked at again in a second.
        if self.viewer.refresh().is_err() {
            return;
        }
        let slow_ns = self.viewer.stamps()[1];
        if slow_ns == 0 {
            return;
        }
        self.looks += 1;
        let snapshot = self.viewer.snapshot();
        for family in &snapshot.schema.families {
            for index in &family.series {
                let Some(key) = snapshot.schema.key(*index) else { continue };
                let Ok(value) = snapshot.reading(*index).map(|value| u64::try_from(value).unwrap_or(0))
                else {
                    continue;
                };
                let labels: Vec<&str> = key.labels.iter().map(AsRef::as_ref).collect();
                match labels[..] {
                    [label, mode] if is(family.metric, &cgroup::CPU) => {
                        let seen = self.seen.entry(label.to_owned()).or_default();
                        let counter = if mode == "user" { &mut seen.user_us } else { &mut seen.system_us };
                        note(counter, value, false);
                        seen.look = self.looks;
                    }
                    [label] if is(family.metric, &attribution::GROUP) => {
                        let seen = self.seen.entry(label.to_owned()).or_default();
                        note(&mut seen.energy_uj, value, true);
                        let (_, newest_ns) = self.span_ns.get_or_insert((slow_ns, slow_ns));
                        *newest_ns = slow_ns;
                    }
                    [] => {
                        self.whole_uj.entry(family.metric.name).or_default().newest = value;
                    }
                    _ => {}
                }
            }
        }
    }

    /// What it all was; the lanes end.
    pub(super) fn end(self) -> Found {
        let seconds = self.span_ns.map_or(0.0, |(first_ns, newest_ns)| seconds(newest_ns - first_ns));
        let (no_groups, no_division) = self.missing();
        let groups = groups(&self.seen, seconds);
        let vanished_uj: u64 = self
            .seen
            .values()
            .filter(|seen| seen.look < self.looks)
            .filter_map(|seen| seen.energy_uj)
            .map(Counter::gained)
            .sum();
        let whole_uj = |metric: &Metric| self.whole_uj.get(metric.name).map_or(0, |counter| counter.newest);
        let division = self.span_ns.map(|_| Division {
            seconds,
            attributed_j: joules(whole_uj(&attribution::ATTRIBUTED)),
            idle_j: joules(whole_uj(&attribution::IDLE)),
            unattributed_j: joules(whole_uj(&attribution::UNATTRIBUTED)),
            // Groups that we saw before they went are listed with what they had.
            gone_j: joules(whole_uj(&attribution::GONE).saturating_sub(vanished_uj)),
            own_j: joules(whole_uj(&attribution::OWN)),
        });
        for stopped in self.armory.stop(PATIENCE) {
            if stopped != Stopped::Asked {
                tracing::warn!("a lane did not end by itself");
            }
        }
        Found { groups, no_groups, no_division: no_division.filter(|_| division.is_none()), division }
    }

    /// Why there are no groups, and why no energy is divided among them.
    fn missing(&self) -> (Option<Missing>, Option<Missing>) {
        let said = |name: &str, absent: Absent| Missing {
            name: name.to_owned(),
            what: absent.what,
            fix: absent.fix,
        };
        let reports = self.armory.report().sensors();
        let Some(report) = reports.into_iter().find(|report| report.def.name == SENSOR) else {
            return (None, None);
        };
        let no_division = report.sources.into_iter().find_map(|source| match source.outcome {
            SourceOutcome::Absent(absent) if source.name == DIVISION => Some(said(DIVISION, absent)),
            SourceOutcome::Absent(_) | SourceOutcome::Used { .. } | SourceOutcome::Spare { .. } => None,
        });
        match report.state {
            SensorState::Absent(absent) => {
                (Some(said("control groups", absent.clone())), Some(said(DIVISION, absent)))
            }
            SensorState::Armed { .. } | SensorState::Disabled => (None, no_division),
        }
    }
}

fn is(one: &Metric, other: &Metric) -> bool {
    one.name == other.name
}

/// Each group with CPU time of its own: less that of followed groups right below it.
fn groups(seen: &BTreeMap<String, Seen>, division_s: f64) -> Vec<Group> {
    let used_us = |seen: &Seen| -> u64 {
        [seen.user_us, seen.system_us].into_iter().flatten().map(Counter::gained).sum()
    };
    let mut own_us: BTreeMap<&str, u64> =
        seen.iter().map(|(label, seen)| (label.as_str(), used_us(seen))).collect();
    for (label, below) in seen {
        let around = label.match_indices('/').rev().map(|(at, _)| &label[..at]);
        if let Some(parent_us) = around
            .into_iter()
            .find(|around| seen.contains_key(*around))
            .and_then(|around| own_us.get_mut(around))
        {
            // A group is read after the one that it is in, and so may have a little more.
            *parent_us = parent_us.saturating_sub(used_us(below));
        }
    }
    let mut groups: Vec<Group> = seen
        .iter()
        .map(|(label, seen)| {
            let energy_j = seen.energy_uj.map(|energy_uj| joules(energy_uj.gained()));
            Group {
                cgroup: label.clone(),
                cpu_s: joules(own_us.get(label.as_str()).copied().unwrap_or(0)),
                energy_j,
                watts: energy_j.filter(|_| division_s > 0.0).map(|energy_j| energy_j / division_s),
            }
        })
        .collect();
    groups.sort_by(|one, other| {
        let by = |group: &Group| (group.energy_j.unwrap_or(0.0), group.cpu_s);
        by(other).partial_cmp(&by(one)).unwrap_or(std::cmp::Ordering::Equal)
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_own_time_is_without_that_of_groups_in_it_and_the_busiest_come_first() {
        let counter = |newest: u64| Some(Counter { first: 1_000_000, newest: 1_000_000 + newest });
        let seen = |user, energy_uj| Seen {
            user_us: counter(user),
            system_us: counter(0),
            energy_uj: Some(Counter { first: 0, newest: energy_uj }),
            look: 1,
        };
        let all = BTreeMap::from([
            ("a.slice".to_owned(), seen(900_000, 300_000)),
            ("a.slice/one.service".to_owned(), seen(600_000, 600_000)),
            ("a.slice/two/three.scope".to_owned(), seen(200_000, 0)),
            ("b.slice".to_owned(), seen(10, 0)),
        ]);
        let found: Vec<(String, f64, Option<f64>)> =
            groups(&all, 2.0).into_iter().map(|group| (group.cgroup, group.cpu_s, group.watts)).collect();
        let wanted = [
            ("a.slice/one.service", 0.6, 0.3),
            ("a.slice", 0.1, 0.15),
            ("a.slice/two/three.scope", 0.2, 0.0),
            ("b.slice", 0.000_01, 0.0),
        ];
        // Of equal energy the one with more time comes first.
        let wanted: Vec<_> = wanted.map(|(name, cpu_s, watts)| (name.to_owned(), cpu_s, Some(watts))).into();
        assert_eq!(found, wanted);
    }
}
