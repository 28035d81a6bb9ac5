//! Processes and mounts, as `procfs` reads them.

use super::texts::{all, live};
use hearth_drivers::proc::mounts;
use hearth_drivers::process::{limits, stat, statm, status};
use procfs::process::{LimitValue, Limits, MountInfos, Stat, StatM, Status};
use procfs::{FromBufRead, FromRead};

#[test]
fn a_processes_stat_agrees_with_procfs() {
    for (name, text) in all(stat::PATH_SELF, stat::DELIVERY, "process_stat") {
        let theirs = Stat::from_read(&text[..]).unwrap();
        let ours = stat::parse(&text).unwrap();
        assert_eq!(ours.command.as_bytes(), theirs.comm.as_bytes(), "{name}");
        assert_eq!(char::from(ours.state), theirs.state, "{name}");
        let pids = [theirs.pid, theirs.ppid].map(|pid| u32::try_from(pid).unwrap());
        assert_eq!([ours.pid, ours.parent_pid], pids, "{name}");
        let counted = [theirs.minflt, theirs.majflt, theirs.utime, theirs.stime];
        assert_eq!(
            [ours.minor_faults, ours.major_faults, ours.user_ticks, ours.system_ticks],
            counted,
            "{name}"
        );
        assert_eq!(
            (ours.nice, i64::try_from(ours.threads).unwrap()),
            (theirs.nice, theirs.num_threads),
            "{name}"
        );
        let rest = [theirs.starttime, theirs.vsize, theirs.rss];
        assert_eq!([ours.start_ticks, ours.virtual_bytes, ours.resident_pages], rest, "{name}");
    }
}

#[test]
fn a_processes_memory_agrees_with_procfs() {
    for (name, text) in all(statm::PATH_SELF, statm::DELIVERY, "statm") {
        let theirs = StatM::from_read(&text[..]).unwrap();
        let ours = statm::parse(&text).unwrap();
        let pages = [theirs.size, theirs.resident, theirs.shared, theirs.text, theirs.data];
        let parts =
            [ours.size_pages, ours.resident_pages, ours.shared_pages, ours.text_pages, ours.data_pages];
        assert_eq!(parts, pages, "{name}");
    }
}

#[test]
fn a_processes_switches_agree_with_procfs() {
    for (name, text) in all(status::PATH_SELF, status::DELIVERY, "status") {
        let theirs = Status::from_buf_read(&text[..]).unwrap();
        let ours = status::parse(&text).unwrap();
        let switches = (theirs.voluntary_ctxt_switches, theirs.nonvoluntary_ctxt_switches);
        assert_eq!((Some(ours.voluntary), Some(ours.involuntary)), switches, "{name}");
    }
}

/// The captured texts end with the last line that is read, before those that the oracle asks for.
#[test]
fn a_processes_limits_agree_with_procfs() {
    let Some(text) = live(limits::PATH_SELF, limits::DELIVERY) else { return };
    let theirs = Limits::from_buf_read(&text[..]).unwrap();
    let ours = limits::parse(&text).unwrap();
    let limit = |limit: limits::Limit| match limit {
        limits::Limit::Most(most) => LimitValue::Value(most),
        limits::Limit::Unlimited => LimitValue::Unlimited,
    };
    let told = [limit(ours.open_files), limit(ours.address_space_bytes)];
    let soft = [theirs.max_open_files.soft_limit, theirs.max_address_space.soft_limit];
    assert_eq!(format!("{told:?}"), format!("{soft:?}"));
}

#[test]
fn mounts_agree_with_procfs() {
    for (name, text) in all(mounts::PATH, mounts::DELIVERY, "mounts") {
        let theirs = MountInfos::from_buf_read(&text[..]).unwrap().0;
        let mut theirs = theirs.iter();
        mounts::parse(&text, |ours| {
            let theirs = theirs.next().unwrap();
            let (major, minor) = ours.device_number;
            assert_eq!(
                (ours.id, format!("{major}:{minor}")),
                (u32::try_from(theirs.mnt_id).unwrap(), theirs.majmin.clone()),
                "{name}"
            );
            // Neither takes the escapes out of a name here.
            let names =
                [ours.subtree, ours.mount_point, ours.kind].map(|name| str::from_utf8(name.0).unwrap());
            assert_eq!(
                names,
                [&theirs.root, theirs.mount_point.to_str().unwrap(), &theirs.fs_type],
                "{name}"
            );
            let source =
                Some(str::from_utf8(ours.source.0).unwrap()).filter(|source| !["", "none"].contains(source));
            assert_eq!(source, theirs.mount_source.as_deref(), "{name}");
            assert_eq!(ours.is_read_only, theirs.mount_options.contains_key("ro"), "{name}");
        })
        .unwrap();
        assert!(theirs.next().is_none(), "{name}: fewer mounts than theirs");
    }
}
