//! TOML of the house, with the line of everything that is named.

use toml::de::{DeTable, DeValue};

/// The tables of a file. A file that is no TOML is a failure with its path.
pub(crate) fn tables<'a>(path: &str, text: &'a str) -> DeTable<'a> {
    let parsed = DeTable::parse(text);
    assert!(parsed.is_ok(), "{path}: {parsed:?}");
    parsed.map(toml::Spanned::into_inner).unwrap_or_default()
}

/// The value below `steps`, where there is one.
pub(crate) fn below<'a, 'i>(table: &'a DeTable<'i>, steps: &[&str]) -> Option<&'a DeValue<'i>> {
    let (first, rest) = steps.split_first()?;
    let value = table.get(*first)?.get_ref();
    if rest.is_empty() { Some(value) } else { below(value.as_table()?, rest) }
}

/// The line of a byte, counted from 1.
pub(crate) fn line_at(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}
