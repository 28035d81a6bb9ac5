//! A disk: what it is and how it feels, asked in the order that never wakes it.
//!
//! ```text
//! open: INQUIRY ─► ATA INFORMATION ─► ATA, its IDENTIFY page as the kernel keeps it: the drive is not reached
//!                ├► not there: SCSI
//!                └► over USB instead: the power mode, then IDENTIFY, through either block
//! poll: power mode ─► asleep: that is all
//!                   └► awake: SMART data, status, self-test log, SCT temperature; or the log pages of SCSI
//! ```

use std::time::Duration;

use super::PageError;
use super::cdb::{self, AtaCommand, Cdb, PassThrough, SelfTest};
use super::identify::{Identity, SmartSupport};
use super::power::PowerMode;
use super::scsi::{self, Inquiry};
use super::sct::{self, SctStatus};
use super::selftest_log::{self, SelfTestLog};
use super::sense::{Registers, Sense};
use super::sg::Transport;
use super::smart::{self, Health, SmartData, Thresholds};

mod error;
mod sas;

pub use error::DriveError;
use error::refusal;
pub use sas::{Sas, SasReading};

/// How long one command may take. A healthy drive that is busy answers within 2.3 seconds.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// Room for the longest answer.
const BUFFER_BYTES: usize = 1024;

/// One open device and room for its answers.
pub(super) struct Line<T> {
    transport: T,
    buffer: Box<[u8; BUFFER_BYTES]>,
}

impl<T: Transport> Line<T> {
    /// Sends a command; its data, whole unless `may_be_short`.
    fn fetch(&mut self, command: &'static str, cdb: &Cdb, may_be_short: bool) -> Result<&[u8], DriveError> {
        self.buffer.fill(0);
        let answer = self
            .transport
            .send(cdb, self.buffer.as_mut_slice(), TIMEOUT)
            .map_err(|error| DriveError::Transport { command, error })?;
        if !answer.is_good {
            let sense = Sense::parse(answer.sense()).map_err(|error| DriveError::Sense { command, error })?;
            return Err(refusal(command, sense));
        }
        let came = if may_be_short { answer.data_bytes } else { cdb.data_bytes };
        Ok(self.buffer.get(..came).unwrap_or(&[]))
    }

    /// Sends a command without data whose answer is its sense data.
    fn sense(&mut self, command: &'static str, cdb: &Cdb) -> Result<Option<Sense>, DriveError> {
        let answer = self
            .transport
            .send(cdb, self.buffer.as_mut_slice(), TIMEOUT)
            .map_err(|error| DriveError::Transport { command, error })?;
        if answer.sense().is_empty() && answer.is_good {
            return Ok(None);
        }
        Sense::parse(answer.sense()).map(Some).map_err(|error| DriveError::Sense { command, error })
    }
}

/// Whether the device hangs on a bus whose bridges translate without saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    /// USB: bridges are not asked what they are, as some choke on that, but for what they can do.
    Usb,
    /// Any other.
    Other,
}

/// A disk of either kind.
pub enum Disk<T> {
    /// ATA, behind whatever translation.
    Ata(Ata<T>),
    /// SCSI.
    Sas(Sas<T>),
}

impl<T: Transport> Disk<T> {
    /// Asks a device what it is. A drive known to the kernel is not reached by that; one behind a silent bridge is, when
    /// it is awake.
    ///
    /// # Errors
    /// [`DriveError`].
    pub fn open(transport: T, bus: Bus) -> Result<Self, DriveError> {
        let mut line = Line { transport, buffer: Box::new([0; BUFFER_BYTES]) };
        let inquiry = inquire(&mut line)?;
        if !inquiry.is_disk() {
            return Err(DriveError::NotADisk(inquiry.device_type));
        }
        // The kernel asks nothing behind USB for pages of vital product data, as some bridges choke on them.
        if bus == Bus::Usb {
            return Self::open_bridge(line);
        }
        let page = cdb::inquiry(Some(scsi::ATA_INFORMATION), scsi::ATA_INFORMATION_BYTES);
        // A device without the page refuses it, or answers with another one: both say that it does not translate.
        let kept = line.fetch("INQUIRY", &page, true).map(|page| match scsi::parse_ata_information(page) {
            Ok(told) => Identity::parse(told.identify).map(Some),
            Err(_other_page) => Ok(None),
        });
        match kept {
            Ok(Ok(Some(identity))) => Ok(Self::Ata(Ata::new(line, PassThrough::Sixteen, identity))),
            Ok(Err(_damaged)) => {
                Ata::identify(line, PassThrough::Sixteen).map(Self::Ata).map_err(|(_, error)| error)
            }
            Err(error @ DriveError::Transport { .. }) => Err(error),
            Ok(Ok(None)) | Err(_) => Ok(Self::Sas(Sas::new(line, inquiry)?)),
        }
    }

