//! Hearth's own process: CPU time, memory, files, threads and waits.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::stat as machine;
use hearth_drivers::process::descriptors::Descriptors;
use hearth_drivers::process::limits::{self, Limit};
use hearth_drivers::process::{stat, usage};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::process};

use super::{Trouble, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "own",
    source: "getrusage(2) and /proc/self",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_micros(100),
    metrics: &[&[
        &process::CPU,
        &process::RESIDENT,
        &process::VIRTUAL,
        &process::OPEN_FILES,
        &process::MAX_FILES,
        &process::START_TIME,
        &process::THREADS,
        &process::WAKEUPS,
    ]],
    arm,
};

/// Ticks of [`stat`] in a second, as on every Linux.
const USER_HZ: u64 = 100;

struct Own {
    stat: KernelText,
    page_bytes: u64,
    descriptors: Option<Descriptors>,
    /// The limit when armed: Hearth sets its own limits, if at all, before.
    max_files: Option<u64>,
    boot_time_s: Option<u64>,
    slots: Slots,
}

struct Slots {
    cpu: Slot,
    wakeups: Slot,
    resident: Slot,
    virtual_size: Slot,
    threads: Slot,
    start_time: Slot,
    open_files: Slot,
    max_files: Slot,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let root = arming.root();
    let open = |path, delivery| {
        KernelText::open(root, path, delivery).map_err(|error| unopened(&error, "mount /proc"))
    };
    let stat = open(stat::PATH_SELF, stat::DELIVERY)?;
    let page_bytes = usage::page_bytes().map_err(|errno| Absent {
        reason: Reason::IoError,
        what: format!("asking for the size of a page of memory failed: {errno}"),
        fix: "nothing: no kernel refuses this; please report it".to_owned(),
    })?;
    let limit = open(limits::PATH_SELF, limits::DELIVERY).ok().and_then(|mut text| {
        let limits = text.read().ok().and_then(|text| limits::parse(text).ok())?;
        match limits.open_files {
            Limit::Most(files) => Some(files),
            Limit::Unlimited => None,
        }
    });
    let boot_time_s = open(machine::PATH, machine::DELIVERY).ok().and_then(|mut text| {
        let mut cpus = vec![machine::Cpu::NONE; text.read().map_or(0, machine::cpu_lines)];
        text.read().ok().and_then(|text| machine::parse(text, &mut cpus).ok()).map(|stat| stat.btime)
    });
    let slots = Slots {
        cpu: arming.slot(&process::CPU, &[]),
        wakeups: arming.slot(&process::WAKEUPS, &[]),
        resident: arming.slot(&process::RESIDENT, &[]),
        virtual_size: arming.slot(&process::VIRTUAL, &[]),
        threads: arming.slot(&process::THREADS, &[]),
        start_time: arming.slot(&process::START_TIME, &[]),
        open_files: arming.slot(&process::OPEN_FILES, &[]),
        max_files: arming.slot(&process::MAX_FILES, &[]),
    };
    let descriptors = Descriptors::open(root).ok();
    Ok(Box::new(Own { stat, page_bytes, descriptors, max_files: limit, boot_time_s, slots }))
}

impl Own {
    fn fill_from_stat(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let read = stat::parse(self.stat.read()?)?;
        let slots = &self.slots;
        let product = |a: u64, b: u64| a.checked_mul(b).ok_or(Trouble::No(Reason::OutOfRange));
        sheet.count(slots.resident, product(read.resident_pages, self.page_bytes)?);
        sheet.count(slots.virtual_size, read.virtual_bytes);
        sheet.count(slots.threads, read.threads);
        match self.boot_time_s {
            Some(boot_s) => sheet.count(slots.start_time, product(boot_s, USER_HZ)? + read.start_ticks),
            None => sheet.fail(slots.start_time, Reason::Absent),
        }
        Ok(State::Steady)
    }

    fn fill_files(&mut self, sheet: &mut Sheet<'_>) {
        let open = self.descriptors.as_mut().map_or(Err(Reason::Absent), |descriptors| {
            let Ok(count) = descriptors.read() else { return Err(Reason::IoError) };
            i64::try_from(count).map_err(|_beyond| Reason::OutOfRange)
        });
        sheet.reading(self.slots.open_files, open);
        match self.max_files {
            Some(most) => sheet.count(self.slots.max_files, most),
            None => sheet.fail(self.slots.max_files, Reason::Absent),
        }
    }
}

impl Sensor for Own {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        match usage::read() {
            Ok(used) => {
                sheet.count(self.slots.cpu, used.processor_us);
                sheet.count(self.slots.wakeups, used.voluntary_switches);
            }
            Err(_) => {
                sheet.fail(self.slots.cpu, Reason::IoError);
                sheet.fail(self.slots.wakeups, Reason::IoError);
            }
        }
        self.fill_files(sheet);
        let outcome = self.fill_from_stat(sheet);
        settle(outcome).or_else(|reason| {
            let slots = &self.slots;
            for slot in [slots.resident, slots.virtual_size, slots.threads, slots.start_time] {
                sheet.fail(slot, reason);
            }
            Ok(State::Steady)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const STAT: &str = "42 (hearth (x)) S 1 42 42 0 -1 4194560 100 0 1 0 7 8 0 0 20 0 3 0 500 1048576 25 0\n";

    #[test]
    fn memory_is_bytes_and_the_start_is_hundredths_since_1970() {
        let files = Files::with(&[
            ("proc/self/stat", STAT),
            (
                "proc/self/limits",
                "Max open files            1024                 4096                 files\n\
              Max address space         unlimited            unlimited            bytes\n",
            ),
            (
                "proc/stat",
                "cpu  1 1 1 1\ncpu0 1 1 1 1\nintr 9\nctxt 8\nbtime 1700000000\nprocesses 7\n\
              procs_running 2\nprocs_blocked 1\nsoftirq 55 1\n",
            ),
            ("proc/self/fd/0", ""),
            ("proc/self/fd/1", ""),
        ]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        let page_bytes = i64::try_from(usage::page_bytes().unwrap()).unwrap();
        assert_eq!(bench.value("process_resident_memory_bytes", &[]), Some(Ok(25 * page_bytes)));
        assert_eq!(bench.value("process_virtual_memory_bytes", &[]), Some(Ok(1_048_576)));
        assert_eq!(bench.value("process_start_time_seconds", &[]), Some(Ok(170_000_000_500)));
        assert_eq!(bench.value("process_max_fds", &[]), Some(Ok(1024)));
        assert_eq!(bench.value("process_open_fds", &[]), Some(Ok(2)));
        assert_eq!(bench.value("hearth_threads", &[]), Some(Ok(3)));
    }

    #[test]
    fn a_garbled_line_takes_only_its_own_values() {
        let files = Files::with(&[("proc/self/stat", STAT)]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        files.write("proc/self/stat", "42 (hearth\n");
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        assert_eq!(bench.value("hearth_threads", &[]), Some(Err(Reason::OutOfRange)));
        assert!(bench.value("process_cpu_seconds_total", &[]).unwrap().is_ok());
        assert_eq!(bench.value("process_max_fds", &[]), Some(Err(Reason::Absent)));
    }

    #[test]
    fn this_process_has_threads_memory_and_files() {
        let mut bench = Bench::arm(&SENSOR, "/".as_ref()).unwrap();
        bench.read_at(0).unwrap();
        for series in bench.list() {
            if series != "process_max_fds" {
                assert!(bench.value(&series, &[]).unwrap().is_ok_and(|value| value >= 0), "{series}");
            }
        }
    }
}
