//! Parameters of commands: `-L name a,b,c` and `-P name 1 8 -D 0.5`, as hyperfine spells and orders them.

/// Values of one parameter at most: a scan of more is a slip of the pen.
pub const VALUES_MAX: usize = 10_000;

/// A parameter and what it goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What stands in commands as `{name}`.
    pub name: String,
    /// Its values, in order.
    pub values: Vec<String>,
}

/// Why a parameter cannot be gone through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// A bound or a step that is no number.
    #[error("{text:?} is no decimal number; write it like 4 or 0.25")]
    NotANumber {
        /// What stood there.
        text: String,
    },
    /// Bounds in the wrong order.
    #[error("the scan of {name} goes from {min} to {max}: the first has to be the smaller one")]
    Backwards {
        /// The parameter.
        name: String,
        /// Its first bound.
        min: String,
        /// Its last bound.
        max: String,
    },
    /// A step that leads nowhere.
    #[error("the step of {name} is {step}: it has to be above 0")]
    NoStep {
        /// The parameter.
        name: String,
        /// The step given.
        step: String,
    },
    /// More values than anybody waits for.
    #[error("{name} would go through more than {VALUES_MAX} values: take a larger step")]
    TooMany {
        /// The parameter.
        name: String,
    },
    /// One name for two parameters.
    #[error("there are two parameters called {name}")]
    Twice {
        /// The name.
        name: String,
    },
}

impl Parameter {
    /// The parameter of `-L name a,b,c`; `\,` is a comma within a value.
    #[must_use]
    pub fn list(name: &str, values: &str) -> Self {
        let mut list = vec![String::new()];
        let mut letters = values.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if letters.peek() == Some(&',') => {
                    letters.next();
                    append(&mut list, ',');
                }
                ',' => list.push(String::new()),
                letter => append(&mut list, letter),
            }
        }
        Self { name: name.to_owned(), values: list }
    }

    /// The parameter of `-P name min max`, with the step of `-D`, which is 1 if there is none. Values are exact decimals.
    ///
    /// # Errors
    /// Bounds or a step that are no decimal numbers, in the wrong order, or too far apart.
    pub fn scan(name: &str, min: &str, max: &str, step: Option<&str>) -> Result<Self, ParameterError> {
        let (first, last) = (Exact::parse(min)?, Exact::parse(max)?);
        let step_text = step.unwrap_or("1");
        let step = Exact::parse(step_text)?;
        if step.digits <= 0 {
            return Err(ParameterError::NoStep { name: name.to_owned(), step: step_text.to_owned() });
        }
        let decimals = first.decimals.max(step.decimals).max(last.decimals);
        let [at_first, at_last, by] = [first, last, step].map(|number| number.with(decimals));
        if at_first > at_last {
            let [name, min, max] = [name, min, max].map(str::to_owned);
            return Err(ParameterError::Backwards { name, min, max });
        }
        let count = (at_last - at_first) / by + 1;
        if usize::try_from(count).map_or(true, |count| count > VALUES_MAX) {
            return Err(ParameterError::TooMany { name: name.to_owned() });
        }
        // The first value is written as it was given, the others with as many decimals as they can have.
        let shown = first.decimals.max(step.decimals);
        let values = (0..count).map(|index| {
            let value = Exact { digits: at_first + by * index, decimals };
            value.text(if index == 0 { first.decimals } else { shown })
        });
        Ok(Self { name: name.to_owned(), values: values.collect() })
    }
}

fn append(list: &mut [String], letter: char) {
    if let Some(value) = list.last_mut() {
        value.push(letter);
    }
}

