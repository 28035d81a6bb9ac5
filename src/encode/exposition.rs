//! Prometheus text 0.0.4 and OpenMetrics 1.0.
//!
//! Everything that does not change between two scrapes is rendered once for each schema into one block of bytes
//! (`template`); a scrape copies pieces of it and writes digits between them. Both formats share the samples' names
//! and labels, which are most of the bytes.
//!
//! What is left out, so that a scrape is valid whatever the kernel says: a family without a value; a series without a
//! value; a histogram's label set of which any part is missing; a counter below zero and an info that is not 1, which
//! both formats forbid.
//!
//! Where the formats differ:
//!
//! | | text 0.0.4 | OpenMetrics 1.0 |
//! |---|---|---|
//! | counter `x_total` | family and sample `x_total` | family `x`, sample `x_total` |
//! | counter `x` | family and sample `x` | family `x`, sample `x_total` |
//! | info `x_info` | gauge `x_info` | family `x` of type info, sample `x_info` |
//! | info with another name | gauge | gauge |
//! | unknown | `untyped` | `unknown` |
//! | unit | none | `# UNIT` where the family's name ends with it |
//! | help | `\` and line feed escaped | `"` too |
//! | creation times | none | `x_created` |
//! | end | none | `# EOF` |

mod template;

use crate::encode::OtherSchema;
use crate::schema::Schema;
use crate::snapshot::Snapshot;
use hearth_model::Scale;
use template::{Family, Line, Span, Templates};

/// One of the two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text format, version 0.0.4.
    Text,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The `Content-Type` of a body in this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The moments at which counters began anew: series index and nanoseconds since 1970, ascending by index.
///
/// A histogram is named by the index of its count.
pub type Created = [(u32, u64)];

/// Renders the snapshots of one schema.
#[derive(Debug)]
pub struct Exposition {
    schema_hash: u64,
    templates: Templates,
}

impl Exposition {
    /// Renders what is constant in `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self { schema_hash: schema.hash, templates: Templates::new(schema) }
    }

    /// The hash of the schema this was made for.
    #[must_use]
    pub fn schema_hash(&self) -> u64 {
        self.schema_hash
    }

    /// What the templates take in memory, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.templates.memory_bytes()
    }

    /// Appends the whole exposition of `snapshot` to `out`.
    ///
    /// `created` adds `_created` lines (OpenMetrics alone) for counters and histograms that have a value.
    ///
    /// # Errors
    /// The snapshot belongs to another schema; `out` is as it was.
    pub fn render(
        &self,
        format: Format,
        snapshot: &Snapshot,
        created: &Created,
        out: &mut Vec<u8>,
    ) -> Result<(), OtherSchema> {
        OtherSchema::check(self.schema_hash, snapshot)?;
        debug_assert!(created.is_sorted_by_key(|&(index, _)| index), "creation times are searched by index");
        let created = if format == Format::OpenMetrics { created } else { &[] };
        let mut pen = Pen { bytes: &self.templates.bytes, format, snapshot, created, out };
        for family in &self.templates.families {
            pen.family(family, &self.templates.lines[family.lines.range()]);
        }
        if format == Format::OpenMetrics {
            out.extend_from_slice(b"# EOF\n");
        }
        Ok(())
    }
}

/// Copies and writes digits.
struct Pen<'a> {
    bytes: &'a [u8],
    format: Format,
    snapshot: &'a Snapshot,
    created: &'a Created,
    out: &'a mut Vec<u8>,
}

impl Pen<'_> {
    fn family(&mut self, family: &Family, lines: &[Line]) {
        let head = match self.format {
            Format::Text => family.text_head,
            Format::OpenMetrics => family.open_head,
        };
        let mut head = Some(head);
        let mut start = family.samples_start;
        for group in lines.split_inclusive(|line| line.ends_group) {
            // A group is shown as a whole: half a histogram is none.
            let shown = group.len() == 1 || group.iter().all(|line| line.value(self.snapshot).is_some());
            for line in group {
                if let Some(value) = line.value(self.snapshot).filter(|_| shown) {
                    if let Some(head) = head.take() {
                        self.out.extend_from_slice(&self.bytes[head.range()]);
                    }
                    self.line(family, line, Span { start, end: line.end }, value);
                }
                start = line.end;
            }
        }
    }

    fn line(&mut self, family: &Family, line: &Line, prefix: Span, value: i64) {
        let prefix = &self.bytes[prefix.range()];
        if family.open_adds_total && self.format == Format::OpenMetrics {
            let (name, labels) = prefix.split_at(name_len(prefix));
            self.out.extend_from_slice(name);
            self.out.extend_from_slice(b"_total");
            self.out.extend_from_slice(labels);
        } else {
            self.out.extend_from_slice(prefix);
        }
        self.out.extend_from_slice(line.scale().apply(value).text().as_bytes());
        self.out.push(b'\n');
        if line.may_be_created
            && let Ok(at) = self.created.binary_search_by_key(&line.index, |&(index, _)| index)
        {
            self.created_line(family, prefix, self.created[at].1);
        }
    }

    /// `family_created{labels} seconds`, for the sample whose name and labels are `prefix`.
    fn created_line(&mut self, family: &Family, prefix: &[u8], realtime_ns: u64) {
        self.out.extend_from_slice(&prefix[..family.open_name_len as usize]);
        self.out.extend_from_slice(b"_created");
        self.out.extend_from_slice(&prefix[name_len(prefix)..]);
        let seconds =
            hearth_model::Decimal { digits: i128::from(realtime_ns), decimals: Scale::NANO.decimals };
        self.out.extend_from_slice(seconds.text().as_bytes());
        self.out.push(b'\n');
    }
}

/// Where the name ends in "name{labels} " or "name ".
fn name_len(prefix: &[u8]) -> usize {
    prefix.iter().position(|&byte| byte == b'{' || byte == b' ').unwrap_or(prefix.len())
}
