//! An ATA or SAS disk in its owner's hands.

use std::path::Path;

use hearth_drivers::ata::cdb::SelfTest;
use hearth_drivers::ata::drive::{Disk, DriveError, Poll};
use hearth_drivers::ata::selftest_log::{Entry, Kind};
use hearth_drivers::ata::sg::Transport;
use hearth_drivers::ata::smart::SelfTestState;
use hearth_drivers::file::KernelText;
use hearth_drivers::proc::diskstats;
use hearth_hot::contract::Absent;

use crate::sensors::drive::by_hand::{self, ByHand, Examined, Length, Progress, Refusal};
use crate::sensors::drive::worker::{Drive, Place, PollError};
use crate::sensors::unopened;

use super::disk::{self, AtaDrive, Line};
use super::{SENSOR, words};

/// ATA and SAS.
pub(in crate::sensors::drive) const KIND: by_hand::Kind = by_hand::Kind { names, open };

/// Sense keys of SPC-5.
const NOT_READY: u8 = 2;
const ILLEGAL_REQUEST: u8 = 5;

fn names(root: &Path) -> Result<Vec<Box<str>>, Absent> {
    let mut text = KernelText::open(root, diskstats::PATH, diskstats::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    super::names(&mut text).map_err(|trouble| trouble.absent(&SENSOR))
}

fn open(root: &Path, name: &str) -> Result<Box<dyn ByHand>, Absent> {
    Ok(Box::new(disk::open(&Place::new(root, name))?))
}

impl<T: Transport> AtaDrive<T> {
    fn refusal(&self, error: DriveError) -> Refusal {
        match error {
            // SPC-5: LOGICAL UNIT NOT READY, SELF-TEST IN PROGRESS.
            DriveError::Refused { key: NOT_READY, code: 0x04, qualifier: 0x09, .. } => Refusal::UnderWay,
            // Not ready for another reason, or the hardware failed: it says nothing of what the drive can do.
            error @ DriveError::Refused { key, .. } if key != ILLEGAL_REQUEST => {
                Refusal::Failed(words::absent(&self.place, error))
            }
            DriveError::Refused { .. } | DriveError::Failed { .. } => Refusal::Unsupported,
            error => Refusal::Failed(words::absent(&self.place, error)),
        }
    }

    fn self_test(&mut self, test: SelfTest) -> Result<(), Refusal> {
        let outcome = match &mut self.line {
            Line::Disk(Disk::Ata(ata)) => ata.self_test(test),
            Line::Disk(Disk::Sas(sas)) => sas.self_test(test),
            Line::Smartctl { .. } => return Err(Refusal::Failed(words::test_by_smartctl(&self.place))),
        };
        outcome.map_err(|error| self.refusal(error))
    }
}

impl<T: Transport + Send + 'static> ByHand for AtaDrive<T> {
    fn examine(&mut self) -> Result<Examined, Refusal> {
        let answer = match self.poll(0) {
            Ok(answer) => answer,
            Err(PollError::Failed(absent)) => return Err(Refusal::Failed(absent)),
            Err(PollError::Gone) => return Err(Refusal::Failed(words::gone(&self.place))),
        };
        let Some(look) = answer.look else {
            return Err(Refusal::Failed(words::absent(&self.place, DriveError::Asleep)));
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Examined {
            model: text(self.who.model.as_bytes()),
            serial: text(self.who.serial.as_bytes()),
            celsius: look.temperatures.now_mc.map(|millicelsius| millicelsius.div_euclid(1000)),
            power_on_hours: look.power_on_hours,
            verdict: answer.verdict,
            newest_error: None,
        })
    }

    fn start(&mut self, length: Length) -> Result<Option<u32>, Refusal> {
        let (test, which) = match length {
            Length::Short => (SelfTest::Short, 0),
            Length::Long => (SelfTest::Extended, 1),
        };
        // A drive would break the one off that runs. One that sleeps runs none; it wakes for a test that is wanted.
        let tests = match &mut self.line {
            Line::Disk(Disk::Ata(ata)) => match ata.poll() {
                Ok(Poll::Awake(reading)) => Some(reading.data),
                Ok(Poll::Asleep) => None,
                Err(error) => return Err(self.refusal(error)),
            },
            Line::Disk(Disk::Sas(_)) | Line::Smartctl { .. } => None,
        };
        if tests.is_some_and(|tests| tests.self_test == SelfTestState::Running) {
            return Err(Refusal::UnderWay);
        }
        self.self_test(test)?;
        let minutes = tests.and_then(|tests| [tests.short_test_minutes, tests.extended_test_minutes][which]);
        Ok(minutes.map(u32::from))
    }

    fn abort(&mut self) -> Result<(), Refusal> {
        self.self_test(SelfTest::Abort)
    }

    fn progress(&mut self) -> Result<Progress, Refusal> {
        match &mut self.line {
            Line::Disk(Disk::Ata(ata)) => match ata.poll() {
                Ok(Poll::Awake(reading)) => {
                    let left = reading.data.self_test_left_percent;
                    // The drive says that one runs and not which.
                    let running = left.map(|left| ("it does not say which".to_owned(), Some(100 - left)));
                    let ended = reading
                        .log
                        .map_or_else(Vec::new, |log| log.entries().filter(ended).map(line).collect());
                    Ok(Progress { running, ended })
                }
                Ok(Poll::Asleep) => Err(Refusal::Failed(words::absent(&self.place, DriveError::Asleep))),
                Err(error) => Err(self.refusal(error)),
            },
            Line::Disk(Disk::Sas(sas)) => match sas.poll() {
                Ok(Poll::Awake(reading)) => Ok(sas_progress(reading.self_test)),
                Ok(Poll::Asleep) => Err(Refusal::Failed(words::absent(&self.place, DriveError::Asleep))),
                Err(error) => Err(self.refusal(error)),
            },
            Line::Smartctl { .. } => Err(Refusal::Failed(words::test_by_smartctl(&self.place))),
        }
    }
}

