use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const SECOND_NS: u64 = 1_000_000_000;
const PERIOD: Duration = Duration::from_secs(60);

/// A drive that answers what a test sends it, and hangs while it sends nothing.
struct Scripted {
    number: u32,
    script: Receiver<Result<u64, PollError>>,
}

impl Drive for Scripted {
    type Identity = u32;
    type Answer = (u64, u64);

    fn identity(&self) -> u32 {
        self.number
    }

    fn poll(&mut self, now_ns: u64) -> Result<(u64, u64), PollError> {
        self.script.recv().unwrap_or(Err(PollError::Gone)).map(|value| (value, now_ns))
    }

    fn keep(&mut self, _is_last: bool) {}
}

type Key = (PathBuf, Box<str>);
type Slot = (u32, Receiver<Result<u64, PollError>>);

/// Drives that can be opened, by the root of their test and their name.
static DRIVES: Mutex<Option<HashMap<Key, Slot>>> = Mutex::new(None);

fn place(test: &str, name: &str) -> Place {
    Place::new(&Path::new("/").join(test), name)
}

fn key(place: &Place) -> Key {
    (place.root.clone(), place.name.clone())
}

/// Makes a drive that can be opened once, and the end that scripts it.
fn plug(place: &Place, number: u32) -> Sender<Result<u64, PollError>> {
    let (say, script) = channel();
    locked(&DRIVES).get_or_insert_default().insert(key(place), (number, script));
    say
}

fn open(place: &Place) -> Result<Scripted, Absent> {
    let found = locked(&DRIVES).get_or_insert_default().remove(&key(place));
    let absent = || Absent { reason: Reason::NoPermission, what: "shut".to_owned(), fix: String::new() };
    found.map(|(number, script)| Scripted { number, script }).ok_or_else(absent)
}

fn start(places: &[Place]) -> (Workers<Scripted>, Vec<Arc<Desk<Scripted>>>) {
    let workers = Workers::new(open);
    let desks: Vec<_> = workers.keep_only(places).into_iter().map(Result::unwrap).collect();
    (workers, desks)
}

/// Waits until a drive was opened or not, however long that takes here.
fn met(desk: &Desk<Scripted>) -> Result<u32, Absent> {
    desk.wait_until_met();
    desk.met().unwrap()
}

fn round(desk: &Arc<Desk<Scripted>>) -> Round<Scripted> {
    Round::new(Arc::clone(desk), PERIOD, met(desk).ok())
}

#[test]
fn an_answer_is_news_once_and_the_drive_is_asked_once_a_period() {
    let place = place("once", "a");
    let say = plug(&place, 7);
    let (_workers, desks) = start(&[place]);
    let mut round = round(&desks[0]);
    assert_eq!(round.step(5), News::None, "asked just now");
    say.send(Ok(1)).unwrap();
    desks[0].wait_for_polls(1);
    let News::Answer { answer, .. } = round.step(6) else { panic!("an answer is there") };
    assert_eq!(answer, (1, 5), "with the time of its question");
    assert_eq!(round.step(59 * SECOND_NS), News::None);
    say.send(Ok(2)).unwrap();
    // A new sensor for the same drive neither asks early nor goes without what is known.
    let mut again = self::round(&desks[0]);
    assert!(matches!(again.step(59 * SECOND_NS), News::Answer { answer: (1, 5), .. }));
    assert_eq!(again.step(60 * SECOND_NS + 5), News::None, "asked just now");
    desks[0].wait_for_polls(2);
    assert!(matches!(again.step(61 * SECOND_NS), News::Answer { answer: (2, 60_000_000_005), .. }));
}

