//! ATA and SAS disks: attributes, logs and temperature, every five minutes at most and only while they are awake.
//!
//! A disk is found in `/proc/diskstats` as `sd…`. Whether it sleeps is asked first, by the one command that wakes
//! nothing; a disk that the kernel has suspended is not even asked that. A look costs six or seven commands; how long
//! they took, how often a look was not taken, and how often a look was the only thing that happened to a disk since the
//! look before, are series of their own. Disks behind USB bridges are asked as others are; where the bridge does not
//! know the commands, by `smartctl` if it is installed.

use std::sync::Arc;
use std::time::Duration;

use hearth_drivers::ata::cdb::PassThrough;
use hearth_drivers::ata::sg::Device;
use hearth_drivers::file::{KernelText, ReadError};
use hearth_drivers::proc::diskstats;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, State, Tick};
use hearth_model::{Reason, catalogue::drive, catalogue::smart};

use super::record;
use super::standing::Standing;
use super::worker::{self, Desk, Drive, News, Open, Place, Round, Workers};
use crate::sensors::kept::Kept;
use crate::sensors::{Trouble, pattern, settle, unopened};

pub(super) mod by_hand;
mod disk;
mod facts;
#[cfg(test)]
mod fake;
mod look;
mod series;
mod smartctl;
#[cfg(test)]
mod tests;
mod words;

use disk::{Access, Answer, AtaDrive, Who};
use series::Series;

pub(in crate::sensors) const SENSOR: SensorDef = SensorDef {
    name: "ata",
    source: "SMART of /dev/sd*",
    lane: LaneKind::Slow,
    // Answers and plugs are looked for at each read; disks are asked at the owner's pace.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_millis(1),
    metrics: &[drive::ALL, smart::ALL],
    arm: |arming| arm_with(arming, &KEPT, disk::open),
};

static KEPT: Kept<Workers<AtaDrive<Device>>> = Kept::new();

/// Whether a drive is one of these, for the tests that put others in its place.
trait AnyDisk: Drive<Identity = Who, Answer = Answer> {}

impl<D: Drive<Identity = Who, Answer = Answer>> AnyDisk for D {}

struct AtaSensor<D: AnyDisk> {
    text: KernelText,
    rows: Box<[Row<D>]>,
    /// The threads live as long as a sensor holds them.
    _workers: Arc<Workers<D>>,
}

struct Row<D: AnyDisk> {
    name: Box<str>,
    /// Nothing of a disk that is left out.
    attended: Option<Attended<D>>,
}

struct Attended<D: AnyDisk> {
    round: Round<D>,
    standing: Standing,
    series: Series,
}

fn arm_with<D: AnyDisk>(
    arming: &mut Arming<'_>,
    kept: &Kept<Workers<D>>,
    open: Open<D>,
) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), diskstats::PATH, diskstats::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let names = names(&mut text).map_err(|trouble| trouble.absent(&SENSOR))?;
    if names.is_empty() {
        return Err(Absent {
            reason: Reason::Absent,
            what: "no disk of /proc/diskstats is called sd…".to_owned(),
            fix: "nothing if the box has no SATA or SAS disk; else load its controller's driver (ahci, mpt3sas)"
                .to_owned(),
        });
    }
    let is_ignored = |name: &str| pattern::any_matches(&arming.config().drives.ignored, name);
    let (ignored, wanted): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_ignored(name));
    let places: Vec<Place> = wanted.iter().map(|name| Place::of(arming, name)).collect();
    let workers = kept.below(arming.root(), || Ok::<_, Absent>(Workers::new(open)))?;
    let desks = workers.keep_only(&places);
    worker::meet(&desks);
    let mut rows = Vec::with_capacity(ignored.len() + wanted.len());
    for name in ignored {
        arming.spares(format!("/dev/{name}"), "drives.ignored names it");
        rows.push(Row { name, attended: None });
    }
    for (place, desk) in places.iter().zip(desks) {
        let attended = attend(arming, place, desk);
        rows.push(Row { name: place.name.clone(), attended });
    }
    Ok(Box::new(AtaSensor { text, rows: rows.into(), _workers: workers }))
}

