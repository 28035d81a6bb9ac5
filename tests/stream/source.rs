//! What a stream's source gives, at instants that the test makes up.

use hearth::encode::wire::{Message, Mirror, take_frame};
use hearth::meter::STREAMS;
use hearth_model::Word;

use crate::rig::{Machine, OWNER, anyone, events, given, names, stream, values};

const POSTCARD: &str = "application/vnd.hearth.postcard";

#[test]
fn schema_and_everything_come_first_and_then_only_what_changed() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), anyone(), "hz=10", "");
    let first = events(&given(&mut *source, machine.at(0)));
    assert_eq!(names(&first), ["schema", "full"]);
    assert_eq!(values(&first[1]), "[[0,0],[1,0],[2,0]]", "what is the owner's is not there");
    machine.tick(50, 3);
    assert_eq!(given(&mut *source, machine.at(99)), b"", "not yet");
    let next = events(&given(&mut *source, machine.at(100)));
    assert_eq!(names(&next), ["delta"]);
    assert_eq!(values(&next[0]), "[[0,3],[2,300]]", "and the side channel not before its time");
    assert_eq!(given(&mut *source, machine.at(200)), b"", "nothing changed");
    machine.tick(250, 3);
    let next = events(&given(&mut *source, machine.at(300)));
    assert_eq!(values(&next[0]), "[[1,30]]");
}

#[test]
fn above_20_hz_every_tick_comes_with_its_own_time_and_the_last_with_everything() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), OWNER, "hz=1000", "");
    assert_eq!(names(&events(&given(&mut *source, machine.at(0)))), ["schema", "full"]);
    for ms in 1..=25 {
        machine.tick(ms, ms.cast_signed());
    }
    let got = events(&given(&mut *source, machine.at(25)));
    assert_eq!(got.len(), 25);
    for (n, event) in (1..).zip(&got) {
        assert_eq!(event.0, "delta");
        let time = event.1.split_once("\"monotonic_seconds\":").unwrap().1;
        let time: f64 = time.split_once(',').unwrap().0.parse().unwrap();
        assert!((time - (5.0 + f64::from(n) / 1000.0)).abs() < 1e-9, "{time}");
        let fast = format!("[1,{}],[2,{}]]", n * 10, n * 100);
        let wanted = if n < 25 { format!("[{fast}") } else { format!("[[0,25],{fast}") };
        assert_eq!(values(event), wanted);
    }
    assert_eq!(given(&mut *source, machine.at(50)), b"", "no tick, no event");
}

#[test]
fn a_frame_whose_page_is_still_to_come_waits_for_it() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), OWNER, "hz=1000", "");
    given(&mut *source, machine.at(0));
    machine.tick(1, 1);
    machine.unpublished_frame(2, 2);
    let got = events(&given(&mut *source, machine.at(25)));
    assert_eq!(got.iter().map(values).collect::<Vec<_>>(), ["[[0,1],[1,10],[2,100]]"]);
    machine.tick(3, 3);
    let got = events(&given(&mut *source, machine.at(50)));
    assert_eq!(got.iter().map(values).collect::<Vec<_>>(), ["[[1,20],[2,200]]", "[[0,3],[1,30],[2,300]]"]);
}

#[test]
fn a_side_channel_reaches_the_network_ten_times_a_second_whatever_is_asked() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), anyone(), "hz=1000", "");
    given(&mut *source, machine.at(0));
    let (mut fast, mut paced) = (0, 0);
    for ms in 1..=1000 {
        machine.tick(ms, ms.cast_signed());
        for event in events(&given(&mut *source, machine.at(ms))) {
            assert_eq!(event.0, "delta");
            fast += u32::from(values(&event).contains("[2,"));
            paced += u32::from(values(&event).contains("[1,"));
        }
    }
    assert_eq!(fast, 1000);
    assert_eq!(paced, 10);
}

#[test]
fn a_lane_that_runs_faster_for_others_is_thinned_out() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), OWNER, "hz=100", "");
    given(&mut *source, machine.at(0));
    let mut got = 0;
    for ms in 1..=1000 {
        machine.tick(ms, ms.cast_signed());
        got += events(&given(&mut *source, machine.at(ms))).len();
    }
    assert_eq!(got, 100);
}

#[test]
fn turns_that_a_slow_client_missed_are_a_gap() {
    let mut machine = Machine::new();
    let before = STREAMS.left_out();
    let mut source = stream(&machine.routes(), OWNER, "hz=10", "");
    given(&mut *source, machine.at(0));
    machine.tick(400, 4);
    let got = events(&given(&mut *source, machine.at(450)));
    assert_eq!(names(&got), ["gap", "delta"]);
    assert_eq!(got[0].1, "{\"skipped\":3}");
    assert_eq!(values(&got[1]), "[[0,4],[1,40],[2,400]]");
    assert!(STREAMS.left_out() >= before + 3);
    let own = STREAMS.list().iter().any(|count| count.moment_ns == 100_000_000 && count.left_out() == 3);
    assert!(own, "a stream's own losses are told apart: {:?}", STREAMS.list());
    machine.tick(460, 5);
    assert_eq!(given(&mut *source, machine.at(499)), b"", "turns stay on their grid");
    assert_eq!(names(&events(&given(&mut *source, machine.at(500)))), ["delta"]);
}

