//! The sections of `hearth.toml` as plain data, with their defaults.
//!
//! Every number here is within the range its row in `keys.rs` states; whoever uses one need not check it again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use hearth_hot::contract::{
    CgroupConfig, DriveConfig, EnergyConfig, EnergySource, PerfConfig, SensorConfig, UpsConfig, UpsServer,
};
use hearth_model::attribution::Tariff;

use super::Config;
use super::word::{LogFormat, LogLevel, Transport};

/// `[lanes]`: how often the box is measured, and by what kind of thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Ticks per second of the steady lane while nobody asks for more.
    pub idle_rate_hz: u32,
    /// Ticks per second of the steady lane at most, whoever asks.
    pub max_rate_hz: u32,
    /// `SCHED_FIFO` priority of the steady lane; 0 leaves it an ordinary thread.
    pub realtime_priority: u32,
    /// The CPU the steady lane is pinned to, if any.
    pub cpu: Option<u32>,
    /// Whether the lane's own pages are locked into memory.
    pub lock_memory: bool,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { idle_rate_hz: 10, max_rate_hz: 1000, realtime_priority: 10, cpu: None, lock_memory: true }
    }
}

/// `[ring]`: the memory of every tick of the steady lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// How far back it reaches at the highest rate, in seconds.
    pub seconds: u32,
    /// How many counters it keeps of each tick; `None` follows the energy domains found.
    pub columns: Option<u32>,
}

impl Default for Ring {
    fn default() -> Self {
        Self { seconds: 60, columns: None }
    }
}

/// `[history]`: one value a second of the series worth looking back at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// How far back it reaches, in seconds.
    pub seconds: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { seconds: 600 }
    }
}

/// `[sensors]`: what is measured and what is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensors {
    /// Names of the sensors that are not armed.
    pub disabled: Vec<String>,
    /// How many groups of processes are named, at most; 0 names none.
    pub top_processes: u32,
    /// How long a file system may take to answer before it counts as stale, in milliseconds.
    pub filesystem_timeout_ms: u32,
    /// Patterns ([`crate::pattern`]) of mount points left out.
    pub ignored_mounts: Vec<String>,
    /// Patterns of file system types left out.
    pub ignored_filesystems: Vec<String>,
    /// Patterns of block devices left out.
    pub ignored_disks: Vec<String>,
    /// Patterns of network interfaces left out.
    pub ignored_interfaces: Vec<String>,
}

/// Mount points that are views of the kernel or of containers: what node_exporter's filesystem collector leaves out.
const IGNORED_MOUNTS: &[&str] = &[
    "/dev",
    "/dev/*",
    "/proc",
    "/proc/*",
    "/run/credentials/*",
    "/sys",
    "/sys/*",
    "/var/lib/docker/*",
    "/var/lib/containers/storage/*",
];

/// File system types without storage of their own: what node_exporter's filesystem collector leaves out.
const IGNORED_FILESYSTEMS: &[&str] = &[
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
];

/// Partitions and memory-backed devices: what node_exporter's diskstats collector leaves out.
const IGNORED_DISKS: &[&str] =
    &["ram#", "zram#", "loop#", "fd#", "hd?#", "sd?#", "vd?#", "xvd?#", "nvme#n#p#"];

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|&item| item.to_owned()).collect()
}

impl Default for Sensors {
    fn default() -> Self {
        Self {
            disabled: Vec::new(),
            top_processes: 10,
            filesystem_timeout_ms: 500,
            ignored_mounts: owned(IGNORED_MOUNTS),
            ignored_filesystems: owned(IGNORED_FILESYSTEMS),
            ignored_disks: owned(IGNORED_DISKS),
            ignored_interfaces: Vec::new(),
        }
    }
}

/// `[drives]`: how often drives are asked for their health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drives {
    /// Seconds between two polls of an NVMe drive.
    pub nvme_period_s: u32,
    /// Seconds between two polls of an ATA drive.
    pub ata_period_s: u32,
    /// Patterns of drives that are never asked, by the kernel's name.
    pub ignored: Vec<String>,
    /// Where what is remembered of drives is kept, below the root; empty for nowhere.
    pub state_dir: String,
}

impl Default for Drives {
    fn default() -> Self {
        let state_dir = "/var/lib/hearth".to_owned();
        Self { nvme_period_s: 60, ata_period_s: 300, ignored: Vec::new(), state_dir }
    }
}

impl From<&Drives> for DriveConfig {
    fn from(drives: &Drives) -> Self {
        Self {
            nvme_period: Duration::from_secs(drives.nvme_period_s.into()),
            ata_period: Duration::from_secs(drives.ata_period_s.into()),
            ignored: drives.ignored.clone(),
            state_dir: drives.state_dir.clone(),
        }
    }
}

