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

pub mod attribution;
pub mod cgroup;
pub mod cpu;
pub mod disk;
pub mod drive;
pub mod energy;
pub mod fan;
pub mod filesystem;
pub mod gpu;
pub mod hwmon;
pub mod memory;
pub mod netstat;
pub mod network;
pub mod own;
pub mod perf;
pub mod power_supply;
pub mod pressure;
pub mod process;
pub mod serving;
pub mod smart;
pub mod sockets;
pub mod system;
pub mod thermal;
pub mod ups;
pub mod vmstat;

/// The families of metrics, in the order of the exposition; where there is a limit on series kept, the first come first.
pub static FAMILIES: &[&[&crate::Metric]] = &[
    energy::ALL,
    gpu::ALL,
    cpu::ALL,
    perf::ALL,
    pressure::ALL,
    memory::ALL,
    vmstat::ALL,
    disk::ALL,
    drive::ALL,
    smart::ALL,
    filesystem::ALL,
    network::ALL,
    netstat::ALL,
    sockets::ALL,
    system::ALL,
    hwmon::ALL,
    thermal::ALL,
    power_supply::ALL,
    ups::ALL,
    fan::ALL,
    process::ALL,
    cgroup::ALL,
    attribution::ALL,
    serving::ALL,
    own::ALL,
];

/// Every metric, in the order of the exposition.
pub fn all() -> impl Iterator<Item = &'static crate::Metric> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::all;
    use crate::{Kind, Unit};
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_legal() {
        let mut seen = BTreeSet::new();
        for metric in all() {
            assert!(seen.insert(metric.name), "{} is there twice", metric.name);
            let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(metric.name.chars().all(legal), "{}", metric.name);
            assert!(metric.labels.iter().all(|label| label.chars().all(legal)), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}: help is a sentence", metric.name);
        }
    }

    #[test]
    fn counters_end_in_total_and_hearths_own_names_carry_their_unit() {
        for metric in all() {
            let base = metric.name.strip_suffix("_total").unwrap_or(metric.name);
            if metric.kind == Kind::Counter {
                assert!(metric.name.ends_with("_total"), "{}", metric.name);
            }
            if metric.unit != Unit::None && metric.name.starts_with("hearth_") {
                assert!(base.ends_with(metric.unit.name()), "{} is in {}", metric.name, metric.unit.name());
            }
        }
    }
}