fn ended(entry: &&Entry) -> bool {
    entry.state != SelfTestState::Running
}

/// `long: could not read sector 19088743, with 90 % left, at 20100 h`
fn line(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::Offline => "off-line collection".to_owned(),
        Kind::Short => "short".to_owned(),
        Kind::Extended => "long".to_owned(),
        Kind::Conveyance => "conveyance".to_owned(),
        Kind::Selective => "selective".to_owned(),
        Kind::Other(code) => format!("maker's own (code {code:#x})"),
    };
    let outcome = match entry.state {
        SelfTestState::Passed => "passed".to_owned(),
        SelfTestState::Aborted => "ended early by command".to_owned(),
        SelfTestState::Interrupted => "ended early by a reset".to_owned(),
        SelfTestState::Fatal => "broke off with an error".to_owned(),
        SelfTestState::FailedUnknown => "failed in a part that is not named".to_owned(),
        SelfTestState::FailedElectrical => "failed in the electronics".to_owned(),
        SelfTestState::FailedServo => "failed in the servo".to_owned(),
        SelfTestState::FailedRead => "could not read".to_owned(),
        SelfTestState::FailedHandling => "failed, by rough handling as the drive thinks".to_owned(),
        SelfTestState::Reserved(code) => format!("ended in an unknown way (code {code:#x})"),
        SelfTestState::Running => "runs".to_owned(),
    };
    let sector = entry.failing_sector.map_or_else(String::new, |sector| format!(" sector {sector}"));
    let left =
        if entry.left_percent == 0 { String::new() } else { format!(", with {} % left", entry.left_percent) };
    format!("{kind}: {outcome}{sector}{left}, at {} h", entry.power_on_hours)
}

/// Of the newest test of SCSI: its code and its result (SPC-5, "self-test results").
fn sas_progress(newest: Option<(u8, u8)>) -> Progress {
    let Some((code, result)) = newest else { return Progress::default() };
    let kind = match code {
        1 | 5 => "short",
        2 | 6 => "long",
        _ => "maker's own",
    };
    match result {
        15 => Progress { running: Some((kind.to_owned(), None)), ended: Vec::new() },
        0 => Progress { running: None, ended: vec![format!("{kind}: passed")] },
        1 | 2 => Progress { running: None, ended: vec![format!("{kind}: ended early by command")] },
        result => Progress { running: None, ended: vec![format!("{kind}: failed (result {result})")] },
    }
}

#[cfg(test)]
mod tests;
