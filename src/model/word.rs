//! A word: one reading in 64 bits.

/// A value in integer kernel scale, or the reason why there is none.
pub type Reading = Result<i64, Reason>;

/// Why a reading has no value.
///
/// The discriminant is the code on the wire and, added to `i64::MIN`, the [`Word`]'s bits. Codes never change their
/// meaning; there is room for 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Not read yet: the sensor is armed and its first read is still to come.
    Pending = 0,
    /// The source does not exist on this machine.
    Absent = 1,
    /// The kernel refused: a privilege is lacking.
    NoPermission = 2,
    /// The source exists but counted nothing in this interval (a multiplexed counter, say).
    NotCounted = 3,
    /// The device or file answered with an error.
    IoError = 4,
    /// The source answered with something outside its own definition or outside the word's range.
    OutOfRange = 5,
    /// A value exists but cannot be trusted (a wrap may have been missed).
    Uncertain = 6,
    /// The source did not answer in time; what was known is too old to be shown as true.
    Stale = 7,
    /// The device that this series described has gone.
    Gone = 8,
}

impl Reason {
    /// Every reason, in the order of its code.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Absent,
        Self::NoPermission,
        Self::NotCounted,
        Self::IoError,
        Self::OutOfRange,
        Self::Uncertain,
        Self::Stale,
        Self::Gone,
    ];

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The word people and JSON see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Absent => "absent",
            Self::NoPermission => "no_permission",
            Self::NotCounted => "not_counted",
            Self::IoError => "io_error",
            Self::OutOfRange => "out_of_range",
            Self::Uncertain => "uncertain",
            Self::Stale => "stale",
            Self::Gone => "gone",
        }
    }

    /// The reason with this code, if there is one.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        if (code as usize) < Self::ALL.len() { Some(Self::ALL[code as usize]) } else { None }
    }
}

/// One reading packed into 64 bits, so that rings and pages hold plain atomic words.
///
/// The lowest 16 values of `i64` mean "no value"; every other value means itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word(i64);

impl Word {
    /// How many of the lowest bit patterns are kept for reasons.
    const REASONS: i64 = 16;

    /// A word that carries `value`; a value that collides with the reasons' codes is out of range.
    #[must_use]
    pub const fn value(value: i64) -> Self {
        if value < i64::MIN + Self::REASONS { Self::reason(Reason::OutOfRange) } else { Self(value) }
    }

    /// A word that carries no value, and why.
    #[must_use]
    pub const fn reason(reason: Reason) -> Self {
        Self(i64::MIN + reason as i64)
    }

    /// A word from an unsigned kernel counter; beyond `i64::MAX` it is out of range.
    #[must_use]
    pub const fn count(value: u64) -> Self {
        if value > i64::MAX.cast_unsigned() {
            Self::reason(Reason::OutOfRange)
        } else {
            Self(value.cast_signed())
        }
    }

    /// The value, or why there is none.
    ///
    /// # Errors
    /// The reason in the word. An unknown code (from a newer writer) reads as out of range.
    pub const fn reading(self) -> Reading {
        if self.0 >= i64::MIN + Self::REASONS {
            return Ok(self.0);
        }
        let code = (self.0 - i64::MIN).to_le_bytes()[0];
        match Reason::from_code(code) {
            Some(reason) => Err(reason),
            None => Err(Reason::OutOfRange),
        }
    }

    /// The bits, for an atomic cell.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0.cast_unsigned()
    }

    /// The word with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits.cast_signed())
    }
}

impl From<Reading> for Word {
    fn from(reading: Reading) -> Self {
        match reading {
            Ok(value) => Self::value(value),
            Err(reason) => Self::reason(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_the_word_and_its_code() {
        for reason in Reason::ALL {
            assert_eq!(Word::reason(reason).reading(), Err(reason));
            assert_eq!(Word::from_bits(Word::reason(reason).bits()).reading(), Err(reason));
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(Reason::from_code(9), None);
    }

    #[test]
    fn values_are_themselves_down_to_the_reasons() {
        for value in [0, 1, -1, i64::MAX, i64::MIN + 16] {
            assert_eq!(Word::value(value).reading(), Ok(value));
        }
        for value in [i64::MIN, i64::MIN + 2, i64::MIN + 15] {
            assert_eq!(Word::value(value).reading(), Err(Reason::OutOfRange));
        }
    }

    #[test]
    fn counters_beyond_the_word_are_out_of_range() {
        assert_eq!(Word::count(u64::MAX).reading(), Err(Reason::OutOfRange));
        assert_eq!(Word::count(i64::MAX.cast_unsigned()).reading(), Ok(i64::MAX));
    }

    #[test]
    fn an_unknown_code_is_out_of_range() {
        assert_eq!(Word::from_bits(i64::MIN.cast_unsigned() + 15).reading(), Err(Reason::OutOfRange));
    }
}
