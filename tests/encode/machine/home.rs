//! A home server: 8 CPUs, 4 disks, 6 interfaces, 6 file systems, 16 services.

use hearth::snapshot::Snapshot;
use hearth_hot::series::Part;
use hearth_model::{Audience, Metric, Reason, Scale, Unit, Word, counter, gauge, unknown};

use super::{Place, Random, place};

/// Metrics of one subsystem: how many, for which instances, and how their words look.
struct Group {
    prefix: &'static str,
    metrics: usize,
    instances: &'static [&'static str],
    scale: Scale,
    counts: bool,
    /// Words are below this, spread over all magnitudes.
    below: u64,
    /// Of a hundred words, how many are 0 and stay so.
    zeros: u64,
    /// Of a hundred others, how many change within a second.
    changing: u64,
    /// What one of those changes by, at most.
    step: u64,
}

const CPUS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7"];
const DISKS: &[&str] = &["sda", "sdb", "nvme0n1", "nvme1n1"];
const LINKS: &[&str] = &["lo", "eth0", "eth1", "wg0", "br0", "veth1a2b3c4"];
const MOUNTS: &[&str] = &["/", "/boot", "/home", "/srv/media", "/srv/backup", "/run/user/1000"];
const SERVICES: &[&str] = &[
    "cron",
    "dbus",
    "docker",
    "jellyfin",
    "nextcloud",
    "nginx",
    "nmbd",
    "postgresql",
    "redis",
    "smbd",
    "ssh",
    "syncthing",
    "systemd-journald",
    "systemd-networkd",
    "systemd-resolved",
    "unbound",
];
const ONE: &[&str] = &[""];

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    Group { prefix: "node_cpu_mode_seconds", metrics: 10, instances: CPUS, scale: Scale::CENTI, counts: true, below: 1 << 32, zeros: 40, changing: 60, step: 100 },
    Group { prefix: "node_softnet", metrics: 3, instances: CPUS, scale: Scale::ONE, counts: true, below: 1 << 32, zeros: 60, changing: 50, step: 500 },
    Group { prefix: "node_cpu_frequency_hertz", metrics: 3, instances: CPUS, scale: Scale::times(1000), counts: false, below: 1 << 22, zeros: 0, changing: 34, step: 1 << 20 },
    Group { prefix: "node_memory_bytes", metrics: 54, instances: ONE, scale: Scale::KIB, counts: false, below: 1 << 25, zeros: 25, changing: 40, step: 4096 },
    Group { prefix: "node_disk", metrics: 17, instances: DISKS, scale: Scale::ONE, counts: true, below: 1 << 36, zeros: 30, changing: 40, step: 2000 },
    Group { prefix: "node_network", metrics: 34, instances: LINKS, scale: Scale::ONE, counts: true, below: 1 << 38, zeros: 60, changing: 35, step: 1 << 17 },
    Group { prefix: "node_filesystem", metrics: 7, instances: MOUNTS, scale: Scale::ONE, counts: false, below: 1 << 42, zeros: 30, changing: 25, step: 1 << 16 },
    Group { prefix: "node_vmstat", metrics: 7, instances: ONE, scale: Scale::ONE, counts: true, below: 1 << 36, zeros: 30, changing: 80, step: 9000 },
    Group { prefix: "node_netstat", metrics: 45, instances: ONE, scale: Scale::ONE, counts: true, below: 1 << 34, zeros: 45, changing: 50, step: 3000 },
    Group { prefix: "node_sockstat", metrics: 20, instances: ONE, scale: Scale::ONE, counts: false, below: 1 << 10, zeros: 45, changing: 20, step: 10 },
    Group { prefix: "node_pressure_seconds", metrics: 7, instances: ONE, scale: Scale::MICRO, counts: true, below: 1 << 36, zeros: 20, changing: 60, step: 20_000 },
    Group { prefix: "node_conntrack", metrics: 10, instances: ONE, scale: Scale::ONE, counts: true, below: 1 << 20, zeros: 70, changing: 40, step: 10 },
    Group { prefix: "node_system", metrics: 36, instances: ONE, scale: Scale::ONE, counts: false, below: 1 << 34, zeros: 30, changing: 20, step: 2000 },
    Group { prefix: "node_hwmon_temp_celsius", metrics: 24, instances: ONE, scale: Scale::MILLI, counts: false, below: 1 << 16, zeros: 0, changing: 50, step: 1000 },
    Group { prefix: "hearth_energy_joules", metrics: 4, instances: ONE, scale: Scale::MICRO, counts: true, below: 1 << 48, zeros: 0, changing: 100, step: 1 << 26 },
    Group { prefix: "smartctl_device", metrics: 30, instances: DISKS, scale: Scale::ONE, counts: false, below: 1 << 36, zeros: 50, changing: 1, step: 10 },
    Group { prefix: "hearth_process", metrics: 4, instances: &["firefox", "systemd", "sshd", "nginx", "postgres", "jellyfin", "smbd", "dockerd", "hearth", "bash"], scale: Scale::CENTI, counts: true, below: 1 << 28, zeros: 0, changing: 40, step: 100 },
    Group { prefix: "hearth_cgroup", metrics: 12, instances: SERVICES, scale: Scale::MICRO, counts: true, below: 1 << 38, zeros: 40, changing: 25, step: 1 << 17 },
    Group { prefix: "hearth_lane", metrics: 30, instances: &["steady", "slow"], scale: Scale::NANO, counts: true, below: 1 << 36, zeros: 20, changing: 70, step: 1 << 20 },
    Group { prefix: "hearth_sensor", metrics: 4, instances: &["stat", "meminfo", "disk", "net", "mount", "psi", "vm", "time", "top", "rapl", "smart", "hwmon"], scale: Scale::NANO, counts: true, below: 1 << 36, zeros: 40, changing: 90, step: 1 << 18 },
];

