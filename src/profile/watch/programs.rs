//! CPU time by program, for where nothing tells energy, and beside it.

use std::collections::HashMap;
use std::path::Path;

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

/// CPU ticks of each process, known by number and start.
type Ticks = HashMap<(u32, u64), (String, u64)>;

/// The processes as they were at the beginning.
pub(super) struct Programs {
    table: ProcessTable,
    first: Ticks,
}

impl Programs {
    /// Notes every process below `root`.
    pub(super) fn begin(root: &Path) -> Result<Self, Missing> {
        let mut table = ProcessTable::open(root).map_err(|error| missing(&error))?;
        let first = scan(&mut table)?;
        Ok(Self { table, first })
    }

    /// What each program has used since.
    pub(super) fn end(mut self) -> Result<Vec<Program>, Missing> {
        let last = scan(&mut self.table)?;
        Ok(programs(&self.first, last))
    }
}

fn programs(first: &Ticks, last: Ticks) -> Vec<Program> {
    let mut used: HashMap<String, u64> = HashMap::new();
    for (process, (name, ticks)) in last {
        // One that has come meanwhile has used all of it meanwhile.
        let before = first.get(&process).map_or(0, |(_, ticks)| *ticks);
        *used.entry(name).or_default() += ticks.saturating_sub(before);
    }
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
        let found: Vec<(String, f64)> =
            programs(&first, last).into_iter().map(|program| (program.name, program.cpu_s)).collect();
        assert_eq!(found, [("work".to_owned(), 1.0), ("new".to_owned(), 0.05)]);
    }
}
