//! A report for a browser: one file that needs nothing else, neither a network nor a script.
//!
//! ```text
//! head      what was measured, when, on what
//! summary   verdicts, a table of the commands, how they compare, how their runs are spread
//! commands  each command: power over time, phases, counts, warnings
//! sources   the idle machine, what could not be measured and how it could, how to have the figures again
//! ```
//!
//! Whatever comes from outside goes through [`Escaped`]. Every figure that is an estimate says so beside itself.

mod commands;
mod sources;
mod summary;

use std::fmt::{self, Write};

use super::chart::{ChartError, Picture, Width, dark_rules, font_rules};
use crate::calendar::civil;
use crate::markup::Escaped;
use crate::profile::analysis::Analysis;
use crate::profile::figures::is_estimated;
use crate::profile::record::Record;
use crate::profile::units::{TimeUnit, with_prefix, with_prefix_of};

/// The report's looks, but for the charts' colours.
const STYLE: &str = include_str!("report.css");

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// A chart failed.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// Text would not be put together.
    #[error("the report cannot be put together: {0}")]
    Text(#[from] fmt::Error),
}

/// A report that is being written.
struct Report<'a> {
    record: &'a Record,
    analysis: &'a Analysis,
    /// The unit of every time in it.
    unit: TimeUnit,
    /// What follows each figure of energy and power.
    mark: &'static str,
}

/// The record as a page. Times are in `unit`, or in the one that fits the quickest command.
///
/// # Errors
/// None that is known.
pub fn write(record: &Record, analysis: &Analysis, unit: Option<TimeUnit>) -> Result<String, HtmlError> {
    let fastest = analysis.commands.iter().filter_map(|found| found.wall_s).map(|wall| wall.mean);
    let unit = unit.unwrap_or_else(|| TimeUnit::fitting(fastest.fold(f64::INFINITY, f64::min)));
    let mark = if is_estimated(&record.facts) { " <em>estimated</em>" } else { "" };
    let report = Report { record, analysis, unit, mark };
    let mut page = String::new();
    report.head(&mut page)?;
    report.summary(&mut page)?;
    for (measured, found) in record.results.iter().zip(&analysis.commands) {
        report.command(&mut page, measured, found)?;
    }
    report.sources(&mut page)?;
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(page)
}

impl Report<'_> {
    fn head(&self, to: &mut String) -> fmt::Result {
        let Record { results, facts, .. } = self.record;
        let title = match &results[..] {
            [] => "Nothing was measured".to_owned(),
            [only] => only.name.clone(),
            [first, second] => format!("{} and {}", first.name, second.name),
            [first, others @ ..] => format!("{} and {} others", first.name, others.len()),
        };
        let title = Escaped(&title);
        write!(
            to,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n\
             <title>{title}: energy and time</title>\n<style>\n{STYLE}{}\n{}</style>\n</head>\n<body>\n\
             <header>\n<p class=\"kind\">Energy and time</p>\n<h1>{title}</h1>\n",
            font_rules(),
            dark_rules()
        )?;
        let runs: usize = results.iter().map(|measured| measured.runs.len()).sum();
        writeln!(
            to,
            "<p>{runs} runs on {}, {} CPUs, {}; {}</p>",
            Escaped(&facts.processor),
            facts.cpus,
            Escaped(&facts.kernel),
            date(self.record.began_unix_s)
        )?;
        if self.record.cut_short {
            to.push_str("<p class=\"warning\">Ended early: these are the runs made until then.</p>\n");
        }
        if is_estimated(facts) {
            to.push_str(
                "<p class=\"warning\">Energy and power are estimated: CPU time multiplied with the watts that \
                 <code>--estimate-tdp</code> named. Nothing measured them.</p>\n",
            );
        }
        to.push_str("</header>\n<main>\n");
        Ok(())
    }

    /// A time in the report's unit.
    fn time(&self, seconds: f64) -> String {
        let decimals = match self.unit {
            TimeUnit::Microsecond => 0,
            TimeUnit::Millisecond => 1,
            TimeUnit::Second => 3,
        };
        format!("{:.decimals$} {}", seconds * self.unit.per_second(), self.unit.name())
    }

    /// A figure of energy or power, with its mark.
    fn energy(&self, value: f64, unit: &str) -> String {
        format!("{}{}", with_prefix(value, unit), self.mark)
    }

    /// Its deviation.
    fn energy_spread(&self, mean: f64, stddev: f64, unit: &str) -> String {
        format!("{}{}", with_prefix_of(mean, stddev, unit), self.mark)
    }

    fn name(&self, at: usize) -> &str {
        self.record.results.get(at).map_or("", |measured| measured.name.as_str())
    }
}

/// A chart for large and for small screens; nothing if there is none.
fn figure(
    to: &mut String,
    words: &str,
    caption: &str,
    draw: impl Fn(Width) -> Result<Option<Picture>, ChartError>,
) -> Result<(), HtmlError> {
    let mut pictures = String::new();
    for (width, class) in Width::ALL {
        if let Some(picture) = draw(width)? {
            pictures.push_str(&picture.inline(class, words));
        }
    }
    if !pictures.is_empty() {
        writeln!(to, "<figure>\n{pictures}<figcaption>{caption}</figcaption>\n</figure>")?;
    }
    Ok(())
}

/// The day and the minute in UTC; nothing of a time before 1970.
fn date(unix_s: f64) -> String {
    let Ok(time) = std::time::Duration::try_from_secs_f64(unix_s) else {
        return "at an unknown time".to_owned();
    };
    let minutes = time.as_secs() / 60;
    let (year, month, day) = civil(minutes / 1440);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60 % 24, minutes % 60)
}

#[cfg(test)]
mod tests;
