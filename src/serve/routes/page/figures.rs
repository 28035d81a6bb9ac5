//! The key figures, taken from a snapshot and the history behind it.

use hearth_hot::series::{Part, SeriesKey};
use hearth_model::catalogue::{cpu, disk, filesystem, memory, network, pressure, system};
use hearth_model::{Metric, Reason};

use super::amount::{Amount, Missing, Shown};
use super::growth::{Growth, MEAN_SECONDS};
use crate::armory::{SensorReport, SensorState};
use crate::snapshot::Snapshot;
use crate::view::View;

/// Modes in which a processor has nothing to do; guests' time is contained in that of users.
const IDLE_MODES: [&str; 2] = ["idle", "iowait"];
const GUEST_MODES: [&str; 2] = ["guest", "guest_nice"];

/// A device and two rates: in and out, or read and written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) name: String,
    pub(super) rates: [Shown; 2],
}

/// A file system and its room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) mount: String,
    pub(super) available: Shown,
    pub(super) size: Shown,
    /// How much of it is taken, where both are known.
    pub(super) taken_per_mille: Option<u64>,
}

/// Devices, or why there are none.
pub(super) type Devices<T> = Result<Vec<T>, Missing>;

/// Everything the page says of the machine.
#[derive(Debug)]
pub(super) struct Figures {
    /// The machine's name, if a sensor knows it.
    pub(super) host: Option<String>,
    /// When the values were read, in seconds since 1970.
    pub(super) at_seconds: u64,
    pub(super) uptime: Shown,
    /// Share of the time in which the processors were busy.
    pub(super) busy: Shown,
    /// Load averages over 1, 5 and 15 minutes.
    pub(super) loads: [Shown; 3],
    /// Tasks that run or wait for a processor, and tasks that wait for input or output.
    pub(super) tasks: [Shown; 2],
    /// Memory in use, available, and in all; and the share in use.
    pub(super) memory: [Shown; 4],
    /// Share of the time in which something waited for processors, input and output, memory.
    pub(super) pressure: [Shown; 3],
    pub(super) interfaces: Devices<Flow>,
    pub(super) disks: Devices<Flow>,
    pub(super) rooms: Devices<Room>,
}

impl Figures {
    pub(super) fn of(snapshot: &Snapshot, view: &View, sensors: &[SensorReport]) -> Self {
        let source = Source { snapshot, view, sensors };
        let flows = |metrics| source.flows(metrics);
        Self {
            host: source.host(),
            at_seconds: snapshot.realtime_ns / 1_000_000_000,
            uptime: source.uptime(),
            busy: source.busy(),
            loads: [&cpu::LOAD1, &cpu::LOAD5, &cpu::LOAD15].map(|metric| source.hundredths(metric)),
            tasks: [&cpu::RUNNING, &cpu::BLOCKED].map(|metric| source.count(metric)),
            memory: source.memory(),
            pressure: [&pressure::CPU_WAITING, &pressure::IO_WAITING, &pressure::MEMORY_WAITING]
                .map(|metric| source.share_of_time(metric)),
            interfaces: flows([&network::RX_BYTES, &network::TX_BYTES]),
            disks: flows([&disk::READ_BYTES, &disk::WRITTEN_BYTES]),
            rooms: source.rooms(),
        }
    }
}

struct Source<'a> {
    snapshot: &'a Snapshot,
    view: &'a View,
    sensors: &'a [SensorReport],
}

type Series<'a> = (u32, &'a SeriesKey);

