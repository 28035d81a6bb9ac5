//! Two roads to one domain, held against each other when the sensor is armed.

use hearth_drivers::rapl::domain::Found;
use hearth_drivers::rapl::register::{Fault, Register};

/// Reads of a pair, at most, while waiting for both to move: some milliseconds on hardware, which moves every one.
const READS_MAX: u32 = 2048;
/// Steps that both are to move by.
const STEPS: u32 = 4;

/// What comparing brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The spared counter lay between two reads of the one in use, or both gained as much.
    Same,
    /// They cannot both be right: what the one in use showed or gained, and the spared one.
    Differ(u64, u64),
    /// One did not move, or there are several to add up.
    Unknown,
}

/// Why the road to `spared` is not taken, and how it compares with the one that is.
pub(super) fn words(used: &mut Found, mut spared: Found) -> String {
    let same_counter = used.counting.range == spared.counting.range;
    let verdict = match (used.registers.as_mut_slice(), spared.registers.as_mut_slice()) {
        ([one], [other]) if same_counter => bracket(one, other),
        ([one], [other]) => {
            let worth = |found: &Found, ticks: u64| found.counting.unit.add(0, 0, ticks).0;
            gains(one, other).map(|gained| {
                gained.map_or(Verdict::Unknown, |(a, b)| judge(worth(used, a), worth(&spared, b)))
            })
        }
        _ => Ok(Verdict::Unknown),
    };
    let by = used.back_end.name();
    let how = &spared.how;
    // A unit derived from a range may be a hair off the one that the register tells.
    let units = if used.counting.unit.to_string() == spared.counting.unit.to_string() || !same_counter {
        String::new()
    } else {
        format!(" in other units, {} there", used.counting.unit)
    };
    match verdict {
        Ok(Verdict::Same) => format!("{by} is preferred and counts the same{units}; {how}"),
        Ok(Verdict::Differ(shown, other)) => {
            format!(
                "{by} is preferred, but they DISAGREE: it counts {shown} where this counts {other}; {how}"
            )
        }
        Ok(Verdict::Unknown) => format!("{by} is preferred; not compared: no common movement; {how}"),
        Err(fault) => format!("{by} is preferred; not compared: {fault}; {how}"),
    }
}

/// Where both show the same 32 bits, the other, read between two reads of the one, must lie between them.
fn bracket(one: &mut Register, other: &mut Register) -> Result<Verdict, Fault> {
    let (before, between, after) = (one.read()?, other.read()?, one.read()?);
    let low = |raw: u64| u32::try_from(raw & u64::from(u32::MAX)).unwrap_or(0);
    let is_between = low(between).wrapping_sub(low(before)) <= low(after).wrapping_sub(low(before));
    Ok(if is_between { Verdict::Same } else { Verdict::Differ(before, between) })
}

/// What both gained until each has moved a few times; `None` where they do not move that often in a few milliseconds.
fn gains(one: &mut Register, other: &mut Register) -> Result<Option<(u64, u64)>, Fault> {
    let (first_one, first_other) = (one.read()?, other.read()?);
    let (mut last_one, mut last_other) = (first_one, first_other);
    let (mut steps_one, mut steps_other) = (0, 0);
    for _ in 0..READS_MAX {
        let (now_one, now_other) = (one.read()?, other.read()?);
        steps_one += u32::from(now_one != last_one);
        steps_other += u32::from(now_other != last_other);
        (last_one, last_other) = (now_one, now_other);
        if steps_one >= STEPS && steps_other >= STEPS {
            return Ok(Some((now_one.wrapping_sub(first_one), now_other.wrapping_sub(first_other))));
        }
    }
    Ok(None)
}