    /// Behind a bridge that does not say whether it translates: the longer block, then the shorter one.
    fn open_bridge(line: Line<T>) -> Result<Self, DriveError> {
        let (line, first) = match Ata::identify(line, PassThrough::Sixteen) {
            Ok(ata) => return Ok(Self::Ata(ata)),
            Err((_, error @ (DriveError::Transport { .. } | DriveError::Asleep))) => return Err(error),
            Err((line, error)) => (line, error),
        };
        match Ata::identify(line, PassThrough::Twelve) {
            Ok(ata) => Ok(Self::Ata(ata)),
            Err((_, DriveError::Asleep)) => Err(DriveError::Asleep),
            Err((_, _)) => Err(first),
        }
    }
}

fn inquire<T: Transport>(line: &mut Line<T>) -> Result<Inquiry, DriveError> {
    let bytes = line.fetch("INQUIRY", &cdb::inquiry(None, scsi::INQUIRY_BYTES), true)?;
    Inquiry::parse(bytes).map_err(|error| DriveError::Page { command: "INQUIRY", error })
}

/// What one look at an ATA drive that is awake finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtaReading {
    /// What it was doing.
    pub power: PowerMode,
    /// Attributes and the state of self-tests.
    pub data: SmartData,
    /// Thresholds; `None` of a drive that has none, or where they came damaged.
    pub thresholds: Option<Thresholds>,
    /// The drive's own verdict; `None` where the bridge loses it.
    pub health: Option<Health>,
    /// Temperatures by SCT; `None` where there is none or it may not be asked.
    pub sct: Option<SctStatus>,
    /// Self-tests; `None` where the drive keeps no log.
    pub log: Option<SelfTestLog>,
}

/// What a poll brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll<R> {
    /// The drive sleeps and was not asked more.
    Asleep,
    /// It is awake.
    Awake(R),
}

/// An ATA drive.
pub struct Ata<T> {
    line: Line<T>,
    through: PassThrough,
    identity: Identity,
    thresholds: Option<Thresholds>,
}

impl<T: Transport> Ata<T> {
    fn new(line: Line<T>, through: PassThrough, identity: Identity) -> Self {
        Self { line, through, identity, thresholds: None }
    }

    /// Asks the drive itself what it is, if it is awake; hands the line back where it is not an ATA drive.
    fn identify(mut line: Line<T>, through: PassThrough) -> Result<Self, (Line<T>, DriveError)> {
        match power_mode(&mut line, through) {
            Ok(mode) if mode.is_asleep() => return Err((line, DriveError::Asleep)),
            Ok(_) => {}
            Err(error) => return Err((line, error)),
        }
        match page(&mut line, "IDENTIFY DEVICE", AtaCommand::IDENTIFY, through, Identity::parse) {
            Ok(identity) => Ok(Self::new(line, through, identity)),
            Err(error) => Err((line, error)),
        }
    }

    /// What the drive says it is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The block that its commands travel in.
    #[must_use]
    pub const fn through(&self) -> PassThrough {
        self.through
    }

    /// What the drive is doing. Wakes nothing.
    ///
    /// # Errors
    /// [`DriveError`]; [`DriveError::NoRegisters`] where a bridge does not tell.
    pub fn power_mode(&mut self) -> Result<PowerMode, DriveError> {
        power_mode(&mut self.line, self.through)
    }