impl<'a> Source<'a> {
    fn family(&self, metric: &'static Metric) -> Vec<Series<'a>> {
        let schema = &self.snapshot.schema;
        let family = schema.families.iter().find(|family| family.metric.name == metric.name);
        let indices = family.map_or(&[][..], |family| &family.series[..]);
        let known = indices.iter().filter_map(|&index| Some((index, &**schema.key(index)?)));
        known.filter(|(_, key)| key.part == Part::Value).collect()
    }

    /// The series of a metric that has one, or why there is none.
    fn only(&self, metric: &'static Metric) -> Result<u32, Missing> {
        self.family(metric).first().map(|&(index, _)| index).ok_or_else(|| self.unmeasured(metric))
    }

    /// Why a metric has no series.
    fn unmeasured(&self, metric: &Metric) -> Missing {
        let of_it = |report: &&SensorReport| {
            report.def.metrics.iter().any(|group| group.iter().any(|own| own.name == metric.name))
        };
        Missing::Unmeasured(match self.sensors.iter().find(of_it).map(|report| &report.state) {
            Some(SensorState::Armed { .. }) => "none here".to_owned(),
            Some(SensorState::Disabled) => "disabled by the configuration".to_owned(),
            Some(SensorState::Absent(absent)) if absent.fix.is_empty() => absent.what.clone(),
            Some(SensorState::Absent(absent)) => format!("{}; {}", absent.what, absent.fix),
            None => "nothing here measures it".to_owned(),
        })
    }

    fn growth(&self, index: u32) -> Result<Growth, Missing> {
        // A value that is missing now says more than the past.
        self.snapshot.reading(index).map_err(Missing::Reason)?;
        let past = self.view.history(&self.snapshot.schema, index, MEAN_SECONDS + 1);
        Growth::of(&past.ok_or(Missing::NoPast)?)
    }

    /// The value now, in whole units of which the metric's base unit has 10^`decimals`.
    fn value(&self, index: u32, metric: &Metric, decimals: u8) -> Result<u64, Missing> {
        let number = metric.scale.apply(self.snapshot.reading(index).map_err(Missing::Reason)?);
        let up = u32::from(decimals.saturating_sub(number.decimals));
        let down = u32::from(number.decimals.saturating_sub(decimals));
        let whole = number.digits.saturating_mul(10_i128.pow(up)) / 10_i128.pow(down);
        u64::try_from(whole).map_err(|_negative| Missing::Reason(Reason::OutOfRange))
    }

    fn host(&self) -> Option<String> {
        let (_, key) = *self.family(&system::UNAME).first()?;
        let at = system::UNAME.labels.iter().position(|&label| label == "nodename")?;
        key.labels.get(at).filter(|name| !name.is_empty()).map(|name| name.to_string())
    }

    fn uptime(&self) -> Shown {
        let booted = self.value(self.only(&system::BOOT_TIME)?, &system::BOOT_TIME, 0)?;
        Ok(Amount::Seconds((self.snapshot.realtime_ns / 1_000_000_000).saturating_sub(booted)))
    }

    fn busy(&self) -> Shown {
        let metric = &cpu::ALL_SECONDS;
        let (mut idle, mut all) = (0_u64, 0_u64);
        self.only(metric)?;
        for (index, key) in self.family(metric) {
            let mode = key.labels.first().map_or("", |mode| mode);
            if GUEST_MODES.contains(&mode) {
                continue;
            }
            let by = self.growth(index)?.by();
            all = all.saturating_add(by);
            if IDLE_MODES.contains(&mode) {
                idle = idle.saturating_add(by);
            }
        }
        let share = all.saturating_sub(idle).saturating_mul(1000).checked_div(all);
        share.map(Amount::PerMille).ok_or(Missing::OneReading)
    }

    fn hundredths(&self, metric: &'static Metric) -> Shown {
        self.value(self.only(metric)?, metric, 2).map(Amount::Hundredths)
    }

    fn count(&self, metric: &'static Metric) -> Shown {
        self.value(self.only(metric)?, metric, 0).map(Amount::Count)
    }

    fn memory(&self) -> [Shown; 4] {
        let bytes = |metric| self.only(metric).and_then(|index| self.value(index, metric, 0));
        let (all, available) = (bytes(&memory::MEMTOTAL), bytes(&memory::MEMAVAILABLE));
        let used =
            all.clone().and_then(|all| available.clone().map(|available| all.saturating_sub(available)));
        let share = used.clone().and_then(|used| all.clone().map(|all| per_mille(used, all)));
        [
            used.map(Amount::Bytes),
            available.map(Amount::Bytes),
            all.map(Amount::Bytes),
            share.map(Amount::PerMille),
        ]
    }

    fn share_of_time(&self, metric: &'static Metric) -> Shown {
        let growth = self.growth(self.only(metric)?)?;
        // Readings are made a little before or after their frame, so that a full second can seem longer than one.
        Ok(Amount::PerMille(growth.milli_per_second(metric.scale).min(1000)))
    }

    fn flows(&self, [one, other]: [&'static Metric; 2]) -> Devices<Flow> {
        let others = self.family(other);
        let flow = |(index, key): Series<'_>| {
            let pair = others.iter().find(|(_, other)| other.labels == key.labels).map(|&(index, _)| index);
            let name = key.labels.first().map_or("", |name| name).to_owned();
            Flow { name, rates: [self.rate(Some(index), one), self.rate(pair, other)] }
        };
        let found: Vec<Flow> = self.family(one).into_iter().map(flow).collect();
        if found.is_empty() { Err(self.unmeasured(one)) } else { Ok(found) }
    }

    fn rate(&self, index: Option<u32>, metric: &'static Metric) -> Shown {
        let growth = self.growth(index.ok_or_else(|| self.unmeasured(metric))?)?;
        Ok(Amount::BytesPerSecond(growth.milli_per_second(metric.scale) / 1000))
    }

    fn rooms(&self) -> Devices<Room> {
        let sizes = self.family(&filesystem::SIZE);
        let at = filesystem::AVAIL.labels.iter().position(|&label| label == "mountpoint");
        let room = |(index, key): Series<'_>| {
            let available = self.value(index, &filesystem::AVAIL, 0);
            let size = sizes.iter().find(|(_, size)| size.labels == key.labels);
            let size = size
                .ok_or_else(|| self.unmeasured(&filesystem::SIZE))
                .and_then(|&(index, _)| self.value(index, &filesystem::SIZE, 0));
            let taken_per_mille = match (&available, &size) {
                (Ok(available), Ok(size)) => Some(per_mille(size.saturating_sub(*available), *size)),
                _ => None,
            };
            let mount = at.and_then(|at| key.labels.get(at)).map_or("", |mount| mount).to_owned();
            Room {
                mount,
                available: available.map(Amount::Bytes),
                size: size.map(Amount::Bytes),
                taken_per_mille,
            }
        };
        let found: Vec<Room> = self.family(&filesystem::AVAIL).into_iter().map(room).collect();
        if found.is_empty() { Err(self.unmeasured(&filesystem::AVAIL)) } else { Ok(found) }
    }
}

fn per_mille(part: u64, whole: u64) -> u64 {
    let share = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(share).unwrap_or(u64::MAX)
}
