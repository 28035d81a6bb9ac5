//! The parsers beside the `procfs` crate, on the machine the tests run on.
//!
//! Both read the same bytes, so nothing depends on how far counters move between two reads. Texts captured from other
//! kernels are compared as well, where the oracle reads them. `netstat`, `sockstat` and `softnet`, which it does not
//! know, stand beside a reader of words.

#[cfg(test)]
mod live {
    mod network;
    mod process;
    pub(crate) mod texts;
}

#[cfg(test)]
mod tests {
    use super::live::texts::{all, fields, live, plain};
    use hearth_drivers::proc::keyed::KeyUnit;
    use hearth_drivers::proc::{
        diskstats, file_nr, loadavg, meminfo, pressure, random, stat, uptime, vmstat,
    };
    use procfs::{ExplicitSystemInfo, FromBufReadSI, FromRead};

    #[test]
    fn stat_agrees_with_procfs() {
        let Some(text) = live(stat::PATH, stat::DELIVERY) else { return };
        let system = ExplicitSystemInfo {
            boot_time_secs: 0,
            ticks_per_second: 100,
            page_size: 4096,
            is_little_endian: true,
        };
        let theirs = procfs::KernelStats::from_buf_read(&text[..], &system).unwrap();
        let mut cpus = vec![stat::Cpu::NONE; stat::cpu_lines(&text)];
        let ours = stat::parse(&text, &mut cpus).unwrap();
        assert_eq!((ours.ctxt, ours.btime, ours.processes), (theirs.ctxt, theirs.btime, theirs.processes));
        assert_eq!(Some(ours.procs_running), theirs.procs_running.map(u64::from));
        assert_eq!(Some(ours.procs_blocked), theirs.procs_blocked.map(u64::from));
        assert_eq!(ours.cpus, theirs.cpu_time.len());
        let ticks = cpus.iter().map(|cpu| cpu.ticks).chain([ours.total]);
        for (ours, theirs) in ticks.zip(theirs.cpu_time.iter().chain([&theirs.total])) {
            let first = [theirs.user, theirs.nice, theirs.system, theirs.idle].map(Some);
            let later =
                [theirs.iowait, theirs.irq, theirs.softirq, theirs.steal, theirs.guest, theirs.guest_nice];
            let all: Vec<_> = first.into_iter().chain(later).collect();
            assert_eq!(stat::Mode::ALL.map(|mode| ours.get(mode)).to_vec(), all);
        }
    }

    #[test]
    fn meminfo_agrees_with_procfs_in_every_key_that_it_knows() {
        for (name, text) in all(meminfo::PATH, meminfo::DELIVERY, "meminfo") {
            let theirs = fields(&procfs::Meminfo::from_read(&text[..]).unwrap());
            assert!(theirs.len() >= 55, "{name}: {theirs:?}");
            let mut keyed = meminfo::arm(&text).unwrap();
            let mut values = vec![None; keyed.len()];
            assert_eq!(
                keyed.read(&text, &mut values),
                Ok(text.iter().filter(|byte| **byte == b'\n').count())
            );
            let ours: Vec<_> = keyed
                .keys()
                .zip(values)
                .map(|((key, unit), value)| (plain(key), unit, value.unwrap()))
                .collect();
            for (mut key, value) in theirs {
                if key == "secondarypagetables" {
                    "secpagetables".clone_into(&mut key);
                }
                let ours = ours.iter().find(|(name, ..)| *name == key);
                let told = ours.map(|(_, unit, value)| match unit {
                    KeyUnit::Kib => value * 1024,
                    KeyUnit::Count => *value,
                });
                assert_eq!(told.map(|told| i64::try_from(told).unwrap()), value, "{name} {key}");
            }
        }
    }

    #[test]
    fn vmstat_agrees_with_procfs() {
        let Some(text) = live(vmstat::PATH, vmstat::DELIVERY) else { return };
        let theirs = procfs::VmStat::from_read(&text[..]).unwrap().0;
        let mut keyed = vmstat::arm(&text, |_| true).unwrap();
        let mut values = vec![None; keyed.len()];
        assert_eq!(keyed.read(&text, &mut values), Ok(theirs.len()));
        for ((key, _), value) in keyed.keys().zip(&values) {
            assert_eq!(value.map(|value| i64::try_from(value).unwrap()), theirs.get(key).copied(), "{key}");
        }
    }

