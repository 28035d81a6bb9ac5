//! A lane on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread::{Thread, park_timeout};
use std::time::Duration;

use crate::stage::{TICKING, armed, counting, spec};
use hearth_hot::armed::Armed;
use hearth_hot::contract::{LaneKind, State};
use hearth_hot::lane::LaneSpec;
use hearth_hot::orders::{Order, Vacated};
use hearth_hot::page::PageCopy;
use hearth_hot::schedule::Rates;
use hearth_hot::thread::{LaneHandle, Outcome, Settings, StartError, Stopped};
use hearth_model::Reason;
use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::prctl;
use nix::unistd::Pid;

/// Far longer than anything here takes, so that only a lane that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lane at 1000 Hz at least, so that nothing here waits.
fn fast(sensors: Vec<Option<Armed>>) -> LaneSpec {
    LaneSpec { rates: Rates::new(1000, 1000, 0), ..spec(sensors) }
}

/// Waits, woken by the lane, until `done` holds.
fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        park_timeout(Duration::from_millis(100));
    }
    panic!("the lane has not done in a minute what takes it a millisecond");
}

/// Counts the reads and wakes `waiter` at each.
fn telling(reads: &Arc<AtomicU64>, waiter: Thread) -> Armed {
    let reads = Arc::clone(reads);
    armed(&TICKING, &[0], false, move |slots, tick, sheet| {
        sheet.count(slots[0], tick.index);
        reads.fetch_add(1, Ordering::Release);
        waiter.unpark();
        Ok(State::Steady)
    })
}

#[test]
fn a_lane_ticks_until_it_is_asked_to_stop() {
    let reads = Arc::new(AtomicU64::new(0));
    let sensor = telling(&reads, std::thread::current());
    let handle = LaneHandle::start(fast(vec![Some(sensor)]), Settings::default()).unwrap();
    assert_eq!(handle.name, "steady");
    wait_until(|| reads.load(Ordering::Acquire) >= 5);
    let page = Arc::clone(&handle.ends.page);
    assert_eq!(handle.stop(PATIENCE), Stopped::Asked);
    let at_the_end = reads.load(Ordering::Acquire);
    assert_eq!(Arc::strong_count(&reads), 1, "the sensor is dropped with the lane");
    let mut copy = PageCopy::of(&page);
    page.copy(&mut copy).unwrap();
    assert_eq!(copy.stamp.tick + 1, at_the_end, "every tick that read was published");
}

#[test]
fn the_thread_has_the_lane_s_name_and_no_timer_slack() {
    let slack_ns = Arc::new(AtomicI32::new(-1));
    let (name_out, name) = channel();
    let (lane_slack, waiter) = (Arc::clone(&slack_ns), std::thread::current());
    let sensor = armed(&TICKING, &[0], false, move |_, tick, _| {
        if tick.index == 0 {
            lane_slack.store(prctl::get_timerslack().unwrap_or(-2), Ordering::Relaxed);
            name_out.send(std::thread::current().name().map(str::to_owned)).unwrap();
            waiter.unpark();
        }
        Ok(State::Steady)
    });
    let handle = LaneHandle::start(fast(vec![Some(sensor)]), Settings::default()).unwrap();
    assert_eq!(name.recv_timeout(PATIENCE).unwrap().as_deref(), Some("hearth-steady"));
    assert_eq!(slack_ns.load(Ordering::Relaxed), 1);
    assert_eq!(handle.outcomes.timer_slack, Outcome::Applied);
    assert_eq!(handle.stop(PATIENCE), Stopped::Asked);
}

#[test]
fn settings_not_asked_for_are_off_and_an_impossible_one_is_refused_with_its_error() {
    let off = LaneHandle::start(fast(vec![]), Settings::default()).unwrap();
    assert_eq!(
        (off.outcomes.cpu, off.outcomes.fifo, off.outcomes.memory),
        (Outcome::Off, Outcome::Off, Outcome::Off)
    );
    assert_eq!(off.stop(PATIENCE), Stopped::Asked);
    let settings = Settings { fifo_priority: 200, cpu: Some(usize::MAX), lock_memory: false };
    let refused = LaneHandle::start(fast(vec![]), settings).unwrap();
    let errno = Errno::EINVAL;
    assert_eq!(refused.outcomes.cpu, Outcome::Refused { what: "sched_setaffinity", errno });
    assert_eq!(refused.outcomes.fifo, Outcome::Refused { what: "sched_setscheduler(SCHED_FIFO)", errno });
    assert_eq!(refused.stop(PATIENCE), Stopped::Asked);
}

