//! One value of the file into its place, and back into words.

use std::mem;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use hearth_hot::contract::UpsServer;
use hearth_model::attribution::Tariff;
use toml::Spanned;
use toml::de::DeValue;

use super::SOCKET_PATH_BYTES_MAX;
use super::keys::{Names, Slot};
use super::nearest::nearest;

/// Entries a list may have; a longer one is a mistake.
pub(super) const LIST_MAX: usize = 64;

/// A name in DNS has at most 253 characters as text (RFC 1035, section 2.3.4).
const HOST_CHARS_MAX: usize = 253;

/// A path has at most 4096 bytes with its closing NUL (`PATH_MAX`), and the mount stands before it.
const CGROUP_BYTES_MAX: usize = 4000;

/// The same, and a file's name stands behind it.
const DIRECTORY_BYTES_MAX: usize = 3800;

/// A place in the file where something else was expected, and what.
pub(super) struct Mismatch {
    pub(super) span: Range<usize>,
    pub(super) what: String,
}

impl Mismatch {
    fn new(value: &Spanned<DeValue<'_>>, expected: &str) -> Self {
        Self {
            span: value.span(),
            what: format!("expected {expected}, found {}", described(value.get_ref())),
        }
    }
}

impl Slot<'_> {
    /// Takes `value`; on a mismatch the slot keeps what it had. `sensors` are the names sensors may have.
    pub(super) fn take(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        sensors: &[&str],
    ) -> Result<(), Vec<Mismatch>> {
        match self {
            Slot::Number { value: to, range } => number(value, range).map(|found| **to = found),
            Slot::Optional { value: to, range } => number(value, range).map(|found| **to = Some(found)),
            Slot::Flag(to) => match value.get_ref() {
                DeValue::Boolean(found) => {
                    **to = *found;
                    Ok(())
                }
                _ => Err(Mismatch::new(value, "true or false")),
            },
            Slot::Choice(to) => {
                if value.get_ref().as_str().is_some_and(|word| to.choose(word)) {
                    return Ok(());
                }
                let words = to.words();
                let hint = value.get_ref().as_str().and_then(|word| nearest(word, words.iter().copied()));
                let mut mismatch = Mismatch::new(value, &alternatives(&words));
                mismatch.what.push_str(&did_you_mean(hint));
                Err(mismatch)
            }
            Slot::Price(to) => price(value).map(|found| **to = Some(found)),
            Slot::Currency(to) => currency(value).map(|found| **to = found),
            Slot::Socket(to) => socket(value).map(|found| **to = found),
            Slot::Directory(to) => directory(value).map(|found| **to = found),
            Slot::Addresses(to) => {
                let parse = |text: &str| text.parse().map_err(|_error| String::new());
                return list(
                    value,
                    "an IP address and a port, like \"127.0.0.1:9110\" or \"[::1]:9110\"",
                    parse,
                )
                .map(|found| **to = found);
            }
            Slot::Names { values, of } => {
                let expected = match of {
                    Names::Sensors => "the name of a sensor",
                    Names::Hosts => "a host name without a port, like \"nas.local\"",
                    Names::Ups => "a UPS at its server, like \"ups@192.0.2.7\" or \"ups@nas:3493\"",
                    Names::Cgroups => "a cgroup below its mount, like \"system.slice/jellyfin.service\"",
                    Names::Patterns => "a pattern",
                };
                return list(value, expected, |text| named(*of, text, sensors)).map(|found| **values = found);
            }
        }
        .map_err(|mismatch| vec![mismatch])
    }

    /// Changes places with the same key's slot of another configuration.
    pub(super) fn swap(&mut self, other: &mut Self) {
        match (self, other) {
            (Slot::Number { value, .. }, Slot::Number { value: with, .. }) => mem::swap(*value, *with),
            (Slot::Optional { value, .. }, Slot::Optional { value: with, .. }) => mem::swap(*value, *with),
            (Slot::Flag(value), Slot::Flag(with)) => mem::swap(*value, *with),
            (Slot::Choice(value), Slot::Choice(with)) => {
                let (mine, theirs) = (value.chosen(), with.chosen());
                let both = value.choose(theirs) && with.choose(mine);
                debug_assert!(both, "one key has one set of words");
            }
            (Slot::Price(value), Slot::Price(with)) => mem::swap(*value, *with),
            (Slot::Currency(value), Slot::Currency(with))
            | (Slot::Directory(value), Slot::Directory(with)) => mem::swap(*value, *with),
            (Slot::Socket(value), Slot::Socket(with)) => mem::swap(*value, *with),
            (Slot::Addresses(value), Slot::Addresses(with)) => mem::swap(*value, *with),
            (Slot::Names { values, .. }, Slot::Names { values: with, .. }) => mem::swap(*values, *with),
            _ => debug_assert!(false, "one key has one kind of slot"),
        }
    }

    /// The value as the file would have it; empty for a number that is left out.
    pub(super) fn shown(&self) -> String {
        match self {
            Slot::Number { value, .. } => value.to_string(),
            Slot::Optional { value, .. } => value.map_or_else(String::new, |value| value.to_string()),
            Slot::Flag(value) => value.to_string(),
            Slot::Choice(value) => format!("{:?}", value.chosen()),
            Slot::Price(value) => value.map_or_else(String::new, |price| price.to_string()),
            Slot::Currency(value) | Slot::Directory(value) => format!("{value:?}"),
            Slot::Socket(value) => {
                format!("{:?}", value.as_deref().map_or(Path::new(""), |path| path).to_string_lossy())
            }
            Slot::Addresses(values) => {
                format!("{:?}", values.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
            Slot::Names { values, .. } => format!("{values:?}"),
        }
    }
}

fn number(value: &Spanned<DeValue<'_>>, range: &RangeInclusive<u32>) -> Result<u32, Mismatch> {
    let expected = || format!("a whole number from {} to {}", range.start(), range.end());
    let found = value.get_ref().as_integer().and_then(|found| {
        // A number beyond 64 bits is out of every range here: it reads as any other number out of range.
        let found = i64::from_str_radix(found.as_str(), found.radix()).unwrap_or(i64::MAX);
        u32::try_from(found).ok().filter(|found| range.contains(found))
    });
    found.ok_or_else(|| Mismatch::new(value, &expected()))
}

/// A price: a number as it stands in the file, which is decimal, or the same as a string.
fn price(value: &Spanned<DeValue<'_>>) -> Result<Tariff, Mismatch> {
    let found = match value.get_ref() {
        DeValue::String(text) => Tariff::parse(text),
        DeValue::Float(number) => Tariff::parse(number.as_str()),
        DeValue::Integer(number) if number.radix() == 10 => Tariff::parse(number.as_str()),
        _ => None,
    };
    found.ok_or_else(|| Mismatch::new(value, "a price below 1000000 with at most 6 decimals, like 0.3245"))
}

fn currency(value: &Spanned<DeValue<'_>>) -> Result<String, Mismatch> {
    let is_code = |text: &&str| text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase());
    let found = value.get_ref().as_str().filter(is_code).map(str::to_owned);
    found.ok_or_else(|| Mismatch::new(value, "a currency's three capital letters, like \"EUR\""))
}

