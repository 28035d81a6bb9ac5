//! What energy costs.

use core::fmt;

use crate::Decimal;

/// Microjoules in a kilowatt-hour, over the thousand that turn millionths of a price into thousand-millionths.
const PER_NANO: u128 = 3_600_000_000;
/// Decimals of a price.
const DECIMALS: usize = 6;
/// Digits before the point: enough for any currency that is counted in hundreds of thousands.
const WHOLE_DIGITS_MAX: usize = 6;

/// A price for a kilowatt-hour, in millionths of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// Millionths of the currency for a kilowatt-hour.
    pub micro_per_kwh: u64,
}

impl Tariff {
    /// Reads a decimal number: up to six digits, and up to six behind a point (`0.3245`). `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, WHOLE_DIGITS_MAX) || !is_number(fraction, DECIMALS) {
            return None;
        }
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
        let missing = u32::try_from(DECIMALS - fraction.len()).unwrap_or(0);
        Some(Self { micro_per_kwh: digits * 10_u64.pow(missing) })
    }
}

impl fmt::Display for Tariff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = u8::try_from(DECIMALS).unwrap_or(0);
        let text = Decimal { digits: i128::from(self.micro_per_kwh), decimals }.text();
        // A number's text is plain ASCII.
        f.write_str(core::str::from_utf8(text.as_bytes()).map_err(|_not_ascii| fmt::Error)?)
    }
}

/// What energy has cost so far, exactly: the price may change on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Microjoules times millionths of the currency a kilowatt-hour.
    product: u128,
}

impl Cost {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { product: 0 }
    }

    /// Adds `energy_uj` at `tariff`.
    pub fn add(&mut self, energy_uj: u64, tariff: Tariff) {
        let product = u128::from(energy_uj) * u128::from(tariff.micro_per_kwh);
        self.product = self.product.saturating_add(product);
    }

    /// In thousand-millionths of the currency, rounded down; at the end of 64 bits it stays there.
    #[must_use]
    pub fn nano(self) -> u64 {
        u64::try_from(self.product / PER_NANO).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_price_is_a_plain_decimal_number() {
        for (text, micro) in
            [("0.3245", 324_500), ("1", 1_000_000), ("0.000001", 1), ("999999.999999", 999_999_999_999)]
        {
            let tariff = Tariff { micro_per_kwh: micro };
            assert_eq!((Tariff::parse(text), std::format!("{tariff}").as_str()), (Some(tariff), text));
        }
        for text in
            ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000001", "1000000", "1,5", "inf", "0x1", " 1"]
        {
            assert_eq!(Tariff::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_kilowatt_hour_costs_its_price_however_it_is_cut() {
        let tariff = Tariff::parse("0.3").unwrap();
        let mut cost = Cost::default();
        for _ in 0..1000 {
            cost.add(3_600_000_000, tariff);
        }
        assert_eq!(cost.nano(), 300_000_000);
        // A tenth of a kilowatt-hour at twice the price.
        cost.add(360_000_000_000, Tariff::parse("0.6").unwrap());
        assert_eq!(cost.nano(), 360_000_000);
    }

    #[test]
    fn a_cost_beyond_its_type_stays_at_the_end() {
        let mut cost = Cost::default();
        let dearest = Tariff { micro_per_kwh: u64::MAX };
        cost.add(u64::MAX, dearest);
        cost.add(u64::MAX, dearest);
        assert_eq!(cost.nano(), u64::MAX);
    }
}
