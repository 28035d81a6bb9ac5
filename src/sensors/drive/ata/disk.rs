//! A disk in the hands of its thread: opened once, looked at when it is asked about and awake.

use std::path::PathBuf;

use hearth_drivers::ata::cdb::PassThrough;
use hearth_drivers::ata::drive::{Bus, Disk, DriveError, Poll};
use hearth_drivers::ata::identify::Rotation;
use hearth_drivers::ata::sg::{Device, Transport};
use hearth_drivers::ata::smart::ATTRIBUTES_MAX;
use hearth_drivers::label::Label;
use hearth_hot::contract::Absent;
use hearth_model::Reason;

use crate::sensors::drive::record::{Memory, Record};
use crate::sensors::drive::verdict::Verdict;
use crate::sensors::drive::worker::{Drive, Place, PollError};

use super::facts::{self, Activity, Facts, Size};
use super::look::Look;
use super::smartctl::{self, Report, Told};
use super::words::{self, absent};

/// How a disk is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// ATA inside SCSI, by the long block or the short one.
    Ata(PassThrough),
    /// SCSI.
    Scsi,
    /// By `smartctl`, as the bridge knows nothing else.
    Smartctl,
}

/// What disk it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) access: Access,
    pub(super) model: Label<40>,
    pub(super) serial: Label<32>,
    pub(super) firmware: Label<16>,
    /// Vendor and product, as SCSI has them; empty for others.
    pub(super) scsi: (Label<8>, Label<16>),
    /// Turns a minute, 0 for flash; `None` where the disk does not tell.
    pub(super) rpm: Option<u16>,
    /// Blocks and the bytes in each.
    pub(super) size: Option<Size>,
    /// Speed of its Serial ATA link now and at most, in megabits a second.
    pub(super) link_mbps: [Option<u32>; 2],
    /// Number and flags of its attributes; 0 is none. Known once it was awake.
    pub(super) attributes: [(u8, u16); ATTRIBUTES_MAX],
    /// How its history outlives a restart.
    pub(super) memory: Memory,
}

/// How often it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Polls {
    /// Looks.
    pub(super) done: u64,
    /// Looks not taken, as it slept.
    pub(super) skipped: u64,
    /// Looks at a disk that nobody had used since the look before: those may have kept it awake.
    pub(super) idle: u64,
}

/// What a poll brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Whether it sleeps; then the look is the last one before.
    pub(super) is_asleep: bool,
    /// The newest look; `None` where it has slept since Hearth began.
    pub(super) look: Option<Look>,
    pub(super) verdict: Verdict,
    pub(super) polls: Polls,
}

pub(super) enum Line<T> {
    Disk(Disk<T>),
    Smartctl { program: PathBuf, device: PathBuf },
}

/// A disk.
pub(super) struct AtaDrive<T> {
    pub(super) place: Place,
    facts: Facts,
    pub(super) line: Line<T>,
    pub(super) who: Who,
    record: Record,
    last: Answer,
}

/// Opens the disk at `place`.
pub(super) fn open(place: &Place) -> Result<AtaDrive<Device>, Absent> {
    let path = place.root.join("dev").join(&*place.name);
    let mut facts = Facts::of(place);
    if facts.is_suspended() {
        return Err(words::suspended(place));
    }
    if facts.bus == Bus::Usb && facts.is_removable {
        return Err(words::stick(place));
    }
    let device = Device::open(&path).map_err(|errno| words::unopened(place, errno))?;
    open_with(place, facts, device)
}

pub(super) fn open_with<T: Transport + Send + 'static>(
    place: &Place,
    facts: Facts,
    transport: T,
) -> Result<AtaDrive<T>, Absent> {
    let bus = facts.bus;
    let (line, who) = match Disk::open(transport, bus) {
        Ok(disk) => {
            let who = Who::of(&disk);
            (Line::Disk(disk), who)
        }
        Err(error) if bus == Bus::Usb && words::may_be_known_to_smartctl(&error) => {
            let program =
                smartctl::installed(&place.root).ok_or_else(|| words::unknown_bridge(place, &error))?;
            let device = place.root.join("dev").join(&*place.name);
            let who =
                match smartctl::ask(&program, &device).map_err(|error| words::unreported(place, &error))? {
                    Told::Asleep => return Err(absent(place, DriveError::Asleep)),
                    Told::Awake(report) => Who::reported(&report),
                };
            (Line::Smartctl { program, device }, who)
        }
        Err(error) => return Err(absent(place, error)),
    };
    // Until it is looked at, nothing is known.
    let verdict = Verdict::unanswered(Reason::Pending);
    let last = Answer { is_asleep: false, look: None, verdict, polls: Polls::default() };
    // What such a disk does not say of itself the kernel knows.
    let size = who.size.or_else(|| facts::size(place));
    let is_flash = who.access == Access::Scsi && facts::has_platters(place) == Some(false);
    let who = Who { size, rpm: who.rpm.or(is_flash.then_some(0)), ..who };
    let record = Record::open(place, who.model.as_bytes(), who.serial.as_bytes());
    Ok(AtaDrive { place: place.clone(), facts, line, who, record, last })
}