    /// Looks at the drive unless it sleeps.
    ///
    /// # Errors
    /// [`DriveError`] where its power mode or its SMART data cannot be had; what else it does not have is `None`.
    pub fn poll(&mut self) -> Result<Poll<AtaReading>, DriveError> {
        let power = self.power_mode()?;
        if power.is_asleep() {
            return Ok(Poll::Asleep);
        }
        if self.identity.smart != SmartSupport::Enabled {
            return Err(DriveError::NoSmart { support: self.identity.smart });
        }
        let through = self.through;
        let line = &mut self.line;
        let data = page(line, "SMART READ DATA", AtaCommand::SMART_DATA, through, smart::parse_data)?;
        // They never change; and they were taken out of the standard, so that new drives may have none.
        if self.thresholds.is_none() {
            let asked = AtaCommand::SMART_THRESHOLDS;
            let parse = smart::parse_thresholds;
            self.thresholds = optional(page(line, "SMART READ THRESHOLDS", asked, through, parse))?;
        }
        let health = optional(health(line, through))?.flatten();
        let sct = if self.identity.has_sct && sct::may_ask(self.identity.model.as_bytes()) {
            optional(page(line, "SCT status", AtaCommand::smart_log(sct::LOG, 1), through, sct::parse))?
        } else {
            None
        };
        let log = if self.identity.has_self_test || data.can_self_test { self.self_tests()? } else { None };
        Ok(Poll::Awake(AtaReading { power, data, thresholds: self.thresholds, health, sct, log }))
    }

    /// The log of self-tests: the extended one where there is one, else the short one.
    fn self_tests(&mut self) -> Result<Option<SelfTestLog>, DriveError> {
        let short = AtaCommand::smart_log(selftest_log::LOG, 1);
        let extended = AtaCommand::log_ext(selftest_log::EXTENDED_LOG, 1);
        if self.identity.has_general_logging && self.through == PassThrough::Sixteen {
            let parse = selftest_log::parse_extended;
            let log = optional(page(&mut self.line, "READ LOG EXT 0x07", extended, self.through, parse))?;
            if log.is_some() {
                return Ok(log);
            }
        }
        optional(page(&mut self.line, "SMART READ LOG 0x06", short, self.through, selftest_log::parse))
    }

    /// Starts or ends a self-test; the drive goes on with it on its own.
    ///
    /// # Errors
    /// [`DriveError`]; a drive that runs no self-tests refuses.
    pub fn self_test(&mut self, test: SelfTest) -> Result<(), DriveError> {
        const COMMAND: &str = "SMART EXECUTE OFF-LINE IMMEDIATE";
        registers(&mut self.line, COMMAND, AtaCommand::self_test(test), self.through).map(drop)
    }
}

fn block(command: &'static str, ata: AtaCommand, through: PassThrough) -> Result<Cdb, DriveError> {
    // Invalid command operation code, which is what a bridge would say to it.
    let refused = DriveError::Refused { command, key: 5, code: 0x20, qualifier: 0 };
    ata.inside(through).ok_or(refused)
}

/// Fetches one page and parses it.
fn page<T: Transport, P>(
    line: &mut Line<T>,
    command: &'static str,
    ata: AtaCommand,
    through: PassThrough,
    parse: impl Fn(&[u8]) -> Result<P, PageError>,
) -> Result<P, DriveError> {
    let cdb = block(command, ata, through)?;
    parse(line.fetch(command, &cdb, false)?).map_err(|error| DriveError::Page { command, error })
}

/// Sends a command without data and takes the registers it leaves.
fn registers<T: Transport>(
    line: &mut Line<T>,
    command: &'static str,
    ata: AtaCommand,
    through: PassThrough,
) -> Result<Registers, DriveError> {
    let cdb = block(command, ata, through)?;
    let sense = line.sense(command, &cdb)?.ok_or(DriveError::NoRegisters { command })?;
    match sense.registers {
        Some(registers) if !registers.is_failed() => Ok(registers),
        None if matches!(sense.key, 0 | 1) => Err(DriveError::NoRegisters { command }),
        Some(_) | None => Err(refusal(command, sense)),
    }
}

fn power_mode<T: Transport>(line: &mut Line<T>, through: PassThrough) -> Result<PowerMode, DriveError> {
    registers(line, "CHECK POWER MODE", AtaCommand::CHECK_POWER_MODE, through).map(PowerMode::of_ata)
}

fn health<T: Transport>(line: &mut Line<T>, through: PassThrough) -> Result<Option<Health>, DriveError> {
    registers(line, "SMART RETURN STATUS", AtaCommand::SMART_STATUS, through).map(Health::of)
}

/// What a drive may lack: refused, failed or unreadable is `None`; that the way to the drive failed is an error.
fn optional<P>(outcome: Result<P, DriveError>) -> Result<Option<P>, DriveError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error @ DriveError::Transport { .. }) => Err(error),
        Err(_not_there) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
