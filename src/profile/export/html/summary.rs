//! What an owner wants to know first: verdicts, a table of the commands, how they compare, how their runs are spread.

use std::fmt::{self, Write};

use super::{HtmlError, Report, figure};
use crate::markup::Escaped;
use crate::profile::analysis::{CommandAnalysis, counted_j, headline_domains, headline_name};
use crate::profile::export::chart::scale::Scale;
use crate::profile::export::chart::{forest, spread};
use crate::profile::export::svg;
use crate::profile::figures::{PEAK_WINDOW, is_estimated, peak_w};
use crate::profile::record::Measured;
use crate::profile::stats::summary::{PERCENTILES, Summary};

impl Report<'_> {
    pub(super) fn summary(&self, to: &mut String) -> Result<(), HtmlError> {
        to.push_str("<section>\n<h2>Summary</h2>\n");
        self.verdicts(to)?;
        self.table(to)?;
        to.push_str("</section>\n");
        self.comparison(to)?;
        self.spreads(to)
    }

    fn verdicts(&self, to: &mut String) -> fmt::Result {
        if self.analysis.comparisons.is_empty() {
            return Ok(());
        }
        to.push_str("<ul class=\"verdicts\">\n");
        for comparison in &self.analysis.comparisons {
            let (name, reference) = (self.name(comparison.command), self.name(self.analysis.reference));
            let said = comparison.sentence(name, reference, is_estimated(&self.record.facts));
            // A number stays with its sign of percent.
            writeln!(to, "<li>{}</li>", Escaped(said.replace(" %", "\u{a0}%")))?;
        }
        to.push_str("</ul>\n");
        Ok(())
    }

    fn table(&self, to: &mut String) -> fmt::Result {
        let has_energy = self.analysis.commands.iter().any(|found| found.headline_j.is_some());
        let has_net = self.analysis.commands.iter().any(|found| found.net_j.is_some());
        to.push_str("<table class=\"cards\">\n<thead><tr><th scope=\"col\">Command</th><th scope=\"col\">Runs</th><th scope=\"col\">Time</th>");
        if has_energy {
            write!(to, "<th scope=\"col\">Energy{}</th>", self.mark)?;
            if has_net {
                write!(to, "<th scope=\"col\">Net energy{}</th>", self.mark)?;
            }
            write!(to, "<th scope=\"col\">Power{0}</th><th scope=\"col\">Energy × time{0}</th>", self.mark)?;
        }
        to.push_str("</tr></thead>\n<tbody>\n");
        for (at, (measured, found)) in self.record.results.iter().zip(&self.analysis.commands).enumerate() {
            let is_reference = at == self.analysis.reference && !self.analysis.comparisons.is_empty();
            let reference = if is_reference { " <small>reference</small>" } else { "" };
            write!(to, "<tr><th scope=\"row\">{}{reference}</th>", Escaped(&measured.name))?;
            write!(to, "<td data-label=\"Runs\">{}</td>", measured.runs.len())?;
            cell(to, "Time", found.wall_s, |_, value| self.time(value))?;
            if has_energy {
                self.energies(to, measured, found, has_net)?;
            }
            to.push_str("</tr>\n");
        }
        to.push_str("</tbody>\n</table>\n<p class=\"note\">Mean ± standard deviation of the runs.");
        if has_energy {
            write!(to, " Energy is that of {}.", Escaped(headline_name(&self.record.facts)))?;
        }
        if has_net {
            to.push_str(" Net is what the idle machine would not have taken.");
        }
        if !has_energy {
            to.push_str(match &self.record.facts.no_energy {
                Some(_) => " Energy is not available; the reason and the remedy are below.",
                None => " Energy is not available; the reason is below.",
            });
        }
        to.push_str("</p>\n");
        Ok(())
    }

    fn energies(
        &self,
        to: &mut String,
        measured: &Measured,
        found: &CommandAnalysis,
        has_net: bool,
    ) -> fmt::Result {
        cell(to, "Energy", found.headline_j, |mean, value| self.energy_spread(mean, value, "J"))?;
        if has_net {
            cell(to, "Net energy", found.net_j, |mean, value| self.energy_spread(mean, value, "J"))?;
        }
        let domains = headline_domains(&self.record.facts);
        let peak = peak_w(measured, &domains)
            .filter(|_| found.headline_w.is_some())
            .map(|peak| format!(" <br>peak {} <small>over {PEAK_WINDOW}</small>", self.energy(peak, "W")));
        let power = found.headline_w.map(|power| self.energy(power.mean, "W"));
        let power = power.unwrap_or_else(|| NONE.to_owned());
        write!(to, "<td data-label=\"Power\"><span>{power}{}</span></td>", peak.unwrap_or_default())?;
        let product = found.energy_delay_js.map(|product| self.energy(product.mean, "J·s"));
        let product = product.unwrap_or_else(|| NONE.to_owned());
        write!(to, "<td data-label=\"Energy × time\">{product}</td>")
    }

    fn comparison(&self, to: &mut String) -> Result<(), HtmlError> {
        let [first, ..] = &self.analysis.comparisons[..] else { return Ok(()) };
        let reference = Escaped(self.name(self.analysis.reference));
        let mut caption = format!(
            "Change beside {reference}. Bars are 95 % intervals of the ratio over {} pairs of neighbouring runs: blue \
             takes less, orange takes more, and grey cannot be told from no change.",
            first.pairs
        );
        if is_estimated(&self.record.facts) {
            caption.push_str(" Energy and power are estimated.");
        }
        let commands = self.analysis.comparisons.len();
        if commands > forest::GROUPS_MAX {
            write!(caption, " The first {} commands of {commands}.", forest::GROUPS_MAX)?;
        }
        let mut drawn = String::new();
        figure(&mut drawn, "Comparison with 95 % intervals", &caption, |width| {
            svg::forest(self.record, self.analysis, width)
        })?;
        if !drawn.is_empty() {
            write!(to, "<section>\n<h2>Comparison</h2>\n{drawn}</section>\n")?;
        }
        Ok(())
    }

    fn spreads(&self, to: &mut String) -> Result<(), HtmlError> {
        let results = &self.record.results;
        let domains = headline_domains(&self.record.facts);
        let joules = |measured: &Measured| {
            measured.figures_of_all(|run| counted_j(&self.record.facts, &domains, run)).unwrap_or_default()
        };
        let rows: Vec<spread::Row<'_>> = results
            .iter()
            .map(|measured| spread::Row { name: &measured.name, figures: joules(measured) })
            .filter(|row| !row.figures.is_empty())
            .collect();
        let most = rows.iter().flat_map(|row| &row.figures).copied().fold(0.0, f64::max);
        let scale = Scale::of_quantity(most, "J");
        let more = if results.len() > spread::ROWS_MAX {
            format!(" The first {} commands of {}.", spread::ROWS_MAX, results.len())
        } else {
            String::new()
        };
        let how = "each dot is a run; the box holds the middle half, the thin line 90 in 100, the tick is the median.";
        to.push_str("<section>\n<h2>Runs</h2>\n");
        let caption = format!("Energy{}: {how}{more}", self.mark);
        figure(to, "Energy of each run", &caption, |width| spread::draw(&rows, &scale, width))?;
        let caption = format!("Time: {how}{more}");
        figure(to, "Time of each run", &caption, |width| {
            svg::times(self.record, self.analysis, Some(self.unit), width)
        })?;
        let energies = |found: &CommandAnalysis| found.headline_j;
        self.spread(to, &format!("Energy{}", self.mark), energies, |mean, value| {
            self.energy_spread(mean, value, "J")
        })?;
        self.spread(to, "Time", |found| found.wall_s, |_, value| self.time(value))?;
        to.push_str("</section>\n");
        Ok(())
    }
}

