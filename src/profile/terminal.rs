//! A record as a person reads it in a terminal: a table of the commands, what else is known of each, how they compare,
//! and what could not be measured.

mod details;
mod table;

use std::fmt::{self, Display, Formatter};

use super::analysis::{Analysis, NoNet};
use super::figures::is_estimated;
use super::record::Record;
use super::sort::Sort;
use super::units::{TimeUnit, sentence, spread_with_prefix};

/// How a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether the terminal shows colours.
    pub colours: bool,
    /// Letters of a line at most; no limit where nothing is said.
    pub width: Option<usize>,
    /// The unit of times; the one that fits the quickest command if none is named.
    pub unit: Option<TimeUnit>,
    /// The order of the commands.
    pub sort: Sort,
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
        let order = self.look.sort.order(self.analysis);
        self.table(to, &order)?;
        for at in &order {
            self.details(to, *at)?;
        }
        self.comparisons(to, &order)?;
        self.sources(to)
    }
}

impl Shown<'_> {
    /// The unit of every time, and digits behind its point.
    fn unit(&self) -> (TimeUnit, usize) {
        let fastest = self.analysis.commands.iter().filter_map(|found| found.wall_s).map(|wall| wall.mean);
        let fitting = || TimeUnit::fitting(fastest.fold(f64::INFINITY, f64::min));
        let unit = self.look.unit.unwrap_or_else(fitting);
        (unit, if unit == TimeUnit::Second { 3 } else { 1 })
    }

    fn name(&self, at: usize) -> &str {
        self.record.results.get(at).map_or("", |measured| measured.name.as_str())
    }

    fn comparisons(&self, to: &mut Formatter<'_>, order: &[usize]) -> fmt::Result {
        if self.analysis.comparisons.is_empty() {
            return Ok(());
        }
        writeln!(to, "{}", self.bold("Comparison (95 % intervals)"))?;
        let (reference, is_estimated) =
            (self.name(self.analysis.reference), is_estimated(&self.record.facts));
        let of = |at: &usize| self.analysis.comparisons.iter().find(|comparison| comparison.command == *at);
        for comparison in order.iter().filter_map(of) {
            let said = comparison.sentence(self.name(comparison.command), reference, is_estimated);
            self.paragraph(to, "  ", "    ", &said)?;
        }
        writeln!(to)
    }

    /// What could not be measured and how it could; how to have the same report again.
    fn sources(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let facts = &self.record.facts;
        let say = |to: &mut Formatter<'_>, text: &str| self.paragraph(to, "", "  ", text);
        if let Some(missing) = &facts.no_energy {
            say(to, &format!("Energy is not available: {}. {}", missing.what, sentence(&missing.fix)))?;
        }
        match &self.analysis.idle {
            Ok(idle) => say(
                to,
                &format!(
                    "Net energy is above {} of the idle machine.",
                    spread_with_prefix(idle.estimate, Some(idle.half_width()), "W")
                ),
            )?,
            Err(NoNet::NoEnergy) => {}
            Err(why) => say(to, &format!("No net energy: {why}."))?,
        }
        if facts.user_only {
            let fix = "sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON, shows it";
            say(to, &format!("Counters leave out what the kernel did: {fix}."))?;
        }
        let mut told: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        for missing in &facts.no_counters {
            match told.iter_mut().find(|(what, ..)| *what == missing.what) {
                Some((.., names)) => names.push(&missing.name),
                None => told.push((&missing.what, &missing.fix, vec![&missing.name])),
            }
        }
        for (what, fix, names) in told {
            say(to, &format!("Not counted: {} ({what}). {}", names.join(", "), sentence(fix)))?;
        }
        for note in &facts.notes {
            say(to, &format!("Note: {note}."))?;
        }
        if self.record.cut_short {
            say(to, "Ended early: these are the runs made until then.")?;
        }
        say(to, &format!("Order {}, seed {}.", facts.order, self.record.seed))
    }

    /// Text in lines of the terminal's width: the first begins with `first`, the others with `rest`.
    fn paragraph(&self, to: &mut Formatter<'_>, first: &str, rest: &str, text: &str) -> fmt::Result {
        let width = self.look.width.unwrap_or(usize::MAX);
        let (mut line, mut is_begun) = (first.to_owned(), false);
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if is_begun && letters(&line) + 1 + letters(word) > width {
                writeln!(to, "{}", self.marked(&line))?;
                (line, is_begun) = (rest.to_owned(), false);
            }
            if is_begun {
                line.push(' ');
            }
            line.push_str(word);
            is_begun = true;
        }
        writeln!(to, "{}", self.marked(&line))
    }

    /// A line with its warning in colour, if it has one.
    fn marked(&self, line: &str) -> String {
        match line.split_once(WARNING) {
            Some((before, after)) => format!("{before}{}{after}", self.painted(WARNING, 33)),
            None => line.to_owned(),
        }
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
}

/// What a warning begins with.
const WARNING: &str = "Warning:";

fn letters(text: &str) -> usize {
    text.chars().count()
}

/// A command on one line.
fn on_one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
