use super::*;
use hearth_model::Reason;

const HOUR_NS: u64 = NS_PER_DAY / 24;
const DAY: u64 = NS_PER_DAY;

impl History {
    /// The one whose every number is the largest.
    pub(crate) fn largest() -> Self {
        let mut history = Self { drive: Some(u64::MAX), cleaned_at_hours: Some(u64::MAX), ..Self::default() };
        history.growths().into_iter().for_each(|growth| *growth = Growth::LARGEST);
        history
    }
}

#[test]
fn a_drive_has_the_same_number_in_every_version() {
    // The hash of "foobar" in the tables of RFC 9923.
    assert_eq!(fnv1a([b"foo", b"bar"]), 0x8594_4171_f739_67e8);
    assert_ne!(drive_number(b"ab", b"c"), drive_number(b"a", b"bc"));
}

/// A drive that nothing speaks against.
fn fine() -> Findings {
    Findings {
        spare_percent: Some(100),
        spare_threshold_percent: Some(10),
        used_percent: Some(3),
        media_errors: Some(0),
        reallocated: Some(0),
        pending: Some(0),
        uncorrectable: Some(0),
        link_errors: Some(0),
        temperature_mc: Some(38_000),
        hot_mc: Some(70_000),
        critical_mc: Some(80_000),
        ..Findings::default()
    }
}

fn named(verdict: Verdict) -> (Level, Vec<&'static str>) {
    (verdict.level, verdict.causes.each().map(Cause::name).collect())
}

/// The verdict on a drive that was never looked at before.
fn at_once(found: &Findings) -> (Level, Vec<&'static str>) {
    named(History::default().judge(1, 0, found))
}

fn clean_long(at_hours: u64, now_hours: u64) -> SelfTests {
    let long = Some(Finished { passed: true, at_hours });
    SelfTests { long, power_on_hours: Some(now_hours), ..SelfTests::default() }
}

#[test]
fn a_fine_drive_and_one_that_says_little_are_ok() {
    assert_eq!(at_once(&fine()), (Level::Ok, vec![]));
    assert_eq!(at_once(&Findings::default()), (Level::Ok, vec![]));
}

#[test]
fn a_drive_that_does_not_answer_is_unknown() {
    assert_eq!(named(Verdict::unanswered(Reason::IoError)), (Level::Unknown, vec!["no_answer"]));
    assert_eq!(named(Verdict::unanswered(Reason::Pending)), (Level::Unknown, vec![]));
}

#[test]
fn each_alarm_of_the_drive_is_a_failing_drive() {
    for (set, name) in [
        ((|alarms| alarms.spare = true) as fn(&mut Alarms), "spare_exhausted"),
        (|alarms| alarms.reliability = true, "reliability_degraded"),
        (|alarms| alarms.read_only = true, "read_only"),
        (|alarms| alarms.backup = true, "backup_failed"),
        (|alarms| alarms.persistent_memory = true, "persistent_memory"),
        (|alarms| alarms.assessment = true, "own_assessment"),
        (|alarms| alarms.attribute = true, "attribute_threshold"),
    ] {
        let mut found = fine();
        set(&mut found.alarms);
        assert_eq!(at_once(&found), (Level::Failing, vec![name]));
    }
}

#[test]
fn spare_is_watched_near_its_threshold_and_fails_below_it() {
    let spare = |spare, threshold| {
        at_once(&Findings { spare_percent: Some(spare), spare_threshold_percent: Some(threshold), ..fine() })
    };
    assert_eq!(spare(16, 10), (Level::Ok, vec![]));
    assert_eq!(spare(15, 10), (Level::Watch, vec!["spare_low"]));
    assert_eq!(spare(10, 10), (Level::Watch, vec!["spare_low"]));
    assert_eq!(spare(9, 10), (Level::Failing, vec!["spare_exhausted"]));
    // A virtual drive has neither spare nor a threshold.
    assert_eq!(spare(0, 0), (Level::Ok, vec![]));
    assert_eq!(spare(100, 99), (Level::Ok, vec![]));
}

#[test]
fn wear_is_watched_and_no_failure() {
    let worn = |percent| at_once(&Findings { used_percent: Some(percent), ..fine() });
    assert_eq!(worn(89), (Level::Ok, vec![]));
    assert_eq!(worn(90), (Level::Watch, vec!["wear"]));
    assert_eq!(worn(255), (Level::Watch, vec!["wear"]));
}

