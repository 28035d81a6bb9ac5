//! Mounted file systems: size, space and file nodes.
//!
//! A file system may hang (a share whose server is gone), so that threads apart ask it, see `probes.rs`. The sensor
//! itself only looks at the answers: what did not come in time makes its own mount stale, and no other.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hearth_drivers::file::{Errno, KernelText};
use hearth_drivers::proc::ParseError;
use hearth_drivers::proc::mounts::{self, Escaped, Usage};
use hearth_hot::contract::{
    Absent, Arming, Every, LaneKind, Sensor, SensorConfig, SensorDef, Sheet, Slot, State, Tick,
};
use hearth_model::{Metric, Reason, catalogue::filesystem};

use super::kept::Kept;
use super::probes::{Known, MountKey, Probe, Probes};
use super::{Trouble, pattern, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "filesystem",
    source: "statvfs(3) of /proc/self/mountinfo",
    lane: LaneKind::Slow,
    // Answers are looked for at each read, questions asked every ASK_EVERY_NS.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_millis(1),
    metrics: &[filesystem::ALL],
    arm: |arming| arm_with(arming, &KEPT, mounts::usage),
};

/// File systems fill slowly.
const ASK_EVERY_NS: u64 = 30_000_000_000;
/// The longest path (`PATH_MAX` of `linux/limits.h`).
const PATH_BYTES: usize = 4096;

/// In the order of [`numbers`].
const METRICS: [&Metric; 6] = [
    &filesystem::SIZE,
    &filesystem::FREE,
    &filesystem::AVAIL,
    &filesystem::FILES,
    &filesystem::FILES_FREE,
    &filesystem::READONLY,
];

static KEPT: Kept<Probes> = Kept::new();

struct Filesystem {
    text: KernelText,
    /// The text as armed: while it is the same, so are the mounts.
    armed: Box<[u8]>,
    probes: Arc<Probes>,
    rows: Box<[Row]>,
    timeout_ns: u64,
    ask_at_ns: u64,
}

struct Row {
    key: MountKey,
    numbers: [Slot; METRICS.len()],
    error: Slot,
}

/// A mount that is shown: its number in the kernel, and its labels.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    id: u32,
    device: String,
    mount_point: Vec<u8>,
    kind: String,
}

fn arm_with(arming: &mut Arming<'_>, kept: &Kept<Probes>, probe: Probe) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), mounts::PATH, mounts::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let armed: Box<[u8]> = match text.read() {
        Ok(text) => text.into(),
        Err(error) => return Err(Trouble::from(error).absent(&SENSOR)),
    };
    let shown = shown(&armed, arming.config()).map_err(|error| Trouble::from(error).absent(&SENSOR))?;
    let probes = kept.below(arming.root(), || Probes::start(probe)).map_err(|error| Absent {
        reason: Reason::IoError,
        what: format!("starting the threads that ask file systems failed: {error}"),
        fix: "raise TasksMax= of the service's unit".to_owned(),
    })?;
    let paths: Vec<_> = shown.iter().map(|mount| (mount.id, below(arming.root(), mount))).collect();
    let keys = probes.keep_only(&paths);
    let rows = shown.iter().zip(keys).map(|(mount, key)| row(arming, mount, key)).collect();
    let timeout_ns = u64::try_from(arming.config().filesystem_timeout.as_nanos()).unwrap_or(u64::MAX);
    Ok(Box::new(Filesystem { text, armed, probes, rows, timeout_ns, ask_at_ns: 0 }))
}

fn row(arming: &mut Arming<'_>, mount: &Shown, key: MountKey) -> Row {
    // With what is no text replaced two places may read alike; the kernel's number tells them apart.
    let mount_point = match String::from_utf8_lossy(&mount.mount_point) {
        Cow::Borrowed(whole) => whole.to_owned(),
        Cow::Owned(replaced) => format!("{replaced} (mount {})", mount.id),
    };
    let labels: [&str; 3] = [&mount.device, &mount_point, &mount.kind];
    let numbers = METRICS.map(|metric| arming.slot(metric, &labels));
    Row { key, numbers, error: arming.slot(&filesystem::DEVICE_ERROR, &labels) }
}

