//! Where figures come from: the idle machine, what could not be measured and how it could, how to have them again.

use std::fmt::{self, Write};

use super::Report;
use crate::markup::Escaped;
use crate::profile::analysis::{NoNet, headline, headline_domains};
use crate::profile::record::Missing;
use crate::profile::stats::interval::LEAST;
use crate::profile::units::sentence;

impl Report<'_> {
    pub(super) fn sources(&self, to: &mut String) -> fmt::Result {
        self.baseline(to)?;
        self.missing(to)?;
        self.again(to)
    }

    fn baseline(&self, to: &mut String) -> fmt::Result {
        if matches!(self.analysis.idle, Err(NoNet::NoEnergy)) {
            return Ok(());
        }
        to.push_str("<section>\n<h2>The idle machine</h2>\n");
        match &self.analysis.idle {
            Ok(idle) => writeln!(
                to,
                "<p>{} ± {} (95 % interval), taken off for net energy.</p>",
                self.energy(idle.estimate, "W"),
                self.energy(idle.half_width(), "W")
            )?,
            Err(why) => writeln!(to, "<p>No net energy: {}.</p>", Escaped(why))?,
        }
        if let Some(baseline) = &self.record.baseline {
            let domains = headline_domains(&self.record.facts);
            to.push_str("<table>\n<thead><tr><th scope=\"col\">Stretch</th><th scope=\"col\">Begins</th><th scope=\"col\">Lasts</th><th scope=\"col\">Power</th></tr></thead>\n<tbody>\n");
            for (number, stretch) in (1..).zip(&baseline.stretches) {
                let means: Vec<Option<f64>> = stretch.watts.iter().map(|watts| mean(watts)).collect();
                let power = headline(&domains, &means);
                let power = power.map_or_else(|| "–".to_owned(), |power| self.energy(power, "W"));
                writeln!(
                    to,
                    "<tr><th scope=\"row\">{number}</th><td>{:.1} s</td><td>{:.1} s</td><td>{power}</td></tr>",
                    stretch.began_s, stretch.seconds
                )?;
            }
            to.push_str("</tbody>\n</table>\n");
        }
        to.push_str("</section>\n");
        Ok(())
    }

    /// What is not available, each reason once.
    fn missing(&self, to: &mut String) -> fmt::Result {
        let facts = &self.record.facts;
        let mut told: Vec<(Vec<&str>, &Missing)> = Vec::new();
        for missing in &facts.no_counters {
            match told.iter_mut().find(|(_, other)| other.what == missing.what && other.fix == missing.fix) {
                Some((names, _)) => names.push(&missing.name),
                None => told.push((vec![&missing.name], missing)),
            }
        }
        if told.is_empty() && facts.no_energy.is_none() && !facts.user_only && facts.notes.is_empty() {
            return Ok(());
        }
        to.push_str("<section>\n<h2>What to know about the figures</h2>\n<dl>\n");
        if let Some(missing) = &facts.no_energy {
            reason(to, "Energy is not available", missing)?;
        }
        for (names, missing) in told {
            reason(to, &format!("Not counted: {}", names.join(", ")), missing)?;
        }
        if facts.user_only {
            to.push_str("<dt>Counters leave out the kernel</dt><dd>This account may count programs alone. <b><code>sysctl kernel.perf_event_paranoid=1</code>, or CAP_PERFMON, shows the rest.</b></dd>\n");
        }
        for note in &facts.notes {
            writeln!(to, "<dt>Note</dt><dd>{}</dd>", Escaped(sentence(note)))?;
        }
        to.push_str("</dl>\n</section>\n");
        Ok(())
    }

    /// How to have the same figures from the same runs.
    fn again(&self, to: &mut String) -> fmt::Result {
        let facts = &self.record.facts;
        to.push_str("<section>\n<h2>How it was measured</h2>\n<p>");
        for domain in &facts.domains {
            if domain.is_estimated() {
                write!(to, "{} estimated from CPU time; ", Escaped(&domain.name))?;
            } else {
                let (name, source) = (Escaped(&domain.name), Escaped(&domain.source));
                write!(to, "{name} by {source}, sampled at {} Hz; ", facts.rate_hz)?;
            }
        }
        writeln!(
            to,
            "runs in {} order; seed {}; hearth {}.</p>",
            Escaped(&facts.order),
            self.record.seed,
            Escaped(&self.record.version)
        )?;
        write!(
            to,
            "<p>Intervals are studentized bootstrap intervals, nowhere narrower than Student's, of at least {LEAST} runs, drawn from the seed. The same report \
             from the same runs, of which <code>--export-json</code> or <code>--export-postcard</code> keeps a file:</p>\n\
             <pre>hearth profile --analyze FILE --export-html REPORT</pre>\n</section>\n"
        )
    }
}

/// Why something is not available, and what the owner can do about it.
fn reason(to: &mut String, about: &str, missing: &Missing) -> fmt::Result {
    write!(to, "<dt>{}</dt><dd>{}", Escaped(about), Escaped(sentence(&missing.what)))?;
    if !missing.fix.is_empty() {
        write!(to, " <b>{}</b>", Escaped(sentence(&missing.fix)))?;
    }
    to.push_str("</dd>\n");
    Ok(())
}

/// None of nothing.
fn mean(watts: &[f64]) -> Option<f64> {
    let count = u32::try_from(watts.len()).ok().filter(|count| *count > 0)?;
    Some(watts.iter().sum::<f64>() / f64::from(count))
}
