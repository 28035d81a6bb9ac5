//! Quantities as people read them.

use std::fmt;

use hearth_model::Reason;

/// Binary prefixes (IEC 80000-13): each is 1024 times the one before.
const PREFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A quantity with its unit. Shown with a space that does not break between number and unit, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// A number of things.
    Count(u64),
    /// Bytes, with binary prefixes.
    Bytes(u64),
    /// Bytes a second, with binary prefixes.
    BytesPerSecond(u64),
    /// Thousandths of a whole, shown as per cent.
    PerMille(u64),
    /// Hundredths of a number without a unit.
    Hundredths(u64),
    /// A span of time in seconds.
    Seconds(u64),
}

/// Why there is no quantity to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The series has no value.
    Reason(Reason),
    /// A rate needs two readings, and there is one since the counter began.
    OneReading,
    /// A rate needs the past, and no past of this series is kept.
    NoPast,
    /// Nothing here measures it; the words say why.
    Unmeasured(String),
}

/// What a figure shows.
pub(super) type Shown = Result<Amount, Missing>;

impl fmt::Display for Amount {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Count(count) => write!(to, "{count}"),
            Self::Bytes(bytes) => prefixed(to, bytes, "B"),
            Self::BytesPerSecond(bytes) => prefixed(to, bytes, "B/s"),
            Self::PerMille(share) => write!(to, "{}.{}\u{a0}%", share / 10, share % 10),
            Self::Hundredths(number) => write!(to, "{}.{:02}", number / 100, number % 100),
            Self::Seconds(seconds) => span(to, seconds),
        }
    }
}

/// At most four digits, one of them behind the point below a hundred.
fn prefixed(to: &mut fmt::Formatter<'_>, number: u64, unit: &str) -> fmt::Result {
    let (mut power, mut scale) = (0, 1_u64);
    while number / scale >= 1024 && power + 1 < PREFIXES.len() {
        power += 1;
        scale *= 1024;
    }
    let (whole, rest) = (number / scale, number % scale);
    let prefix = PREFIXES[power];
    if power == 0 || whole >= 100 {
        write!(to, "{whole}\u{a0}{prefix}{unit}")
    } else {
        let tenth = u128::from(rest) * 10 / u128::from(scale);
        write!(to, "{whole}.{tenth}\u{a0}{prefix}{unit}")
    }
}

/// The two largest units that matter.
fn span(to: &mut fmt::Formatter<'_>, seconds: u64) -> fmt::Result {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    if days > 0 {
        write!(to, "{days}\u{a0}d {hours}\u{a0}h")
    } else if hours > 0 {
        write!(to, "{hours}\u{a0}h {minutes}\u{a0}min")
    } else if minutes > 0 {
        write!(to, "{minutes}\u{a0}min")
    } else {
        write!(to, "{seconds}\u{a0}s")
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("no data: ")?;
        match self {
            Self::Reason(reason) => to.write_str(&reason.name().replace('_', " ")),
            Self::OneReading => to.write_str("only one reading"),
            Self::NoPast => to.write_str("no past is kept of this one"),
            Self::Unmeasured(words) => to.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_binary_prefixes_and_at_most_four_digits() {
        for (bytes, want) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (102_399, "99.9 KiB"),
            (102_400, "100 KiB"),
            (1_048_575, "1023 KiB"),
            (1_048_576, "1.0 MiB"),
            (25_769_803_776, "24.0 GiB"),
            (u64::MAX, "15.9 EiB"),
        ] {
            assert_eq!(Amount::Bytes(bytes).to_string().replace('\u{a0}', " "), want);
        }
        assert_eq!(Amount::BytesPerSecond(2048).to_string(), "2.0\u{a0}KiB/s");
    }

    #[test]
    fn shares_loads_and_spans_are_written_for_people() {
        for (amount, want) in [
            (Amount::PerMille(0), "0.0 %"),
            (Amount::PerMille(1000), "100.0 %"),
            (Amount::Hundredths(7), "0.07"),
            (Amount::Hundredths(1203), "12.03"),
            (Amount::Seconds(59), "59 s"),
            (Amount::Seconds(3_599), "59 min"),
            (Amount::Seconds(86_399), "23 h 59 min"),
            (Amount::Seconds(90_000), "1 d 1 h"),
        ] {
            assert_eq!(amount.to_string().replace('\u{a0}', " "), want);
        }
    }

    #[test]
    fn what_is_missing_says_why() {
        assert_eq!(Missing::Reason(Reason::IoError).to_string(), "no data: io error");
        assert_eq!(Missing::OneReading.to_string(), "no data: only one reading");
    }
}