/// The mounts that are not left out, the last one at each place: it hides those before it.
fn shown(text: &[u8], config: &SensorConfig) -> Result<Vec<Shown>, ParseError> {
    let mut shown: Vec<Shown> = Vec::new();
    mounts::parse(text, |mount| {
        let mut room = [0; PATH_BYTES];
        let mut name = |of: Escaped<'_>| of.unescape(&mut room).map(<[u8]>::to_vec);
        let (Some(mount_point), Some(kind), Some(device)) =
            (name(mount.mount_point), name(mount.kind), name(mount.source))
        else {
            return;
        };
        shown.retain(|before| before.mount_point != mount_point);
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (device, kind) = (words(&device), words(&kind));
        let is_ignored = pattern::any_matches(&config.ignored_mounts, &words(&mount_point))
            || pattern::any_matches(&config.ignored_filesystems, &kind);
        if !is_ignored {
            shown.push(Shown { id: mount.id, device, mount_point, kind });
        }
    })?;
    Ok(shown)
}

/// Where the mount is, seen from the machine itself.
fn below(root: &Path, mount: &Shown) -> Arc<[u8]> {
    if root == Path::new("/") {
        return mount.mount_point.as_slice().into();
    }
    let root = root.as_os_str().as_bytes();
    [root, mount.mount_point.as_slice()].concat().into()
}

/// What a file system says, in the order of [`METRICS`].
fn numbers(usage: &Usage) -> [u64; METRICS.len()] {
    [
        usage.size_bytes,
        usage.free_bytes,
        usage.available_bytes,
        usage.inodes,
        usage.inodes_free,
        u64::from(usage.is_read_only),
    ]
}

fn reason(errno: Errno) -> Reason {
    if errno.is_permission() {
        Reason::NoPermission
    } else if errno.is_absent() {
        Reason::Absent
    } else {
        Reason::IoError
    }
}

impl Row {
    fn fill(&self, known: Known, now_ns: u64, timeout_ns: u64, sheet: &mut Sheet<'_>) {
        let is_late = |since: u64| now_ns.saturating_sub(since) > timeout_ns;
        let failed = match (known.waits_since_ns.is_some_and(is_late), known.answer) {
            (true, _) => Reason::Stale,
            (false, Some(Err(errno))) => reason(errno),
            (false, Some(Ok(usage))) => {
                for (slot, number) in self.numbers.iter().zip(numbers(&usage)) {
                    sheet.count(*slot, number);
                }
                return sheet.set(self.error, 0);
            }
            // The first answer is still to come.
            (false, None) => return,
        };
        self.numbers.iter().for_each(|slot| sheet.fail(*slot, failed));
        sheet.set(self.error, 1);
    }
}

impl Filesystem {
    /// Whether the mounts are those that were armed.
    fn is_unchanged(&mut self) -> Result<bool, Trouble> {
        Ok(*self.text.read()? == *self.armed)
    }

    fn fill(&mut self, now_ns: u64, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let mut state = State::Steady;
        if now_ns >= self.ask_at_ns {
            self.ask_at_ns = now_ns.saturating_add(ASK_EVERY_NS);
            for row in &self.rows {
                self.probes.ask(row.key, now_ns);
            }
            if !self.is_unchanged()? {
                state = State::Changed;
            }
        }
        for row in &self.rows {
            row.fill(self.probes.look(row.key), now_ns, self.timeout_ns, sheet);
        }
        Ok(state)
    }
}

impl Sensor for Filesystem {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(tick.monotonic_ns, sheet))
    }
}

#[cfg(test)]
mod tests;
