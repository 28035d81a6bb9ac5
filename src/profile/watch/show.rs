//! The watch as people read it.

use std::fmt;

use super::{Drawn, Watched};
use crate::profile::record::Missing;
use crate::profile::units::with_prefix;

/// Groups and programs that are shown; the export has all.
const ROWS_MAX: usize = 15;

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = if self.cut_short { ", cut short" } else { "" };
        writeln!(f, "The box, watched for {:.1} s{short}", self.seconds)?;
        self.domains.iter().try_for_each(|drawn| domain(f, drawn))?;
        if !self.domains.is_empty() {
            writeln!(f, "  Domains overlap: they are not to be added up.")?;
        }
        missing(f, self.no_energy.as_ref())?;
        self.by_group(f)?;
        // Where groups have energy, CPU time by program says nothing more.
        if self.division.is_some() { Ok(()) } else { self.by_program(f) }
    }
}

impl Watched {
    fn by_group(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what =
            if self.division.is_some() { "energy of the packages, divided by CPU time" } else { "CPU time" };
        writeln!(f, "\nBy control group: {what}")?;
        missing(f, self.no_groups.as_ref())?;
        let busy = || self.groups.iter().filter(|group| group.cpu_s > 0.0 || group.energy_j > Some(0.0));
        for group in busy().take(ROWS_MAX) {
            row(f, &group.cgroup, group.watts, group.energy_j, Some(group.cpu_s))?;
        }
        rest(f, busy().count(), "groups")?;
        if let Some(division) = &self.division {
            let watts = |joules: f64| (division.seconds > 0.0).then(|| joules / division.seconds);
            for (name, joules) in [
                ("(the machine with nothing to do)", division.idle_j),
                ("(nobody who is followed)", division.unattributed_j),
                ("(groups that are gone)", division.gone_j),
            ] {
                if joules > 0.0 {
                    row(f, name, watts(joules), Some(joules), None)?;
                }
            }
            row(f, "all of it", watts(division.attributed_j), Some(division.attributed_j), None)?;
        }
        if busy().next().is_none() && self.no_groups.is_none() {
            writeln!(f, "  none that is followed has used any")?;
        }
        // What keeps energy from everybody is said above.
        let is_said = self.no_groups.is_some() || self.no_energy.is_some();
        missing(f, self.no_division.as_ref().filter(|_| !is_said))
    }

    fn by_program(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nBy program: CPU time, by the names at the end")?;
        missing(f, self.no_programs.as_ref())?;
        for program in self.programs.iter().take(ROWS_MAX) {
            row(f, &program.name, None, None, Some(program.cpu_s))?;
        }
        rest(f, self.programs.len(), "programs")
    }
}

fn domain(f: &mut fmt::Formatter<'_>, drawn: &Drawn) -> fmt::Result {
    let Drawn { name, source, .. } = drawn;
    let (Some(watts), Some(error), Some(joules)) = (drawn.watts, drawn.error_watts, drawn.energy_j) else {
        return writeln!(
            f,
            "  {name:<16} not known: a read failed meanwhile, or the counter went back ({source})"
        );
    };
    write!(f, "  {name:<16} {watts:8.3} W ± {error:.3}  {:>9}", with_prefix(joules, "J"))?;
    let seconds = || drawn.trace_watts.iter().copied().flatten();
    let (least, most) =
        (seconds().fold(f64::INFINITY, f64::min), seconds().fold(f64::NEG_INFINITY, f64::max));
    if drawn.trace_watts.len() > 1 {
        write!(f, "  seconds from {least:.3} to {most:.3} W")?;
    }
    if let (Some(low), Some(high)) = (drawn.mean_low_watts, drawn.mean_high_watts) {
        write!(f, ", their mean 95 % within {low:.3} to {high:.3} W")?;
    }
    writeln!(f, "  ({source})")
}

fn row(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    watts: Option<f64>,
    joules: Option<f64>,
    cpu_s: Option<f64>,
) -> fmt::Result {
    let cell = |text: Option<String>| text.unwrap_or_default();
    let watts = cell(watts.map(|watts| with_prefix(watts, "W")));
    let joules = cell(joules.map(|joules| with_prefix(joules, "J")));
    let cpu = cell(cpu_s.map(|cpu_s| format!("{cpu_s:.2} s CPU")));
    // Names come from whoever made the group: control characters in them are not for the terminal.
    let name: String = name.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect();
    writeln!(f, "  {name:<44} {watts:>9} {joules:>9} {cpu:>12}")
}

fn rest(f: &mut fmt::Formatter<'_>, count: usize, what: &str) -> fmt::Result {
    match count.checked_sub(ROWS_MAX) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(f, "  and {more} more {what}: see --export-json"),
    }
}

fn missing(f: &mut fmt::Formatter<'_>, missing: Option<&Missing>) -> fmt::Result {
    let Some(Missing { name, what, fix }) = missing else { return Ok(()) };
    let fix = if fix.is_empty() { String::new() } else { format!("; to have it: {fix}") };
    writeln!(f, "  {name}: not available: {what}{fix}")
}

#[cfg(test)]
mod tests {
    use super::super::{Division, FORMAT, Group, Program};
    use super::*;

    fn watched() -> Watched {
        let group = |name: &str, joules| Group {
            cgroup: name.to_owned(),
            cpu_s: 1.5,
            energy_j: Some(joules),
            watts: Some(joules / 10.0),
        };
        Watched {
            watch_format: FORMAT,
            version: String::new(),
            began_unix_s: 0.0,
            seconds: 10.0,
            cut_short: false,
            domains: vec![Drawn {
                name: "package-0".to_owned(),
                source: "powercap".to_owned(),
                energy_j: Some(50.0),
                watts: Some(5.0),
                error_watts: Some(0.002),
                mean_low_watts: Some(4.9),
                mean_high_watts: Some(5.1),
                trace_watts: vec![Some(4.0), Some(6.0)],
            }],
            no_energy: None,
            groups: vec![group("a.slice", 30.0), group("evil\x1b[31m", 5.0)],
            no_groups: None,
            division: Some(Division {
                seconds: 10.0,
                attributed_j: 50.0,
                unattributed_j: 15.0,
                ..Division::default()
            }),
            no_division: None,
            programs: vec![Program { name: "work".to_owned(), cpu_s: 2.0 }],
            no_programs: None,
        }
    }

    #[test]
    fn energy_is_shown_by_domain_and_by_group_and_adds_up() {
        let text = watched().to_string();
        for said in [
            "package-0           5.000 W ± 0.002",
            "seconds from 4.000 to 6.000 W, their mean 95 % within 4.900 to 5.100 W",
            "a.slice",
            "3.00 W",
            "(nobody who is followed)",
            "all of it",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains('\x1b') && !text.contains("By program"), "{text}");
    }

    #[test]
    fn without_energy_it_is_cpu_time_and_the_reason() {
        let what = "this machine has none".to_owned();
        let missing = Missing { name: "energy".to_owned(), what, fix: "run as root".to_owned() };
        let mut watched =
            Watched { domains: Vec::new(), no_energy: Some(missing), division: None, ..watched() };
        watched.groups.iter_mut().for_each(|group| (group.energy_j, group.watts) = (None, None));
        let text = watched.to_string();
        for said in [
            "energy: not available: this machine has none; to have it: run as root",
            "By control group: CPU time\n",
            "1.50 s CPU",
            "By program",
            "work",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains(" W"), "{text}");
        watched.groups.clear();
        assert!(watched.to_string().contains("CPU time\n  none that is followed has used any\n"));
    }
}
