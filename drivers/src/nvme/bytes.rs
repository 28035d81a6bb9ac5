//! Fields of a page: little-endian numbers at fixed places, and what their values mean.

use super::error::PageError;

/// Kelvin at 0 °C, as the specification's tools round it.
const KELVIN_AT_ZERO: i32 = 273;
/// Temperatures that a drive in this world can have, in kelvin; anything else is no temperature.
const KELVIN_MIN: u16 = 200;
const KELVIN_MAX: u16 = 500;

/// A counter that the drive keeps in 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The count; `u64::MAX` where it is saturated.
    pub value: u64,
    /// Whether the drive's count is beyond 64 bits.
    pub is_saturated: bool,
}

/// What a field of temperature says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Temperature {
    /// Zero: the drive has no such thermometer or limit.
    #[default]
    NotReported,
    /// Kelvin.
    Kelvin(u16),
    /// A number that is no temperature of a drive (outside 200 to 500 K).
    Implausible(u16),
}

impl Temperature {
    /// Degrees Celsius: kelvin less 273, as the tools in use have it; `None` without a plausible value.
    #[must_use]
    pub fn celsius(self) -> Option<i32> {
        match self {
            Self::Kelvin(kelvin) => Some(i32::from(kelvin) - KELVIN_AT_ZERO),
            Self::NotReported | Self::Implausible(_) => None,
        }
    }
}

impl From<u16> for Temperature {
    fn from(kelvin: u16) -> Self {
        match kelvin {
            0 => Self::NotReported,
            KELVIN_MIN..=KELVIN_MAX => Self::Kelvin(kelvin),
            _ => Self::Implausible(kelvin),
        }
    }
}

/// A page whose length was checked.
#[derive(Clone, Copy)]
pub(super) struct Page<'a, const N: usize>(&'a [u8; N]);

impl<'a, const N: usize> Page<'a, N> {
    /// The first `N` bytes of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, PageError> {
        bytes.first_chunk().map(Self).ok_or(PageError { bytes: bytes.len(), wanted: N })
    }

    /// `W` bytes at `at`. That they lie within the page is known when this is compiled.
    pub(super) fn at<const AT: usize, const W: usize>(self) -> [u8; W] {
        const { assert!(AT + W <= N, "the field lies within the page") };
        let mut field = [0; W];
        field.copy_from_slice(&self.0[AT..AT + W]);
        field
    }

    pub(super) fn byte<const AT: usize>(self) -> u8 {
        self.at::<AT, 1>()[0]
    }

    pub(super) fn u16<const AT: usize>(self) -> u16 {
        u16::from_le_bytes(self.at::<AT, 2>())
    }

    pub(super) fn u32<const AT: usize>(self) -> u32 {
        u32::from_le_bytes(self.at::<AT, 4>())
    }

    pub(super) fn u64<const AT: usize>(self) -> u64 {
        u64::from_le_bytes(self.at::<AT, 8>())
    }

    pub(super) fn count<const AT: usize>(self) -> Count {
        let wide = u128::from_le_bytes(self.at::<AT, 16>());
        match u64::try_from(wide) {
            Ok(value) => Count { value, is_saturated: false },
            Err(_beyond) => Count { value: u64::MAX, is_saturated: true },
        }
    }

    pub(super) fn temperature<const AT: usize>(self) -> Temperature {
        Temperature::from(self.u16::<AT>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_64_bits_says_so() {
        let mut bytes = [0; 16];
        bytes[..8].fill(0xff);
        let count = |bytes: &[u8]| Page::<16>::new(bytes).unwrap().count::<0>();
        assert_eq!(count(&bytes), Count { value: u64::MAX, is_saturated: false });
        bytes[8] = 1;
        assert_eq!(count(&bytes), Count { value: u64::MAX, is_saturated: true });
    }

    #[test]
    fn a_temperature_is_one_or_says_what_it_is() {
        assert_eq!(Temperature::from(323).celsius(), Some(50));
        assert_eq!(Temperature::from(253).celsius(), Some(-20));
        for (kelvin, is) in [
            (0, Temperature::NotReported),
            (199, Temperature::Implausible(199)),
            (501, Temperature::Implausible(501)),
            (u16::MAX, Temperature::Implausible(u16::MAX)),
        ] {
            assert_eq!(Temperature::from(kelvin), is);
            assert_eq!(is.celsius(), None);
        }
    }

    #[test]
    fn a_page_that_is_too_short_says_by_how_much() {
        let error = Page::<512>::new(&[0; 511]).err().unwrap();
        assert_eq!(error.to_string(), "511 bytes came where the page has 512");
    }
}
