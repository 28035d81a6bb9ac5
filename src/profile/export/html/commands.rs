//! One command: the curve of its power, its phases, its counts, and what makes its figures mean less.

use std::fmt::{self, Write};

use super::{HtmlError, Report, figure};
use crate::markup::Escaped;
use crate::profile::analysis::CommandAnalysis;
use crate::profile::export::chart::Width;
use crate::profile::export::svg;
use crate::profile::figures::{PhaseFigures, SCALED, counts, peak_memory, phases};
use crate::profile::record::{Measured, Run};
use crate::profile::stats::summary::Summary;
use crate::profile::units::{counted, grouped};

/// Phases in a table at most; the exports for other programs have all.
const PHASES_MAX: usize = 100;

impl Report<'_> {
    pub(super) fn command(
        &self,
        to: &mut String,
        measured: &Measured,
        found: &CommandAnalysis,
    ) -> Result<(), HtmlError> {
        writeln!(to, "<section>\n<h2>{}</h2>", Escaped(&measured.name))?;
        writeln!(to, "<p><code>{}</code></p>", Escaped(&measured.command))?;
        if !measured.parameters.is_empty() {
            let words = measured.parameters.iter().map(|(name, value)| format!("{name} = {value}"));
            writeln!(to, "<p>{}</p>", Escaped(words.collect::<Vec<_>>().join(", ")))?;
        }
        if measured.runs.is_empty() {
            to.push_str("<p>It never ran to its end.</p>\n</section>\n");
            return Ok(());
        }
        // What is missing for all is told once, below.
        if let Some(why) = found.no_energy.as_ref().filter(|_| !self.record.facts.domains.is_empty()) {
            writeln!(to, "<p class=\"warning\">Energy is not available: {}.</p>", Escaped(why))?;
        }
        self.power(to, measured)?;
        self.phases(to, measured)?;
        self.counts(to, measured, found)?;
        for warning in &found.warnings {
            writeln!(to, "<p class=\"warning\">{}.</p>", Escaped(warning))?;
        }
        to.push_str("</section>\n");
        Ok(())
    }

    fn power(&self, to: &mut String, measured: &Measured) -> Result<(), HtmlError> {
        let draw = |width| svg::power(self.record, self.analysis, measured, width);
        let Some((words, _)) = draw(Width::Wide)? else { return Ok(()) };
        let mut caption = format!("{}{}", Escaped(&words), self.mark);
        caption.push_str("; the band is the least and the most of each moment.");
        if let Ok(idle) = self.analysis.idle {
            write!(caption, " The idle machine takes {}.", self.energy(idle.estimate, "W"))?;
        }
        figure(to, &words, &caption, |width| Ok(draw(width)?.map(|(_, picture)| picture)))
    }

    fn phases(&self, to: &mut String, measured: &Measured) -> fmt::Result {
        let phases = phases(self.record, measured);
        if phases.is_empty() {
            return Ok(());
        }
        write!(
            to,
            "<table>\n<caption>Phases, means ± standard deviation of {} runs</caption>\n<thead><tr>",
            measured.runs.len()
        )?;
        for column in ["Phase", "Begins", "Time", "Energy", "Power"] {
            write!(to, "<th scope=\"col\">{column}</th>")?;
        }
        to.push_str("</tr></thead>\n<tbody>\n");
        for phase in phases.iter().take(PHASES_MAX) {
            let energy = |summary: Option<Summary>, unit| {
                // A phase without any length has no power.
                let summary = summary.filter(|summary| summary.mean.is_finite());
                cell(summary, |mean, value| self.energy_spread(mean, value, unit))
            };
            let some = if phase.runs < measured.runs.len() {
                format!(" <small>in {} of {} runs</small>", phase.runs, measured.runs.len())
            } else {
                String::new()
            };
            writeln!(
                to,
                "<tr><th scope=\"row\">{}{some}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                Escaped(phase.name),
                self.time(phase.began_s.mean),
                cell(Some(phase.wall_s), |_, value| self.time(value)),
                energy(phase.energy_j, "J"),
                energy(phase.power_w, "W")
            )?;
        }
        to.push_str("</tbody>\n</table>\n");
        if let Some(more) = phases.len().checked_sub(PHASES_MAX).filter(|more| *more > 0) {
            writeln!(to, "<p class=\"note\">And {more} more.</p>")?;
        }
        phase_counts(to, &phases)
    }

    fn counts(&self, to: &mut String, measured: &Measured, found: &CommandAnalysis) -> fmt::Result {
        to.push_str("<dl class=\"counts\">\n");
        let mut count =
            |name: &str, figure: &str| writeln!(to, "<div><dt>{}</dt><dd>{figure}</dd></div>", Escaped(name));
        for (name, summary) in [("user time", found.user_s), ("system time", found.system_s)] {
            if let Some(summary) = summary {
                count(name, &self.time(summary.mean))?;
            }
        }
        count("peak memory", &peak_memory(&self.record.facts, measured))?;
        for (name, of) in [
            ("minor faults", (|run| run.minor_faults) as fn(&Run) -> u64),
            ("major faults", |run| run.major_faults),
            ("waits", |run| run.voluntary_switches),
            ("preemptions", |run| run.involuntary_switches),
        ] {
            let sum: u128 = measured.runs.iter().map(|run| u128::from(of(run))).sum();
            let runs = u128::try_from(measured.runs.len()).unwrap_or(u128::MAX);
            count(name, &grouped(sum.checked_div(runs).unwrap_or(0)))?;
        }
        for counted in counts(self.record, measured) {
            let mean = grouped(counted.mean);
            if counted.ratio < SCALED {
                let part = counted.ratio * 100.0;
                count(counted.name, &format!("{mean} <small>counted {part:.0} % of the time</small>"))?;
            } else {
                count(counted.name, &mean)?;
            }
        }
        to.push_str(
            "</dl>\n<p class=\"note\">Counts are means of the runs; memory is the most of any.</p>\n",
        );
        Ok(())
    }
}

/// What each phase counted.
fn phase_counts(to: &mut String, phases: &[PhaseFigures<'_>]) -> fmt::Result {
    let counting = || phases.iter().take(PHASES_MAX).filter(|phase| !phase.counts.is_empty());
    if counting().next().is_none() {
        return Ok(());
    }
    to.push_str(
        "<table>\n<caption>Counts by phase, means ± standard deviation</caption>\n<thead><tr><th scope=\"col\">Phase</th>\
         <th scope=\"col\">Event</th><th scope=\"col\">Count</th></tr></thead>\n<tbody>\n",
    );
    for phase in counting() {
        let name = Escaped(phase.name);
        let mut named = format!("<th scope=\"rowgroup\" rowspan=\"{}\">{name}</th>", phase.counts.len());
        for (event, count) in &phase.counts {
            let count = counted(count.mean, count.stddev);
            writeln!(
                to,
                "<tr>{}<td>{}</td><td>{count}</td></tr>",
                std::mem::take(&mut named),
                Escaped(event)
            )?;
        }
    }
    to.push_str("</tbody>\n</table>\n");
    Ok(())
}

/// A mean and its deviation. `say` is told the mean, and what of both to say.
fn cell(summary: Option<Summary>, say: impl Fn(f64, f64) -> String) -> String {
    let Some(summary) = summary else { return "–".to_owned() };
    let mean = say(summary.mean, summary.mean);
    summary
        .stddev
        .map_or_else(|| mean.clone(), |stddev| format!("{mean} <br>± {}", say(summary.mean, stddev)))
}
