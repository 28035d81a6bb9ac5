//! How fast a counter grew of late, from its history.

use hearth_model::Scale;

use super::amount::Missing;
use crate::view::Second;

/// Rates are means over this many seconds; the page's script does the same.
pub(super) const MEAN_SECONDS: usize = 5;

/// What a counter grew by, and in which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Growth {
    /// In the counter's words, never negative.
    by: i64,
    over_us: u64,
}

impl Growth {
    /// Over the frames at hand, oldest first, but not across a reset (a counter that fell) or a frame without a value.
    pub(super) fn of(past: &[Second]) -> Result<Self, Missing> {
        let newest = past.last().ok_or(Missing::OneReading)?;
        let last = newest.word.reading().map_err(Missing::Reason)?;
        let (mut first, mut since_us) = (last, newest.monotonic_us);
        for frame in past.iter().rev().skip(1) {
            let Ok(value) = frame.word.reading() else { break };
            if value > first {
                break;
            }
            (first, since_us) = (value, frame.monotonic_us);
        }
        let over_us = newest.monotonic_us.saturating_sub(since_us);
        if over_us == 0 {
            return Err(Missing::OneReading);
        }
        Ok(Self { by: last.saturating_sub(first), over_us })
    }

    /// In thousandths of the metric's base unit a second, rounded down.
    pub(super) fn milli_per_second(self, scale: Scale) -> u64 {
        let grown = scale.apply(self.by);
        let divisor = i128::from(self.over_us) * 10_i128.pow(u32::from(grown.decimals));
        let milli = grown.digits.saturating_mul(1_000_000_000) / divisor;
        u64::try_from(milli).unwrap_or(u64::MAX)
    }

    /// By how much it grew, in the counter's words.
    pub(super) fn by(self) -> u64 {
        self.by.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_model::{Reason, Word};

    fn growth(words: &[Word]) -> Result<Growth, Missing> {
        let frames = (0_u64..).zip(words);
        let past: Vec<Second> =
            frames.map(|(at, &word)| Second { monotonic_us: 7 + at * 1_000_000, word }).collect();
        Growth::of(&past)
    }

    fn values(values: &[i64]) -> Vec<Word> {
        values.iter().map(|&value| Word::value(value)).collect()
    }

    #[test]
    fn the_rate_is_the_mean_over_the_frames() {
        let grown = growth(&values(&[100, 100, 160, 400])).unwrap();
        assert_eq!(grown, Growth { by: 300, over_us: 3_000_000 });
        assert_eq!(grown.milli_per_second(Scale::ONE), 100_000);
        assert_eq!(grown.milli_per_second(Scale::SECTORS), 51_200_000);
        assert_eq!(grown.milli_per_second(Scale::CENTI), 1_000);
    }

    #[test]
    fn a_counter_that_began_anew_is_measured_from_there_and_is_never_negative() {
        assert_eq!(growth(&values(&[900, 950, 10, 40])), Ok(Growth { by: 30, over_us: 1_000_000 }));
        assert_eq!(growth(&values(&[900, 950, 10])), Err(Missing::OneReading));
    }

    #[test]
    fn nothing_is_measured_across_a_frame_without_a_value() {
        let mut words = values(&[0, 0, 5, 6]);
        words[1] = Word::reason(Reason::IoError);
        assert_eq!(growth(&words), Ok(Growth { by: 1, over_us: 1_000_000 }));
        words[3] = Word::reason(Reason::Gone);
        assert_eq!(growth(&words), Err(Missing::Reason(Reason::Gone)));
        assert_eq!(growth(&[]), Err(Missing::OneReading));
    }
}
