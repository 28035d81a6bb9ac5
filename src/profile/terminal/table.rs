//! One line a command: its number, its name, and means with their deviations.

use std::fmt::{self, Formatter};

use super::{Shown, letters, on_one_line};
use crate::profile::analysis::{CommandAnalysis, headline_domains, headline_name};
use crate::profile::figures::{PEAK_WINDOW, is_estimated, peak_w};
use crate::profile::stats::summary::Summary;
use crate::profile::units::{spread, spread_with_prefix, with_prefix};

/// What stands where there is no figure.
const NONE: &str = "not available";
/// Letters that a command keeps in a terminal that is too narrow for the table.
const NAME_LEAST: usize = 12;

/// A column.
struct Column {
    head: String,
    cells: Vec<String>,
    /// Columns of the highest are left away first where the terminal is too narrow; those of 0 never.
    spare: u8,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| letters(cell)).chain([letters(&self.head)]).max().unwrap_or(0)
    }
}

impl Shown<'_> {
    pub(super) fn table(&self, to: &mut Formatter<'_>, order: &[usize]) -> fmt::Result {
        if order.is_empty() {
            return Ok(());
        }
        let mut columns = self.columns(order);
        let mut names = self.names(order);
        if let Some(width) = self.look.width {
            fit(&mut columns, &mut names, width);
        }
        let name_width = names.width();
        let line = |cell: &dyn Fn(&Column) -> String| {
            let mut cells = columns.iter();
            let number = cells.next().map_or_else(String::new, |column| right(&cell(column), column.width()));
            let name = cell(&names);
            let pad = " ".repeat(name_width.saturating_sub(letters(&name)));
            let rest: String =
                cells.map(|column| format!("  {}", right(&cell(column), column.width()))).collect();
            format!("{number}  {name}{pad}{rest}").trim_end().to_owned()
        };
        writeln!(to, "{}", self.bold(&line(&|column| column.head.clone())))?;
        for row in 0..order.len() {
            writeln!(to, "{}", line(&|column| column.cells.get(row).cloned().unwrap_or_default()))?;
        }
        writeln!(to)
    }

    fn names(&self, order: &[usize]) -> Column {
        let cells = order.iter().map(|at| on_one_line(self.name(*at))).collect();
        Column { head: "Command".to_owned(), cells, spare: 0 }
    }

    /// The number first; the name is put behind it.
    fn columns(&self, order: &[usize]) -> Vec<Column> {
        let found = |at: &usize| self.analysis.commands.get(*at);
        let column = |head: String, spare: u8, cell: &dyn Fn(&usize) -> Option<String>| {
            let cells = order.iter().map(|at| cell(at).unwrap_or_else(|| NONE.to_owned())).collect();
            Column { head, cells, spare }
        };
        let mut columns = vec![column("#".to_owned(), 0, &|at| Some((at + 1).to_string()))];
        let (unit, decimals) = self.unit();
        let time = |wall: Summary| {
            let scaled = |seconds: f64| seconds * unit.per_second();
            spread(scaled(wall.mean), wall.stddev.map(scaled), decimals)
        };
        columns.push(column(format!("Time [{}]", unit.name()), 0, &|at| Some(time(found(at)?.wall_s?))));
        let has = |of: fn(&CommandAnalysis) -> Option<Summary>| {
            self.analysis.commands.iter().any(|one| of(one).is_some())
        };
        let mark = if is_estimated(&self.record.facts) { ", estimated" } else { "" };
        let quantity = |summary: Summary, unit| spread_with_prefix(summary.mean, summary.stddev, unit);
        columns.push(column(format!("Energy{mark}"), 0, &|at| Some(quantity(found(at)?.headline_j?, "J"))));
        if has(|one| one.net_j) {
            columns.push(column("Net".to_owned(), 3, &|at| Some(quantity(found(at)?.net_j?, "J"))));
        }
        if has(|one| one.headline_w) {
            columns
                .push(column(format!("Power{mark}"), 2, &|at| Some(quantity(found(at)?.headline_w?, "W"))));
            let domains = headline_domains(&self.record.facts);
            let peak = |at: &usize| peak_w(self.record.results.get(*at)?, &domains);
            if order.iter().any(|at| peak(at).is_some()) {
                let head = format!("Peak ({PEAK_WINDOW})");
                columns.push(column(head, 4, &|at| Some(with_prefix(peak(at)?, "W"))));
            }
        }
        if !self.analysis.comparisons.is_empty() {
            let of = if has(|one| one.headline_j) {
                format!("Energy ratio{mark}")
            } else {
                "Time ratio".to_owned()
            };
            columns.push(column(of, 1, &|at| self.ratio(*at)));
        }
        columns
    }

    /// The ratio to the reference: of energy where there is any, else of time.
    fn ratio(&self, at: usize) -> Option<String> {
        if at == self.analysis.reference {
            return Some("reference".to_owned());
        }
        let has_energy = self.analysis.commands.iter().any(|one| one.headline_j.is_some());
        let comparison = self.analysis.comparisons.iter().find(|comparison| comparison.command == at)?;
        let ratio = if has_energy { comparison.energy } else { comparison.time }?;
        Some(format!("{:.3} ± {:.3}", ratio.estimate, ratio.half_width()))
    }

    /// What the table's energy is of; nothing where there is none.
    pub(super) fn whose_energy(&self) -> Option<String> {
        let has = self.analysis.commands.iter().any(|found| found.headline_j.is_some());
        has.then(|| headline_name(&self.record.facts))
    }
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(letters(text))))
}

/// Makes the table as narrow as the terminal: names are cut first, then columns are left away.
fn fit(columns: &mut Vec<Column>, names: &mut Column, width: usize) {
    loop {
        let others: usize = columns.iter().map(|column| column.width() + 2).sum();
        let left = width.saturating_sub(others);
        let spare = columns.iter().map(|column| column.spare).max().unwrap_or(0);
        if names.width() <= left || left >= NAME_LEAST || spare == 0 {
            let most = left.max(NAME_LEAST);
            for name in names.cells.iter_mut().filter(|name| letters(name) > most) {
                *name = name.chars().take(most - 1).chain(['…']).collect();
            }
            return;
        }
        columns.retain(|column| column.spare != spare);
    }
}
