use std::sync::{Arc, Mutex};

use super::*;
use crate::sensors::drive::ata::fake::{Fake, Mood, sda};
use crate::sensors::kept::locked;
use crate::sensors::testing::Files;
use hearth_drivers::ata::sg::SgError;
use hearth_drivers::file::Errno;

const STAT: &str = "sys/block/sda/stat";
const STATUS: &str = "sys/block/sda/device/power/runtime_status";
/// `EPERM`.
const EPERM: i32 = 1;

fn drive(files: &Files) -> (AtaDrive<Fake>, Arc<Mutex<Mood>>) {
    let (fake, mood) = Fake::new();
    let place = sda(files);
    (open_with(&place, Facts::of(&place), fake).unwrap(), mood)
}

#[test]
fn a_disk_says_what_it_is_and_after_a_look_which_attributes_it_has() {
    let (mut drive, _mood) = drive(&Files::with(&[]));
    let who = drive.identity();
    assert_eq!((who.model.as_bytes(), who.rpm), (&b"ST8000VN004-2M2101"[..], Some(7200)));
    let size = who.size.unwrap();
    assert_eq!((who.access, size.blocks), (Access::Ata(PassThrough::Sixteen), 15_628_053_168));
    assert_eq!((size.logical_bytes, size.physical_bytes % 512), (512, 0));
    assert_eq!(who.attributes[0], (0, 0));
    drive.poll(0).unwrap();
    assert_eq!(drive.identity().attributes[4], (7, 0x000f));
    assert_eq!(drive.identity().attributes[16], (0, 0));
}

#[test]
fn a_sleeping_disk_is_asked_for_its_power_mode_alone_and_keeps_what_was_known() {
    let (mut drive, mood) = drive(&Files::with(&[]));
    locked(&mood).power = 0x00;
    let slept = drive.poll(0).unwrap();
    assert_eq!(
        (slept.is_asleep, slept.look, slept.verdict),
        (true, None, Verdict::unanswered(Reason::Pending))
    );
    assert_eq!(locked(&mood).heard, [(0xe5, 0)]);
    locked(&mood).power = 0xff;
    let woke = drive.poll(1).unwrap();
    assert!(!woke.is_asleep && woke.look.is_some());
    locked(&mood).power = 0x00;
    let again = drive.poll(2).unwrap();
    assert_eq!((again.is_asleep, again.look, again.verdict), (true, woke.look, woke.verdict));
    assert_eq!(again.polls, Polls { done: 1, skipped: 2, idle: 0 });
}

#[test]
fn a_suspended_disk_hears_nothing_at_all() {
    let files = Files::with(&[(STATUS, "active\n")]);
    let (mut drive, mood) = drive(&files);
    files.write(STATUS, "suspended\n");
    assert!(drive.poll(0).unwrap().is_asleep);
    assert!(locked(&mood).heard.is_empty());
    let refused = open(&sda(&files)).err().unwrap();
    assert_eq!(refused.reason, Reason::NotCounted);
}

#[test]
fn looks_at_a_disk_that_nobody_uses_are_counted() {
    let files = Files::with(&[(STAT, "5 0 0 0 7 0 0 0 0 0 0\n")]);
    let (mut drive, mood) = drive(&files);
    let mut idle = |power| {
        locked(&mood).power = power;
        drive.poll(0).unwrap().polls.idle
    };
    assert_eq!(idle(0xff), 0, "nobody knows what was before");
    assert_eq!(idle(0xff), 1);
    files.write(STAT, "6 0 0 0 7 0 0 0 0 0 0\n");
    assert_eq!(idle(0xff), 1, "it was used");
    assert_eq!(idle(0xff), 2);
    assert_eq!(idle(0x00), 2, "it slept");
    assert_eq!(idle(0xff), 2, "whoever woke it, it was no look");
}

#[test]
fn pending_sectors_are_no_matter_of_course_though_the_disk_says_passed() {
    let (mut drive, _mood) = drive(&Files::with(&[]));
    let answer = drive.poll(0).unwrap();
    assert_eq!(answer.look.unwrap().passed, Some(true));
    let causes: Vec<&str> = answer.verdict.causes.each().map(|cause| cause.name()).collect();
    assert_eq!(causes, ["self_test_failed", "pending_sectors", "uncorrectable_sectors"]);
    assert_eq!(answer.verdict.level.name(), "failing");
}

#[test]
fn a_disk_that_fails_says_why_and_one_that_went_is_gone() {
    let (mut drive, mood) = drive(&Files::with(&[]));
    let mut fail = |fault| {
        locked(&mood).fault = Some(fault);
        drive.poll(0).unwrap_err()
    };
    let PollError::Failed(absent) = fail(SgError::Os(Errno(EPERM))) else { panic!("it is there") };
    assert_eq!(absent.reason, Reason::NoPermission);
    assert!(
        absent.fix.contains("CAP_SYS_RAWIO") && absent.what.contains("sda: CHECK POWER MODE"),
        "{absent:?}"
    );
    assert_eq!(fail(SgError::Gone), PollError::Gone);
}

#[test]
fn a_stick_is_not_even_opened() {
    let files = Files::with(&[("sys/devices/usb1/block/sda/removable", "1\n"), ("sys/block/keep", "")]);
    std::os::unix::fs::symlink("../devices/usb1/block/sda", files.root().join("sys/block/sda")).unwrap();
    let absent = open(&sda(&files)).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(absent.what.contains("removable"), "{absent:?}");
}

#[test]
fn a_device_that_takes_no_commands_says_so() {
    let files = Files::with(&[("dev/sda", "")]);
    let absent = open(&sda(&files)).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(absent.fix.contains("drives.ignored"), "{absent:?}");
    let gone = open(&sda(&Files::with(&[]))).err().unwrap();
    assert!(gone.what.contains("cannot open /dev/sda"), "{gone:?}");
}
