//! The busiest and largest programs: CPU time, memory and number of processes by name.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth_drivers::process::table::ProcessTable;
use hearth_drivers::process::usage;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::process};

use super::kept::{Kept, locked};
use super::ledger::{Ledger, Name};
use super::unopened;

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "top",
    source: "/proc/*/stat",
    lane: LaneKind::Slow,
    every: Every::Period(Duration::from_secs(30)),
    budget: Duration::from_millis(50),
    metrics: &[&[&process::TOP_CPU, &process::TOP_RESIDENT, &process::TOP_COUNT]],
    arm: |arming| arm(arming, &KEPT),
};

/// Counters and choice outlive arming: the names that a new sensor shows are those that the old one asked for.
static KEPT: Kept<Mutex<Ledger>> = Kept::new();

struct Top {
    table: ProcessTable,
    ledger: Arc<Mutex<Ledger>>,
    page_bytes: u64,
    rows: Box<[Row]>,
}

struct Row {
    name: Name,
    cpu: Slot,
    resident: Slot,
    count: Slot,
}

fn arm(arming: &mut Arming<'_>, kept: &Kept<Mutex<Ledger>>) -> Result<Box<dyn Sensor>, Absent> {
    let shown_max = arming.config().top_processes;
    if shown_max == 0 {
        return Err(Absent {
            reason: Reason::Absent,
            what: "no programs are to be shown".to_owned(),
            fix: "set top_processes above 0".to_owned(),
        });
    }
    let failed = |what: &str, error: &dyn core::fmt::Display| Absent {
        reason: Reason::IoError,
        what: format!("{what} failed: {error}"),
        fix: "nothing if it comes back; it is looked for again each minute".to_owned(),
    };
    let mut table = ProcessTable::open(arming.root()).map_err(|error| unopened(&error, "mount /proc"))?;
    let page_bytes = usage::page_bytes().map_err(|errno| failed("asking for the size of a page", &errno))?;
    let ledger = kept.below(arming.root(), || Ok::<_, Absent>(Mutex::new(Ledger::new(shown_max))))?;
    // The first pass is made before the lock is taken: a process that cannot be read may hold it up.
    let is_first = locked(&ledger).is_empty();
    let first = is_first.then(|| {
        let mut first = Ledger::new(shown_max);
        pass(&mut table, &mut first).map(|()| first)
    });
    let first = first.transpose().map_err(|error| failed("listing the processes", &error))?;
    let mut book = locked(&ledger);
    if let Some(first) = first {
        *book = first;
    }
    book.set_shown_max(shown_max);
    let rows = book.shown().iter().map(|name| row(arming, *name)).collect();
    drop(book);
    Ok(Box::new(Top { table, ledger, page_bytes, rows }))
}

fn row(arming: &mut Arming<'_>, name: Name) -> Row {
    let text = String::from_utf8_lossy(name.as_bytes());
    let mut slot = |metric| arming.slot(metric, &[&text]);
    Row {
        name,
        cpu: slot(&process::TOP_CPU),
        resident: slot(&process::TOP_RESIDENT),
        count: slot(&process::TOP_COUNT),
    }
}

/// One pass over all processes.
fn pass(table: &mut ProcessTable, ledger: &mut Ledger) -> Result<(), hearth_drivers::file::Errno> {
    ledger.begin();
    table.scan(|process| ledger.take(process))?;
    ledger.end();
    Ok(())
}

impl Row {
    fn fill(&self, ledger: &Ledger, page_bytes: u64, sheet: &mut Sheet<'_>) {
        match ledger.group(&self.name) {
            Some(group) => {
                sheet.count(self.cpu, group.cpu_ticks);
                sheet.count(self.resident, group.resident_pages.saturating_mul(page_bytes));
                sheet.count(self.count, group.count);
            }
            None => {
                [self.cpu, self.resident, self.count].iter().for_each(|slot| sheet.fail(*slot, Reason::Gone));
            }
        }
    }
}

impl Sensor for Top {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut ledger = locked(&self.ledger);
        if let Err(errno) = pass(&mut self.table, &mut ledger) {
            return Err(if errno.is_permission() { Reason::NoPermission } else { Reason::IoError });
        }
        for row in &self.rows {
            row.fill(&ledger, self.page_bytes, sheet);
        }
        let is_same = ledger.shown().iter().eq(self.rows.iter().map(|row| &row.name));
        Ok(if is_same { State::Steady } else { State::Changed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    fn stat(pid: u32, command: &str, cpu_ticks: u64, pages: u64) -> String {
        format!("{pid} ({command}) S 1 1 1 0 -1 0 0 0 0 0 {cpu_ticks} 0 0 0 20 0 1 0 7 4096 {pages} 0\n")
    }

    fn write(files: &Files, pid: u32, command: &str, cpu_ticks: u64) {
        files.write(&format!("proc/{pid}/stat"), &stat(pid, command, cpu_ticks, 10));
    }

    #[test]
    fn programs_go_by_name_and_their_time_outlives_arming() {
        let files = Files::with(&[("proc/version", "Linux\n")]);
        write(&files, 10, "db", 500);
        write(&files, 11, "db", 100);
        let mut config = Bench::config();
        config.top_processes = 2;
        let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
        write(&files, 10, "db", 512);
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        let db = [("name", "db")];
        let page_bytes = i64::try_from(usage::page_bytes().unwrap()).unwrap();
        assert_eq!(bench.value("hearth_top_cpu_seconds_total", &db), Some(Ok(12)));
        assert_eq!(bench.value("hearth_top_resident_memory_bytes", &db), Some(Ok(20 * page_bytes)));
        assert_eq!(bench.value("hearth_top_processes", &db), Some(Ok(2)));
        write(&files, 12, "web", 3);
        assert_eq!(bench.read_at(1), Ok(State::Changed));
        let mut again = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
        drop(bench);
        assert_eq!(again.read_at(2), Ok(State::Steady));
        assert_eq!(again.value("hearth_top_cpu_seconds_total", &db), Some(Ok(12)));
        assert_eq!(again.value("hearth_top_cpu_seconds_total", &[("name", "web")]), Some(Ok(3)));
    }

    #[test]
    fn when_switched_off_the_fix_is_named() {
        let mut config = Bench::config();
        config.top_processes = 0;
        let absent = Bench::arm_with(&SENSOR, "/".as_ref(), &config).err().unwrap();
        assert!(absent.fix.contains("top_processes"), "{}", absent.fix);
    }

    #[test]
    fn this_machine_has_programs_and_no_more_are_shown_than_asked_for() {
        let mut config = Bench::config();
        config.top_processes = 3;
        let mut bench = Bench::arm_with(&SENSOR, "/".as_ref(), &config).unwrap();
        bench.read_at(0).unwrap();
        assert!((3..=9).contains(&bench.series().len()), "{:?}", bench.list());
    }
}