/// The disks below a root, in the kernel's order.
fn names(text: &mut KernelText) -> Result<Vec<Box<str>>, Trouble> {
    let text = match text.read() {
        // A machine without block devices has an empty text.
        Err(ReadError::Empty) => &[],
        read => read?,
    };
    let mut names = Vec::new();
    for disk in diskstats::parse(text) {
        let name = disk?.name;
        if is_disk(name) {
            names.push(String::from_utf8_lossy(name).into());
        }
    }
    Ok(names)
}

/// `sda` and `sdaa`, not `sda1`.
fn is_disk(name: &[u8]) -> bool {
    let letters = name.strip_prefix(b"sd");
    letters.is_some_and(|letters| !letters.is_empty() && letters.iter().all(u8::is_ascii_lowercase))
}

fn attend<D: AnyDisk>(
    arming: &mut Arming<'_>,
    place: &Place,
    desk: Result<Arc<Desk<D>>, Absent>,
) -> Option<Attended<D>> {
    let device = format!("/dev/{}", place.name);
    let desk = match desk {
        Ok(desk) => desk,
        Err(absent) => {
            arming.lacks(device, absent);
            return None;
        }
    };
    let period = arming.config().drives.ata_period;
    let who = match desk.met() {
        Some(Ok(who)) => {
            arming.uses(device.as_str(), "health", how(place, &who, period, &desk.cost_words()));
            record::note(arming, &device, who.memory);
            Some(who)
        }
        Some(Err(absent)) => {
            arming.lacks(device, absent);
            None
        }
        None => {
            arming.lacks(device, worker::unmet());
            None
        }
    };
    let standing = Standing::arm(arming, &place.name);
    let series = Series::arm(arming, &place.name, who.as_ref());
    Some(Attended { round: Round::new(desk, period, who), standing, series })
}

/// `ST8000VN004-2M2101, by ATA PASS-THROUGH (16), every 300 s while it is awake`
fn how(place: &Place, who: &Who, period: Duration, cost: &str) -> String {
    let model = String::from_utf8_lossy(who.model.as_bytes());
    let mut how =
        format!("{model}, by {}, every {} s while it is awake{cost}", who.access.name(), period.as_secs());
    // The kernel's own timer begins anew with each command, so here it can be told.
    if let Some(delay) = facts::autosuspend(place).filter(|delay| *delay >= period) {
        how.push_str(&format!(
            "; that keeps it from the kernel's suspend after {} s: raise drives.ata_period_s above that",
            delay.as_secs()
        ));
    }
    how
}

impl Access {
    /// For people, and in `hearth_drive_info`.
    const fn name(self) -> &'static str {
        match self {
            Self::Ata(PassThrough::Sixteen) => "ATA PASS-THROUGH (16)",
            Self::Ata(PassThrough::Twelve) => "ATA PASS-THROUGH (12)",
            Self::Scsi => "SCSI log pages",
            Self::Smartctl => "smartctl, as its USB bridge knows no ATA commands",
        }
    }
}

impl<D: AnyDisk> AtaSensor<D> {
    /// Whether the disks are those that were armed.
    fn disks(&mut self) -> Result<State, Trouble> {
        let text = match self.text.read() {
            Err(ReadError::Empty) => &[],
            read => read?,
        };
        let (mut known, mut unknown) = (0, 0);
        for disk in diskstats::parse(text) {
            let name = disk?.name;
            if is_disk(name) {
                let is_known = self.rows.iter().any(|row| row.name.as_bytes() == name);
                if is_known { known += 1 } else { unknown += 1 }
            }
        }
        Ok(if unknown == 0 && known == self.rows.len() { State::Steady } else { State::Changed })
    }
}

impl<D: AnyDisk> Sensor for AtaSensor<D> {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut state = settle(self.disks())?;
        let attended = self.rows.iter_mut().filter_map(|row| row.attended.as_mut());
        for Attended { round, standing, series } in attended {
            match round.step(tick.monotonic_ns) {
                News::None => {}
                News::Answer { answer, cost_ns } => {
                    standing.fill(answer.verdict, cost_ns, sheet);
                    series.fill(&answer, sheet);
                }
                News::Failed(reason) => {
                    standing.fail(reason, sheet);
                    series.fail(reason, sheet);
                }
                News::Changed => state = State::Changed,
            }
        }
        Ok(state)
    }
}
