//! The text of `hearth.toml` into a [`Config`], or everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Config;
use super::fans;
use super::keys::{Key, ORDERED, Slot, keys};
use super::nearest::nearest;
use super::value::{described, did_you_mean};

/// One thing wrong with a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What was expected and what was found instead.
    pub what: String,
}

/// A configuration file that was not accepted: its name and everything that is wrong with it, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The file as the caller named it.
    pub file: String,
    /// At least one fault.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Refused {
    /// One line for each fault: `file:line:column: what`.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Fault { line, column, what }) in self.faults.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(to, "{newline}{}:{line}:{column}: {what}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Where each key that the file sets has its value.
type Found = BTreeMap<(&'static str, &'static str), Range<usize>>;

/// Reads `text`; `file` names it in errors, `sensors` are the names sensors may have.
pub(super) fn read(text: &str, file: &str, sensors: &[&str]) -> Result<Config, Refused> {
    let mut config = Config::default();
    let mut faults = Faults { text, faults: Vec::new(), broken: BTreeSet::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        faults.push_broken(error.span().unwrap_or(0..0), error.message());
    }
    let mut found = Found::new();
    let mut fans = Vec::new();
    {
        let mut keys = keys(&mut config);
        for (name, value) in document.get_ref() {
            if name.get_ref() == "fan" {
                let (read, wrong) = fans::read(value);
                fans = read;
                wrong.into_iter().for_each(|(span, what)| faults.push(span, what));
                continue;
            }
            let sections = || keys.iter().map(|key| key.section);
            let Some(section) = sections().find(|section| *section == name.get_ref().as_ref()) else {
                let what = match value.get_ref() {
                    DeValue::Table(_) => unknown_section(name.get_ref(), sections()),
                    _ => outside(name.get_ref(), &keys),
                };
                faults.push(name.span(), what);
                continue;
            };
            match value.get_ref() {
                DeValue::Table(table) => {
                    read_section(section, table, &mut keys, sensors, &mut faults, &mut found);
                }
                other => {
                    let what = format!("expected a section, [{section}], found {}", described(other));
                    faults.push(value.span(), what);
                }
            }
        }
        check_order(&keys, &found, &mut faults);
    }
    config.fans = fans;
    faults.end(file, config)
}

fn read_section(
    section: &'static str,
    table: &DeTable<'_>,
    keys: &mut [Key<'_>],
    sensors: &[&str],
    faults: &mut Faults<'_>,
    found: &mut Found,
) {
    for (name, value) in table {
        let wanted = name.get_ref().as_ref();
        let Some(key) = keys.iter_mut().find(|key| key.section == section && key.name == wanted) else {
            let known = keys.iter().filter(|key| key.section == section).map(|key| key.name);
            faults.push(name.span(), unknown_key(section, wanted, known, keys));
            continue;
        };
        match key.slot.take(value, sensors) {
            Ok(()) => {
                found.insert((section, key.name), value.span());
            }
            Err(mismatches) => {
                for mismatch in mismatches {
                    faults.push(mismatch.span, format!("{section}.{}: {}", key.name, mismatch.what));
                }
            }
        }
    }
}

fn unknown_section(name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("unknown section {name:?}; did you mean [{near}]?"),
        None => {
            let mut sections: Vec<String> = known.map(|section| format!("[{section}]")).collect();
            sections.dedup();
            format!("unknown section {name:?}; there are {}", sections.join(", "))
        }
    }
}

fn unknown_key(
    section: &str,
    name: &str,
    known: impl Iterator<Item = &'static str> + Clone,
    keys: &[Key<'_>],
) -> String {
    let elsewhere = homes(name, keys);
    if !elsewhere.is_empty() {
        return format!("unknown key {name:?} in [{section}]; it belongs in {elsewhere}");
    }
    match nearest(name, known.clone()) {
        Some(near) => format!("unknown key {name:?} in [{section}]{}", did_you_mean(Some(near))),
        None => {
            let keys: Vec<&str> = known.collect();
            format!("unknown key {name:?} in [{section}]; there are {}", keys.join(", "))
        }
    }
}

fn outside(name: &str, keys: &[Key<'_>]) -> String {
    let homes = homes(name, keys);
    if homes.is_empty() {
        format!("unknown key {name:?} outside any section")
    } else {
        format!("the key {name:?} stands outside any section; it belongs in {homes}")
    }
}

/// The sections that have a key `name`: `[ring] or [history]`; empty if there is none.
fn homes(name: &str, keys: &[Key<'_>]) -> String {
    let homes: Vec<String> =
        keys.iter().filter(|key| key.name == name).map(|key| format!("[{}]", key.section)).collect();
    homes.join(" or ")
}

/// Values that are fine each for itself and not together; said where the file sets one of them.
fn check_order(keys: &[Key<'_>], found: &Found, faults: &mut Faults<'_>) {
    let value = |section, name| {
        keys.iter().find(|key| key.section == section && key.name == name).and_then(|key| match &key.slot {
            Slot::Number { value, .. } => Some(**value),
            _ => None,
        })
    };
    for &(section, lesser, greater) in ORDERED {
        let (Some(least), Some(most)) = (value(section, lesser), value(section, greater)) else { continue };
        let Some(span) = found.get(&(section, lesser)).or_else(|| found.get(&(section, greater))) else {
            continue;
        };
        if least > most {
            let what =
                format!("{section}.{lesser} ({least}) must not be greater than {section}.{greater} ({most})");
            faults.push(span.clone(), what);
        }
    }
}

/// What is wrong so far, by place in the text.
struct Faults<'a> {
    text: &'a str,
    faults: Vec<(usize, String)>,
    /// Lines that are not TOML: what was made of their remains is not worth a word.
    broken: BTreeSet<usize>,
}

impl Faults<'_> {
    fn push(&mut self, at: Range<usize>, what: String) {
        if !self.broken.contains(&line(self.text, at.start)) {
            self.faults.push((at.start, what));
        }
    }

    fn push_broken(&mut self, at: Range<usize>, message: &str) {
        self.faults.push((at.start, format!("not TOML: {message}")));
        self.broken.insert(line(self.text, at.start));
    }

    /// `config`, if nothing was wrong.
    fn end(mut self, file: &str, config: Config) -> Result<Config, Refused> {
        if self.faults.is_empty() {
            return Ok(config);
        }
        self.faults.sort();
        let faults = self.faults.into_iter().map(|(at, what)| located(self.text, at, what)).collect();
        Err(Refused { file: file.to_owned(), faults })
    }
}

/// The text before byte `at`.
fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or(text)
}

/// The line byte `at` is on, from 1.
fn line(text: &str, at: usize) -> usize {
    before(text, at).matches('\n').count() + 1
}

fn located(text: &str, at: usize, what: String) -> Fault {
    let in_line = before(text, at).rsplit('\n').next().unwrap_or_default();
    Fault { line: line(text, at), column: in_line.chars().count() + 1, what }
}