#[test]
fn passed_does_not_hide_pending_sectors() {
    let found = Findings { pending: Some(1), ..fine() };
    assert!(!found.alarms.assessment, "the drive says that it is well");
    assert_eq!(at_once(&found), (Level::Watch, vec!["pending_sectors"]));
    let found = Findings { uncorrectable: Some(2), ..fine() };
    assert_eq!(at_once(&found), (Level::Watch, vec!["uncorrectable_sectors"]));
}

#[test]
fn pending_sectors_that_were_written_over_are_forgiven_and_many_new_ones_are_not() {
    let mut history = History::default();
    let mut judge =
        |now_ns, pending| named(history.judge(1, now_ns, &Findings { pending: Some(pending), ..fine() }));
    assert_eq!(judge(0, 0), (Level::Ok, vec![]));
    assert_eq!(judge(HOUR_NS, 4), (Level::Watch, vec!["pending_sectors"]));
    assert_eq!(judge(2 * HOUR_NS, 0), (Level::Ok, vec![]), "a transient error");
    assert_eq!(judge(3 * HOUR_NS, 8), (Level::Failing, vec!["pending_sectors", "sectors_growing"]));
    assert_eq!(judge(4 * HOUR_NS, 0), (Level::Failing, vec!["sectors_growing"]), "it grew 12 today");
    assert_eq!(judge(8 * DAY, 0), (Level::Ok, vec![]), "and no more for a week");
}

#[test]
fn old_reallocations_settle_with_time_or_a_clean_long_test_and_many_never_do() {
    let mut history = History::default();
    let mut judge = |now_ns, count, tests| {
        let found = Findings { reallocated: Some(count), self_tests: tests, ..fine() };
        named(history.judge(1, now_ns, &found))
    };
    let none = SelfTests::default();
    assert_eq!(judge(0, 5, none), (Level::Watch, vec!["reallocated_sectors"]));
    assert_eq!(judge(29 * DAY, 5, none).0, Level::Watch);
    assert_eq!(judge(30 * DAY, 5, none), (Level::Ok, vec![]));
    assert_eq!(judge(31 * DAY, 6, none), (Level::Watch, vec!["reallocated_sectors"]), "a new one");
    assert_eq!(judge(31 * DAY + 1, 6, clean_long(500, 501)), (Level::Ok, vec![]), "tested clean since");
    assert_eq!(judge(31 * DAY + 2, 16, clean_long(500, 501)).0, Level::Failing, "and ten more after it");
    assert_eq!(judge(90 * DAY, 101, clean_long(500, 600)).0, Level::Failing);
    assert_eq!(judge(190 * DAY, 101, clean_long(500, 600)), (Level::Watch, vec!["reallocated_sectors"]));
}

#[test]
fn a_clean_test_on_record_settles_old_reallocations_after_a_restart_of_the_program() {
    let found = Findings { reallocated: Some(5), self_tests: clean_long(1000, 1000 + 24 * 30), ..fine() };
    assert_eq!(at_once(&found), (Level::Ok, vec![]));
    let found = Findings { self_tests: clean_long(1000, 1001 + 24 * 30), ..found };
    assert_eq!(at_once(&found), (Level::Watch, vec!["reallocated_sectors"]), "too long ago");
}

#[test]
fn media_errors_of_before_are_no_alarm_new_ones_are_for_a_week() {
    let mut history = History::default();
    let mut judge = |now_ns, count, tests| {
        let found = Findings { media_errors: Some(count), self_tests: tests, ..fine() };
        named(history.judge(1, now_ns, &found))
    };
    let none = SelfTests::default();
    assert_eq!(judge(0, 400, none), (Level::Ok, vec![]));
    assert_eq!(judge(DAY, 401, none), (Level::Watch, vec!["media_errors"]));
    assert_eq!(judge(7 * DAY, 401, none).0, Level::Watch);
    assert_eq!(judge(8 * DAY, 401, none), (Level::Ok, vec![]));
    assert_eq!(judge(9 * DAY, 411, none), (Level::Failing, vec!["media_errors", "media_errors_growing"]));
    assert_eq!(judge(9 * DAY + 1, 411, clean_long(900, 900)), (Level::Ok, vec![]));
}

