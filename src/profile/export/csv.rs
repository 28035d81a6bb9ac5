//! CSV: one line a command, in seconds and joules; hyperfine's columns first.

use std::fmt::Write;

use crate::profile::analysis::Analysis;
use crate::profile::figures::{is_estimated, net_refused};
use crate::profile::record::Record;

/// The record as CSV (RFC 4180).
#[must_use]
pub fn write(record: &Record, analysis: &Analysis) -> String {
    let mut out = String::from("command,mean,stddev,median,user,system,min,max");
    let parameters: Vec<&str> = record
        .results
        .iter()
        // A reference has none.
        .find(|measured| !measured.parameters.is_empty())
        .map_or_else(Vec::new, |first| first.parameters.iter().map(|(name, _)| name.as_str()).collect());
    for name in &parameters {
        out.push(',');
        out.push_str(&field(&format!("parameter_{name}")));
    }
    out.push_str(
        ",joules_mean,joules_stddev,joules_median,joules_min,joules_max,joules_net_mean,watts_mean,energy_source,\
         energy_missing,net_refused,idle_watts,idle_watts_low,idle_watts_high\n",
    );
    for (measured, found) in record.results.iter().zip(&analysis.commands) {
        let (Some(wall), Some(user), Some(system)) = (found.wall_s, found.user_s, found.system_s) else {
            continue;
        };
        out.push_str(&field(&measured.name));
        // As hyperfine writes a deviation that a single run has not.
        let stddev = wall.stddev.unwrap_or(0.0);
        for figure in [wall.mean, stddev, wall.median, user.mean, system.mean, wall.min, wall.max] {
            push(&mut out, Some(figure));
        }
        for wanted in &parameters {
            let value = measured.parameters.iter().find(|(name, _)| name == wanted);
            out.push(',');
            out.push_str(&value.map_or_else(String::new, |(_, value)| field(value)));
        }
        let joules = found.headline_j;
        for figure in [
            joules.map(|joules| joules.mean),
            joules.and_then(|joules| joules.stddev),
            joules.map(|joules| joules.median),
            joules.map(|joules| joules.min),
            joules.map(|joules| joules.max),
            found.net_j.map(|joules| joules.mean),
            found.headline_w.map(|watts| watts.mean),
        ] {
            push(&mut out, figure);
        }
        out.push_str(match joules {
            None => ",",
            Some(_) if is_estimated(&record.facts) => ",estimated",
            Some(_) => ",measured",
        });
        for reason in [found.no_energy.clone(), net_refused(analysis, found)] {
            out.push(',');
            out.push_str(&field(&reason.unwrap_or_default()));
        }
        let idle = analysis.idle.as_ref().ok();
        for figure in [idle.map(|idle| idle.estimate), idle.map(|idle| idle.low), idle.map(|idle| idle.high)]
        {
            push(&mut out, figure);
        }
        out.push('\n');
    }
    out
}

/// A figure, or nothing between its commas.
fn push(out: &mut String, figure: Option<f64>) {
    out.push(',');
    if let Some(figure) = figure {
        // Writing to a string does not fail.
        if write!(out, "{figure}").is_err() {
            out.push('?');
        }
    }
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::{baseline, record};

    #[test]
    fn one_line_a_command_with_hyperfines_columns_first() {
        let mut record = record(&[("say \"a, b\"", 10.0, 1.0), ("B", 9.0, 1.0)], 5);
        for (measured, value) in record.results.iter_mut().zip(["1", "2,3"]) {
            measured.parameters = vec![("x".to_owned(), value.to_owned())];
        }
        for run in &mut record.results[1].runs {
            (run.wall_s, run.energy_j) = (2.0, vec![None]);
        }
        let text = write(&record, &Analysis::of(&record, 0));
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with("command,mean,stddev,median,user,system,min,max,parameter_x,joules_mean,")
        );
        assert!(lines[1].starts_with("\"say \"\"a, b\"\"\","), "{text}");
        let why = "\"in 5 of 5 runs a read of the counter failed, or its count is in doubt\"";
        assert_eq!(lines[2], format!("B,2,0,2,0.5,0.25,2,2,\"2,3\",,,,,,,,,{why},{why},,,"));
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains(",energy_source,energy_missing,net_refused,idle_watts,"), "{text}");
        assert!(lines[1].contains(",measured,,no idle baseline was measured: "), "{text}");
        record.baseline = Some(baseline(&[3.0, 3.01]));
        let text = write(&record, &Analysis::of(&record, 0));
        assert!(text.lines().nth(1).unwrap().contains(",measured,,,3.00"), "{text}");
        record.facts.domains[0].source = "estimated".to_owned();
        let text = write(&record, &Analysis::of(&record, 0));
        assert!(text.lines().nth(1).unwrap().contains(",estimated,,"), "{text}");
    }
}
