//! A processor whose energy is in plain files, for machines that have no such counters: two packages with cores, graphics
//! and memory, in the form of the kernel's power capping tree.
//!
//! In memory (`/dev/shm`) a read of such a file costs about what one of a sysfs attribute does. It leaves out what the
//! processor takes for its registers, which nobody who reads them is spared.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Zones of the tree and the names that they have: eight domains.
const ZONES: [(&str, &str); 8] = [
    ("intel-rapl:0", "package-0"),
    ("intel-rapl:0:0", "core"),
    ("intel-rapl:0:1", "uncore"),
    ("intel-rapl:0:2", "dram"),
    ("intel-rapl:1", "package-1"),
    ("intel-rapl:1:0", "core"),
    ("intel-rapl:1:1", "uncore"),
    ("intel-rapl:1:2", "dram"),
];
/// Where the zones are, below the root.
const CLASS: &str = "sys/class/powercap";
/// The range of 32 bits in units of 2^-14 J.
const RANGE_UJ: &str = "262143328850\n";
/// The counters begin here, so that they keep their twelve digits for days.
const BEGIN_UJ: u64 = 100_000_000_000;
/// How often the counters go on, and by how much: 30 W.
const STEP: (Duration, u64) = (Duration::from_millis(100), 3_000_000);

/// The tree; dropping it removes it.
pub struct Domains {
    root: PathBuf,
    stop: Arc<AtomicBool>,
    mover: Option<JoinHandle<()>>,
}

impl Domains {
    /// Makes the tree in a directory of its own. Its counters go on by themselves, all at once.
    ///
    /// # Panics
    /// The files cannot be made.
    #[must_use]
    pub fn start(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let root = place.join(format!("hearth-bench-{name}-{}", std::process::id()));
        for (zone, name) in ZONES {
            let directory = root.join(CLASS).join(zone);
            fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
            let energy = format!("{BEGIN_UJ}\n");
            for (file, text) in [("name", name), ("max_energy_range_uj", RANGE_UJ), ("energy_uj", &energy)] {
                let path = directory.join(file);
                fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (counters, over) = (open(&root, true), Arc::clone(&stop));
        let mover = thread::Builder::new().name("energy".to_owned()).spawn(move || go_on(&counters, &over));
        Self { root, stop, mover: Some(mover.expect("a thread")) }
    }

    /// What stands for `/`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The counters, open to be read.
    #[must_use]
    pub fn files(&self) -> Vec<File> {
        open(&self.root, false)
    }
}

impl Drop for Domains {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.mover.take().is_some_and(|mover| mover.join().is_err()) {
            eprintln!("the thread that moved the counters has failed");
        }
        if let Err(error) = fs::remove_dir_all(&self.root) {
            eprintln!("{} stays: {error}", self.root.display());
        }
    }
}

fn open(root: &Path, is_written: bool) -> Vec<File> {
    let path = |zone: &str| root.join(CLASS).join(zone).join("energy_uj");
    let one = |(zone, _): (&str, &str)| File::options().read(true).write(is_written).open(path(zone));
    ZONES.into_iter().map(|zone| one(zone).expect("made just now")).collect()
}

/// Each number is written over the one before in one call, so that no reader sees less than a number.
fn go_on(counters: &[File], over: &AtomicBool) {
    let mut energy_uj = BEGIN_UJ;
    while !over.load(Ordering::Relaxed) {
        thread::sleep(STEP.0);
        energy_uj += STEP.1;
        let text = format!("{energy_uj}\n");
        for counter in counters {
            counter.write_all_at(text.as_bytes(), 0).expect("files in memory can be written");
        }
    }
}
