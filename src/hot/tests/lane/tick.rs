//! What a lane does at its ticks, stepped by hand.

use crate::stage::{HandClock, SECONDLY, SLEPT_NS, TICKING, armed, counting, spec};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use hearth_hot::armed::{Armed, Misfit};
use hearth_hot::contract::{Sheet, Slot, State, Tick};
use hearth_hot::frames::Frames;
use hearth_hot::lane::{LaneCore, LaneEnds, LaneError, SENSORS_MAX};
use hearth_hot::orders::{ORDERS_MAX, Order, Trouble, Vacated};
use hearth_hot::page::PageCopy;
use hearth_hot::ring::Ring;
use hearth_hot::testing::Bench;
use hearth_model::{Reading, Reason, Word};

fn lane(sensors: Vec<Option<Armed>>) -> (LaneCore, LaneEnds, HandClock) {
    let (core, ends) = LaneCore::new(spec(sensors), 0).unwrap();
    (core, ends, HandClock::default())
}

fn copy(ends: &LaneEnds) -> PageCopy {
    let mut page = PageCopy::of(&ends.page);
    ends.page.copy(&mut page).unwrap();
    page
}

fn at(ends: &LaneEnds, place: usize) -> Reading {
    copy(ends).words[place].reading()
}

fn column(ring: &Ring, column: usize) -> Vec<Reading> {
    let mut frames = Frames::new(ring.columns(), ring.capacity_frames());
    ring.read(&mut ring.from_oldest(), ring.capacity_frames(), &mut frames);
    frames.column(column).iter().map(|word: &Word| word.reading()).collect()
}

fn order(at: usize, armed: Option<Armed>, generation: u32) -> Order {
    Order { at, armed, vacated: Vacated::default(), generation }
}

#[test]
fn a_tick_publishes_what_its_sensors_read_under_its_own_stamp() {
    let (mut core, ends, clock) = lane(vec![Some(counting(&TICKING, 3))]);
    assert_eq!(ends.signals.installed(), 0);
    clock.step(&mut core);
    clock.step(&mut core);
    let page = copy(&ends);
    assert_eq!(page.words[3].reading(), Ok(1));
    assert_eq!(page.words[0].reading(), Err(Reason::Pending));
    assert_eq!((page.stamp.tick, page.stamp.generation), (1, 1));
    assert_eq!(page.stamp.monotonic_ns, 100_000_000);
    assert_eq!(page.stamp.realtime_ns, Bench::REALTIME_ZERO_NS + 100_000_000);
    assert_eq!(ends.signals.installed(), 1);
}

#[test]
fn a_sensor_is_told_the_time_since_boot_with_what_the_machine_slept() {
    let sensor = armed(&TICKING, &[0], false, |slots, tick, sheet| {
        sheet.count(slots[0], tick.boottime_ns - tick.monotonic_ns);
        Ok(State::Steady)
    });
    let (mut core, ends, clock) = lane(vec![Some(sensor)]);
    clock.step(&mut core);
    assert_eq!(at(&ends, 0), Ok(SLEPT_NS.cast_signed()));
}

#[test]
fn the_ring_has_a_frame_of_each_tick_and_the_history_one_of_each_whole_second() {
    let kept = armed(&TICKING, &[0], true, |slots, tick, sheet| {
        sheet.count(slots[0], tick.index);
        Ok(State::Steady)
    });
    let (mut core, ends, clock) = lane(vec![Some(kept)]);
    for _ in 0..=25 {
        clock.step(&mut core);
    }
    let ring = column(ends.ring.as_ref().unwrap(), 0);
    assert_eq!(ring, (0..=25).map(Ok).collect::<Vec<Reading>>());
    assert_eq!(column(&ends.history, 0), [Ok(10), Ok(20)]);
    assert_eq!(column(&ends.history, 1), [Err(Reason::Absent); 2]);
}

#[test]
fn a_lane_without_a_ring_keeps_its_history() {
    let mut spec = spec(vec![Some(counting(&TICKING, 0))]);
    spec.ring = None;
    let (mut core, ends) = LaneCore::new(spec, 0).unwrap();
    let clock = HandClock::default();
    for _ in 0..=10 {
        clock.step(&mut core);
    }
    assert!(ends.ring.is_none());
    assert_eq!(ends.history.next_frame(), 1);
    assert_eq!(at(&ends, 0), Ok(10));
}

