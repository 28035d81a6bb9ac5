use std::sync::{Arc, Mutex};

use super::*;
use crate::sensors::drive::ata::facts::Facts;
use crate::sensors::drive::ata::fake::{Fake, Mood, sda};
use crate::sensors::kept::locked;
use crate::sensors::testing::Files;
use hearth_model::Reason;

fn drive() -> (AtaDrive<Fake>, Arc<Mutex<Mood>>) {
    let files = Files::with(&[]);
    let (fake, mood) = Fake::new();
    let place = sda(&files);
    (disk::open_with(&place, Facts::of(&place), fake).unwrap(), mood)
}

#[test]
fn a_test_is_started_goes_on_is_ended_and_is_not_broken_off_by_another() {
    let (mut drive, mood) = drive();
    assert_eq!(drive.start(Length::Short), Err(Refusal::UnderWay));
    locked(&mood).self_test = 0x00;
    assert_eq!(drive.start(Length::Long), Ok(Some(703)));
    assert_eq!(locked(&mood).heard.last(), Some(&(0xd4, 0x02)));
    let running = drive.progress().unwrap().running;
    assert_eq!(running, Some(("it does not say which".to_owned(), Some(10))));
    assert_eq!(drive.abort(), Ok(()));
    assert_eq!(locked(&mood).heard.last(), Some(&(0xd4, 0x7f)));
    assert_eq!(drive.progress().unwrap().running, None);
    assert_eq!(drive.start(Length::Short), Ok(Some(1)));
    assert_eq!(locked(&mood).heard.last(), Some(&(0xd4, 0x01)));
}

#[test]
fn results_are_lines() {
    let progress = drive().0.progress().unwrap();
    assert_eq!(
        progress.ended,
        [
            "short: passed, at 20112 h",
            "long: could not read sector 19088743, with 90 % left, at 20100 h",
            "short: ended early by command, with 30 % left, at 12 h",
        ]
    );
    assert_eq!(sas_progress(Some((2, 7))).ended, ["long: failed (result 7)"]);
    assert_eq!(sas_progress(Some((1, 15))).running, Some(("short".to_owned(), None)));
    assert_eq!(sas_progress(None), Progress::default());
}

#[test]
fn a_look_gives_what_an_owner_wants_to_know_and_a_sleeping_disk_is_let_sleep() {
    let (mut drive, mood) = drive();
    let examined = drive.examine().unwrap();
    assert_eq!((&*examined.model, &*examined.serial), ("ST8000VN004-2M2101", "WSD0ABCD"));
    assert_eq!((examined.celsius, examined.power_on_hours), (Some(38), Some(20_111)));
    let (mut sleeping, mood_of_sleeping) = self::drive();
    locked(&mood_of_sleeping).power = 0x00;
    let Err(Refusal::Failed(absent)) = sleeping.examine() else { panic!("it sleeps") };
    assert_eq!(absent.reason, Reason::NotCounted);
    locked(&mood).fault = Some(hearth_drivers::ata::sg::SgError::Gone);
    let Err(Refusal::Failed(absent)) = drive.examine() else { panic!("it went") };
    assert_eq!(absent.reason, Reason::Gone);
}

#[test]
fn disks_are_listed_without_their_partitions() {
    let line = |minor: u32, name: &str| format!("   8 {minor:7} {name} 1 0 0 0 0 0 0 0 0 0 0\n");
    let text = [line(0, "sda"), line(1, "sda1"), line(16, "sdb"), line(32, "sdaa"), line(48, "vda")].concat();
    let files = Files::with(&[("proc/diskstats", &text)]);
    assert_eq!(names(files.root()).unwrap(), [Box::from("sda"), Box::from("sdb"), Box::from("sdaa")]);
}

#[test]
fn a_drive_that_is_busy_with_a_self_test_is_not_one_without() {
    let (drive, _mood) = drive();
    let refused =
        |key, code, qualifier| DriveError::Refused { command: "SEND DIAGNOSTIC", key, code, qualifier };
    assert_eq!(drive.refusal(refused(2, 0x04, 0x09)), Refusal::UnderWay);
    assert_eq!(drive.refusal(refused(5, 0x20, 0)), Refusal::Unsupported);
    for (key, code, qualifier) in [(2, 0x04, 0x01), (4, 0x44, 0), (11, 0, 0)] {
        let Refusal::Failed(absent) = drive.refusal(refused(key, code, qualifier)) else {
            panic!("{key}: it says nothing of self-tests")
        };
        assert!(absent.what.contains("SEND DIAGNOSTIC"), "{absent:?}");
    }
}
