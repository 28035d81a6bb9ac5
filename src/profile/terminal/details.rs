//! What else is known of a command: how its runs are spread, its curve of power, counts, phases and warnings.

use std::fmt::{self, Formatter};

use super::{Shown, WARNING, letters, on_one_line};
use crate::profile::analysis::{CommandAnalysis, headline, headline_domains};
use crate::profile::figures::{PhaseFigures, SCALED, counts, is_estimated, peak_memory, phases, typical};
use crate::profile::record::{Measured, Point};
use crate::profile::stats::summary::{PERCENTILES, Summary};
use crate::profile::units::{counted, figures_around, grouped, spread, spread_with_prefix, with_prefix};

/// How wide a curve of power is, in characters.
pub(super) const CURVE_WIDTH: usize = 40;
/// Phases that are shown; the exports have all.
const PHASES_MAX: usize = 30;
/// What the lines of a command begin with.
const INDENT: &str = "   ";
/// What lines that go on begin with.
const FURTHER: &str = "           ";

impl Shown<'_> {
    pub(super) fn details(&self, to: &mut Formatter<'_>, at: usize) -> fmt::Result {
        let pair = self.record.results.get(at).zip(self.analysis.commands.get(at));
        let Some((measured, found)) = pair else { return Ok(()) };
        let (number, name) = (format!("{}  ", at + 1), on_one_line(&measured.name));
        if self.look.width.is_none_or(|width| number.len() + letters(&name) <= width) {
            writeln!(to, "{number}{}", self.bold(&name))?;
        } else {
            self.paragraph(to, &number, INDENT, &name)?;
        }
        let Some(wall) = found.wall_s else { return writeln!(to, "{INDENT}never ran to its end\n") };
        self.times(to, &wall, found)?;
        self.energy(to, measured, found)?;
        self.counts(to, measured)?;
        self.phases(to, measured)?;
        for warning in &found.warnings {
            self.paragraph(to, INDENT, FURTHER, &format!("{WARNING} {warning}."))?;
        }
        writeln!(to)
    }

    fn line(&self, to: &mut Formatter<'_>, label: &str, text: &str) -> fmt::Result {
        self.paragraph(to, &format!("{INDENT}{label:<8}"), FURTHER, text)
    }

    fn times(&self, to: &mut Formatter<'_>, wall: &Summary, found: &CommandAnalysis) -> fmt::Result {
        let (unit, decimals) = self.unit();
        let time = |seconds: f64| format!("{:.decimals$}", seconds * unit.per_second());
        let runs = if wall.count == 1 { "1 run".to_owned() } else { format!("{} runs", wall.count) };
        let mean = |summary: Option<Summary>| time(summary.map_or(0.0, |summary| summary.mean));
        let (user, system) = (mean(found.user_s), mean(found.system_s));
        let spread = spread_of(wall, time);
        let name = unit.name();
        self.line(to, "Time", &format!("{spread} {name} [{runs}; user {user}, system {system} {name}]"))
    }

    fn energy(&self, to: &mut Formatter<'_>, measured: &Measured, found: &CommandAnalysis) -> fmt::Result {
        // What is missing for all is told once, below.
        if let Some(why) = found.no_energy.as_ref().filter(|_| !self.record.facts.domains.is_empty()) {
            self.line(to, "Energy", &format!("not available: {why}"))?;
        }
        let Some(joules) = found.headline_j else { return Ok(()) };
        let mark = if is_estimated(&self.record.facts) { "estimated " } else { "" };
        let (figure, unit) = figures_around(joules.mean, joules.mad, "J");
        let whose = self.whose_energy().unwrap_or_default();
        let product = found
            .energy_delay_js
            .map_or_else(String::new, |one| format!("; times time {}", with_prefix(one.mean, "J·s")));
        self.line(to, "Energy", &format!("{mark}{} {unit} [{whose}{product}]", spread_of(&joules, figure)))?;
        let domains = headline_domains(&self.record.facts);
        let curve = typical(measured).map_or_else(String::new, |(_, run)| curve(&run.trace, &domains));
        if curve.is_empty() { Ok(()) } else { writeln!(to, "{INDENT}Power   {}", self.green(&curve)) }
    }

    /// Means over the runs.
    fn counts(&self, to: &mut Formatter<'_>, measured: &Measured) -> fmt::Result {
        let mut cells: Vec<String> = Vec::new();
        for count in counts(self.record, measured) {
            let scaled = if count.ratio < SCALED {
                format!(" (counted {:.0} % of the time)", count.ratio * 100.0)
            } else {
                String::new()
            };
            cells.push(format!("{} {}{scaled}", count.name, grouped(count.mean)));
        }
        cells.push(format!("peak memory {}", peak_memory(&self.record.facts, measured)));
        self.line(to, "Counts", &cells.join(", "))
    }

    fn phases(&self, to: &mut Formatter<'_>, measured: &Measured) -> fmt::Result {
        let phases = phases(self.record, measured);
        if phases.is_empty() {
            return Ok(());
        }
        self.line(to, "Phases", "means ± standard deviation over the runs that have them")?;
        for phase in phases.iter().take(PHASES_MAX) {
            self.phase(to, phase, measured.runs.len())?;
        }
        match phases.len().checked_sub(PHASES_MAX).filter(|more| *more > 0) {
            Some(more) => writeln!(to, "{INDENT}  and {more} more"),
            None => Ok(()),
        }
    }

    fn phase(&self, to: &mut Formatter<'_>, phase: &PhaseFigures<'_>, runs: usize) -> fmt::Result {
        let (unit, decimals) = self.unit();
        let scaled = |seconds: f64| seconds * unit.per_second();
        let time = spread(scaled(phase.wall_s.mean), phase.wall_s.stddev.map(scaled), decimals);
        let mark = if is_estimated(&self.record.facts) { " estimated" } else { "" };
        let mut cells = vec![format!("{time} {}", unit.name())];
        for (summary, unit) in [(phase.energy_j, "J"), (phase.power_w, "W")] {
            // A phase without any length has no power.
            let summary = summary.filter(|summary| summary.mean.is_finite());
            cells.extend(
                summary.map(|one| format!("{}{mark}", spread_with_prefix(one.mean, one.stddev, unit))),
            );
        }
        if phase.energy_j.is_none() {
            cells.push("no energy".to_owned());
        }
        cells.extend(
            phase.counts.iter().map(|(name, count)| format!("{name} {}", counted(count.mean, count.stddev))),
        );
        if phase.runs < runs {
            cells.push(format!("in {} of {runs} runs", phase.runs));
        }
        self.paragraph(to, &format!("{INDENT}  {:<16} ", phase.name), FURTHER, &cells.join(", "))
    }
}

