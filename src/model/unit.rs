//! Base units, as OpenMetrics names them.

/// The base unit a metric is exposed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A number without a unit.
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Joules.
    Joules,
    /// Watts.
    Watts,
    /// Degrees Celsius.
    Celsius,
    /// Volts.
    Volts,
    /// Amperes.
    Amperes,
    /// Hertz.
    Hertz,
    /// A share between 0 and 1 (or above, where the quantity can exceed its whole).
    Ratio,
}

impl Unit {
    /// The suffix in a metric's name and the word in a `# UNIT` line; empty for [`Unit::None`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Joules => "joules",
            Self::Watts => "watts",
            Self::Celsius => "celsius",
            Self::Volts => "volts",
            Self::Amperes => "amperes",
            Self::Hertz => "hertz",
            Self::Ratio => "ratio",
        }
    }
}