    #[test]
    fn diskstats_agree_with_procfs() {
        let Some(text) = live(diskstats::PATH, diskstats::DELIVERY) else { return };
        let theirs = procfs::DiskStats::from_read(&text[..]).unwrap().0;
        let ours: Vec<_> = diskstats::parse(&text).map(Result::unwrap).collect();
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.name, theirs.name.as_bytes());
            assert_eq!(
                (i64::from(ours.major), i64::from(ours.minor)),
                (theirs.major.into(), theirs.minor.into())
            );
            let reads = [theirs.reads, theirs.merged, theirs.sectors_read, theirs.time_reading];
            assert_eq!([ours.reads.ios, ours.reads.merges, ours.reads.sectors, ours.reads.ms], reads);
            let writes = [theirs.writes, theirs.writes_merged, theirs.sectors_written, theirs.time_writing];
            assert_eq!([ours.writes.ios, ours.writes.merges, ours.writes.sectors, ours.writes.ms], writes);
            let queue = [theirs.in_progress, theirs.time_in_progress, theirs.weighted_time_in_progress];
            assert_eq!([ours.in_flight, ours.io_ms, ours.weighted_io_ms], queue);
            let discards = ours.discards.map(|kind| [kind.ios, kind.merges, kind.sectors, kind.ms]);
            let split = |index: usize| discards.map(|all| all[index]);
            assert_eq!(
                [split(0), split(1), split(2), split(3)],
                [theirs.discards, theirs.discards_merged, theirs.sectors_discarded, theirs.time_discarding]
            );
            let flushes = ours.flushes.map(|flushes| (flushes.ios, flushes.ms));
            assert_eq!(flushes, theirs.flushes.zip(theirs.time_flushing));
        }
    }

    #[test]
    fn pressure_agrees_with_procfs() {
        for path in [pressure::CPU_PATH, pressure::IO_PATH, pressure::MEMORY_PATH, pressure::IRQ_PATH] {
            let Some(text) = live(path, pressure::DELIVERY) else { continue };
            let ours = pressure::parse(&text).unwrap();
            let text = String::from_utf8(text).unwrap();
            for (word, ours) in [("some", ours.some), ("full", ours.full)] {
                let line = text.lines().find(|line| line.starts_with(word));
                assert_eq!(ours.is_some(), line.is_some(), "{path} {word}");
                let (Some(ours), Some(line)) = (ours, line) else { continue };
                let theirs = procfs::parse_pressure_record(line).unwrap();
                assert_eq!(ours.total_us, theirs.total, "{path} {word}");
                let averages = [theirs.avg10, theirs.avg60, theirs.avg300];
                for (ours, theirs) in ours.avg_percent_hundredths.into_iter().zip(averages) {
                    assert_eq!(format!("{}.{:02}", ours / 100, ours % 100), format!("{theirs:.2}"));
                }
            }
        }
    }

    #[test]
    fn loadavg_and_uptime_agree_with_procfs() {
        if let Some(text) = live(loadavg::PATH, loadavg::DELIVERY) {
            let theirs = procfs::LoadAverage::from_read(&text[..]).unwrap();
            let ours = loadavg::parse(&text).unwrap();
            let loads = [theirs.one, theirs.five, theirs.fifteen];
            for (ours, theirs) in ours.load_hundredths.into_iter().zip(loads) {
                assert_eq!(format!("{}.{:02}", ours / 100, ours % 100), format!("{theirs:.2}"));
            }
            let tasks = [theirs.cur, theirs.max, theirs.latest_pid].map(u64::from);
            assert_eq!([ours.runnable, ours.tasks, ours.last_pid], tasks);
        }
        if let Some(text) = live(uptime::PATH, uptime::DELIVERY) {
            let theirs = procfs::Uptime::from_read(&text[..]).unwrap();
            let ours = uptime::parse(&text).unwrap();
            for (ours, theirs) in
                [(ours.up_hundredths_s, theirs.uptime), (ours.idle_hundredths_s, theirs.idle)]
            {
                assert_eq!(format!("{}.{:02}", ours / 100, ours % 100), format!("{theirs:.2}"));
            }
        }
    }

    #[test]
    fn system_limits_agree_with_procfs() {
        if let Some(text) = live(file_nr::PATH, file_nr::DELIVERY) {
            // The highest number of files changes only when somebody sets it; files in use do at any time.
            let theirs = procfs::sys::fs::file_max().unwrap();
            assert_eq!(file_nr::parse(&text).unwrap().max, theirs as u64);
        }
        if let Some(text) = live(random::POOLSIZE_PATH, random::DELIVERY) {
            assert_eq!(random::parse(&text), Ok(u64::from(procfs::sys::kernel::random::poolsize().unwrap())));
        }
        if let Some(text) = live(random::ENTROPY_AVAIL_PATH, random::DELIVERY) {
            assert!(random::parse(&text).unwrap() <= 4096);
        }
    }
}
