//! Naming series in a request: `name` or `name{key="value",…}`, as in an exposition.

use hearth_hot::series::SeriesKey;

/// Which series are wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector {
    name: String,
    labels: Vec<(String, String)>,
}

/// A selector that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("series: expected name or name{{key=\"value\",…}}, got {0:?}")]
pub(super) struct SelectorError(String);

impl Selector {
    pub(super) fn parse(text: &str) -> Result<Self, SelectorError> {
        let refused = || SelectorError(text.to_owned());
        let (name, labels) = match text.split_once('{') {
            None => (text, ""),
            Some((name, rest)) => (name, rest.strip_suffix('}').ok_or_else(refused)?),
        };
        let legal =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !legal(name) {
            return Err(refused());
        }
        let mut found = Vec::new();
        let mut rest = labels.trim();
        while !rest.is_empty() {
            let (key, after) = rest.split_once("=\"").ok_or_else(refused)?;
            let key = key.trim();
            let (value, after) = unquote(after).filter(|_| legal(key)).ok_or_else(refused)?;
            found.push((key.to_owned(), value));
            rest = after.trim_start();
            rest = match rest.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if rest.is_empty() => rest,
                None => return Err(refused()),
            };
        }
        Ok(Self { name: name.to_owned(), labels: found })
    }

    /// Whether the series has this name and all of these labels.
    pub(super) fn matches(&self, key: &SeriesKey) -> bool {
        let labelled = |(name, value): &(String, String)| {
            key.metric.labels.iter().zip(&key.labels).any(|(key, label)| key == name && **label == **value)
        };
        key.metric.name == self.name && self.labels.iter().all(labelled)
    }
}

/// The text up to the closing quote, with escapes undone, and what is behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                c @ ('"' | '\\') => value.push(c),
                _ => return None,
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_hot::series::Part;
    use hearth_model::catalogue::{cpu, network};

    #[test]
    fn names_and_labels_select_series() {
        let cpu0 = SeriesKey {
            metric: &cpu::SECONDS,
            labels: ["0".into(), "idle".into()].into(),
            part: Part::Value,
        };
        for (text, fits) in [
            ("node_cpu_seconds_total", true),
            ("node_cpu_seconds_total{}", true),
            ("node_cpu_seconds_total{mode=\"idle\"}", true),
            ("node_cpu_seconds_total{ mode=\"idle\", cpu=\"0\" }", true),
            ("node_cpu_seconds_total{mode=\"user\"}", false),
            ("node_cpu_seconds_total{nothing=\"0\"}", false),
            ("node_cpu_seconds", false),
        ] {
            assert_eq!(Selector::parse(text).unwrap().matches(&cpu0), fits, "{text}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        let odd =
            SeriesKey { metric: &network::RX_BYTES, labels: ["a\"\\\n".into()].into(), part: Part::Value };
        let text = "node_network_receive_bytes_total{device=\"a\\\"\\\\\\n\"}";
        assert!(Selector::parse(text).unwrap().matches(&odd));
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in [
            "",
            "{}",
            "a b",
            "a{",
            "a{b}",
            "a{b=c}",
            "a{b=\"c}",
            "a{b=\"c\"d=\"e\"}",
            "a{=\"c\"}",
            "a{b=\"\\x\"}",
        ] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }
}
