//! From an integer word to an exact decimal number, without floating point.

/// How a word becomes a number in the metric's base unit: `word × mul ÷ 10^decimals`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scale {
    /// Multiplier, at least 1 (512 for sectors, 1024 for kB).
    pub mul: u32,
    /// How many decimal places the word holds (2 for 1/100 s, 9 for ns), at most 18.
    pub decimals: u8,
}

impl Scale {
    /// The word is the number.
    pub const ONE: Self = Self { mul: 1, decimals: 0 };
    /// The word counts `USER_HZ` ticks of 1/100 s.
    pub const CENTI: Self = Self::decimals(2);
    /// The word counts thousandths.
    pub const MILLI: Self = Self::decimals(3);
    /// The word counts millionths.
    pub const MICRO: Self = Self::decimals(6);
    /// The word counts thousand-millionths.
    pub const NANO: Self = Self::decimals(9);
    /// The word counts 512-byte sectors.
    pub const SECTORS: Self = Self::times(512);
    /// The word counts kB as the kernel means it: 1024 bytes.
    pub const KIB: Self = Self::times(1024);

    /// The word holds this many decimal places.
    #[must_use]
    pub const fn decimals(decimals: u8) -> Self {
        assert!(decimals <= 18, "a word holds at most 18 decimal places");
        Self { mul: 1, decimals }
    }

    /// The word counts units of `mul`.
    #[must_use]
    pub const fn times(mul: u32) -> Self {
        assert!(mul >= 1, "a multiplier of zero would hide every value");
        Self { mul, decimals: 0 }
    }

    /// The word as a number in base units.
    #[must_use]
    pub const fn apply(self, value: i64) -> Decimal {
        Decimal { digits: value as i128 * self.mul as i128, decimals: self.decimals }
    }
}

/// An exact decimal number: `digits ÷ 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits, as one integer.
    pub digits: i128,
    /// How many of them stand behind the point, at most 18.
    pub decimals: u8,
}

/// The text of a [`Decimal`]: at most a sign, 29 digits and a point.
#[derive(Clone, Copy)]
pub struct DecimalText {
    bytes: [u8; Self::SIZE],
    start: usize,
}

impl DecimalText {
    // i64 (19 digits) × u32 (10 digits) has at most 29 digits. Room for the 18 + 20 that two halves of 64 bits can have,
    // a sign and a point keeps every index below in bounds, whatever a caller puts into a Decimal.
    const SIZE: usize = 40;

    /// The text, plain ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or(&[])
    }
}

/// The hundred two-digit numbers, so that two digits cost one division.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0_u8;
    while n < 100 {
        pairs[n as usize] = [b'0' + n / 10, b'0' + n % 10];
        n += 1;
    }
    pairs
};

impl Decimal {
    /// Shortest exact text: no trailing zeros behind the point, no point without digits, `-` only before non-zero.
    #[must_use]
    pub fn text(self) -> DecimalText {
        let (rest, decimals) = shorten(self.digits.unsigned_abs(), self.decimals.min(18));
        let mut text = DecimalText { bytes: [b'0'; DecimalText::SIZE], start: DecimalText::SIZE };
        match u64::try_from(rest) {
            Ok(digits) => text.put_digits(digits),
            Err(_) => {
                text.put_digits(u64::try_from(rest % HALF).unwrap_or(u64::MAX));
                // The bytes in front are zeros already.
                text.start = DecimalText::SIZE - HALF_DIGITS;
                text.put_digits(u64::try_from(rest / HALF).unwrap_or(u64::MAX));
            }
        }
        if decimals > 0 {
            text.put_point(usize::from(decimals));
        }
        if self.digits < 0 {
            text.put(b'-');
        }
        text
    }
}

/// What does not fit 64 bits is written in two halves, of which the lower one has so many digits.
const HALF_DIGITS: usize = 18;
const HALF: u128 = 1_000_000_000_000_000_000;

