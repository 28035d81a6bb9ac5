//! Who used the energy: an interval's microjoules, divided among those who used CPU time in it.
//!
//! ```text
//! energy of an interval ──┬─► idle: what the machine draws with nothing to do, measured ([`IdleFloor`])
//!                         └─► active ── by CPU time ──► each followed group
//!                                                  └──► unattributed: CPU time of nobody who is followed
//! ```
//!
//! All in whole microjoules: what rounding leaves over goes to the largest remainders, so that the parts of every
//! interval add up to its energy exactly.
//!
//! While the idle floor is not known, a group gets that share of the energy which it had of the whole machine's CPU
//! time, idle time included, and the rest is unattributed: a little too little for each, never somebody else's.

mod floor;
mod tariff;

pub use floor::IdleFloor;
pub use tariff::{Cost, Tariff};

/// One who takes part in a division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// What its share is in proportion to, such as its CPU time.
    pub weight: u64,
    /// What it was given.
    pub share: u64,
    /// What the division left over for it, in parts of the sum of weights.
    remainder: u128,
}

impl Party {
    /// One with this weight.
    #[must_use]
    pub const fn new(weight: u64) -> Self {
        Self { weight, share: 0, remainder: 0 }
    }
}

/// Gives each of `parties` its share of `total`: rounded down, and one more to those with the largest remainders (the
/// first of equals) until nothing is left. Says what could not be given: `total` where all weights are 0, else 0.
///
/// The shares and what is returned add up to `total`. With `n` parties of which `k` get one more, `n × k` comparisons.
pub fn split(total: u64, parties: &mut [Party]) -> u64 {
    let sum: u128 = parties.iter().map(|party| u128::from(party.weight)).sum();
    let mut left = total;
    for party in parties.iter_mut() {
        // Neither factor exceeds 64 bits, so their product fits.
        let product = u128::from(total) * u128::from(party.weight);
        let share = product.checked_div(sum).unwrap_or(0);
        // At most `total`, as no weight exceeds the sum.
        party.share = u64::try_from(share).unwrap_or(total);
        party.remainder = product.checked_rem(sum).unwrap_or(0);
        left -= party.share;
    }
    if sum == 0 {
        return total;
    }
    while left > 0 {
        let mut largest: Option<&mut Party> = None;
        for party in parties.iter_mut().filter(|party| party.remainder > 0) {
            if largest.as_ref().is_none_or(|before| party.remainder > before.remainder) {
                largest = Some(party);
            }
        }
        // The remainders add up to `left` times the sum and each is below the sum: more of them than `left` are not 0.
        let Some(party) = largest else { break };
        party.share += 1;
        party.remainder = 0;
        left -= 1;
    }
    left
}

/// What happened to the whole machine in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Energy used, in microjoules.
    pub energy_uj: u64,
    /// Length, in nanoseconds.
    pub duration_ns: u64,
    /// CPU time of everything that ran, in microseconds.
    pub busy_us: u64,
    /// CPUs that could run something.
    pub cpus: u32,
}

impl Interval {
    /// CPU time there was to be had, in microseconds.
    #[must_use]
    pub fn capacity_us(&self) -> u64 {
        (self.duration_ns / 1000).saturating_mul(u64::from(self.cpus))
    }

    /// Mean power, in microwatts; `None` for an interval without length, or beyond 64 bits.
    #[must_use]
    pub fn power_uw(&self) -> Option<u64> {
        power_uw(self.energy_uj, self.duration_ns)
    }
}

/// Mean power of `energy_uj` in `duration_ns`, in microwatts; `None` for no time at all, or beyond 64 bits.
#[must_use]
pub fn power_uw(energy_uj: u64, duration_ns: u64) -> Option<u64> {
    let power = (u128::from(energy_uj) * 1_000_000_000).checked_div(u128::from(duration_ns))?;
    if power > u128::from(u64::MAX) { None } else { u64::try_from(power).ok() }
}

/// What an interval's energy came to, beside the groups' shares. With these it adds up to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the machine would have drawn with nothing to do.
    pub idle_uj: u64,
    /// Of CPU time that no followed group had.
    pub unattributed_uj: u64,
    /// All that was divided by CPU time: the groups' shares and what is unattributed.
    pub active_uj: u64,
    /// The CPU time that it was divided by, in microseconds.
    pub divided_us: u64,
}

/// Divides the energy of `interval` by CPU time. `parties` are the followed groups, their weights their own CPU time in
/// microseconds (without that of followed groups in them); the last of `parties` stands for all others and its weight is
/// set here. `floor_uw` is what the machine draws with nothing to do, if that is known.
///
/// The shares of all parties and [`Outcome::idle_uj`] add up to the energy; the last party's share is
/// [`Outcome::unattributed_uj`], to which is added what nobody can be given.
pub fn attribute(interval: &Interval, floor_uw: Option<u64>, parties: &mut [Party]) -> Outcome {
    let followed: u128 = parties
        .split_last()
        .map_or(0, |(_, groups)| groups.iter().map(|group| u128::from(group.weight)).sum());
    let everything = match floor_uw {
        Some(_) => interval.busy_us,
        None => interval.busy_us.max(interval.capacity_us()),
    };
    // The groups are read after the whole, so that together they may have a little more than it had.
    let others = u128::from(everything).saturating_sub(followed);
    let others = u64::try_from(others).unwrap_or(u64::MAX);
    if let Some(last) = parties.last_mut() {
        last.weight = others;
    }
    let nobody_ran = followed == 0 && others == 0;
    let idle_uj = match floor_uw {
        Some(_) if nobody_ran => interval.energy_uj,
        Some(floor_uw) => {
            let idle = u128::from(floor_uw) * u128::from(interval.duration_ns) / 1_000_000_000;
            u64::try_from(idle).unwrap_or(u64::MAX).min(interval.energy_uj)
        }
        None => 0,
    };
    let active_uj = interval.energy_uj - idle_uj;
    let left = split(active_uj, parties);
    Outcome {
        idle_uj,
        unattributed_uj: left + parties.last().map_or(0, |last| last.share),
        active_uj,
        divided_us: u64::try_from(followed).unwrap_or(u64::MAX).saturating_add(others),
    }
}

#[cfg(test)]
mod tests;
