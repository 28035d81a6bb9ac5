//! A record as a person reads it in a terminal.

use std::fmt::{self, Display, Formatter};

use super::analysis::{Analysis, CommandAnalysis, NoNet, headline_domains, headline_name};
use super::figures::{Count, SCALED, counts, energy_name, is_estimated, peak_w};
use super::record::{Measured, Point, Record};
use super::stats::summary::Summary;
use super::units::{TimeUnit, grouped, sentence, with_prefix};

/// How wide a curve of power is, in characters.
const CURVE_WIDTH: usize = 40;

/// How a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether the terminal shows colours.
    pub colours: bool,
    /// The unit of times; the one that fits each if none is named.
    pub unit: Option<TimeUnit>,
    /// The order of the commands.
    pub sort: Sort,
}

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

/// A report, ready to be printed.
pub struct Shown<'a> {
    /// What was found.
    pub record: &'a Record,
    /// What it means.
    pub analysis: &'a Analysis,
    /// How it is shown.
    pub look: Look,
}

impl Display for Shown<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let order = self.order();
        for (number, at) in order.iter().enumerate() {
            let pair = self.record.results.get(*at).zip(self.analysis.commands.get(*at));
            if let Some((measured, found)) = pair {
                self.command(to, number + 1, measured, found)?;
            }
        }
        self.comparisons(to)?;
        self.sources(to)
    }
}

