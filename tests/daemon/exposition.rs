//! An exposition as the official Python parser understands it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::outside::{run, script};

/// One family: its type, and its samples' values by name and labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) samples: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Family {
    /// Every label key that a sample has.
    pub(crate) fn label_keys(&self) -> BTreeSet<&str> {
        self.samples.keys().flat_map(|(_, labels)| labels.keys().map(String::as_str)).collect()
    }
}

/// The families of a valid exposition by name; another one fails with the parser's words. `format` is `openmetrics` or
/// `text`.
pub(crate) fn parsed(format: &str, text: &str) -> BTreeMap<String, Family> {
    let path = script("check_exposition.py");
    let said = run("/usr/bin/python3", &[&path, format], "python3-prometheus-client", text.as_bytes());
    assert_eq!(said.code, Some(0), "not valid {format}: {}", said.stderr);
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in said.stdout.lines() {
        // Python writes numbers that JSON does not have as words of its own.
        let line = match line.rsplit_once(',') {
            Some((front, "NaN]" | "Infinity]" | "-Infinity]")) => format!("{front},null]"),
            Some(_) | None => line.to_owned(),
        };
        let row: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let word = |at: usize| row[at].as_str().expect("a word").to_owned();
        let labels = row[4].as_object().expect("labels").iter();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().expect("a word").to_owned()));
        let family = families.entry(word(0)).or_default();
        family.kind = word(1);
        let value = row[5].as_f64().unwrap_or(f64::NAN);
        let double = family.samples.insert((word(3), labels.collect()), value);
        assert!(double.is_none(), "twice: {line}");
    }
    families
}