/// `[energy]`: how energy is measured, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Energy {
    /// The road to the processor's counters.
    pub source: EnergySource,
    /// What a kilowatt-hour costs; without it no costs are shown.
    pub price_per_kwh: Option<Tariff>,
    /// The currency of the price, as the label of what something cost: three capital letters (ISO 4217).
    pub currency: String,
}

impl Default for Energy {
    fn default() -> Self {
        Self { source: EnergySource::Auto, price_per_kwh: None, currency: "EUR".to_owned() }
    }
}

/// `[cgroups]`: which control groups are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroups {
    /// How far apart readings are, in milliseconds.
    pub period_ms: u32,
    /// Groups followed, at most.
    pub max: u32,
    /// Levels of the tree looked at.
    pub depth: u32,
    /// Patterns ([`crate::pattern`]) of groups left out.
    pub ignored: Vec<String>,
}

impl Default for Cgroups {
    fn default() -> Self {
        Self { period_ms: 2000, max: 64, depth: 4, ignored: Vec::new() }
    }
}

/// `[perf]`: what is counted by performance counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perf {
    /// Whether the CPUs' own counters are used.
    pub hardware: bool,
    /// Cgroups counted by themselves: paths below the mount of their hierarchy.
    pub cgroups: Vec<String>,
}

impl Default for Perf {
    fn default() -> Self {
        Self { hardware: true, cgroups: Vec::new() }
    }
}

impl From<&Config> for SensorConfig {
    /// What the sensors themselves are told; which of them are armed at all is not their affair.
    fn from(config: &Config) -> Self {
        let Config { sensors, ups, energy, cgroups, perf, .. } = config;
        Self {
            top_processes: sensors.top_processes as usize,
            filesystem_timeout: Duration::from_millis(u64::from(sensors.filesystem_timeout_ms)),
            ignored_mounts: sensors.ignored_mounts.clone(),
            ignored_filesystems: sensors.ignored_filesystems.clone(),
            ignored_disks: sensors.ignored_disks.clone(),
            ignored_interfaces: sensors.ignored_interfaces.clone(),
            ups: UpsConfig {
                servers: ups.servers.iter().filter_map(|name| UpsServer::parse(name)).collect(),
            },
            drives: DriveConfig::from(&config.drives),
            energy: EnergyConfig {
                source: energy.source,
                tariff: energy.price_per_kwh,
                currency: energy.currency.clone(),
            },
            cgroups: CgroupConfig {
                period: Duration::from_millis(u64::from(cgroups.period_ms)),
                max: cgroups.max as usize,
                depth: cgroups.depth as usize,
                ignored: cgroups.ignored.clone(),
            },
            perf: PerfConfig { hardware: perf.hardware, cgroups: perf.cgroups.clone() },
        }
    }
}

/// `[ups]`: the UPS that are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ups {
    /// Each as `ups@host` or `ups@host:port`, see [`UpsServer::parse`].
    pub servers: Vec<String>,
}

/// `[serve]`: where and to whom the box is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// TCP addresses listened on; none serves no TCP at all.
    pub listen: Vec<SocketAddr>,
    /// The Unix socket for local clients; `None` (an empty string in the file) serves none.
    pub socket: Option<PathBuf>,
    /// How sockets are driven.
    pub transport: Transport,
    /// Further names accepted in the `Host` header, in lower case.
    pub hosts: Vec<String>,
    /// How many times a second clients on TCP see energy counters change, at most.
    pub energy_refresh_hz: u32,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9110)],
            socket: Some(PathBuf::from(super::DEFAULT_SOCKET)),
            transport: Transport::Auto,
            hosts: Vec::new(),
            energy_refresh_hz: 10,
        }
    }
}

/// `[limits]`: what one client, or all of them, may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections of all clients together, at most.
    pub connections: u32,
    /// Open connections of one TCP address, at most.
    pub connections_per_address: u32,
    /// Size of a request's line and headers, in bytes, at most.
    pub header_bytes: u32,
    /// How long a client may take over a request's headers, in milliseconds.
    pub header_timeout_ms: u32,
    /// How long a connection may lie idle between requests, in milliseconds.
    pub idle_timeout_ms: u32,
    /// Requests a second of one TCP address, at most.
    pub requests_per_second: u32,
    /// Live streams of all clients together, at most.
    pub stream_clients: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            connections_per_address: 64,
            header_bytes: 16_384,
            header_timeout_ms: 5_000,
            idle_timeout_ms: 60_000,
            requests_per_second: 1_000,
            stream_clients: 32,
        }
    }
}

/// `[log]`: what is said on standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The least severe events written.
    pub level: LogLevel,
    /// The form they are written in.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Auto }
    }
}
