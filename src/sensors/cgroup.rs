//! Control groups: what each has used, and its share of the processor's energy.
//!
//! ```text
//! arm:  place ─► walk ─► the busiest groups, their files opened ─► rows; packages' counters ─► division
//! read: energy ─► CPU time of the whole ─► CPU time of each row that can have moved ─► its other files if it did
//!       ─► the energy divided by CPU time ─► has the number of groups changed?
//! ```
//!
//! A reading costs what is busy: a group's CPU time includes that of the groups in it, so that below a group that did
//! not move nothing is read at all. Groups that come are noticed by their number, which the root of the tree keeps;
//! groups that go by their files' `ENODEV`.

use std::time::Duration;

use hearth_drivers::cgroup::cpu_stat;
use hearth_drivers::cgroup::group::{self, Group};
use hearth_drivers::cgroup::layers::{self, Layer};
use hearth_drivers::cgroup::place::{self, NoPlace, Place, Setup};
use hearth_drivers::cgroup::walk::{Bounds, Walk, walk};
use hearth_drivers::file::{KernelFile, KernelText};
use hearth_drivers::proc::stat;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, State, Tick};
use hearth_model::{Reason, catalogue::attribution, catalogue::cgroup as metrics};

use super::{pattern, unopened};
use census::{Census, Count};
use division::Division;
use row::{Around, Row};

mod book;
mod census;
mod division;
mod label;
mod packages;
mod part;
mod row;
#[cfg(test)]
mod tests;

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "cgroups",
    source: "/sys/fs/cgroup (version 2)",
    lane: LaneKind::Slow,
    every: Every::Period(Duration::from_millis(500)),
    budget: Duration::from_millis(2),
    metrics: &[metrics::ALL, attribution::ALL],
    arm,
};

/// The lane's own period; a longer one leaves readings out.
const TICK_NS: u64 = 500_000_000;
/// A tick may come early by this much and still be the one that is due.
const SLACK_NS: u64 = 100_000_000;

struct Cgroups {
    root: KernelFile,
    rows: Box<[Row]>,
    /// Each row's CPU time in this reading, without that of rows in it.
    own_us: Box<[u64]>,
    layers: Box<[Layer]>,
    room: Box<[u8]>,
    census: Census,
    division: Option<Division>,
    period_ns: u64,
    last_ns: Option<u64>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let config = &arming.config().cgroups;
    let place = place::find(arming.root()).map_err(|error| no_place(&error))?;
    let root = KernelFile::open(&place.directory, cpu_stat::FILE, cpu_stat::DELIVERY)
        .map_err(|error| unopened(&error, ""))?;
    let bounds = Bounds { depth: config.depth, groups: config.max };
    let ignored = |path: &[u8]| pattern::any_matches(&config.ignored, &label::label(path, 0));
    // Counted before the walk: a group that comes between the two makes the count differ, and is walked to again.
    let census = Count::open(&place.directory);
    let found = walk(&place.directory, bounds, |path| !ignored(path)).map_err(|errno| Absent {
        reason: if errno.is_permission() { Reason::NoPermission } else { Reason::IoError },
        what: format!("listing {} failed: {errno}", place.directory.display()),
        fix: "run Hearth as root".to_owned(),
    })?;
    let mut room = vec![0; group::TEXT_BYTES].into_boxed_slice();
    let (rows, groups) = rows(arming, &place, &found, &mut room);
    tell(arming, &place, rows.len());
    let census = Census::arm(arming, census, rows.len(), &found);
    let division = divide(arming, &place, &groups);
    let layers = match layers::list(arming.root()) {
        Ok(layers) => layers.into_boxed_slice(),
        Err(errno) => {
            arming.lacks(
                "devices before others",
                Absent {
                    reason: if errno.is_permission() { Reason::NoPermission } else { Reason::Absent },
                    what: format!(
                        "listing /sys/dev/block failed: {errno}; bytes through device mapper count twice"
                    ),
                    fix: "mount /sys".to_owned(),
                },
            );
            Box::default()
        }
    };
    let period_ns = u64::try_from(arming.config().cgroups.period.as_nanos()).unwrap_or(u64::MAX);
    let own_us = vec![0; rows.len()].into();
    Ok(Box::new(Cgroups { root, rows, own_us, layers, room, census, division, period_ns, last_ns: None }))
}

/// Opens the groups that were found. One that went meanwhile, or cannot be read, is left out; rows in it hang on the one
/// around it.
fn rows(
    arming: &mut Arming<'_>,
    place: &Place,
    found: &Walk,
    room: &mut [u8],
) -> (Box<[Row]>, Vec<(u64, String)>) {
    let (mut rows, mut groups) = (Vec::new(), Vec::new());
    // Of each found group the row that stands for it: its own, or the one around it.
    let mut row_of: Vec<Option<usize>> = Vec::with_capacity(found.groups.len());
    let mut refused = None;
    for one in &found.groups {
        let parent = one.parent.and_then(|parent| row_of.get(parent).copied().flatten());
        match Group::open(&one.directory(&place.directory)) {
            Ok(group) => {
                let label = label::label(&one.path, one.inode);
                row_of.push(Some(rows.len()));
                rows.push(Row::arm(arming, group, &label, parent, room));
                groups.push((one.inode, label));
            }
            Err(error) => {
                row_of.push(parent);
                refused = refused.or(Some(error).filter(|error| !error.is_absent()));
            }
        }
    }
    if let Some(error) = refused {
        let fix = "raise LimitNOFILE= of the service's unit, or lower cgroups.max";
        arming.lacks("some groups", Absent { fix: fix.to_owned(), ..unopened(&error, fix) });
    }
    (rows.into(), groups)
}