impl Report<'_> {
    /// Where the middle of the runs is and how far they lie from it, as numbers. `say` is told the mean, and what to say.
    fn spread(
        &self,
        to: &mut String,
        of: &str,
        summary: impl Fn(&CommandAnalysis) -> Option<Summary>,
        say: impl Fn(f64, f64) -> String,
    ) -> fmt::Result {
        let rows = self.record.results.iter().zip(&self.analysis.commands);
        let rows: Vec<_> = rows.filter_map(|(row, found)| Some((row, summary(found)?))).collect();
        if rows.is_empty() {
            return Ok(());
        }
        write!(
            to,
            "<table class=\"cards\">\n<caption>{of}: median, median absolute deviation, percentiles</caption>\n<thead><tr>\
             <th scope=\"col\">Command</th><th scope=\"col\">Median</th><th scope=\"col\">MAD</th>"
        )?;
        let ranks: Vec<String> = PERCENTILES.iter().map(|rank| format!("{rank:.0}\u{a0}%")).collect();
        for rank in &ranks {
            write!(to, "<th scope=\"col\">{rank}</th>")?;
        }
        to.push_str("</tr></thead>\n<tbody>\n");
        for (measured, found) in rows {
            write!(to, "<tr><th scope=\"row\">{}</th>", Escaped(&measured.name))?;
            let labels = ["Median", "MAD"].into_iter().chain(ranks.iter().map(String::as_str));
            let figures = [found.median, found.mad].into_iter().chain(found.percentiles);
            for (label, figure) in labels.zip(figures) {
                write!(to, "<td data-label=\"{label}\"><span>{}</span></td>", say(found.mean, figure))?;
            }
            to.push_str("</tr>\n");
        }
        to.push_str("</tbody>\n</table>\n");
        Ok(())
    }
}

/// What stands where there is no figure.
const NONE: &str = "<small>not available</small>";

/// A mean and its deviation below the name of their column. `say` is told the mean, and what of both to say.
fn cell(
    to: &mut String,
    label: &str,
    summary: Option<Summary>,
    say: impl Fn(f64, f64) -> String,
) -> fmt::Result {
    let Some(summary) = summary else { return write!(to, "<td data-label=\"{label}\">{NONE}</td>") };
    write!(to, "<td data-label=\"{label}\"><span>{}", say(summary.mean, summary.mean))?;
    if let Some(stddev) = summary.stddev {
        write!(to, " <br>± {}", say(summary.mean, stddev))?;
    }
    to.push_str("</span></td>");
    Ok(())
}