impl Shown<'_> {
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.record.results.len()).collect();
        let mean = |at: &usize, of: fn(&CommandAnalysis) -> Option<Summary>| {
            self.analysis.commands.get(*at).and_then(of).map_or(f64::INFINITY, |summary| summary.mean)
        };
        match self.look.sort {
            Sort::Command => {}
            Sort::Time => {
                order.sort_by(|a, b| mean(a, |found| found.wall_s).total_cmp(&mean(b, |found| found.wall_s)));
            }
            Sort::Energy => {
                order.sort_by(|a, b| {
                    mean(a, |found| found.headline_j).total_cmp(&mean(b, |found| found.headline_j))
                });
            }
        }
        order
    }

    fn command(
        &self,
        to: &mut Formatter<'_>,
        number: usize,
        measured: &Measured,
        found: &CommandAnalysis,
    ) -> fmt::Result {
        let name = self.bold(&measured.name);
        writeln!(to, "Command {number}: {name}")?;
        let Some(wall) = found.wall_s else { return writeln!(to, "  never ran to its end\n") };
        let unit = self.look.unit.unwrap_or_else(|| TimeUnit::fitting(wall.mean));
        let time = |seconds: f64| format!("{:.1} {}", seconds * unit.per_second(), unit.name());
        let spread = |summary: &Summary| match summary.stddev {
            Some(stddev) => format!("{} ± {}", time(summary.mean), time(stddev)),
            None => time(summary.mean),
        };
        let mean_of = |summary: Option<Summary>| time(summary.map_or(0.0, |summary| summary.mean));
        writeln!(
            to,
            "  Time (mean ± σ):    {:<22} [user {}, system {}]",
            self.green(&spread(&wall)),
            mean_of(found.user_s),
            mean_of(found.system_s)
        )?;
        let runs = if wall.count == 1 { "1 run".to_owned() } else { format!("{} runs", wall.count) };
        writeln!(
            to,
            "  Range (min … max):  {} … {}  [median {}, {runs}]",
            time(wall.min),
            time(wall.max),
            time(wall.median)
        )?;
        self.energy(to, measured, found)?;
        self.counters(to, measured)?;
        self.phases(to, measured)?;
        for warning in &found.warnings {
            writeln!(to, "  {} {warning}.", self.yellow("Warning:"))?;
        }
        writeln!(to)
    }

    fn energy(&self, to: &mut Formatter<'_>, measured: &Measured, found: &CommandAnalysis) -> fmt::Result {
        let Some(joules) = found.headline_j else {
            return match &self.record.facts.no_energy {
                Some(missing) => writeln!(to, "  Energy:             not available ({})", missing.what),
                None => writeln!(
                    to,
                    "  Energy:             not available (a read of the counter failed, or is in doubt)"
                ),
            };
        };
        let domains = headline_domains(&self.record.facts);
        let mark = if is_estimated(&self.record.facts) { " (estimated)" } else { "" };
        let spread =
            joules.stddev.map_or_else(String::new, |stddev| format!(" ± {}", with_prefix(stddev, "J")));
        let shown = self.green(&format!("{}{spread}", with_prefix(joules.mean, "J")));
        let net = match (found.net_j, &self.analysis.idle) {
            (Some(net), Ok(idle)) => format!(
                "net {} above {} ± {} idle",
                with_prefix(net.mean, "J"),
                with_prefix(idle.estimate, "W"),
                with_prefix(idle.half_width(), "W")
            ),
            (_, Err(why)) => format!("no net energy: {why}"),
            (None, Ok(_)) => "no net energy".to_owned(),
        };
        let label = format!("Energy{mark}:");
        writeln!(to, "  {label:<19} {shown}  [{}; {net}]", headline_name(&self.record.facts))?;
        if let Some(power) = found.headline_w {
            let peak = peak_w(measured, &domains);
            let peak = peak.map_or_else(String::new, |peak| format!(", peak {}", with_prefix(peak, "W")));
            let curve = measured.runs.last().map_or_else(String::new, |run| curve(&run.trace, &domains));
            writeln!(
                to,
                "  {:<19} {}{peak}  {}",
                format!("Power{mark}:"),
                with_prefix(power.mean, "W"),
                self.green(&curve)
            )?;
        }
        Ok(())
    }

    /// Means over the runs, two on a line.
    fn counters(&self, to: &mut Formatter<'_>, measured: &Measured) -> fmt::Result {
        let cell = |count: &Count<'_>| {
            let scaled = if count.ratio < SCALED {
                format!(" (counted {:.0} % of the time)", count.ratio * 100.0)
            } else {
                String::new()
            };
            format!("{} {}{scaled}", count.name, grouped(count.mean))
        };
        let mut cells: Vec<String> = counts(self.record, measured).iter().map(cell).collect();
        let rss = measured.runs.iter().map(|run| run.max_rss_bytes).max().unwrap_or(0);
        cells.push(format!("peak memory {} KiB", grouped(u128::from(rss / 1024))));
        for (at, pair) in cells.chunks(3).enumerate() {
            writeln!(to, "  {:<19} {}", if at == 0 { "Counts (mean):" } else { "" }, pair.join(", "))?;
        }
        Ok(())
    }

    fn phases(&self, to: &mut Formatter<'_>, measured: &Measured) -> fmt::Result {
        let Some(last) = measured.runs.last().filter(|run| !run.phases.is_empty()) else { return Ok(()) };
        let domains = headline_domains(&self.record.facts);
        writeln!(to, "  Phases of the last run:")?;
        for phase in &last.phases {
            let joules = super::analysis::headline(&domains, &phase.energy_j);
            let joules = joules.map_or_else(|| "no energy".to_owned(), |joules| with_prefix(joules, "J"));
            let time = with_prefix(phase.ended_s - phase.began_s, "s");
            writeln!(to, "    {:<24} {time:>9}  {joules}", phase.name)?;
        }
        Ok(())
    }

    fn comparisons(&self, to: &mut Formatter<'_>) -> fmt::Result {
        if self.analysis.comparisons.is_empty() {
            return Ok(());
        }
        let name = |at: usize| self.record.results.get(at).map_or("", |measured| measured.name.as_str());
        writeln!(to, "{}", self.bold("Comparison (95 % intervals)"))?;
        let energy = energy_name(&self.record.facts);
        for comparison in &self.analysis.comparisons {
            writeln!(
                to,
                "  {}",
                comparison.sentence(name(comparison.command), name(self.analysis.reference), energy)
            )?;
        }
        writeln!(to)
    }

    /// What could not be measured and how it could; how to have the same report again.
    fn sources(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let facts = &self.record.facts;
        if let Some(missing) = &facts.no_energy {
            writeln!(to, "Energy is not available: {}. {}", missing.what, sentence(&missing.fix))?;
        }
        if facts.user_only {
            writeln!(
                to,
                "Counters leave out what the kernel did: sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON, shows it."
            )?;
        }
        let mut told: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        for missing in &facts.no_counters {
            match told.iter_mut().find(|(what, ..)| *what == missing.what) {
                Some((.., names)) => names.push(&missing.name),
                None => told.push((&missing.what, &missing.fix, vec![&missing.name])),
            }
        }
        for (what, fix, names) in told {
            writeln!(to, "Not counted: {} ({what}). {}", names.join(", "), sentence(fix))?;
        }
        for note in &facts.notes {
            writeln!(to, "Note: {note}.")?;
        }
        if self.record.cut_short {
            writeln!(to, "Ended early: these are the runs made until then.")?;
        }
        if matches!(self.analysis.idle, Err(NoNet::NoEnergy)) {
            return Ok(());
        }
        writeln!(to, "Order {}, seed {}.", facts.order, self.record.seed)
    }

    fn painted(&self, text: &str, colour: u8) -> String {
        if self.look.colours && !text.is_empty() {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, text: &str) -> String {
        self.painted(text, 1)
    }

    fn green(&self, text: &str) -> String {
        self.painted(text, 32)
    }

    fn yellow(&self, text: &str) -> String {
        self.painted(text, 33)
    }
}

/// The power of a run as a line of blocks, from nothing to its peak; nothing of a run without a trace.
fn curve(trace: &[Point], domains: &[usize]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let watts: Vec<f64> =
        trace.iter().filter_map(|point| super::analysis::headline(domains, &point.watts)).collect();
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

#[cfg(test)]
mod tests;