/// Says what is there.
fn tell(arming: &mut Arming<'_>, place: &Place, followed: usize) {
    let setup = match place.setup {
        Setup::Unified => "version 2",
        Setup::Hybrid => "version 2 beside version 1",
    };
    let below = place.directory.display();
    arming.uses("CPU time of groups", "µs", format!("cpu.stat of {followed} groups below {below} ({setup})"));
    for (controller, unit) in [("memory", "bytes"), ("io", "bytes and operations"), ("pids", "tasks")] {
        if place.controllers.split(' ').any(|there| there == controller) {
            arming.uses(format!("{controller} of groups"), unit, format!("the {controller} controller"));
            continue;
        }
        let fix = match place.setup {
            Setup::Hybrid => "boot with systemd.unified_cgroup_hierarchy=1, or cgroup_no_v1=all",
            Setup::Unified => "boot a kernel with this controller, without cgroup_disable=",
        };
        let what = format!("the {controller} controller is not in cgroup.controllers of {below}");
        arming.lacks(
            format!("{controller} of groups"),
            Absent { reason: Reason::Absent, what, fix: fix.to_owned() },
        );
    }
}

fn no_place(error: &NoPlace) -> Absent {
    let fix = match error {
        NoPlace::Mounts(error) => return unopened(error, "mount /proc"),
        NoPlace::VersionOne => "boot with systemd.unified_cgroup_hierarchy=1",
        NoPlace::NotMounted => "mount -t cgroup2 none /sys/fs/cgroup",
        NoPlace::Read(_) | NoPlace::Parse(_) | NoPlace::Hollow(_) => "",
    };
    Absent { reason: Reason::Absent, what: error.to_string(), fix: fix.to_owned() }
}

/// The division of energy, where there is energy and the tree's root has the whole machine's CPU time.
fn divide(arming: &mut Arming<'_>, place: &Place, groups: &[(u64, String)]) -> Option<Division> {
    let name = "energy of groups";
    if !place.is_machine {
        let what =
            "the tree's root is a container's: the CPU time of the whole machine is not in it".to_owned();
        let fix = "run Hearth in the host's control group namespace".to_owned();
        arming.lacks(name, Absent { reason: Reason::Absent, what, fix });
        return None;
    }
    let cpus = match cpus(arming) {
        Ok(cpus) => cpus,
        Err(absent) => {
            arming.lacks(name, absent);
            return None;
        }
    };
    match Division::arm(arming, &division::KEPT, groups, cpus) {
        Ok((division, how)) => {
            arming.uses(name, "µJ", format!("{how}, divided by CPU time among {} groups", groups.len()));
            Some(division)
        }
        Err(absent) => {
            arming.lacks(name, absent);
            None
        }
    }
}

/// CPUs that can run something.
fn cpus(arming: &Arming<'_>) -> Result<u32, Absent> {
    let mut text = KernelText::open(arming.root(), stat::PATH, stat::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    match text.read().map(stat::cpu_lines) {
        Ok(lines) => Ok(u32::try_from(lines).unwrap_or(u32::MAX)),
        Err(error) => Err(super::Trouble::from(error).absent(&SENSOR)),
    }
}

impl Cgroups {
    /// Reads the rows; a row can only have moved if the one that it is in has. Says whether one is outdated.
    fn read_rows(&mut self, now_ns: u64, sheet: &mut Sheet<'_>) -> bool {
        let mut around = Around { room: &mut self.room, layers: &self.layers, sheet, now_ns };
        let mut is_outdated = false;
        for at in 0..self.rows.len() {
            // Rows stand behind those they are in.
            let (before, behind) = self.rows.split_at_mut(at);
            let Some(row) = behind.first_mut() else { break };
            let parent = row.parent.and_then(|parent| before.get(parent));
            let can_have_moved = row.is_new() || parent.is_none_or(Row::has_moved);
            let seen = if can_have_moved { row.read(&mut around) } else { row.rest(&mut around) };
            is_outdated |= seen.is_outdated;
        }
        is_outdated
    }

    /// Takes from each row's CPU time that of the rows in it.
    fn weigh(&mut self) {
        for (own_us, row) in self.own_us.iter_mut().zip(&self.rows) {
            *own_us = row.moved_us;
        }
        for row in &self.rows {
            // A group is read after the one that it is in, and so may have a little more.
            if let Some(parent) = row.parent.and_then(|parent| self.own_us.get_mut(parent)) {
                *parent = parent.saturating_sub(row.moved_us);
            }
        }
    }
}

impl Sensor for Cgroups {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let now_ns = tick.monotonic_ns;
        let is_due = |last_ns| now_ns.saturating_sub(last_ns) >= self.period_ns.saturating_sub(SLACK_NS);
        if self.period_ns > TICK_NS && !self.last_ns.is_none_or(is_due) {
            return Ok(State::Steady);
        }
        self.last_ns = Some(now_ns);
        if let Some(division) = &mut self.division {
            division.begin(tick, &mut self.rows);
        }
        let whole = group::read(&self.root, &mut self.room, cpu_stat::parse).map_err(row::reason)?;
        let is_outdated = self.read_rows(now_ns, sheet);
        self.weigh();
        if let Some(division) = &mut self.division {
            division.end(now_ns, whole.usage_us, &self.rows, &self.own_us, sheet);
        }
        Ok(self.census.read(is_outdated, now_ns, &mut self.room, sheet))
    }
}
