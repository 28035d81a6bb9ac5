//! The order of commands in what people read. A command's number is its place on the command line in any order.

use super::analysis::{Analysis, CommandAnalysis};
use super::stats::summary::Summary;

/// The order of the commands in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// As they were given.
    Command,
    /// The quickest first.
    Time,
    /// The most frugal first.
    Energy,
}

impl Sort {
    /// The commands' positions in this order; those without the figure come last.
    #[must_use]
    pub fn order(self, analysis: &Analysis) -> Vec<usize> {
        let figure: fn(&CommandAnalysis) -> Option<Summary> = match self {
            Self::Command => |_| None,
            Self::Time => |found| found.wall_s,
            Self::Energy => |found| found.headline_j,
        };
        let mean = |at: &usize| {
            analysis.commands.get(*at).and_then(figure).map_or(f64::INFINITY, |summary| summary.mean)
        };
        let mut order: Vec<usize> = (0..analysis.commands.len()).collect();
        order.sort_by(|one, other| mean(one).total_cmp(&mean(other)));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::record;

    #[test]
    fn the_least_comes_first_and_what_has_no_figure_last() {
        let mut record = record(&[("A", 10.0, 3.0), ("B", 9.0, 2.0), ("C", 8.0, 1.0)], 5);
        for run in &mut record.results[2].runs {
            run.energy_j = vec![None];
        }
        let analysis = Analysis::of(&record, 0);
        assert_eq!(Sort::Command.order(&analysis), [0, 1, 2]);
        assert_eq!(Sort::Time.order(&analysis), [2, 1, 0]);
        assert_eq!(Sort::Energy.order(&analysis), [1, 0, 2]);
    }
}
