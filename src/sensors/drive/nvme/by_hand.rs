//! An NVMe drive in its owner's hands.

use std::path::Path;

use hearth_drivers::nvme::class::Controllers;
use hearth_drivers::nvme::command::{Command, SelfTest};
use hearth_drivers::nvme::self_test::{Ended, Kind, Outcome};
use hearth_drivers::nvme::{Admin, NvmeError};
use hearth_hot::contract::Absent;

use super::controller::{Nvme, absent, open};
use super::{NO_DRIVER, Place, errors, names};
use crate::sensors::drive::by_hand::{self, ByHand, Examined, Length, Progress, Refusal};
use crate::sensors::unopened;

/// NVMe.
pub(in crate::sensors::drive) const KIND: by_hand::Kind = by_hand::Kind { names: all, open: in_hand };

fn all(root: &Path) -> Result<Vec<Box<str>>, Absent> {
    names(&mut Controllers::open(root).map_err(|error| unopened(&error, NO_DRIVER))?)
}

fn in_hand(root: &Path, name: &str) -> by_hand::Opened {
    Ok(Box::new(open(&Place::new(root, name))?))
}

/// What a refused command means for its owner.
fn refusal(error: &NvmeError) -> Refusal {
    match error {
        NvmeError::Refused(status) if status.is_self_test_under_way() => Refusal::UnderWay,
        NvmeError::Refused(status) if status.is_unsupported() => Refusal::Unsupported,
        error => Refusal::Failed(absent(error)),
    }
}

impl<A: Admin> Nvme<A> {
    fn send(&mut self, what: SelfTest) -> Result<(), Refusal> {
        if !self.identity.has_self_test {
            return Err(Refusal::Unsupported);
        }
        self.admin.command(&Command::self_test(what), &mut []).map_err(|error| refusal(&error))
    }
}