#[test]
fn frames_that_a_slow_client_missed_are_a_gap_and_never_a_queue() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), OWNER, "hz=1000", "");
    given(&mut *source, machine.at(0));
    for ms in 1..=10_000 {
        machine.tick(ms, ms.cast_signed());
    }
    let got = events(&given(&mut *source, machine.at(10_000)));
    assert_eq!(got[0].0, "gap");
    let skipped: usize =
        got[0].1.strip_prefix("{\"skipped\":").unwrap().strip_suffix('}').unwrap().parse().unwrap();
    assert!(got[1..].iter().all(|event| event.0 == "delta"));
    assert_eq!(skipped + got.len() - 1, 10_000, "each moment was given or said to be left out");
    assert!(got.len() <= 257, "{} at once", got.len());
    assert_eq!(values(&got[got.len() - 1]), "[[0,10000],[1,100000],[2,1000000]]");
}

#[test]
fn a_slow_lanes_old_frames_are_left_out() {
    let mut machine = Machine::new();
    let mut source = stream(&machine.routes(), OWNER, "hz=50", "");
    given(&mut *source, machine.at(0));
    for tick in 1..=100 {
        machine.tick(tick * 20, tick.cast_signed());
    }
    let got = events(&given(&mut *source, machine.at(2000)));
    assert_eq!(got[0].1, "{\"skipped\":49}");
    assert_eq!(got.len(), 1 + 51);
}

#[test]
fn other_series_start_the_stream_over() {
    for (query, passed_over) in [("hz=10", 0), ("hz=100", 4)] {
        let mut machine = Machine::new();
        let mut source = stream(&machine.routes(), OWNER, query, "");
        given(&mut *source, machine.at(0));
        machine.change_series();
        assert_eq!(given(&mut *source, machine.at(100)), b"", "the lane has not come to it");
        machine.tick(150, 2);
        let got = events(&given(&mut *source, machine.at(200)));
        assert_eq!(names(&got), ["schema", "full"], "{query}");
        assert_eq!(values(&got[1]), "[[1,20],[2,200],[3,7]]");
        machine.tick(250, 3);
        let got = events(&given(&mut *source, machine.at(300)));
        assert_eq!(names(&got), ["delta"]);
        assert_eq!(values(&got[0]), "[[1,30],[2,300]]");
        for tick in 1..5 {
            machine.tick(300 + tick * 10, 4);
        }
        machine.change_series();
        machine.tick(350, 5);
        let got = events(&given(&mut *source, machine.at(400)));
        let gap = format!("{{\"skipped\":{passed_over}}}");
        assert_eq!(got.iter().any(|event| event.1 == gap), passed_over > 0, "{query}: {}", got[0].1);
        assert_eq!(names(&got[got.len() - 2..]), ["schema", "full"]);
    }
}

#[test]
fn a_quiet_stream_says_something_within_ten_seconds() {
    let machine = Machine::new();
    for query in ["hz=0.1", "hz=0.15", "hz=1", "hz=1000"] {
        let mut source = stream(&machine.routes(), OWNER, query, "");
        given(&mut *source, machine.at(0));
        let said = (1..=10_000).find_map(|ms| {
            let chunk = given(&mut *source, machine.at(ms));
            (!chunk.is_empty()).then_some((ms, chunk))
        });
        let (ms, chunk) = said.unwrap_or_else(|| panic!("{query}: silent"));
        assert_eq!(chunk, b":\n\n");
        assert!(ms > 3_000, "{query}: {ms} ms is too soon to be of use");
    }
}

/// Takes the messages of a chunk into `mirror`; says how many there were.
fn take(chunk: &[u8], mirror: &mut Option<Mirror>) -> usize {
    let (mut rest, mut count) = (chunk, 0);
    while let Some((message, behind)) = take_frame(rest).unwrap() {
        match Message::decode(message).unwrap() {
            Message::Schema(schema) => *mirror = Some(Mirror::new(&schema)),
            Message::Snapshot(snapshot) => mirror.as_mut().unwrap().snapshot(&snapshot).unwrap(),
            Message::Delta(delta) => mirror.as_mut().unwrap().delta(&delta).unwrap(),
            Message::Gap(gap) => assert!(gap.skipped > 0),
        }
        (rest, count) = (behind, count + 1);
    }
    assert_eq!(rest, b"");
    count
}

#[test]
fn postcard_frames_build_the_same_state() {
    for query in ["hz=20", "hz=1000"] {
        let mut machine = Machine::new();
        let mut source = stream(&machine.routes(), OWNER, query, POSTCARD);
        let mut mirror = None;
        assert_eq!(take(&given(&mut *source, machine.at(0)), &mut mirror), 2);
        for ms in 1..=1000_u64 {
            // Up and down, and sometimes not at all.
            let value = (ms.cast_signed() * 7919) % 23 - 11;
            machine.tick(ms, value);
            let chunk = given(&mut *source, machine.at(ms));
            if !chunk.is_empty() {
                assert!(take(&chunk, &mut mirror) > 0);
                let words = [value, value * 10, value * 100, 7].map(Word::value);
                assert_eq!(mirror.as_ref().unwrap().words(), words, "{query} at {ms} ms");
            }
        }
        machine.tick(2000, 5);
        let late = take(&given(&mut *source, machine.at(3000)), &mut mirror);
        assert_eq!(late, if query == "hz=20" { 2 } else { 1 }, "{query}: no frame was lost, but turns were");
        let quiet = given(&mut *source, machine.at(30_000));
        assert!(take(&quiet, &mut mirror) > 0, "something that changes nothing");
    }
}
