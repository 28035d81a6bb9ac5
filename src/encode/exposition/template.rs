//! What every scrape of a schema has in common.
//!
//! ```text
//! bytes     for each family: heads of both formats, then "name{labels} " of each of its samples
//! families  where those pieces lie
//! lines     for each sample: where its piece ends, which word it shows and how
//! ```

use std::cmp::Ordering;
use std::ops::Range;

use hearth_hot::series::{Part, SeriesKey};
use hearth_model::{Kind, Metric, Scale};

use crate::schema::{self, Schema};
use crate::snapshot::Snapshot;

/// The constant part of both formats. Offsets are 32 bits wide: a schema's text is some hundred KiB.
#[derive(Debug)]
pub(super) struct Templates {
    pub(super) bytes: Box<[u8]>,
    pub(super) families: Box<[Family]>,
    pub(super) lines: Box<[Line]>,
}

/// From here to there in [`Templates::bytes`] or [`Templates::lines`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Debug)]
pub(super) struct Family {
    /// `# HELP` and `# TYPE` of the text format.
    pub(super) text_head: Span,
    /// The same and `# UNIT` for OpenMetrics; the two overlap where they can.
    pub(super) open_head: Span,
    /// Where the first sample's piece starts; each following one starts where the one before it ends.
    pub(super) samples_start: u32,
    pub(super) lines: Span,
    /// How much of a sample's name is the family's in OpenMetrics.
    pub(super) open_name_len: u16,
    /// A counter named without `_total` has it added in OpenMetrics.
    pub(super) open_adds_total: bool,
}

/// One sample.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) end: u32,
    pub(super) index: u32,
    mul: u32,
    decimals: u8,
    admits: Admits,
    /// The last sample of its label set: a group is shown as a whole or not at all.
    pub(super) ends_group: bool,
    /// Stands for its label set in the creation times.
    pub(super) may_be_created: bool,
}

/// Which values the formats allow in a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admits {
    Any,
    NotNegative,
    One,
}

impl Line {
    /// The word to show, if there is one that the formats allow.
    pub(super) fn value(&self, snapshot: &Snapshot) -> Option<i64> {
        snapshot.reading(self.index).ok().filter(|&value| match self.admits {
            Admits::Any => true,
            Admits::NotNegative => value >= 0,
            Admits::One => value == 1,
        })
    }

    pub(super) fn scale(&self) -> Scale {
        Scale { mul: self.mul, decimals: self.decimals }
    }
}

impl Templates {
    pub(super) fn new(schema: &Schema) -> Self {
        let (mut bytes, mut families, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for family in &schema.families {
            families.push(self::family(schema, family, &mut bytes, &mut lines));
        }
        Self { bytes: bytes.into(), families: families.into(), lines: lines.into() }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.families) + size_of_val(&*self.lines)
    }
}

/// A metric's name and type in both formats.
struct Names {
    text_type: &'static str,
    open_name: &'static str,
    open_type: &'static str,
}

fn names(metric: &Metric) -> Names {
    let (name, whole) = (metric.name, metric.kind.name());
    let (text_type, open_name, open_type) = match metric.kind {
        Kind::Counter => (whole, name.strip_suffix("_total").unwrap_or(name), whole),
        Kind::Gauge | Kind::Histogram => (whole, name, whole),
        Kind::Info => match name.strip_suffix("_info") {
            Some(family) => (Kind::Gauge.name(), family, whole),
            None => (Kind::Gauge.name(), name, Kind::Gauge.name()),
        },
        Kind::Unknown => ("untyped", name, whole),
    };
    Names { text_type, open_name, open_type }
}

fn family(schema: &Schema, family: &schema::Family, bytes: &mut Vec<u8>, lines: &mut Vec<Line>) -> Family {
    let metric = family.metric;
    let names = names(metric);
    let (text_head, open_head) = heads(metric, &names, bytes);
    let samples_start = offset(bytes.len());
    let first_line = offset(lines.len());
    let mut series: Vec<(u32, &SeriesKey)> =
        family.series.iter().filter_map(|&index| Some((index, &**schema.key(index)?))).collect();
    if metric.kind == Kind::Histogram {
        series.sort_by(|(_, one), (_, other)| histogram_order(one, other));
    }
    for (at, &(index, key)) in series.iter().enumerate() {
        let next = series.get(at + 1);
        let ends_group = next.is_none_or(|(_, next)| key.part == Part::Value || labels(key) != labels(next));
        sample(key, bytes);
        lines.push(line(index, key, offset(bytes.len()), ends_group));
    }
    Family {
        text_head,
        open_head,
        samples_start,
        lines: Span { start: first_line, end: offset(lines.len()) },
        open_name_len: u16::try_from(names.open_name.len()).unwrap_or(u16::MAX),
        open_adds_total: metric.kind == Kind::Counter && !metric.name.ends_with("_total"),
    }
}

