//! What a place in a page means.

use hearth_model::Metric;

/// Which of a family's samples a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The metric's one sample per label set.
    Value,
    /// A histogram's cumulative bucket; the last label value is its upper bound, `le`.
    Bucket,
    /// A histogram's sum, scaled as the metric is.
    Sum,
    /// A histogram's count, never scaled.
    Count,
}

/// One series: a metric, its label values and which part of the family it is.
#[derive(Clone, Debug)]
pub struct SeriesKey {
    /// The catalogue's entry.
    pub metric: &'static Metric,
    /// A value for each of the metric's label keys, in their order; a bucket has `le` behind them.
    pub labels: Box<[Box<str>]>,
    /// Value, bucket, sum or count.
    pub part: Part,
}

impl PartialEq for SeriesKey {
    fn eq(&self, other: &Self) -> bool {
        self.metric.name == other.metric.name && self.part == other.part && self.labels == other.labels
    }
}

impl Eq for SeriesKey {}

impl std::hash::Hash for SeriesKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.metric.name.hash(state);
        self.part.hash(state);
        self.labels.hash(state);
    }
}