impl Group {
    /// Some metrics have a family of their own, some share one by a label, as the kernel's subsystems do.
    fn metrics(&self) -> Vec<&'static Metric> {
        let labels: &'static [&'static str] = if self.instances == ONE { &[] } else { &["device"] };
        let help = "What the kernel counts here, told in a sentence of the usual length.";
        (0..self.metrics)
            .map(|at| {
                let name = |end| &*format!("{}_field_{at}{end}", self.prefix).leak();
                let metric = match (self.counts, at % 9) {
                    (true, 0..8) => counter(name("_total"), Unit::None, help),
                    (true, _) => unknown(name(""), help),
                    (false, _) => gauge(name("_bytes"), Unit::Bytes, help),
                };
                &*Box::leak(Box::new(metric.labels(labels).scale(self.scale)))
            })
            .collect()
    }

    fn word(&self, random: &mut Random) -> Word {
        if random.below(100) < self.zeros {
            return Word::value(0);
        }
        // What counts for months is large: the upper half of the magnitudes.
        let widest = u64::from(self.below.ilog2());
        let magnitude = widest / 2 + random.below(widest / 2);
        Word::count(1 << magnitude | random.below(1 << magnitude))
    }
}

/// Its groups place by place, device by device.
fn places() -> impl Iterator<Item = (&'static Group, usize, usize)> {
    GROUPS.iter().flat_map(|group| {
        (0..group.instances.len())
            .flat_map(move |instance| (0..group.metrics).map(move |at| (group, instance, at)))
    })
}

/// A snapshot of the whole machine. One disk has no SMART: 30 series absent.
pub(crate) fn home_server() -> Snapshot {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let by_group: Vec<Vec<&'static Metric>> = GROUPS.iter().map(Group::metrics).collect();
    let metrics: Vec<&'static Metric> = by_group.iter().flatten().copied().collect();
    let steady: Vec<Place> = places()
        .map(|(group, instance, at)| {
            let group_at = GROUPS.iter().position(|other| other.prefix == group.prefix).unwrap();
            let labels: &[&str] =
                if group.instances == ONE { &[] } else { &group.instances[instance..=instance] };
            let absent = group.prefix == "smartctl_device" && instance == 0;
            let word = if absent { Word::reason(Reason::Absent) } else { group.word(&mut random) };
            place(by_group[group_at][at], labels, Part::Value, word)
        })
        .collect();
    super::snapshot(&metrics, steady, Vec::new(), Audience::Everyone)
}

/// The same machine a second later.
pub(crate) fn advance(snapshot: &Snapshot, random: &mut Random) -> Snapshot {
    let mut next = snapshot.clone();
    next.monotonic_ns += 1_000_000_000;
    next.realtime_ns += 1_000_000_123;
    for ((group, _, at), word) in places().zip(&mut next.words) {
        let Ok(value) = word.reading() else { continue };
        // Which fields are busy belongs to the field, not to chance: bytes on the wire change, errors do not.
        let busy = (at as u64 * 37 + 11) % 100 < group.changing;
        if value == 0 || !busy {
            continue;
        }
        let step = i64::try_from(random.below(group.step)).unwrap() >> random.below(8);
        let down = !group.counts && random.below(2) == 0 && value > step;
        *word = Word::value(if down { value - step } else { value + step });
    }
    next
}