#[test]
fn another_drive_in_the_same_place_begins_anew() {
    let mut history = History::default();
    let found = |media_errors| Findings { media_errors: Some(media_errors), ..fine() };
    history.judge(1, 0, &found(0));
    assert_eq!(history.judge(1, 1, &found(50)).level, Level::Failing);
    assert_eq!(history.judge(2, 2, &found(90)).level, Level::Ok);
    assert_ne!(drive_number(b"Model", b"1"), drive_number(b"Model", b"2"));
    assert_ne!(drive_number(b"Model1", b""), drive_number(b"Model", b"1"));
}

#[test]
fn a_failed_self_test_counts_until_a_later_one_outdoes_it() {
    let test = |passed, at_hours| Some(Finished { passed, at_hours });
    let judged = |short, long| {
        at_once(&Findings { self_tests: SelfTests { short, long, power_on_hours: Some(900) }, ..fine() })
    };
    let failed = (Level::Failing, vec!["self_test_failed"]);
    assert_eq!(judged(test(true, 5), test(true, 5)), (Level::Ok, vec![]));
    assert_eq!(judged(test(false, 5), None), failed);
    assert_eq!(judged(test(false, 5), test(true, 4)), failed);
    assert_eq!(judged(test(false, 5), test(true, 6)), (Level::Ok, vec![]));
    assert_eq!(judged(test(true, 9), test(false, 5)), failed, "a short test looks at too little");
}

#[test]
fn heat_counts_when_it_lasts_and_until_it_is_over() {
    let mut history = History::default();
    let mut judge = |now_ns, temperature_mc| {
        named(history.judge(1, now_ns, &Findings { temperature_mc: Some(temperature_mc), ..fine() }))
    };
    assert_eq!(judge(0, 70_000), (Level::Ok, vec![]));
    assert_eq!(judge(HOT_NS - 1, 75_000), (Level::Ok, vec![]));
    assert_eq!(judge(HOT_NS, 71_000), (Level::Watch, vec!["hot"]));
    assert_eq!(judge(HOT_NS + 1, 69_000), (Level::Watch, vec!["hot"]), "not cool yet");
    assert_eq!(judge(HOT_NS + 2, 67_999), (Level::Ok, vec![]));
    assert_eq!(judge(HOT_NS + 3, 80_000), (Level::Failing, vec!["overheated"]));
    assert_eq!(judge(HOT_NS + 4, 40_000), (Level::Ok, vec![]));
}

#[test]
fn errors_on_the_link_are_a_cable_and_pass_with_it() {
    let mut history = History::default();
    let mut judge = |now_ns, link_errors| {
        named(history.judge(1, now_ns, &Findings { link_errors: Some(link_errors), ..fine() }))
    };
    assert_eq!(judge(0, 12_000), (Level::Ok, vec![]));
    assert_eq!(judge(DAY, 12_400), (Level::Watch, vec!["link_errors"]));
    assert_eq!(judge(8 * DAY, 12_400), (Level::Ok, vec![]));
}

#[test]
fn the_worst_cause_makes_the_word() {
    let found = Findings { pending: Some(1), used_percent: Some(99), spare_percent: Some(0), ..fine() };
    assert_eq!(at_once(&found), (Level::Failing, vec!["spare_exhausted", "pending_sectors", "wear"]));
    let mut names: Vec<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Cause::ALL.len());
}

#[test]
fn whatever_is_found_whenever_gives_a_verdict() {
    let mut history = History::default();
    let extremes = [None, Some(0), Some(1), Some(u64::MAX)];
    let mut now_ns = 0_u64;
    for (step, count) in extremes.into_iter().cycle().take(64).enumerate() {
        now_ns = now_ns.saturating_add(1 << step);
        let small = count.map(|count| u8::try_from(count).unwrap_or(u8::MAX));
        let temperature_mc = count.map(|count| if count > 1 { i32::MAX } else { i32::MIN });
        let found = Findings {
            spare_percent: small,
            spare_threshold_percent: small,
            used_percent: small,
            media_errors: count,
            reallocated: count,
            pending: count,
            uncorrectable: count,
            link_errors: count,
            temperature_mc,
            hot_mc: temperature_mc,
            critical_mc: temperature_mc,
            self_tests: SelfTests {
                long: count.map(|at_hours| Finished { passed: true, at_hours }),
                short: count.map(|at_hours| Finished { passed: false, at_hours }),
                power_on_hours: count,
            },
            ..Findings::default()
        };
        let verdict = history.judge(count.unwrap_or(9), now_ns, &found);
        assert_eq!(verdict, Verdict::of(verdict.causes));
    }
}
