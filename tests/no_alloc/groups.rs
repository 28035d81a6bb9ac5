//! A machine of files with control groups and a package that counts energy.

use std::fs;
use std::path::Path;

/// Writes `text` below `root`.
fn put(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("make directories");
    fs::write(path, text).expect("write a file");
}

/// The machine with eight services, at a `step` of its life: everything has moved since the one before.
pub(crate) fn machine(root: &Path, step: u64) {
    put(root, "proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
    put(root, "proc/stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\n");
    put(root, "sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n");
    put(root, "sys/fs/cgroup/cgroup.stat", "nr_descendants 9\n");
    put(root, "sys/dev/block/8:0/dev", "8:0\n");
    put(root, "sys/class/powercap/intel-rapl:0/name", "package-0\n");
    put(root, "sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n");
    let energy_uj = (step * 16_384 * 61_035) / 1000;
    put(root, "sys/class/powercap/intel-rapl:0/energy_uj", &format!("{energy_uj}\n"));
    times(root, "sys/fs/cgroup", 90 * step);
    times(root, "sys/fs/cgroup/system.slice", 80 * step);
    (0..8).for_each(|service| group(root, &format!("sys/fs/cgroup/system.slice/{service}.service"), step));
}

fn times(root: &Path, group: &str, usage_us: u64) {
    let text = format!("usage_usec {usage_us}\nuser_usec {usage_us}\nsystem_usec 0\n");
    put(root, &format!("{group}/cpu.stat"), &text);
}

fn group(root: &Path, group: &str, step: u64) {
    times(root, group, 10 * step);
    put(root, &format!("{group}/memory.current"), &format!("{step}\n"));
    put(root, &format!("{group}/memory.stat"), &format!("anon {step}\nfile 2\nkernel 3\npgmajfault 4\n"));
    put(
        root,
        &format!("{group}/io.stat"),
        &format!("8:0 rbytes={step} wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"),
    );
    put(root, &format!("{group}/cpu.pressure"), "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
}

/// Makes one of the files of a service what no kernel writes; each `round` another.
pub(crate) fn damage(root: &Path, round: usize) {
    let file = ["cpu.stat", "memory.current", "memory.stat", "io.stat", "cpu.pressure"][round % 5];
    let text = ["", "no kernel wrote this\n", "usage_usec 18446744073709551616\n"][round % 3];
    put(root, &format!("sys/fs/cgroup/system.slice/{}.service/{file}", round % 8), text);
}
