//! Figures as people read them.

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Microseconds.
    Microsecond,
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
}

impl TimeUnit {
    /// Every unit, by the word of `--time-unit`.
    pub const ALL: [(&'static str, Self); 3] =
        [("microsecond", Self::Microsecond), ("millisecond", Self::Millisecond), ("second", Self::Second)];

    /// The unit in which so many seconds are a handy number, as hyperfine chooses it: milliseconds below one second.
    #[must_use]
    pub fn fitting(seconds: f64) -> Self {
        if seconds < 1.0 { Self::Millisecond } else { Self::Second }
    }

    /// Its sign.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Microsecond => "µs",
            Self::Millisecond => "ms",
            Self::Second => "s",
        }
    }

    /// How many there are in a second.
    #[must_use]
    pub const fn per_second(self) -> f64 {
        match self {
            Self::Microsecond => 1e6,
            Self::Millisecond => 1e3,
            Self::Second => 1.0,
        }
    }
}

/// A mean and its deviation: `12.3 ± 0.4`, or the mean alone.
#[must_use]
pub fn spread(mean: f64, stddev: Option<f64>, decimals: usize) -> String {
    match stddev {
        Some(stddev) => format!("{mean:.decimals$} ± {stddev:.decimals$}"),
        None => format!("{mean:.decimals$}"),
    }
}

/// A quantity with the prefix that makes it a handy number: `2.50 J`, `31.2 mJ`, `4.00 kW`.
#[must_use]
pub fn with_prefix(value: f64, unit: &str) -> String {
    with_prefix_of(value, value, unit)
}

/// A quantity with the prefix and the decimals of another, as a deviation has those of its mean: `2.50 J`, `0.03 J`.
#[must_use]
pub fn with_prefix_of(other: f64, value: f64, unit: &str) -> String {
    let (factor, prefix, decimals) = prefix_of(other);
    format!("{:.decimals$} {prefix}{unit}", value * factor)
}

/// What a quantity is multiplied with, the prefix that stands for that, and the decimals that make three digits.
fn prefix_of(value: f64) -> (f64, &'static str, usize) {
    let size = value.abs();
    let (factor, prefix) = match size {
        _ if size >= 1e6 => (1e-6, "M"),
        _ if size >= 1e3 => (1e-3, "k"),
        _ if size >= 1.0 || size == 0.0 => (1.0, ""),
        _ if size >= 1e-3 => (1e3, "m"),
        _ => (1e6, "µ"),
    };
    let decimals = match size * factor {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    (factor, prefix, decimals)
}

/// A mean and its deviation with one prefix for both, with the digits that show the deviation: `2.50 ± 0.03 J`; or the
/// mean alone.
#[must_use]
pub fn spread_with_prefix(mean: f64, stddev: Option<f64>, unit: &str) -> String {
    let Some(stddev) = stddev else { return with_prefix(mean, unit) };
    let (figure, unit) = figures_around(mean, stddev, unit);
    format!("{} ± {} {unit}", figure(mean), figure(stddev))
}

/// How figures around `mean` are written, which lie about `spread` from it, and their unit: so that they differ where they
/// do, with two digits more than the mean alone would have at most.
pub fn figures_around(mean: f64, spread: f64, unit: &str) -> (impl Fn(f64) -> String, String) {
    let (factor, prefix, usual) = prefix_of(mean);
    let shows = |decimals: &usize| {
        let least = (0..*decimals).fold(1.0, |least, _| least / 10.0);
        (spread * factor).abs() >= least
    };
    let decimals = if spread == 0.0 { usual } else { (usual..usual + 2).find(shows).unwrap_or(usual + 2) };
    (move |value: f64| format!("{:.decimals$}", value * factor), format!("{prefix}{unit}"))
}

/// A count that is a mean and its deviation, as whole numbers: `1 234 ± 56`.
#[must_use]
pub fn counted(mean: f64, stddev: Option<f64>) -> String {
    let whole = |value: f64| in_groups(&format!("{value:.0}"));
    stddev.map_or_else(|| whole(mean), |stddev| format!("{} ± {}", whole(mean), whole(stddev)))
}

/// A whole number in groups of three digits.
#[must_use]
pub fn grouped(number: u128) -> String {
    in_groups(&number.to_string())
}

fn in_groups(digits: &str) -> String {
    let first = digits.len() % 3;
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// A remedy as a sentence of its own; nothing of none.
#[must_use]
pub fn sentence(fix: &str) -> String {
    let mut letters = fix.chars();
    match letters.next() {
        None => String::new(),
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_three_digits_and_a_prefix() {
        let said = [2.5, 0.0312, 4000.0, 12.34, 123.4, 9.996, 0.0, -0.5, 3e-5, 2.5e6]
            .map(|value| with_prefix(value, "J"));
        let wanted = [
            "2.50 J", "31.2 mJ", "4.00 kJ", "12.3 J", "123 J", "10.0 J", "0.00 J", "-500 mJ", "30.0 µJ",
            "2.50 MJ",
        ];
        assert_eq!(said, wanted);
        assert_eq!(spread_with_prefix(0.0312, Some(0.0004), "J"), "31.2 ± 0.4 mJ");
        assert_eq!(spread_with_prefix(10.0, Some(0.03), "J"), "10.00 ± 0.03 J");
        assert_eq!(spread_with_prefix(123.0, Some(0.0003), "J"), "123.00 ± 0.00 J");
        assert_eq!(spread_with_prefix(0.0, Some(0.0), "J"), "0.00 ± 0.00 J");
        assert_eq!(spread_with_prefix(2.5, None, "J"), "2.50 J");
        assert_eq!(counted(1_234_567.4, Some(1200.0)), "1 234 567 ± 1 200");
        assert_eq!(counted(3.0, None), "3");
        assert_eq!(with_prefix_of(44.7, 0.453, "J"), "0.5 J");
        assert_eq!(with_prefix_of(0.031, 0.0004, "J"), "0.4 mJ");
    }

    #[test]
    fn a_single_run_has_no_deviation() {
        assert_eq!(
            (spread(1.25, None, 2), spread(1.25, Some(0.5), 1)),
            ("1.25".to_owned(), "1.2 ± 0.5".to_owned())
        );
        assert_eq!(
            (TimeUnit::fitting(0.99), TimeUnit::fitting(1.0)),
            (TimeUnit::Millisecond, TimeUnit::Second)
        );
    }
}