fn socket(value: &Spanned<DeValue<'_>>) -> Result<Option<PathBuf>, Mismatch> {
    match value.get_ref().as_str() {
        Some("") => Ok(None),
        Some(path)
            if path.starts_with('/') && path.len() <= SOCKET_PATH_BYTES_MAX && !path.contains('\0') =>
        {
            Ok(Some(PathBuf::from(path)))
        }
        _ => {
            let expected =
                format!("an absolute path of at most {SOCKET_PATH_BYTES_MAX} bytes, or \"\" for no socket");
            Err(Mismatch::new(value, &expected))
        }
    }
}

fn directory(value: &Spanned<DeValue<'_>>) -> Result<String, Mismatch> {
    let is_path = |path: &&str| {
        path.is_empty() || path.starts_with('/') && path.len() <= DIRECTORY_BYTES_MAX && !path.contains('\0')
    };
    let found = value.get_ref().as_str().filter(is_path).map(str::to_owned);
    let expected =
        || format!("an absolute path of at most {DIRECTORY_BYTES_MAX} bytes, or \"\" for no directory");
    found.ok_or_else(|| Mismatch::new(value, &expected()))
}

/// A list of strings, each through `parse`, which says what to add to the complaint when it refuses one.
fn list<T>(
    value: &Spanned<DeValue<'_>>,
    expected: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Mismatch>> {
    let DeValue::Array(items) = value.get_ref() else {
        return Err(vec![Mismatch::new(value, "a list of strings")]);
    };
    if items.len() > LIST_MAX {
        let what = format!("expected at most {LIST_MAX} entries, found {}", items.len());
        return Err(vec![Mismatch { span: value.span(), what }]);
    }
    let mut found = Vec::with_capacity(items.len());
    let mut mismatches = Vec::new();
    for item in items {
        match item.get_ref().as_str().map(&parse) {
            Some(Ok(one)) => found.push(one),
            Some(Err(hint)) => {
                let mut mismatch = Mismatch::new(item, expected);
                mismatch.what.push_str(&hint);
                mismatches.push(mismatch);
            }
            None => mismatches.push(Mismatch::new(item, expected)),
        }
    }
    if mismatches.is_empty() { Ok(found) } else { Err(mismatches) }
}

fn named(of: Names, text: &str, sensors: &[&str]) -> Result<String, String> {
    match of {
        Names::Sensors if sensors.contains(&text) => Ok(text.to_owned()),
        Names::Sensors => match nearest(text, sensors.iter().copied()) {
            Some(name) => Err(did_you_mean(Some(name))),
            None => Err("; `hearth sensors` lists them".to_owned()),
        },
        Names::Hosts => {
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            let fits = (1..=HOST_CHARS_MAX).contains(&text.len()) && text.chars().all(letter);
            if fits { Ok(text.to_ascii_lowercase()) } else { Err(String::new()) }
        }
        Names::Ups if UpsServer::parse(text).is_some() => Ok(text.to_owned()),
        Names::Ups => Err(String::new()),
        Names::Cgroups => {
            let step = |step: &str| !matches!(step, "" | "." | "..") && !step.contains('\0');
            let fits = text.len() <= CGROUP_BYTES_MAX && text.split('/').all(step);
            if fits { Ok(text.to_owned()) } else { Err(String::new()) }
        }
        Names::Patterns if text.is_empty() => Err("; nothing has no name".to_owned()),
        Names::Patterns => Ok(text.to_owned()),
    }
}

/// `; did you mean "…"?`, or nothing.
pub(super) fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("; did you mean {word:?}?"))
}

/// `"a", "b" or "c"`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [one] => format!("{one:?}"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("{word:?}")).collect();
            format!("{} or {last:?}", first.join(", "))
        }
        [] => String::new(),
    }
}

/// What stands in the file, for the one who wrote it.
pub(super) fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {:?}", text.as_ref()),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(when) => format!("the date {when}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}
