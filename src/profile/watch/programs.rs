//! CPU time by program, for where nothing tells energy, and beside it.

use std::collections::HashMap;
use std::path::Path;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::stat::{self, Cpu, Mode};
use hearth_drivers::process::table::ProcessTable;
use serde::Serialize;

use crate::profile::record::Missing;

/// Ticks of `/proc/[pid]/stat` in a second: `USER_HZ`, which is 100 on every architecture (`include/asm-generic/param.h`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A program, by its processes' name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Program {
    /// What its processes are called.
    pub name: String,
    /// CPU time of those that were there at the end.
    pub cpu_s: f64,
}

/// What stands for CPU time of no program that is there at the end: of those that ended meanwhile, and of interrupts,
/// which are nobody's.
pub const ENDED: &str = "(programs that ended, and interrupts)";

/// Time in which a CPU works, for itself or for a guest, which `user` and `nice` hold.
const BUSY: [Mode; 5] = [Mode::User, Mode::Nice, Mode::System, Mode::Irq, Mode::Softirq];

/// CPU ticks of each process, known by number and start.
type Ticks = HashMap<(u32, u64), (String, u64)>;

/// The processes as they were at the beginning.
pub(super) struct Programs {
    table: ProcessTable,
    first: Ticks,
    all: Result<All, Missing>,
}

/// The CPU time of the whole machine.
struct All {
    text: KernelText,
    cpus: Vec<Cpu>,
    first_ticks: u64,
}

impl All {
    fn begin(root: &Path) -> Result<Self, Missing> {
        let mut text = KernelText::open(root, stat::PATH, stat::DELIVERY).map_err(|error| missing(&error))?;
        let lines = stat::cpu_lines(text.read().map_err(|error| missing(&error))?);
        let mut all = Self { text, cpus: vec![Cpu::NONE; lines], first_ticks: 0 };
        all.first_ticks = all.ticks()?;
        Ok(all)
    }

    /// CPU ticks of work since boot.
    fn ticks(&mut self) -> Result<u64, Missing> {
        let text = self.text.read().map_err(|error| missing(&error))?;
        let total = stat::parse(text, &mut self.cpus).map_err(|error| missing(&error))?.total;
        Ok(BUSY.iter().filter_map(|mode| total.get(*mode)).sum())
    }
}

impl Programs {
    /// Notes every process below `root`.
    pub(super) fn begin(root: &Path) -> Result<Self, Missing> {
        let mut table = ProcessTable::open(root).map_err(|error| missing(&error))?;
        // All before each at the beginning, and after each at the end: what lies between is within all.
        let all = All::begin(root);
        let first = scan(&mut table)?;
        Ok(Self { table, first, all })
    }

    /// What each program has used since, and what is left over; without that, and why, if all of it is not known.
    pub(super) fn end(mut self) -> Result<(Vec<Program>, Option<Missing>), Missing> {
        let last = scan(&mut self.table)?;
        let used = used(&self.first, last);
        let all = self.all.and_then(|mut all| Ok(all.ticks()?.saturating_sub(all.first_ticks)));
        Ok(match all {
            Ok(all) => (programs(used, Some(all)), None),
            Err(missing) => (programs(used, None), Some(missing)),
        })
    }
}

/// Ticks of each name.
fn used(first: &Ticks, last: Ticks) -> HashMap<String, u64> {
    let mut used: HashMap<String, u64> = HashMap::new();
    for (process, (name, ticks)) in last {
        // One that has come meanwhile has used all of it meanwhile.
        let before = first.get(&process).map_or(0, |(_, ticks)| *ticks);
        *used.entry(name).or_default() += ticks.saturating_sub(before);
    }
    used
}

fn programs(mut used: HashMap<String, u64>, all: Option<u64>) -> Vec<Program> {
    let sum: u64 = used.values().sum();
    // A tick may be here already and there not yet.
    used.insert(ENDED.to_owned(), all.map_or(0, |all| all.saturating_sub(sum)));
    let mut used: Vec<(String, u64)> = used.into_iter().filter(|(_, ticks)| *ticks > 0).collect();
    used.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    used.into_iter().map(|(name, ticks)| Program { name, cpu_s: seconds(ticks) }).collect()
}

#[expect(clippy::cast_precision_loss, reason = "no machine has run 2^53 ticks")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND
}

fn scan(table: &mut ProcessTable) -> Result<Ticks, Missing> {
    let mut ticks = Ticks::new();
    let noted = table.scan(|process| {
        let name = String::from_utf8_lossy(process.command.as_bytes()).into_owned();
        ticks.insert((process.pid, process.start_ticks), (name, process.user_ticks + process.system_ticks));
    });
    noted.map(|_pass| ticks).map_err(|errno| missing(&errno))
}

fn missing(error: &dyn std::fmt::Display) -> Missing {
    Missing {
        name: "programs".to_owned(),
        what: format!("listing the processes failed: {error}"),
        fix: "mount /proc".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_their_processes_of_one_name_and_only_what_they_used_meanwhile() {
        let of = |list: &[(u32, u64, &str, u64)]| -> Ticks {
            list.iter()
                .map(|(pid, start, name, ticks)| ((*pid, *start), ((*name).to_owned(), *ticks)))
                .collect()
        };
        let first = of(&[(1, 0, "init", 500), (7, 3, "work", 100), (8, 3, "gone", 100)]);
        // Number 8 is another process now.
        let last = of(&[(1, 0, "init", 500), (7, 3, "work", 160), (8, 9, "work", 40), (9, 9, "new", 5)]);
        let found = |all: Option<u64>| -> Vec<(String, f64)> {
            let used = used(&first, last.clone());
            programs(used, all).into_iter().map(|program| (program.name, program.cpu_s)).collect()
        };
        let known = [("work".to_owned(), 1.0), ("new".to_owned(), 0.05)];
        assert_eq!(found(None), known);
        assert_eq!(found(Some(104)), known, "a tick may be in one and not yet in the other");
        // Number 8 had 100 more before it ended: they are somewhere.
        let with_rest = found(Some(205));
        assert_eq!(with_rest[..2], [(ENDED.to_owned(), 1.0), ("work".to_owned(), 1.0)]);
        let sum: f64 = with_rest.iter().map(|(_, cpu_s)| cpu_s).sum();
        assert!((sum - 2.05).abs() < 1e-9, "{with_rest:?}");
    }
}
