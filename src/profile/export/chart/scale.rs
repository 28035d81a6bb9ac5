//! Axes: which prefix a quantity has, and how many decimals its marks.

use crate::profile::units::TimeUnit;

/// How figures of one axis are written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::profile::export) struct Scale {
    /// What a figure is multiplied with.
    pub(in crate::profile::export) factor: f64,
    /// The unit with its prefix.
    pub(in crate::profile::export) unit: String,
}

impl Scale {
    /// Seconds, in the unit in which the report has them too.
    pub(in crate::profile::export) fn of_time(seconds: f64, unit: Option<TimeUnit>) -> Self {
        let unit = unit.unwrap_or_else(|| TimeUnit::fitting(seconds));
        Self { factor: unit.per_second(), unit: unit.name().to_owned() }
    }

    /// Joules or watts, with the prefix that fits the largest.
    pub(in crate::profile::export) fn of_quantity(most: f64, unit: &str) -> Self {
        let (factor, prefix) = match most.abs() {
            size if size >= 1e6 => (1e-6, "M"),
            size if size >= 1e3 => (1e-3, "k"),
            size if size >= 1.0 || size == 0.0 => (1.0, ""),
            size if size >= 1e-3 => (1e3, "m"),
            _ => (1e6, "µ"),
        };
        Self { factor, unit: format!("{prefix}{unit}") }
    }

    pub(in crate::profile::export) fn apply(&self, value: f64) -> f64 {
        value * self.factor
    }

    /// A mark of an axis that spans `span` and has at most so many marks; both are scaled.
    pub(in crate::profile::export) fn mark(&self, value: f64, span: f64, marks: usize) -> String {
        let decimals = decimals(span, marks);
        // Not "-0".
        let value = if value.abs() < span * 1e-9 { 0.0 } else { value };
        format!("{value:.decimals$} {}", self.unit)
    }
}

/// Decimals that tell apart marks of which there are at most so many on `span`.
pub(in crate::profile::export) fn decimals(span: f64, marks: usize) -> usize {
    const MOST: usize = 9;
    // So many marks and the ends they leave free lie on the span, so they are further apart than this; and they are
    // apart by 1, 2 or 5 of some power of ten.
    let mut step = span / f64::from(u32::try_from(marks + 1).unwrap_or(u32::MAX));
    let mut decimals = 0;
    while step < 0.999_999 && decimals < MOST {
        (step, decimals) = (step * 10.0, decimals + 1);
    }
    if decimals > 0 && step > 5.000_001 { decimals - 1 } else { decimals }
}

/// The least that an axis spans: it counts its marks in numbers of about 16 digits, and would count for ever on less.
pub(in crate::profile::export) const SPAN_LEAST: f64 = 1e-6;

/// The range of an axis that holds every value, with a little air; never empty. None of nothing, and of numbers too large
/// to be subtracted.
pub(in crate::profile::export) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    /// Air at either end, as a part of the range.
    const AIR: f64 = 0.05;
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    let least = low.abs().max(high.abs()) * 1e-3;
    let span = (high - low).max(if least > 0.0 { least } else { 1.0 }).max(SPAN_LEAST);
    let air = AIR * span + (span - (high - low)) / 2.0;
    Some((low - air, high + air)).filter(|(low, high)| (high - low).is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_the_decimals_that_tell_them_apart() {
        let watts = Scale::of_quantity(40.0, "W");
        assert_eq!(watts.mark(20.0, 40.0, 5), "20 W");
        assert_eq!(watts.mark(0.25, 1.0, 5), "0.2 W");
        let milli = Scale::of_quantity(0.03, "J");
        assert_eq!((milli.apply(0.02), milli.mark(20.0, 30.0, 5)), (20.0, "20 mJ".to_owned()));
        assert_eq!(
            (watts.mark(-1e-17, 4.0, 5), watts.mark(0.5, 2.5, 5)),
            ("0 W".to_owned(), "0.5 W".to_owned())
        );
        assert_eq!(decimals(0.01, 5), 3);
        assert_eq!(decimals(0.0, 5), 9, "a range of nothing ends as well");
    }

    #[test]
    fn a_range_holds_every_value_and_is_never_empty() {
        let (low, high) = range([1.0, 3.0, f64::NAN].into_iter()).unwrap();
        assert!(low < 1.0 && high > 3.0 && high < 3.2);
        for same in [5.0, 0.0, -2.0] {
            let (low, high) = range([same; 3].into_iter()).unwrap();
            assert!(low < same && same < high, "{low} {high}");
        }
        assert_eq!(range([].into_iter()), None);
        assert_eq!(range([f64::MAX, f64::MIN].into_iter()), None);
        let (low, high) = range([1e-300, 2e-300].into_iter()).unwrap();
        assert!(high - low > SPAN_LEAST);
    }
}