/// Every way to give each parameter a value; the first parameter changes fastest. One empty way if there are none.
///
/// # Errors
/// Two parameters of one name, or more ways than [`VALUES_MAX`].
pub fn combinations(parameters: &[Parameter]) -> Result<Vec<Vec<(String, String)>>, ParameterError> {
    let mut ways: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for (at, parameter) in parameters.iter().enumerate() {
        let name = &parameter.name;
        if parameters[..at].iter().any(|other| other.name == *name) {
            return Err(ParameterError::Twice { name: name.clone() });
        }
        if ways.len().saturating_mul(parameter.values.len()) > VALUES_MAX {
            return Err(ParameterError::TooMany { name: name.clone() });
        }
        let with = |value: &String| {
            let pair = (name.clone(), value.clone());
            ways.iter()
                .map(move |way| way.iter().cloned().chain([pair.clone()]).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        ways = parameter.values.iter().flat_map(with).collect();
    }
    Ok(ways)
}

/// `text` with every `{name}` replaced by the value of that parameter. What a value says in braces is left alone.
#[must_use]
pub fn fill_in(text: &str, way: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        filled.push_str(before);
        let known = way.iter().find(|(name, _)| {
            from[1..].strip_prefix(name.as_str()).is_some_and(|after| after.starts_with('}'))
        });
        match known {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &from[name.len() + 2..];
            }
            None => {
                filled.push('{');
                rest = &from[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A decimal number: `digits` / 10^`decimals`.
#[derive(Clone, Copy)]
struct Exact {
    digits: i128,
    decimals: u32,
}

impl Exact {
    /// Reads at most 18 digits before the point and 9 behind, so that no sum or product of scans overflows.
    fn parse(text: &str) -> Result<Self, ParameterError> {
        let wrong = || ParameterError::NotANumber { text: text.to_owned() };
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits =
            |text: &str, most: usize| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole, 18) || !digits(part, 9) || unsigned.ends_with('.') {
            return Err(wrong());
        }
        let digits: i128 =
            format!("{whole}{part}").parse().map_err(|_too_long: std::num::ParseIntError| wrong())?;
        let decimals = u32::try_from(part.len()).unwrap_or(0);
        Ok(Self { digits: if negative { -digits } else { digits }, decimals })
    }

    /// The digits with so many decimals, at least as many as there are.
    fn with(self, decimals: u32) -> i128 {
        self.digits * 10_i128.pow(decimals - self.decimals)
    }

    /// The number with so many decimals; further ones, which are all 0, are left out.
    fn text(self, decimals: u32) -> String {
        let digits = self.digits / 10_i128.pow(self.decimals - decimals.min(self.decimals));
        let unit = 10_u128.pow(decimals.min(self.decimals));
        let (sign, size) = (if digits < 0 { "-" } else { "" }, digits.unsigned_abs());
        let width = usize::try_from(decimals).unwrap_or(0);
        if width == 0 {
            format!("{sign}{size}")
        } else {
            format!("{sign}{}.{:0width$}", size / unit, size % unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(min: &str, max: &str, step: Option<&str>) -> Vec<String> {
        Parameter::scan("n", min, max, step).unwrap().values
    }

    #[test]
    fn scans_are_exact_and_written_as_hyperfine_writes_them() {
        assert_eq!(scan("1", "4", None), ["1", "2", "3", "4"]);
        assert_eq!(scan("1", "2", Some("0.5")), ["1", "1.5", "2.0"]);
        assert_eq!(scan("0.3", "0.7", Some("0.2")), ["0.3", "0.5", "0.7"]);
        assert_eq!(scan("-1", "1", None), ["-1", "0", "1"]);
        assert_eq!(scan("-0.5", "0.1", Some("0.25")), ["-0.5", "-0.25", "0.00"]);
        assert_eq!(scan("1", "2.9", None), ["1", "2"]);
        let tenths = scan("0", "1", Some("0.1"));
        assert_eq!((tenths.len(), tenths[3].as_str(), tenths[10].as_str()), (11, "0.3", "1.0"));
    }

    #[test]
    fn what_cannot_be_scanned_is_said_with_what_can() {
        let error = |min, max, step| Parameter::scan("n", min, max, step).unwrap_err().to_string();
        assert_eq!(error("a", "4", None), "\"a\" is no decimal number; write it like 4 or 0.25");
        assert!(error("", "4", None).contains("\"\" is no decimal"));
        assert!(error("1e3", "4", None).contains("1e3"));
        assert!(error("1", "4.", None).contains("\"4.\""));
        assert!(error("4", "1", None).contains("the first has to be the smaller"));
        assert!(error("1", "4", Some("0")).contains("above 0"));
        assert!(error("1", "4", Some("-1")).contains("above 0"));
        assert!(error("0", "1", Some("0.000001")).contains("take a larger step"));
        assert!(error("0", "999999999999999999", Some("0.000000001")).contains("take a larger step"));
        assert!(error("1234567890123456789", "4", None).contains("no decimal"));
    }

    #[test]
    fn lists_are_split_at_commas_but_not_at_escaped_ones() {
        assert_eq!(Parameter::list("c", "gcc,clang").values, ["gcc", "clang"]);
        assert_eq!(Parameter::list("c", "1\\,2,3").values, ["1,2", "3"]);
        assert_eq!(Parameter::list("c", "a\\b,").values, ["a\\b", ""]);
    }

    #[test]
    fn the_first_parameter_changes_fastest() {
        let ways = combinations(&[Parameter::list("x", "1,2"), Parameter::list("y", "a,b")]).unwrap();
        let text: Vec<String> = ways.iter().map(|way| fill_in("{x}{y}", way)).collect();
        assert_eq!(text, ["1a", "2a", "1b", "2b"]);
        assert_eq!(combinations(&[]).unwrap(), [vec![]]);
        let twice = combinations(&[Parameter::list("x", "1"), Parameter::list("x", "2")]).unwrap_err();
        assert_eq!(twice.to_string(), "there are two parameters called x");
        let many = Parameter::scan("n", "1", "9999", None).unwrap();
        assert!(combinations(&[many, Parameter::list("x", "1,2")]).is_err());
    }

    #[test]
    fn only_known_names_are_filled_in_and_only_once() {
        let way = [("x".to_owned(), "{y}".to_owned()), ("y".to_owned(), "Y".to_owned())];
        assert_eq!(fill_in("{x} {y} {z} ${{x}} {x", &way), "{y} Y {z} ${{y}} {x");
        assert_eq!(fill_in("é{y}é", &way), "éYé");
    }
}
