//! Query strings, read strictly: what is not understood is refused, never guessed.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// Parameters at most; more than any route knows.
const PARAMETERS_MAX: usize = 16;

/// The parameters of one request: known names only, each at most once, decoded.
#[derive(Debug)]
pub struct Query<'a> {
    parameters: Vec<(&'static str, Cow<'a, str>)>,
}

/// What is wrong with a query string; its words are meant for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("The value of `{name}` is not valid percent-encoded UTF-8.")]
    Encoding {
        /// The parameter.
        name: String,
    },
    /// A name that this route does not know.
    #[error("There is no parameter `{name}` here; known: {known}.")]
    Unknown {
        /// The parameter, shortened.
        name: String,
        /// The known names.
        known: String,
    },
    /// The same name twice.
    #[error("The parameter `{name}` is given more than once.")]
    Twice {
        /// The parameter.
        name: &'static str,
    },
    /// A value that is no number or lies outside its range.
    #[error("`{name}` must be {what} from {low} to {high}, not `{value}`.")]
    Range {
        /// The parameter.
        name: &'static str,
        /// "a whole number" or "a number".
        what: &'static str,
        /// The least allowed value.
        low: String,
        /// The greatest allowed value.
        high: String,
        /// What was given, shortened.
        value: String,
    },
    /// More parameters than any route knows.
    #[error("There are more than {PARAMETERS_MAX} parameters.")]
    TooMany,
}

impl<'a> Query<'a> {
    /// Reads `query` (what follows the question mark), of which the names in `known` may appear, once each.
    ///
    /// # Errors
    /// A [`QueryError`] that names the parameter.
    pub fn parse(query: Option<&'a str>, known: &[&'static str]) -> Result<Self, QueryError> {
        let mut parameters: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == PARAMETERS_MAX {
                return Err(QueryError::TooMany);
            }
            let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            let encoding = || QueryError::Encoding { name: shortened(raw_name) };
            let name = decoded(raw_name).ok_or_else(encoding)?;
            let Some(&name) = known.iter().find(|&&known| known == name) else {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(QueryError::Unknown { name: shortened(&name), known });
            };
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                return Err(QueryError::Twice { name });
            }
            parameters.push((name, decoded(raw_value).ok_or_else(encoding)?));
        }
        Ok(Self { parameters })
    }

    /// The decoded value of `name`, if it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_ref())
    }

    /// The whole number `name` within `range`, if it was given.
    ///
    /// # Errors
    /// [`QueryError::Range`] for anything but decimal digits within the range.
    pub fn whole(&self, name: &'static str, range: RangeInclusive<u64>) -> Result<Option<u64>, QueryError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(value) if digits && range.contains(&value) => Ok(Some(value)),
            Ok(_) | Err(_) => Err(out_of_range(name, "a whole number", range.start(), range.end(), text)),
        }
    }

    /// The decimal number `name` within `range`, if it was given.
    ///
    /// # Errors
    /// [`QueryError::Range`] for anything but digits with at most one point, within the range.
    pub fn decimal(&self, name: &'static str, range: RangeInclusive<f64>) -> Result<Option<f64>, QueryError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match text.parse::<f64>() {
            Ok(value) if plain && range.contains(&value) => Ok(Some(value)),
            Ok(_) | Err(_) => Err(out_of_range(name, "a number", range.start(), range.end(), text)),
        }
    }
}

fn out_of_range(
    name: &'static str,
    what: &'static str,
    low: &impl ToString,
    high: &impl ToString,
    value: &str,
) -> QueryError {
    QueryError::Range { name, what, low: low.to_string(), high: high.to_string(), value: shortened(value) }
}

/// Enough of a foreign text to recognise it, without control characters.
fn shortened(text: &str) -> String {
    text.chars().take(40).map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// `text` with `%XX` and `+` (a space) decoded; `None` if an escape is malformed or the result is not UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            b'+' => b' ',
            other => other,
        });
    }
    match String::from_utf8(plain) {
        Ok(text) => Some(Cow::Owned(text)),
        Err(_not_utf8) => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["series", "seconds", "hz"];

    fn refusal(query: &str) -> String {
        let error = Query::parse(Some(query), KNOWN)
            .and_then(|query| {
                query.whole("seconds", 1..=600).map(drop).and(query.decimal("hz", 0.1..=1000.0))
            })
            .expect_err("must be refused");
        error.to_string()
    }

    #[test]
    fn values_are_decoded_and_found_by_name() {
        let query =
            Query::parse(Some("series=a%7Bb%3d%22c+d%22}&&seconds=600&hz=0.5"), KNOWN).expect("valid");
        assert_eq!(query.text("series"), Some("a{b=\"c d\"}"));
        assert_eq!(query.whole("seconds", 1..=600), Ok(Some(600)));
        assert_eq!(query.decimal("hz", 0.1..=1000.0), Ok(Some(0.5)));
        let none = Query::parse(None, KNOWN).expect("an absent query is empty");
        assert_eq!(none.whole("seconds", 1..=600), Ok(None));
    }

    #[test]
    fn unknown_and_repeated_parameters_are_named() {
        assert_eq!(refusal("sieries=1"), "There is no parameter `sieries` here; known: series, seconds, hz.");
        assert_eq!(refusal("hz=1&hz=1"), "The parameter `hz` is given more than once.");
    }

    #[test]
    fn malformed_escapes_are_refused_with_the_parameter() {
        for query in ["series=%", "series=%4", "series=%zz", "series=%+1", "series=%ff"] {
            assert_eq!(
                refusal(query),
                "The value of `series` is not valid percent-encoded UTF-8.",
                "{query}"
            );
        }
    }

    #[test]
    fn numbers_outside_their_range_are_told_the_range() {
        let whole = "`seconds` must be a whole number from 1 to 600, not ";
        for value in ["0", "601", "-1", "+1", "1.0", "", "0x1", "99999999999999999999"] {
            let escaped = value.replace('+', "%2B");
            assert_eq!(refusal(&format!("seconds={escaped}")), format!("{whole}`{value}`."));
        }
        let decimal = "`hz` must be a number from 0.1 to 1000, not ";
        for value in ["0", "1000.1", "inf", "NaN", "1e2", "1.1.1", ".", ""] {
            assert_eq!(refusal(&format!("hz={value}")), format!("{decimal}`{value}`."));
        }
    }

    #[test]
    fn foreign_text_comes_back_short_and_without_control_characters() {
        let sentence = refusal(&format!("%0d%0a{}=1", "x".repeat(100)));
        assert!(sentence.starts_with("There is no parameter `??xxx"), "{sentence}");
        assert!(sentence.len() < 120, "{sentence}");
    }
}