impl<T: Transport> AtaDrive<T> {
    /// Looks; `None` where the disk sleeps.
    fn look(&mut self) -> Result<Option<Look>, PollError> {
        if self.facts.is_suspended() {
            return Ok(None);
        }
        let outcome = match &mut self.line {
            Line::Disk(Disk::Ata(disk)) => {
                let identity = *disk.identity();
                disk.poll().map(|poll| awake(poll).map(|reading| Look::of_ata(&identity, &reading)))
            }
            Line::Disk(Disk::Sas(disk)) => {
                disk.poll().map(|poll| awake(poll).map(|reading| Look::of_sas(&reading)))
            }
            Line::Smartctl { program, device } => {
                let told = smartctl::ask(program, device);
                return match told {
                    Ok(Told::Asleep) => Ok(None),
                    Ok(Told::Awake(report)) => Ok(Some(report.look())),
                    Err(error) => Err(PollError::Failed(words::unreported(&self.place, &error))),
                };
            }
        };
        outcome.map_err(|error| {
            if error.is_gone() { PollError::Gone } else { PollError::Failed(absent(&self.place, error)) }
        })
    }

    fn has_platters(&self) -> Option<bool> {
        self.who.rpm.map(|rpm| rpm > 0)
    }
}

fn awake<R>(poll: Poll<R>) -> Option<R> {
    match poll {
        Poll::Asleep => None,
        Poll::Awake(reading) => Some(reading),
    }
}

impl<T: Transport + Send + 'static> Drive for AtaDrive<T> {
    type Identity = Who;
    type Answer = Answer;

    fn identity(&self) -> Who {
        Who { memory: self.record.memory(), ..self.who }
    }

    fn keep(&mut self, is_last: bool) {
        self.record.keep(is_last);
    }

    fn poll(&mut self, now_ns: u64) -> Result<Answer, PollError> {
        let activity = self.facts.activity();
        let Some(look) = self.look()? else {
            self.last.is_asleep = true;
            self.last.polls.skipped += 1;
            return Ok(self.last);
        };
        // Nobody used it since, and it was awake then, too: but for the look it might sleep by now.
        let was_idle = activity == Activity::Quiet && !self.last.is_asleep && self.last.look.is_some();
        self.last.polls.done += 1;
        self.last.polls.idle += u64::from(was_idle);
        for (place, row) in self.who.attributes.iter_mut().zip(look.rows()) {
            *place = (row.attribute.id, row.attribute.flags);
        }
        let findings = look.findings(self.who.model.as_bytes(), self.has_platters());
        self.last.verdict = self.record.judge(now_ns, &findings);
        (self.last.is_asleep, self.last.look) = (false, Some(look));
        Ok(self.last)
    }
}

impl Who {
    fn of<T: Transport>(disk: &Disk<T>) -> Self {
        match disk {
            Disk::Ata(ata) => {
                let identity = ata.identity();
                Self {
                    access: Access::Ata(ata.through()),
                    model: identity.model,
                    serial: relabelled(identity.serial.as_bytes()),
                    firmware: relabelled(identity.firmware.as_bytes()),
                    scsi: (Label::EMPTY, Label::EMPTY),
                    rpm: match identity.rotation {
                        Rotation::NotTold => None,
                        Rotation::None => Some(0),
                        Rotation::Rpm(rpm) => Some(rpm),
                    },
                    size: Some(Size {
                        blocks: identity.sectors,
                        logical_bytes: identity.logical_sector_bytes,
                        physical_bytes: identity.physical_sector_bytes,
                    }),
                    link_mbps: identity.link_mbps,
                    attributes: [(0, 0); ATTRIBUTES_MAX],
                    memory: Memory::Unwanted,
                }
            }
            Disk::Sas(sas) => {
                let inquiry = sas.inquiry();
                let model = [inquiry.vendor.as_bytes(), b" ", inquiry.product.as_bytes()].concat();
                Self {
                    access: Access::Scsi,
                    model: relabelled(model.trim_ascii()),
                    serial: sas.serial().copied().unwrap_or_default(),
                    firmware: relabelled(inquiry.revision.as_bytes()),
                    scsi: (inquiry.vendor, inquiry.product),
                    rpm: None,
                    size: None,
                    link_mbps: [None; 2],
                    attributes: [(0, 0); ATTRIBUTES_MAX],
                    memory: Memory::Unwanted,
                }
            }
        }
    }

    fn reported(report: &Report) -> Self {
        Self {
            access: Access::Smartctl,
            model: relabelled(report.model_name.as_bytes()),
            serial: relabelled(report.serial_number.as_bytes()),
            firmware: relabelled(report.firmware_version.as_bytes()),
            scsi: (Label::EMPTY, Label::EMPTY),
            rpm: report.rotation_rate,
            size: None,
            link_mbps: [None; 2],
            attributes: [(0, 0); ATTRIBUTES_MAX],
            memory: Memory::Unwanted,
        }
    }
}

/// A name in a label of another size, as much of it as there is room for.
fn relabelled<const N: usize>(name: &[u8]) -> Label<N> {
    Label::new(name.get(..name.len().min(N)).unwrap_or(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