fn heads(metric: &Metric, names: &Names, bytes: &mut Vec<u8>) -> (Span, Span) {
    let text = head(metric.name, names.text_type, metric.help, false);
    let mut open = head(names.open_name, names.open_type, metric.help, true);
    let unit = metric.unit.name();
    let suffix = names.open_name.strip_suffix(unit).filter(|rest| rest.ends_with('_'));
    if !unit.is_empty() && suffix.is_some() && names.open_type != Kind::Info.name() {
        open.push_str(&["# UNIT ", names.open_name, " ", unit, "\n"].concat());
    }
    let start = offset(bytes.len());
    bytes.extend_from_slice(text.as_bytes());
    let text_head = Span { start, end: offset(bytes.len()) };
    let open_head = match open.strip_prefix(text.as_str()) {
        Some(rest) => {
            bytes.extend_from_slice(rest.as_bytes());
            Span { start, end: offset(bytes.len()) }
        }
        None => {
            bytes.extend_from_slice(open.as_bytes());
            Span { start: text_head.end, end: offset(bytes.len()) }
        }
    };
    (text_head, open_head)
}

fn head(name: &str, kind: &str, help: &str, quotes: bool) -> String {
    let mut escaped = Vec::new();
    escape(help, quotes, &mut escaped);
    let help = String::from_utf8_lossy(&escaped);
    ["# HELP ", name, " ", &help, "\n# TYPE ", name, " ", kind, "\n"].concat()
}

/// `name{key="value",…} `
fn sample(key: &SeriesKey, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(key.metric.name.as_bytes());
    bytes.extend_from_slice(match key.part {
        Part::Value => b"".as_slice(),
        Part::Bucket => b"_bucket",
        Part::Sum => b"_sum",
        Part::Count => b"_count",
    });
    let keys = key.metric.labels.iter().copied().chain((key.part == Part::Bucket).then_some("le"));
    let mut opened = false;
    for (name, value) in keys.zip(&key.labels) {
        bytes.push(if opened { b',' } else { b'{' });
        opened = true;
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b"=\"");
        escape(value, true, bytes);
        bytes.push(b'"');
    }
    if opened {
        bytes.push(b'}');
    }
    bytes.push(b' ');
}

fn line(index: u32, key: &SeriesKey, end: u32, ends_group: bool) -> Line {
    let counts = matches!(key.part, Part::Bucket | Part::Count);
    let scale = if counts { Scale::ONE } else { key.metric.scale };
    let admits = match key.metric.kind {
        Kind::Counter | Kind::Histogram => Admits::NotNegative,
        Kind::Info => Admits::One,
        Kind::Gauge | Kind::Unknown => Admits::Any,
    };
    let may_be_created = key.part == Part::Count || key.metric.kind == Kind::Counter;
    Line { end, index, mul: scale.mul, decimals: scale.decimals, admits, ends_group, may_be_created }
}

/// The label values that tell one histogram of a family from another: all but `le`.
fn labels(key: &SeriesKey) -> &[Box<str>] {
    &key.labels[..key.labels.len().min(key.metric.labels.len())]
}

/// Label set by label set; in each, the buckets by their bounds, then sum and count.
fn histogram_order(one: &SeriesKey, other: &SeriesKey) -> Ordering {
    let bound = |key: &SeriesKey| key.labels.last().and_then(|le| le.parse::<f64>().ok()).unwrap_or(f64::NAN);
    labels(one).cmp(labels(other)).then(one.part.cmp(&other.part)).then_with(|| match one.part {
        Part::Bucket => bound(one).total_cmp(&bound(other)),
        Part::Value | Part::Sum | Part::Count => Ordering::Equal,
    })
}

/// Escapes as both formats do; a quotation mark only where it would end a value.
fn escape(text: &str, quotes: bool, bytes: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        match byte {
            b'\\' => bytes.extend_from_slice(br"\\"),
            b'\n' => bytes.extend_from_slice(br"\n"),
            b'"' if quotes => bytes.extend_from_slice(br#"\""#),
            other => bytes.push(other),
        }
    }
}

fn offset(len: usize) -> u32 {
    debug_assert!(u32::try_from(len).is_ok(), "templates stay below 4 GiB");
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_model::catalogue;
    use std::collections::HashMap;

    #[test]
    fn no_two_metrics_of_the_catalogue_share_a_name_in_either_format() {
        let mut taken: HashMap<String, &str> = HashMap::new();
        for metric in catalogue::all() {
            let names = names(metric);
            let suffixes: &[&str] = match names.open_type {
                "counter" => &["", "_total", "_created"],
                "histogram" => &["", "_bucket", "_sum", "_count", "_created"],
                "info" => &["", "_info"],
                _ => &[""],
            };
            for suffix in suffixes {
                let name = format!("{}{suffix}", names.open_name);
                if let Some(other) = taken.insert(name.clone(), metric.name) {
                    panic!("{} and {other} both need the name {name}", metric.name);
                }
            }
        }
    }

    #[test]
    fn a_line_takes_sixteen_bytes() {
        // A thousand of them are resident for as long as the daemon runs.
        assert_eq!(size_of::<Line>(), 16);
    }
}
