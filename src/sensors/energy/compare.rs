//! Two roads to one domain, held against each other when the sensor is armed.
//!
//! Where both show the same 32 bits, one read between two of the other tells. Where they count in other ticks, or one
//! domain is many registers, as the cores of AMD are, both are watched until each has moved a few times. Hardware moves
//! its counters once a millisecond, so that the wait is bounded by time and not by reads, which take one microsecond on
//! one machine and ten on another.

use std::time::Duration;

use hearth_drivers::rapl::accumulate::Range;
use hearth_drivers::rapl::domain::Found;
use hearth_drivers::rapl::register::{Fault, Register};

/// How long a pair is watched, at most, while waiting for both to move: ten of the hardware's updates.
const PATIENCE: Duration = Duration::from_millis(10);
/// Steps that both are to move by.
const STEPS: u32 = 4;

/// What comparing brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The spared counter lay between two reads of the one in use, or both gained as much.
    Same,
    /// They cannot both be right: what the one in use showed or gained, and the spared one.
    Differ(u64, u64),
    /// One did not move.
    Unknown,
}

/// Why the road to `spared` is not taken, and how it compares with the one that is. `now` is the time since whenever.
pub(super) fn words(used: &mut Found, mut spared: Found, now: impl FnMut() -> Duration) -> String {
    let same_counter = used.counting.range == spared.counting.range;
    let verdict = match (used.registers.as_mut_slice(), spared.registers.as_mut_slice()) {
        ([one], [other]) if same_counter => bracket(one, other),
        _ => gains(used, &mut spared, now)
            .map(|gained| gained.map_or(Verdict::Unknown, |[one_uj, other_uj]| judge(one_uj, other_uj))),
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

/// One side of a comparison: what its registers gained, added up, and how often the one moved that moved most. Cores
/// that sleep do not move at all, so that not all of them are waited for.
struct Side<'a> {
    registers: &'a mut [Register],
    range: Range,
    /// Of each register: its last value, the ticks gained, the steps.
    seen: Vec<(u64, u64, u32)>,
}

impl<'a> Side<'a> {
    fn begin(found: &'a mut Found) -> Result<Self, Fault> {
        let range = found.counting.range;
        let registers = found.registers.as_mut_slice();
        let seen = registers.iter_mut().map(|register| Ok((register.read()?, 0, 0)));
        let seen = seen.collect::<Result<Vec<_>, Fault>>()?;
        Ok(Self { registers, range, seen })
    }

    fn read(&mut self) -> Result<(), Fault> {
        for (register, (last, gained, steps)) in self.registers.iter_mut().zip(&mut self.seen) {
            let raw = register.read()?;
            *gained = gained.saturating_add(self.range.ticks(*last, raw));
            *steps += u32::from(raw != *last);
            *last = raw;
        }
        Ok(())
    }

    fn has_moved(&self) -> bool {
        self.seen.iter().any(|(_, _, steps)| *steps >= STEPS)
    }

    fn gained(&self) -> u64 {
        self.seen.iter().fold(0, |sum, (_, gained, _)| sum.saturating_add(*gained))
    }
}

/// What both gained until each has moved a few times, in microjoules; `None` where they do not move that often in time.
fn gains(
    used: &mut Found,
    spared: &mut Found,
    mut now: impl FnMut() -> Duration,
) -> Result<Option<[u64; 2]>, Fault> {
    let units = [used.counting.unit, spared.counting.unit];
    let (mut one, mut other) = (Side::begin(used)?, Side::begin(spared)?);
    let end = now() + PATIENCE;
    while now() < end {
        one.read()?;
        other.read()?;
        if one.has_moved() && other.has_moved() {
            return Ok(Some([units[0].add(0, 0, one.gained()).0, units[1].add(0, 0, other.gained()).0]));
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
        sum(back_end, vec![register], unit, range)
    }

    fn sum(back_end: BackEnd, registers: Vec<Register>, unit: Unit, range: Range) -> Found {
        let counting = Counting::by_ticks(unit, range, POWER_MAX_W);
        let (path, how) = (String::new(), "the other road".to_owned());
        Found { key: KEY, back_end, registers, counting, path, how }
    }

    /// A clock that goes on by a microsecond each time it is looked at, as a fast machine reads a pair.
    fn words(used: &mut Found, spared: Found) -> String {
        let mut looks = 0;
        super::words(used, spared, || {
            looks += 1;
            Duration::from_micros(looks)
        })
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
    fn updates_a_millisecond_apart_are_waited_for_however_fast_a_pair_is_read() {
        let esu14 = Unit::joules_over_two_to(14);
        // A thousand reads of a microsecond each between two updates.
        let counts = |tick_bits: u32| (0..8_u64).flat_map(move |step| [(step * 819) << tick_bits; 1000]);
        let slow = |counts: &mut dyn Iterator<Item = u64>| {
            // A pipe has less room than that: a file whose reads move on has it all.
            let mut file = tempfile::tempfile().unwrap();
            counts.for_each(|count| file.write_all(&[count, 1, 1].map(u64::to_ne_bytes).concat()).unwrap());
            std::io::Seek::rewind(&mut file).unwrap();
            Register::Perf { event: file }
        };
        let mut used = found(BackEnd::Perf, slow(&mut counts(18)), Unit::PERF, Range::PERF);
        let twin = found(BackEnd::Msr, slow(&mut counts(0)), esu14, Range::REGISTER);
        assert!(words(&mut used, twin).contains("perf is preferred and counts the same"));
    }

    #[test]
    fn sums_over_cores_are_added_up_and_a_core_that_sleeps_is_not_waited_for() {
        let esu16 = Unit::joules_over_two_to(16);
        let core = |each: u64, bits: u32| event((0..16).map(move |step| (1 << 20) + ((step * each) << bits)));
        let cores = |eachs: [u64; 3], bits| eachs.map(|each| core(each, bits)).into();
        let mut used = sum(BackEnd::Perf, cores([700, 0, 90], 16), Unit::PERF, Range::PERF);
        let twin = sum(BackEnd::Msr, cores([700, 0, 90], 0), esu16, Range::REGISTER);
        assert!(words(&mut used, twin).contains("perf is preferred and counts the same"));
        let mut used = sum(BackEnd::Perf, cores([700, 0, 90], 16), Unit::PERF, Range::PERF);
        let lame = sum(BackEnd::Msr, cores([70, 0, 9], 0), esu16, Range::REGISTER);
        assert!(words(&mut used, lame).contains("DISAGREE"));
    }

    #[test]
    fn a_register_that_begins_again_meanwhile_has_not_gained_less_than_nothing() {
        let esu14 = Unit::joules_over_two_to(14);
        let mut used =
            found(BackEnd::Perf, event((0..16).map(|step| (step * 819) << 18)), Unit::PERF, Range::PERF);
        let near_its_end = (0..16).map(|step| ((1 << 32) - 1000 + step * 819) % (1 << 32));
        let twin = found(BackEnd::Msr, event(near_its_end), esu14, Range::REGISTER);
        assert!(words(&mut used, twin).contains("perf is preferred and counts the same"));
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