#[test]
fn a_failing_sensor_spoils_its_own_words_alone_and_may_recover() {
    let failing = armed(&TICKING, &[0, 1], true, |slots, tick, sheet| {
        sheet.count(slots[0], tick.index);
        if tick.index == 1 { Err(Reason::IoError) } else { Ok(State::Steady) }
    });
    let (mut core, ends, clock) = lane(vec![Some(failing), Some(counting(&TICKING, 2))]);
    clock.step(&mut core);
    clock.step(&mut core);
    assert_eq!([0, 1, 2].map(|place| at(&ends, place)), [Err(Reason::IoError), Err(Reason::IoError), Ok(1)]);
    clock.step(&mut core);
    assert_eq!([0, 1, 2].map(|place| at(&ends, place)), [Ok(2), Err(Reason::IoError), Ok(2)]);
    let meters = &core.meters().sensors;
    assert_eq!([meters[0].failures, meters[1].failures], [1, 0]);
    assert_eq!([meters[0].reads, meters[1].reads], [3, 3]);
    assert_eq!(column(ends.ring.as_ref().unwrap(), 0), [Ok(0), Err(Reason::IoError), Ok(2)]);
}

#[test]
fn a_sensor_of_one_second_is_read_at_once_and_then_at_its_own_tick_of_each_second() {
    let (mut core, ends, clock) = lane(vec![None, None, None, Some(counting(&SECONDLY, 0))]);
    let mut seen = Vec::new();
    for _ in 0..30 {
        clock.step(&mut core);
        seen.push(at(&ends, 0).unwrap());
    }
    seen.dedup();
    assert_eq!(seen, [0, 3, 13, 23]);
    assert_eq!(core.meters().sensors[3].reads, 4);
}

#[test]
fn a_tick_that_reads_nothing_publishes_nothing() {
    let (mut core, ends, clock) = lane(vec![Some(counting(&SECONDLY, 0))]);
    clock.step(&mut core);
    clock.step(&mut core);
    assert_eq!(copy(&ends).stamp.tick, 0);
    assert_eq!(core.meters().ticks, 2);
}

#[test]
fn an_order_s_generation_its_words_and_what_it_vacates_come_in_one_publication() {
    let (mut core, mut ends, clock) = lane(vec![Some(armed(&TICKING, &[0], true, |slots, _, sheet| {
        sheet.set(slots[0], 5);
        Ok(State::Steady)
    }))]);
    clock.step(&mut core);
    let vacated = Vacated { places: [0].into(), ring: [0].into(), history: [0].into() };
    let armed = Some(counting(&SECONDLY, 1));
    assert!(ends.desk.send(Order { at: 0, armed, vacated, generation: 2 }).is_ok());
    let before = copy(&ends);
    assert_eq!((before.stamp.generation, before.words[0].reading()), (1, Ok(5)));
    clock.step(&mut core);
    let after = copy(&ends);
    assert_eq!((after.stamp.generation, ends.signals.installed()), (2, 2));
    assert_eq!((after.words[0].reading(), after.words[1].reading()), (Err(Reason::Gone), Ok(1)));
    assert_eq!(column(ends.ring.as_ref().unwrap(), 0), [Ok(5), Err(Reason::Gone)]);
    let spent = ends.desk.take_spent().unwrap();
    assert_eq!(spent.armed.map(|armed| armed.def.name), Some("ticking"));
    assert_eq!((spent.at, spent.generation), (0, 2));
    assert!(ends.desk.take_spent().is_none());
}

#[test]
fn a_sensor_armed_anew_goes_on_with_the_words_of_the_one_it_replaces() {
    // Like sensors that show what a thread found: until that has answered, nothing is set.
    let waiting = || |_: &[Slot], _: &Tick<'_>, _: &mut Sheet<'_>| Ok(State::Steady);
    let (mut core, mut ends, clock) = lane(vec![Some(armed(&TICKING, &[0, 1], true, |slots, _, sheet| {
        sheet.set(slots[0], 5);
        sheet.set(slots[1], 6);
        Ok(State::Steady)
    }))]);
    clock.step(&mut core);
    // The second series has gone, and another has come.
    let kept = armed(&TICKING, &[0, 2], true, waiting()).keeping([(0, 0)].into());
    assert!(ends.desk.send(order(0, Some(kept), 2)).is_ok());
    clock.step(&mut core);
    assert_eq!((at(&ends, 0), at(&ends, 2)), (Ok(5), Err(Reason::Pending)));
    assert_eq!(column(ends.ring.as_ref().unwrap(), 0), [Ok(5), Ok(5)], "no tick without a value");
    assert!(ends.desk.send(order(0, Some(armed(&TICKING, &[0], true, waiting())), 3)).is_ok());
    clock.step(&mut core);
    assert_eq!(at(&ends, 0), Err(Reason::Pending), "what keeps nothing begins anew");
}