/// The same number without trailing zeros behind the point.
fn shorten(digits: u128, mut decimals: u8) -> (u128, u8) {
    // Nearly every number fits 64 bits, where a division costs a tenth.
    match u64::try_from(digits) {
        Ok(0) => (0, 0),
        Ok(mut digits) => {
            while decimals > 0 && digits.is_multiple_of(10) {
                digits /= 10;
                decimals -= 1;
            }
            (u128::from(digits), decimals)
        }
        Err(_) if decimals > 0 && digits.is_multiple_of(10) => shorten(digits / 10, decimals - 1),
        Err(_) => (digits, decimals),
    }
}

impl core::fmt::Display for DecimalText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(core::str::from_utf8(self.as_bytes()).unwrap_or(""))
    }
}

impl DecimalText {
    /// Puts the digits of `value` in front.
    fn put_digits(&mut self, mut value: u64) {
        while value >= 100 {
            self.put_pair(value % 100);
            value /= 100;
        }
        if value >= 10 {
            self.put_pair(value);
        } else {
            self.put(b'0' + value.to_le_bytes()[0]);
        }
    }

    fn put_pair(&mut self, value: u64) {
        self.start -= 2;
        let pair = PAIRS[usize::try_from(value).unwrap_or(0)];
        self.bytes[self.start..self.start + 2].copy_from_slice(&pair);
    }

    fn put(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    /// Opens a gap for the point before the last `decimals` digits; at least one digit stands before it.
    fn put_point(&mut self, decimals: usize) {
        let point = Self::SIZE - decimals;
        let start = self.start.min(point - 1);
        self.bytes.copy_within(start..point, start - 1);
        self.bytes[point - 1] = b'.';
        self.start = start - 1;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{format, string::String};

    fn text(digits: i128, decimals: u8) -> String {
        String::from_utf8(Decimal { digits, decimals }.text().as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_written_exactly_and_shortest() {
        for (digits, decimals, want) in [
            (0, 0, "0"),
            (0, 9, "0"),
            (7, 0, "7"),
            (10, 0, "10"),
            (100, 0, "100"),
            (1234, 2, "12.34"),
            (1200, 2, "12"),
            (5, 3, "0.005"),
            (-5, 3, "-0.005"),
            (-1, 0, "-1"),
            (100_500, 3, "100.5"),
            (1_000_000_000_000_000_000, 0, "1000000000000000000"),
            (1_000_000_000_000_000_000, 18, "1"),
            (i128::from(i64::MAX) * 1024, 0, "9444732965739290426368"),
            (i128::from(i64::MIN + 16) * 512, 0, "-4722366482869645205504"),
        ] {
            assert_eq!(text(digits, decimals), want, "{digits} at {decimals}");
        }
    }

    #[test]
    fn the_longest_number_a_word_can_make_fits() {
        let widest = Scale { mul: u32::MAX, decimals: 18 };
        for value in [i64::MAX, i64::MIN + 16] {
            let decimal = widest.apply(value);
            let digits = format!("{}", decimal.digits.unsigned_abs());
            let written: String = text(decimal.digits, 18).chars().filter(char::is_ascii_digit).collect();
            assert!(digits.starts_with(written.trim_end_matches('0')), "{digits} {written}");
        }
    }

    #[test]
    fn the_point_stands_where_the_standard_library_would_put_it() {
        let mut value = 1_i128;
        for digits in 1..=29_u32 {
            for decimals in 1..=18_u8 {
                let (whole, part) =
                    (value / 10_i128.pow(decimals.into()), value % 10_i128.pow(decimals.into()));
                let want = format!("{whole}.{part:0width$}", width = usize::from(decimals));
                assert_eq!(
                    text(value, decimals),
                    want.trim_end_matches('0').trim_end_matches('.'),
                    "{digits}"
                );
            }
            value = value * 10 + i128::from(digits % 10);
        }
    }

    #[test]
    fn what_no_word_can_make_is_no_danger() {
        for digits in [i128::MAX, i128::MIN] {
            assert!(!Decimal { digits, decimals: u8::MAX }.text().as_bytes().is_empty());
        }
    }

    #[test]
    fn every_digit_count_agrees_with_the_standard_library() {
        let mut value = 1_i128;
        for _ in 0..29 {
            for v in [value, value - 1, -value, value * 7 + 3] {
                assert_eq!(text(v, 0), format!("{v}"));
            }
            value *= 10;
        }
    }
}