/// Where the runs lie: `1.0 … 2.0, median 1.5, MAD 0.1, 5 to 95 %: 1.1 … 1.9`; of a single run its figure.
fn spread_of(summary: &Summary, say: impl Fn(f64) -> String) -> String {
    let Summary { min, max, median, mad, percentiles, .. } = summary;
    if summary.count < 2 {
        return say(*median);
    }
    let ends = |list: &[f64]| list.first().copied().zip(list.last().copied());
    let most =
        ends(&PERCENTILES).zip(ends(percentiles)).map_or_else(String::new, |((from, to), (low, high))| {
            format!(", {from:.0} to {to:.0} %: {} … {}", say(low), say(high))
        });
    format!("{} … {}, median {}, MAD {}{most}", say(*min), say(*max), say(*median), say(*mad))
}

/// The power of a run as a line of blocks, from nothing to its peak; nothing of a run without a trace.
pub(super) fn curve(trace: &[Point], domains: &[usize]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let watts: Vec<f64> = trace.iter().filter_map(|point| headline(domains, &point.watts)).collect();
    let peak = watts.iter().copied().fold(0.0, f64::max);
    if watts.len() < 2 || peak <= 0.0 {
        return String::new();
    }
    let width = watts.len().min(CURVE_WIDTH);
    let columns = (0..width).map(|column| {
        let (from, to) = (column * watts.len() / width, (column + 1) * watts.len() / width);
        watts[from..to].iter().copied().fold(0.0, f64::max) / peak
    });
    let block = |part: f64| {
        let level = BLOCKS
            .iter()
            .enumerate()
            .find(|(at, _)| part <= f64::from(u8::try_from(at + 1).unwrap_or(8)) / 8.0);
        level.map_or('█', |(_, block)| *block)
    };
    columns.map(block).collect()
}