#[test]
fn a_removed_sensor_is_read_no_more() {
    let (mut core, mut ends, clock) = lane(vec![Some(counting(&TICKING, 0))]);
    clock.step(&mut core);
    let vacated = Vacated { places: [0].into(), ..Vacated::default() };
    assert!(ends.desk.send(Order { at: 0, armed: None, vacated, generation: 2 }).is_ok());
    clock.step(&mut core);
    clock.step(&mut core);
    assert_eq!(at(&ends, 0), Err(Reason::Gone));
    assert_eq!(core.meters().sensors[0].reads, 1);
    assert_eq!(copy(&ends).stamp.generation, 2);
}

#[test]
fn a_sensor_armed_anew_is_read_at_the_tick_that_installs_it() {
    let (mut core, mut ends, clock) = lane(vec![Some(counting(&SECONDLY, 0))]);
    clock.step(&mut core);
    clock.step(&mut core);
    assert_eq!(core.meters().sensors[0].reads, 1);
    assert!(ends.desk.send(order(0, Some(counting(&SECONDLY, 1)), 2)).is_ok());
    clock.step(&mut core);
    assert_eq!((core.meters().sensors[0].reads, at(&ends, 1)), (2, Ok(2)));
}

#[test]
fn the_control_thread_is_woken_by_the_first_page_and_by_a_change() {
    /// Wakes at once if the lane has called; without a call it would take all of this.
    const UNCALLED: Duration = Duration::from_secs(60);
    let woken = || {
        let begun = Instant::now();
        park_timeout(UNCALLED);
        begun.elapsed() < UNCALLED
    };
    let changed = armed(&TICKING, &[0], false, |_, tick, _| {
        Ok(if tick.index == 1 { State::Changed } else { State::Steady })
    });
    let (mut core, _ends, clock) = lane(vec![Some(changed)]);
    clock.step(&mut core);
    assert!(woken(), "by the first page");
    clock.step(&mut core);
    assert!(woken(), "by the change");
}

#[test]
fn a_change_is_told_once_until_the_sensor_is_armed_anew() {
    let changed = || armed(&TICKING, &[0], false, |_, _, _| Ok(State::Changed));
    let (mut core, mut ends, clock) = lane(vec![None, Some(changed())]);
    clock.step(&mut core);
    assert_eq!(ends.signals.take_changed(), 0b10);
    clock.step(&mut core);
    assert_eq!(ends.signals.take_changed(), 0);
    assert!(ends.desk.send(order(1, Some(changed()), 2)).is_ok());
    clock.step(&mut core);
    assert_eq!(ends.signals.take_changed(), 0b10);
}

#[test]
fn orders_nobody_takes_back_are_kept_and_hold_up_those_behind_them() {
    let (mut core, mut ends, clock) = lane(vec![None]);
    let full = u32::try_from(ORDERS_MAX).unwrap();
    for generation in 1..=full {
        assert!(ends.desk.send(order(0, Some(counting(&TICKING, 0)), generation)).is_ok());
    }
    let refused = ends.desk.send(order(0, None, full + 1)).unwrap_err();
    assert_eq!((refused.trouble, refused.order.generation), (Trouble::Full, full + 1));
    clock.step(&mut core);
    assert_eq!(ends.signals.installed(), full);
    for generation in [full + 1, full + 2] {
        assert!(ends.desk.send(order(0, Some(counting(&TICKING, 0)), generation)).is_ok());
    }
    clock.step(&mut core);
    assert_eq!(ends.signals.installed(), full + 1, "this one is carried out and kept");
    clock.step(&mut core);
    assert_eq!(ends.signals.installed(), full + 1, "the next one waits");
    let mut returned = Vec::new();
    for _ in 0..2 {
        returned.extend(std::iter::from_fn(|| ends.desk.take_spent()).map(|order| order.generation));
        clock.step(&mut core);
    }
    returned.extend(std::iter::from_fn(|| ends.desk.take_spent()).map(|order| order.generation));
    assert_eq!(returned, (1..=full + 2).collect::<Vec<u32>>(), "all come back, in order");
    assert_eq!(ends.signals.installed(), full + 2);
}