/// Over a few steps either may have seen one step that the other has not yet; a wrong unit is off by more.
const fn judge(one_uj: u64, other_uj: u64) -> Verdict {
    let (least, most) = if one_uj < other_uj { (one_uj, other_uj) } else { (other_uj, one_uj) };
    if most <= least.saturating_mul(2) { Verdict::Same } else { Verdict::Differ(one_uj, other_uj) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_drivers::rapl::accumulate::{Counting, POWER_MAX_W, Range};
    use hearth_drivers::rapl::domain::{BackEnd, Domain, Key, Place};
    use hearth_drivers::rapl::units::Unit;
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::OwnedFd;

    const KEY: Key = Key { domain: Domain::Package, place: Place { package: 0, die: None } };

    fn register(files: &Files, name: &str, raw: u64) -> Register {
        let path = files.root().join(name);
        std::fs::write(&path, raw.to_le_bytes()).unwrap();
        Register::Msr { device: File::open(path).unwrap(), register: 0 }
    }

    /// An event whose reads give these counts one after the other.
    fn event(counts: impl Iterator<Item = u64>) -> Register {
        let (reads, mut writes) = std::io::pipe().unwrap();
        for count in counts {
            writes.write_all(&[count, 1, 1].map(u64::to_ne_bytes).concat()).unwrap();
        }
        Register::Perf { event: OwnedFd::from(reads).into() }
    }

    fn found(back_end: BackEnd, register: Register, unit: Unit, range: Range) -> Found {
        let counting = Counting::by_ticks(unit, range, POWER_MAX_W);
        let (path, how) = (String::new(), "the other road".to_owned());
        Found { key: KEY, back_end, registers: vec![register], counting, path, how }
    }

    #[test]
    fn registers_that_show_the_same_agree_and_others_do_not() {
        let files = Files::with(&[]);
        let esu14 = Unit::joules_over_two_to(14);
        let mut used = found(BackEnd::Powercap, register(&files, "a", 700), esu14, Range::REGISTER);
        let same = found(BackEnd::Msr, register(&files, "b", 700), esu14, Range::REGISTER);
        assert_eq!(words(&mut used, same), "powercap is preferred and counts the same; the other road");
        let units =
            found(BackEnd::Msr, register(&files, "c", 700), Unit::joules_over_two_to(16), Range::REGISTER);
        assert!(words(&mut used, units).contains("in other units, 61.035156 µJ there"));
        let other = found(BackEnd::Msr, register(&files, "d", 701), esu14, Range::REGISTER);
        assert!(words(&mut used, other).contains("DISAGREE: it counts 700 where this counts 701"));
    }

    #[test]
    fn an_event_is_compared_by_what_both_gain() {
        let esu14 = Unit::joules_over_two_to(14);
        // Each step is 819 ticks of 2^-14 J: 50 W for 1 ms.
        let steps = || (0..16).map(|step: u64| (step * 819) << 18);
        let perf = |register| found(BackEnd::Perf, register, Unit::PERF, Range::PERF);
        let mut used = perf(event(steps()));
        let twin = || found(BackEnd::Msr, event((0..16).map(|step| step * 819)), esu14, Range::REGISTER);
        assert!(words(&mut used, twin()).contains("perf is preferred and counts the same"));
        // Four times as much, as a server's memory in the wrong unit.
        let mut quarter = perf(event(steps().map(|ticks| ticks / 4)));
        assert!(words(&mut quarter, twin()).contains("DISAGREE"));
    }

    #[test]
    fn what_does_not_move_or_answer_is_not_compared() {
        let files = Files::with(&[]);
        let esu14 = Unit::joules_over_two_to(14);
        let mut used = found(BackEnd::Perf, register(&files, "a", 5), Unit::PERF, Range::PERF);
        let still = found(BackEnd::Msr, register(&files, "b", 5), esu14, Range::REGISTER);
        assert!(words(&mut used, still).contains("no common movement"));
        let (reads, writes) = std::io::pipe().unwrap();
        drop(writes);
        let ended = Register::Perf { event: OwnedFd::from(reads).into() };
        let ended = found(BackEnd::Msr, ended, esu14, Range::REGISTER);
        assert!(words(&mut used, ended).contains("not counted all the time"));
    }
}
