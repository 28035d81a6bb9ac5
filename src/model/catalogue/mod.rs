//! The metric catalogue: the single source of every name, unit, kind, label, help text and audience.
//!
//! One file a family, one entry a metric. Names, types and labels are node_exporter's wherever it has the quantity,
//! so that existing dashboards and alerts work; `hearth_…` for what only Hearth has.

/// Declares the metrics of a family as statics and lists them, in order, as `ALL`.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident = $metric:expr;)*) => {
        $($(#[$doc])* pub static $name: crate::Metric = $metric;)*
        /// Every metric of this family, in the order of the exposition.
        pub static ALL: &[&crate::Metric] = &[$(&$name),*];
    };
}
use metrics;

pub mod own;

/// The families, in the order of the exposition.
pub static FAMILIES: &[&[&crate::Metric]] = &[own::ALL];

/// Every metric, in the order of the exposition.
pub fn all() -> impl Iterator<Item = &'static crate::Metric> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}