#[test]
fn what_does_not_fit_the_lane_is_handed_back() {
    let (_core, mut ends, _clock) = lane(vec![None]);
    let with = |change: fn(&mut Armed)| {
        let mut armed = counting(&TICKING, 0);
        change(&mut armed);
        order(0, Some(armed), 2)
    };
    let vacating = |vacated| Order { vacated, ..order(0, None, 2) };
    let cases = [
        (order(1, None, 2), Misfit::Sensor { at: 1, sensors: 1 }),
        (with(|armed| armed.places = [16].into()), Misfit::Place { place: 16, places: 16 }),
        (with(|armed| armed.places = [1, 2].into()), Misfit::Count { words: 1, places: 2 }),
        (with(|armed| armed.ring = [(1, 0)].into()), Misfit::Slot { slot: 1, words: 1 }),
        (with(|armed| armed.history = [(0, 2)].into()), Misfit::Column { column: 2, columns: 2 }),
        (
            vacating(Vacated { places: [99].into(), ..Vacated::default() }),
            Misfit::Place { place: 99, places: 16 },
        ),
        (
            vacating(Vacated { ring: [2].into(), ..Vacated::default() }),
            Misfit::Column { column: 2, columns: 2 },
        ),
    ];
    for (order, misfit) in cases {
        assert_eq!(ends.desk.send(order).unwrap_err().trouble, Trouble::Misfit(misfit));
    }
}

#[test]
fn a_lane_of_misfits_or_of_too_many_sensors_is_not_made() {
    let refused = |sensors| LaneCore::new(spec(sensors), 0).err().unwrap();
    let misfit = Misfit::Place { place: 16, places: 16 };
    assert!(matches!(
        refused(vec![None, Some(counting(&TICKING, 16))]),
        LaneError::Misfit { name: "ticking", misfit: found } if found == misfit
    ));
    let many = (0..=SENSORS_MAX).map(|_| None).collect();
    assert!(matches!(refused(many), LaneError::TooManySensors(65)));
}

#[test]
fn a_wish_for_speed_holds_from_the_next_tick_and_misses_nothing() {
    let (mut core, ends, clock) = lane(vec![Some(counting(&TICKING, 0))]);
    let wanted = ends.wanted();
    clock.step(&mut core);
    wanted.set(1000);
    assert_eq!(core.deadline_ns(), 100_000_000);
    for _ in 0..=50 {
        clock.step(&mut core);
    }
    assert_eq!((core.deadline_ns(), core.meters().rate_hz), (151_000_000, 1000));
    wanted.set(0);
    clock.step(&mut core);
    assert_eq!((core.deadline_ns(), core.meters().rate_hz), (200_000_000, 10));
    assert_eq!((core.meters().ticks, core.meters().missed), (53, 0));
    assert_eq!(ends.ring.as_ref().unwrap().next_frame(), 53);
}

#[test]
fn a_stall_is_one_late_tick_with_the_others_counted_as_missed() {
    let (mut core, ends, clock) = lane(vec![Some(counting(&TICKING, 0))]);
    clock.step(&mut core);
    clock.advance(1_250_000_000);
    core.tick(&clock);
    let meters = core.meters();
    assert_eq!((meters.ticks, meters.missed), (2, 11));
    assert_eq!(meters.lateness_sum_ns, 1_150_000_000);
    assert_eq!(ends.ring.as_ref().unwrap().next_frame(), 2);
    assert_eq!(ends.history.next_frame(), 1);
    assert_eq!(core.deadline_ns(), 1_300_000_000);
}

#[test]
fn each_sensor_is_charged_for_its_own_read_and_the_budget_is_watched() {
    let clock = HandClock::default();
    let slow = clock.clone();
    let costly = armed(&TICKING, &[0], false, move |_, tick, _| {
        slow.advance(if tick.index == 0 { 100_000 } else { 100_001 });
        Ok(State::Steady)
    });
    let sensors = vec![Some(counting(&TICKING, 1)), Some(costly), Some(counting(&TICKING, 2))];
    let (mut core, _ends) = LaneCore::new(spec(sensors), 0).unwrap();
    clock.step(&mut core);
    clock.step(&mut core);
    let meters = &core.meters().sensors;
    assert_eq!([meters[0].cost_ns, meters[1].cost_ns, meters[2].cost_ns], [0, 200_001, 0]);
    assert_eq!([meters[0].over_budget, meters[1].over_budget, meters[2].over_budget], [0, 1, 0]);
}

#[test]
fn a_sensor_sees_the_lane_s_own_meters() {
    let meters = armed(&TICKING, &[0, 1], false, |slots, tick, sheet| {
        sheet.count(slots[0], tick.meters.ticks);
        sheet.count(slots[1], tick.meters.sensors[0].reads);
        Ok(State::Steady)
    });
    let (mut core, ends, clock) = lane(vec![Some(counting(&TICKING, 2)), Some(meters)]);
    clock.step(&mut core);
    assert_eq!((at(&ends, 0), at(&ends, 1)), (Ok(1), Ok(1)));
}