#[test]
fn a_drive_that_hangs_is_stale_is_not_asked_twice_and_holds_nobody_else() {
    let (slow, quick) = (place("hang", "slow"), place("hang", "quick"));
    let (say_slow, say_quick) = (plug(&slow, 1), plug(&quick, 2));
    let (_workers, desks) = start(&[slow, quick]);
    let mut rounds: Vec<_> = desks.iter().map(round).collect();
    say_quick.send(Ok(3)).unwrap();
    for round in &mut rounds {
        assert_eq!(round.step(0), News::None);
    }
    desks[1].wait_for_polls(1);
    assert_eq!(rounds[0].step(LATE_NS), News::None);
    assert_eq!(rounds[0].step(LATE_NS + 1), News::Failed(Reason::Stale));
    assert!(matches!(rounds[1].step(LATE_NS + 1), News::Answer { answer: (3, 0), .. }));
    // Whole periods later it is still the first question that waits.
    assert_eq!(rounds[0].step(200 * SECOND_NS), News::Failed(Reason::Stale));
    say_slow.send(Ok(9)).unwrap();
    desks[0].wait_for_polls(1);
    let News::Answer { answer, .. } = rounds[0].step(201 * SECOND_NS) else { panic!("it came back") };
    assert_eq!(answer, (9, 0));
}

#[test]
fn a_drive_that_fails_says_why_and_one_that_has_gone_is_armed_anew_as_what_it_is_then() {
    let place = place("gone", "a");
    let say = plug(&place, 1);
    let (workers, desks) = start(std::slice::from_ref(&place));
    let mut round = round(&desks[0]);
    let absent = Absent { reason: Reason::IoError, what: "no".to_owned(), fix: String::new() };
    say.send(Err(PollError::Failed(absent))).unwrap();
    assert_eq!(round.step(0), News::None);
    desks[0].wait_for_polls(1);
    assert_eq!(round.step(1), News::Failed(Reason::IoError));
    say.send(Err(PollError::Gone)).unwrap();
    assert_eq!(round.step(60 * SECOND_NS), News::None);
    desks[0].wait_for_polls(2);
    assert_eq!(round.step(61 * SECOND_NS), News::Changed);
    // Another drive in the same place has a thread of its own.
    let _say = plug(&place, 2);
    let fresh = workers.keep_only(std::slice::from_ref(&place)).remove(0).unwrap();
    assert!(!Arc::ptr_eq(&fresh, &desks[0]));
    assert_eq!(met(&fresh), Ok(2));
    assert!(workers.gone().is_empty(), "it is there again");
    // One that did not go keeps its thread.
    let same = workers.keep_only(std::slice::from_ref(&place)).remove(0).unwrap();
    assert!(Arc::ptr_eq(&fresh, &same));
    assert!(workers.keep_only(&[]).is_empty());
    assert_eq!(workers.gone(), [place]);
}

#[test]
fn a_drive_that_cannot_be_opened_says_why_and_is_tried_again_when_it_is_asked() {
    let place = place("shut", "a");
    let (_workers, desks) = start(std::slice::from_ref(&place));
    assert_eq!(met(&desks[0]).unwrap_err().what, "shut");
    let mut round = round(&desks[0]);
    assert_eq!(round.step(0), News::None);
    desks[0].wait_for_polls(1);
    assert_eq!(round.step(1), News::Failed(Reason::NoPermission));
    let say = plug(&place, 4);
    say.send(Ok(8)).unwrap();
    assert_eq!(round.step(60 * SECOND_NS), News::None);
    desks[0].wait_for_polls(2);
    assert_eq!(round.step(61 * SECOND_NS), News::Changed, "now it is known what drive it is");
    let mut round = self::round(&desks[0]);
    assert!(matches!(round.step(62 * SECOND_NS), News::Answer { answer: (8, 60_000_000_000), .. }));
}

#[test]
fn there_is_a_limit_to_the_threads() {
    let places: Vec<_> = (0..=DRIVES_MAX).map(|number| place("many", &number.to_string())).collect();
    let workers = Workers::new(open);
    let desks = workers.keep_only(&places);
    let refused: Vec<_> = desks.iter().filter_map(|desk| desk.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].reason, Reason::OutOfRange);
    assert!(refused[0].fix.contains("drives.ignored"), "{}", refused[0].fix);
}

#[test]
fn arming_waits_for_drives_that_say_what_they_are() {
    let place = place("meet", "a");
    let _say = plug(&place, 3);
    let workers = Workers::new(open);
    let desks = workers.keep_only(&[place]);
    meet(&desks);
    // A machine too busy to open it in that time gives nothing, which is right too.
    assert!(matches!(desks[0].as_ref().unwrap().met(), Some(Ok(3)) | None));
}
