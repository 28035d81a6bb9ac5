//! A SCSI disk that is no translated ATA drive: SAS.

use crate::ata::cdb::{self, SelfTest};
use crate::ata::power::PowerMode;
use crate::ata::scsi::{self, Inquiry};
use crate::ata::scsi_log::{self, ErrorCounters, Exceptions, LOG_BYTES, Supported};
use crate::ata::sense::Sense;
use crate::ata::sg::Transport;
use crate::ata::{PageError, cdb::Cdb};
use crate::label::Label;

use super::{DriveError, Line, Poll, optional};

/// Bytes asked of sense data that is fetched by itself, and of the page of the serial number.
const SENSE_DATA_BYTES: u8 = 96;
const SERIAL_BYTES: u16 = 96;

/// What one look at a SAS drive that is awake finds; each is `None` where the drive has no such page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SasReading {
    /// What it was doing.
    pub power: PowerMode,
    /// Now, in degrees Celsius.
    pub celsius: Option<u8>,
    /// The temperature that the drive is made for.
    pub celsius_max: Option<u8>,
    /// The drive's own verdict.
    pub exceptions: Option<Exceptions>,
    /// Starts since it was made.
    pub starts: Option<u64>,
    /// Seconds with power.
    pub power_on_seconds: Option<u64>,
    /// Errors of reading.
    pub reads: Option<ErrorCounters>,
    /// Errors of writing.
    pub writes: Option<ErrorCounters>,
    /// The newest self-test, as (self-test code, result) of SPC-5.
    pub self_test: Option<(u8, u8)>,
}

/// A SAS drive.
pub struct Sas<T> {
    line: Line<T>,
    inquiry: Inquiry,
    serial: Option<Label<32>>,
    pages: Option<Supported>,
}

impl<T: Transport> Sas<T> {
    pub(super) fn new(mut line: Line<T>, inquiry: Inquiry) -> Result<Self, DriveError> {
        let page = cdb::inquiry(Some(scsi::SERIAL_NUMBER), SERIAL_BYTES);
        let serial = optional(fetch(&mut line, "INQUIRY", &page, scsi::parse_serial))?;
        let list = cdb::log_sense(scsi_log::SUPPORTED, LOG_BYTES);
        let pages = optional(fetch(&mut line, "LOG SENSE", &list, scsi_log::parse_supported))?;
        Ok(Self { line, inquiry, serial, pages })
    }

    /// What it says it is.
    #[must_use]
    pub const fn inquiry(&self) -> &Inquiry {
        &self.inquiry
    }

    /// Its serial number, where it tells.
    #[must_use]
    pub const fn serial(&self) -> Option<&Label<32>> {
        self.serial.as_ref()
    }

    /// What the drive is doing. Wakes nothing.
    ///
    /// # Errors
    /// [`DriveError`].
    pub fn power_mode(&mut self) -> Result<PowerMode, DriveError> {
        const COMMAND: &str = "REQUEST SENSE";
        let bytes = self.line.fetch(COMMAND, &cdb::request_sense(SENSE_DATA_BYTES), true)?;
        let sense = Sense::parse(bytes).map_err(|error| DriveError::Sense { command: COMMAND, error })?;
        Ok(PowerMode::of_scsi(sense))
    }

    /// Looks at the drive unless it sleeps.
    ///
    /// # Errors
    /// [`DriveError`] where its power mode cannot be had, or the way to it fails.
    pub fn poll(&mut self) -> Result<Poll<SasReading>, DriveError> {
        let power = self.power_mode()?;
        if power.is_asleep() {
            return Ok(Poll::Asleep);
        }
        let [celsius, celsius_max] =
            self.log(scsi_log::TEMPERATURE, scsi_log::parse_temperature)?.unwrap_or([None; 2]);
        let exceptions = self.log(scsi_log::EXCEPTIONS, scsi_log::parse_exceptions)?.flatten();
        Ok(Poll::Awake(SasReading {
            power,
            celsius: celsius.or(exceptions.and_then(|told| told.celsius)),
            celsius_max,
            exceptions,
            starts: self.log(scsi_log::START_STOP, scsi_log::parse_starts)?.flatten(),
            power_on_seconds: self
                .log(scsi_log::BACKGROUND_SCAN, scsi_log::parse_power_on_seconds)?
                .flatten(),
            reads: self
                .log(scsi_log::READ_ERRORS, |page| scsi_log::parse_errors(scsi_log::READ_ERRORS, page))?,
            writes: self
                .log(scsi_log::WRITE_ERRORS, |page| scsi_log::parse_errors(scsi_log::WRITE_ERRORS, page))?,
            self_test: self
                .log(scsi_log::SELF_TESTS, |page| Ok(scsi_log::parse_self_tests(page)?.next()))?
                .flatten(),
        }))
    }

    /// Starts or ends a self-test; the drive goes on with it on its own.
    ///
    /// # Errors
    /// [`DriveError`]; a drive that runs no self-tests refuses.
    pub fn self_test(&mut self, test: SelfTest) -> Result<(), DriveError> {
        self.line.fetch("SEND DIAGNOSTIC", &cdb::send_diagnostic(test), true).map(drop)
    }

    /// A log page, if the drive has it.
    fn log<P>(
        &mut self,
        page: u8,
        parse: impl Fn(&[u8]) -> Result<P, PageError>,
    ) -> Result<Option<P>, DriveError> {
        if !self.pages.is_some_and(|pages| pages.has(page)) {
            return Ok(None);
        }
        optional(fetch(&mut self.line, "LOG SENSE", &cdb::log_sense(page, LOG_BYTES), parse))
    }
}

fn fetch<T: Transport, P>(
    line: &mut Line<T>,
    command: &'static str,
    cdb: &Cdb,
    parse: impl Fn(&[u8]) -> Result<P, PageError>,
) -> Result<P, DriveError> {
    parse(line.fetch(command, cdb, true)?).map_err(|error| DriveError::Page { command, error })
}
