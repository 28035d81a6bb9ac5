//! What the price of energy may be.

use crate::{accepted, assert_refused};

#[test]
fn a_price_is_taken_to_the_last_decimal_or_refused() {
    for (value, micro) in
        [("0.3245", 324_500), ("1", 1_000_000), ("\"0.1\"", 100_000), ("99.999999", 99_999_999)]
    {
        let config = accepted(&format!("[energy]\nprice_per_kwh = {value}\n"));
        assert_eq!(config.energy.price_per_kwh.map(|price| price.micro_per_kwh), Some(micro), "{value}");
    }
    for (value, found) in [
        ("-0.3", "-0.3"),
        ("1e-1", "1e-1"),
        ("nan", "nan"),
        ("0x10", "0x10"),
        ("0.1234567", "0.1234567"),
        ("\"free\"", "the string \"free\""),
        ("true", "true"),
    ] {
        let expected = "a price below 1000000 with at most 6 decimals, like 0.3245";
        assert_refused(
            &format!("[energy]\nprice_per_kwh = {value}\n"),
            &[&format!("hearth.toml:2:17: energy.price_per_kwh: expected {expected}, found {found}")],
        );
    }
    assert_refused(
        "[energy]\ncurrency = \"€\"\n",
        &[
            "hearth.toml:2:12: energy.currency: expected a currency's three capital letters, like \"EUR\", found the string \"€\"",
        ],
    );
}