#[test]
fn a_lane_stays_on_the_processor_it_is_given() {
    let this_thread = Pid::from_raw(0);
    let cpus = |set: &CpuSet| -> Vec<usize> {
        (0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap()).collect()
    };
    let last = *cpus(&sched_getaffinity(this_thread).unwrap()).last().unwrap();
    let (seen_out, seen) = channel();
    let sensor = armed(&TICKING, &[0], false, move |_, tick, _| {
        if tick.index == 0 {
            seen_out.send(sched_getaffinity(this_thread).unwrap()).unwrap();
        }
        Ok(State::Steady)
    });
    let settings = Settings { cpu: Some(last), ..Settings::default() };
    let handle = LaneHandle::start(fast(vec![Some(sensor)]), settings).unwrap();
    assert_eq!(handle.outcomes.cpu, Outcome::Applied);
    assert_eq!(cpus(&seen.recv_timeout(PATIENCE).unwrap()), [last]);
    assert_eq!(handle.stop(PATIENCE), Stopped::Asked);
}

#[test]
fn privileged_settings_are_applied_or_refused_for_want_of_privilege() {
    let settings = Settings { fifo_priority: 1, cpu: None, lock_memory: true };
    let reads = Arc::new(AtomicU64::new(0));
    let sensor = telling(&reads, std::thread::current());
    let mut handle = LaneHandle::start(fast(vec![Some(sensor)]), settings).unwrap();
    println!("on this machine: {:?}", handle.outcomes);
    for outcome in [handle.outcomes.fifo, handle.outcomes.memory] {
        let allowed = match outcome {
            Outcome::Applied => true,
            Outcome::Refused { errno, .. } => matches!(errno, Errno::EPERM | Errno::ENOMEM | Errno::EAGAIN),
            Outcome::Off => false,
        };
        assert!(allowed, "{outcome:?}");
    }
    let order =
        Order { at: 0, armed: Some(counting(&TICKING, 1)), vacated: Vacated::default(), generation: 2 };
    assert!(handle.send(order).is_ok());
    wait_until(|| handle.ends.signals.installed() == 2);
    assert_eq!(handle.stop(PATIENCE), Stopped::Asked);
}

#[test]
fn the_control_thread_is_woken_for_changes_and_installed_generations() {
    let changed = armed(&TICKING, &[0], false, |_, _, _| Ok(State::Changed));
    let mut handle = LaneHandle::start(fast(vec![Some(changed)]), Settings::default()).unwrap();
    wait_until(|| handle.ends.signals.take_changed() == 1);
    let vacated = Vacated { places: [0].into(), ..Vacated::default() };
    assert!(handle.send(Order { at: 0, armed: Some(counting(&TICKING, 1)), vacated, generation: 2 }).is_ok());
    wait_until(|| handle.ends.signals.installed() == 2);
    let mut page = PageCopy::of(&handle.ends.page);
    handle.ends.page.copy(&mut page).unwrap();
    assert_eq!(page.stamp.generation, 2);
    assert_eq!(page.words[0].reading(), Err(Reason::Gone));
    assert!(page.words[1].reading().is_ok());
    wait_until(|| handle.ends.desk.take_spent().is_some());
    assert_eq!(handle.stop(PATIENCE), Stopped::Asked);
}

#[test]
fn a_lane_that_hangs_in_a_device_is_left_behind() {
    let (hung_out, hung) = channel();
    let (release, released) = channel::<()>();
    let (ended_out, ended) = channel::<()>();
    let sensor = armed(&TICKING, &[0], false, move |_, _, _| {
        let _told_when_dropped = &ended_out;
        hung_out.send(()).unwrap();
        assert!(released.recv().is_err(), "the other end only hangs up");
        Err(Reason::IoError)
    });
    let slow = LaneSpec { kind: LaneKind::Slow, ..fast(vec![Some(sensor)]) };
    let handle = LaneHandle::start(slow, Settings::default()).unwrap();
    hung.recv_timeout(PATIENCE).unwrap();
    assert_eq!(handle.stop(Duration::ZERO), Stopped::LeftBehind);
    drop(release);
    assert!(ended.recv_timeout(PATIENCE).is_err(), "freed, the lane ends by itself and drops its sensor");
}

#[test]
fn a_sensor_that_panics_ends_its_lane_and_the_handle_says_so() {
    let sensor = armed(&TICKING, &[0], false, |_, _, _| panic!("a sensor of the test panics on purpose"));
    let handle = LaneHandle::start(fast(vec![Some(sensor)]), Settings::default()).unwrap();
    assert_eq!(handle.stop(PATIENCE), Stopped::Panicked);
}

#[test]
fn a_lane_that_cannot_be_made_is_not_started() {
    let refused = LaneHandle::start(fast(vec![Some(counting(&TICKING, 99))]), Settings::default());
    let words = refused.err().map(|error: StartError| error.to_string());
    assert_eq!(words.as_deref(), Some("sensor ticking does not fit the lane: place 99 of a page of 16"));
}