impl<A: Admin> ByHand for Nvme<A> {
    fn examine(&mut self) -> Result<Examined, Refusal> {
        let answer = self.ask(0).map_err(|error| absent(&error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let hours = answer.health.power_on_hours;
        Ok(Examined {
            model: text(self.identity.model.as_bytes()),
            serial: text(self.identity.serial.as_bytes()),
            celsius: answer.health.composite.celsius(),
            power_on_hours: (!hours.is_saturated).then_some(hours.value),
            verdict: answer.verdict,
            newest_error: answer.newest_error.ok().flatten().as_ref().map(errors::words),
        })
    }

    fn start(&mut self, length: Length) -> Result<Option<u32>, Refusal> {
        match length {
            // Two minutes at most, says the specification.
            Length::Short => self.send(SelfTest::Short).map(|()| Some(2)),
            Length::Long => {
                self.send(SelfTest::Extended)?;
                let minutes = self.identity.extended_self_test_minutes;
                Ok((minutes > 0).then_some(minutes.into()))
            }
        }
    }

    fn abort(&mut self) -> Result<(), Refusal> {
        self.send(SelfTest::Abort)
    }

    fn progress(&mut self) -> Result<Progress, Refusal> {
        if !self.identity.has_self_test {
            return Err(Refusal::Unsupported);
        }
        let log = self.admin.self_tests().map_err(|error| refusal(&error))?;
        let running = log.running.map(|running| (kind(running.kind), running.done_percent));
        Ok(Progress { running, ended: log.ended.iter().flatten().map(line).collect() })
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Short => "short".to_owned(),
        Kind::Extended => "long".to_owned(),
        Kind::Vendor => "maker's own".to_owned(),
        Kind::Reserved(code) => format!("unknown (code {code:#x})"),
    }
}

/// `long: failed in segment 2, block 77 of namespace 1, media error (status 0x0281), at 9800 h`
fn line(ended: &Ended) -> String {
    let outcome = match ended.outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Aborted(code) => format!("ended early {}", why_early(code)),
        Outcome::Fatal => "broke off with an error".to_owned(),
        Outcome::Failed { segment: Some(segment) } => format!("failed in segment {segment}"),
        Outcome::Failed { segment: None } => "failed in a segment that is not named".to_owned(),
        Outcome::Reserved(code) => format!("ended in an unknown way (code {code:#x})"),
    };
    let block = ended.block.map_or_else(String::new, |block| format!(", block {block}"));
    let namespace =
        ended.namespace.map_or_else(String::new, |namespace| format!(" of namespace {namespace}"));
    let status = ended.status.map_or_else(String::new, |status| format!(", {status}"));
    let place = if block.is_empty() { String::new() } else { block + &namespace };
    format!("{}: {outcome}{place}{status}, at {} h", kind(ended.kind), ended.power_on_hours)
}

fn why_early(code: u8) -> &'static str {
    match code {
        1 => "by command",
        2 => "by a reset of the controller",
        3 => "as a namespace was removed",
        4 => "by a format",
        9 => "by a sanitize",
        _ => "for an unknown reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_drivers::nvme::{Access, Status};
    use hearth_model::Reason;

    const IDENTITY: &[u8; 4096] =
        include_bytes!("../../../../drivers/fixtures/nvme_identify/controller-base-2.0.bin");
    const HEALTH: &[u8; 512] =
        include_bytes!("../../../../drivers/fixtures/nvme_health/healthy-base-2.0.bin");
    const TESTS: &[u8; 564] =
        include_bytes!("../../../../drivers/fixtures/nvme_self_test/running-base-2.0.bin");

    /// A drive that has the self-tests of `optional`, the byte 256 of its identity, and answers their command so.
    struct Fake {
        optional: u8,
        to_self_test: Result<(), NvmeError>,
        sent: std::rc::Rc<std::cell::RefCell<Vec<Command>>>,
    }

    impl Admin for Fake {
        fn command(&mut self, command: &Command, data: &mut [u8]) -> Result<(), NvmeError> {
            self.sent.borrow_mut().push(*command);
            let page: &[u8] = match data.len() {
                4096 => IDENTITY,
                512 => HEALTH,
                564 => TESTS,
                0 => return self.to_self_test,
                _ => &[0; 64],
            };
            data.copy_from_slice(page);
            if let Some(optional) = data.get_mut(256).filter(|_| page.len() == 4096) {
                *optional = self.optional;
            }
            Ok(())
        }

        fn access(&self) -> Access {
            Access::Ring
        }
    }

    fn drive(
        optional: u8,
        to_self_test: Result<(), NvmeError>,
    ) -> (Nvme<Fake>, impl Fn() -> Option<Command>) {
        let sent = std::rc::Rc::default();
        let fake = Fake { optional, to_self_test, sent: std::rc::Rc::clone(&sent) };
        (Nvme::meet(fake, &Place::new(Path::new("/"), "nvme0")).unwrap(), move || {
            sent.borrow().last().copied()
        })
    }

    #[test]
    fn tests_are_started_and_ended_and_say_how_long_they_take() {
        let (mut drive, last) = drive(0x10, Ok(()));
        assert_eq!(drive.start(Length::Short), Ok(Some(2)));
        assert_eq!(last(), Some(Command::self_test(SelfTest::Short)));
        assert_eq!(drive.start(Length::Long), Ok(Some(35)));
        assert_eq!(last(), Some(Command::self_test(SelfTest::Extended)));
        assert_eq!(drive.abort(), Ok(()));
        assert_eq!(last(), Some(Command::self_test(SelfTest::Abort)));
    }

    #[test]
    fn progress_and_results_are_lines() {
        let progress = drive(0x10, Ok(())).0.progress().unwrap();
        assert_eq!(progress.running, Some(("short".to_owned(), Some(30))));
        assert_eq!(
            progress.ended,
            [
                "short: passed, at 9870 h",
                "long: failed in segment 2, block 305419896 of namespace 1, media error (status 0x0281), at 9800 h",
                "long: ended early by a reset of the controller, at 9000 h",
                "long: passed, at 8000 h",
            ]
        );
    }

    #[test]
    fn a_refusal_is_told_by_its_cause() {
        let (mut without, last) = drive(0, Ok(()));
        assert_eq!(without.start(Length::Short), Err(Refusal::Unsupported));
        assert_eq!(without.abort(), Err(Refusal::Unsupported));
        assert_eq!(without.progress(), Err(Refusal::Unsupported));
        assert_eq!(last(), Some(Command::errors(1)), "nothing was sent after it was met");
        let refused = |status| drive(0x10, Err(NvmeError::Refused(Status(status)))).0.start(Length::Long);
        assert_eq!(refused(0x011d), Err(Refusal::UnderWay));
        assert_eq!(refused(0x0001), Err(Refusal::Unsupported));
        let Err(Refusal::Failed(absent)) = refused(0x0006) else { panic!("it failed") };
        assert_eq!(absent.reason, Reason::IoError);
    }

    #[test]
    fn a_look_gives_what_an_owner_wants_to_know() {
        let examined = drive(0x10, Ok(())).0.examine().unwrap();
        assert_eq!((examined.model.as_str(), examined.serial.as_str()), ("Layout Example 1TB", "SER-0001"));
        assert_eq!((examined.celsius, examined.power_on_hours), (Some(38), Some(9876)));
        assert_eq!(examined.verdict.level.name(), "failing");
    }
}
