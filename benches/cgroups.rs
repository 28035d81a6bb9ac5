//! A reading of fifty control groups beside a bare loop that reads the same files, alternately in one run.
//!
//! ```sh
//! cargo bench --bench cgroups -- --rounds 301
//! ```
//!
//! On a tree of files, where each group has every controller, and, where this program may make groups (as root), on
//! fifty real ones with the files that they have here. Shown for each: reads (by `/proc/thread-self/io`) and time of a
//! reading in which everything is read (the first after arming), of one in which five groups have moved (in files
//! alone), and of one in which none has. The bare loop always reads every file, parses nothing and keeps nothing.

#![expect(clippy::expect_used, reason = "a benchmark that cannot take a figure has nothing to go on with")]

use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hearth::sensors::SENSORS;
use hearth_drivers::cgroup::place;
use hearth_hot::contract::SensorDef;
use hearth_hot::testing::Bench;
use hearth_measure::table::Table;
use hearth_measure::{argument, ranks};

/// Groups followed; with the slice around them one more is there.
const GROUPS: usize = 50;
/// The slice they are in.
const SLICE: &str = "hearth-bench.slice";
/// What a group may have, and a usual text of it.
const FILES: [(&str, &str); 9] = [
    ("memory.current", "123457536\n"),
    ("memory.peak", "234567890\n"),
    ("memory.stat", include_str!("../drivers/fixtures/cgroup_memory/6.12.txt")),
    ("memory.events", include_str!("../drivers/fixtures/cgroup_memory/6.12-events.txt")),
    ("io.stat", include_str!("../drivers/fixtures/cgroup_io/6.12.txt")),
    ("pids.current", "17\n"),
    ("cpu.pressure", include_str!("../drivers/fixtures/pressure/6.18-io.txt")),
    ("memory.pressure", include_str!("../drivers/fixtures/pressure/6.18-io.txt")),
    ("io.pressure", include_str!("../drivers/fixtures/pressure/6.18-io.txt")),
];

fn main() {
    let rounds = argument("--rounds", 301);
    let sensor = SENSORS.iter().find(|def| def.name == "cgroups").expect("the sensor is listed");
    let root = std::env::temp_dir().join(format!("hearth-bench-cgroups-{}", std::process::id()));
    let tree = root.join("sys/fs/cgroup");
    make_files(&root, &tree);
    compare("a tree of files, every controller", sensor, &root, &tree, rounds, true);
    fs::remove_dir_all(&root).expect("what was made can be removed");
    match make_groups() {
        Ok(tree) => {
            compare("real groups of this machine", sensor, Path::new("/"), &tree, rounds, false);
            (0..GROUPS).for_each(|number| remove(&group(&tree, number)));
            remove(&tree.join(SLICE));
        }
        Err(why) => println!("\nreal groups: not measured here: {why}"),
    }
}

fn group(tree: &Path, number: usize) -> PathBuf {
    tree.join(SLICE).join(format!("{number}.service"))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("directories can be made");
    fs::write(path, text).expect("files can be written");
}

fn used(directory: &Path, usage_us: u64) {
    write(
        &directory.join("cpu.stat"),
        &format!("usage_usec {usage_us}\nuser_usec {usage_us}\nsystem_usec 0\n"),
    );
}

fn make_files(root: &Path, tree: &Path) {
    write(&root.join("proc/self/mountinfo"), "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    write(&root.join("proc/stat"), "cpu  1 2 3 4\ncpu0 1 2 3 4\n");
    for device in ["253:0", "8:0", "259:0"] {
        write(&root.join("sys/dev/block").join(device).join("dev"), device);
    }
    write(&tree.join("cgroup.controllers"), "cpu io memory pids\n");
    write(&tree.join("cgroup.stat"), &format!("nr_descendants {}\n", GROUPS + 1));
    used(tree, 1);
    used(&tree.join(SLICE), 1);
    for number in 0..GROUPS {
        used(&group(tree, number), 1);
        FILES.iter().for_each(|(file, text)| write(&group(tree, number).join(file), text));
    }
}

fn make_groups() -> Result<PathBuf, String> {
    let tree = place::find(Path::new("/")).map_err(|error| error.to_string())?.directory;
    let made = |path: &Path| fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()));
    (0..GROUPS).try_for_each(|number| made(&group(&tree, number)))?;
    Ok(tree)
}

fn remove(directory: &Path) {
    fs::remove_dir(directory).expect("a group that was made can be removed");
}

/// The files that are there of all groups, open.
fn open_all(tree: &Path) -> Vec<File> {
    let groups = (0..GROUPS).map(|number| group(tree, number)).chain([tree.join(SLICE)]);
    let names = ["cpu.stat"].into_iter().chain(FILES.iter().map(|(file, _)| *file));
    let of_groups = groups.flat_map(|group| names.clone().map(move |name| group.join(name)));
    let paths = of_groups.chain(["cpu.stat", "cgroup.stat"].map(|name| tree.join(name)));
    paths.filter_map(|path| File::open(path).ok()).collect()
}

fn compare(title: &str, def: &SensorDef, root: &Path, tree: &Path, rounds: u64, is_ours: bool) {
    let files = open_all(tree);
    let mut times_ns = [const { Vec::new() }; 4];
    let mut reads = [0; 4];
    let mut buf = vec![0; 32 * 1024];
    for round in 0..rounds {
        let mut bench = Bench::arm(def, root).expect("there are groups");
        let at_ns = |step| (round * 10 + step) * 1_000_000_000;
        let mut take = |case: usize, turn: &mut dyn FnMut()| {
            let (before, begun) = (reads_so_far(), Instant::now());
            turn();
            times_ns[case].push(nanoseconds(begun));
            // The question itself is one read.
            reads[case] = reads_so_far().saturating_sub(before + 1);
        };
        take(0, &mut || assert!(bench.read_at(at_ns(0)).is_ok()));
        take(1, &mut || {
            for file in &files {
                let length = file.read_at(&mut buf, 0).expect("the kernel answers");
                black_box(&buf[..length]);
            }
        });
        take(2, &mut || assert!(bench.read_at(at_ns(1)).is_ok()));
        if is_ours {
            let usage_us = 2 + round;
            used(&tree.join(SLICE), usage_us);
            (0..5).for_each(|number| used(&group(tree, number), usage_us));
            take(3, &mut || assert!(bench.read_at(at_ns(2)).is_ok()));
        }
    }
    let mut table = Table::begin(&format!("{title}: {GROUPS} groups, {rounds} readings, us"), "bare loop");
    let bare = ranks::median(&times_ns[1]) / 1000.0;
    for (case, what, limit) in [(0, "everything", 1.3), (3, "five moved", 1.0), (2, "none moved", 1.0)] {
        if times_ns[case].is_empty() {
            continue;
        }
        let ratio = ranks::paired_ratio(&times_ns[case], &times_ns[1]);
        let figure = format!("{what}: {} reads beside {}", reads[case], reads[1]);
        table.ratio(&figure, ranks::median(&times_ns[case]) / 1000.0, bare, ratio, limit);
    }
}

/// Reads that this thread has made; 0 where the kernel does not count them.
fn reads_so_far() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/io").unwrap_or_else(|_not_counted| String::new());
    let line = text.lines().find_map(|line| line.strip_prefix("syscr: "));
    line.map_or(0, |count| count.parse().expect("the kernel writes a number"))
}

#[expect(clippy::cast_precision_loss, reason = "a reading takes far less than 2^52 ns")]
fn nanoseconds(begun: Instant) -> f64 {
    begun.elapsed().as_nanos() as f64
}
