//! A metric: what one family of series means.

use crate::{Scale, Unit};

/// What a metric's numbers do over time; the names are those of the exposition formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows, but for resets.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Always 1; its labels carry the content.
    Info,
    /// Cumulative buckets (label `le`), a count and a sum.
    Histogram,
    /// Nobody promises what it does (OpenMetrics `unknown`, text format `untyped`).
    Unknown,
}

impl Kind {
    /// The type word of OpenMetrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Info => "info",
            Self::Histogram => "histogram",
            Self::Unknown => "unknown",
        }
    }
}

/// Who may see a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Every client that may connect.
    Everyone,
    /// The box's owner: the Unix socket alone, until there are accounts.
    Admin,
}

/// One metric. Made in the catalogue only, by [`counter`], [`gauge`], [`info`], [`histogram`] and [`unknown`].
#[derive(Debug)]
pub struct Metric {
    /// Exposition name, as in the text format (a counter's ends in `_total` where node_exporter's does).
    pub name: &'static str,
    /// What its numbers do over time.
    pub kind: Kind,
    /// Base unit after [`Metric::scale`].
    pub unit: Unit,
    /// From a word to the base unit.
    pub scale: Scale,
    /// Label keys, in the order of every series' label values.
    pub labels: &'static [&'static str],
    /// One sentence for people.
    pub help: &'static str,
    /// Who may see it.
    pub audience: Audience,
    /// Kept for ten minutes at 1 Hz.
    pub history: bool,
    /// Kept for a minute at the fast lane's full rate.
    pub every_tick: bool,
    /// A side channel: unauthenticated clients see it refreshed at a bounded rate.
    pub paced: bool,
}

const fn metric(name: &'static str, kind: Kind, unit: Unit, help: &'static str) -> Metric {
    Metric {
        name,
        kind,
        unit,
        scale: Scale::ONE,
        labels: &[],
        help,
        audience: Audience::Everyone,
        history: false,
        every_tick: false,
        paced: false,
    }
}

/// A counter in `unit`.
#[must_use]
pub const fn counter(name: &'static str, unit: Unit, help: &'static str) -> Metric {
    metric(name, Kind::Counter, unit, help)
}

/// A gauge in `unit`.
#[must_use]
pub const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Metric {
    metric(name, Kind::Gauge, unit, help)
}

/// An info metric: value 1, content in its labels.
#[must_use]
pub const fn info(name: &'static str, help: &'static str) -> Metric {
    metric(name, Kind::Info, Unit::None, help)
}

/// A histogram of quantities in `unit`; `le` is added to its labels by the series.
#[must_use]
pub const fn histogram(name: &'static str, unit: Unit, help: &'static str) -> Metric {
    metric(name, Kind::Histogram, unit, help)
}

/// A metric of unknown type, as node_exporter exposes vmstat and netstat.
#[must_use]
pub const fn unknown(name: &'static str, help: &'static str) -> Metric {
    metric(name, Kind::Unknown, Unit::None, help)
}

impl Metric {
    /// With these label keys.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    /// With this scale from word to base unit.
    #[must_use]
    pub const fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Kept for ten minutes at 1 Hz.
    #[must_use]
    pub const fn history(mut self) -> Self {
        self.history = true;
        self
    }

    /// Kept for a minute at the fast lane's full rate.
    #[must_use]
    pub const fn every_tick(mut self) -> Self {
        self.every_tick = true;
        self
    }

    /// A side channel whose refresh is bounded for unauthenticated clients.
    #[must_use]
    pub const fn paced(mut self) -> Self {
        self.paced = true;
        self
    }

    /// For the owner's eyes only.
    #[must_use]
    pub const fn admin(mut self) -> Self {
        self.audience = Audience::Admin;
        self
    }
}
