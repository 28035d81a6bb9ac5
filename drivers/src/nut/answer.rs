//! The bytes of an answer, in whatever pieces they come.

use super::{ANSWER_BYTES_MAX, FLAGS, LINE_BYTES_MAX, NUMBERS, NutError, Refusal, UpsReading};

/// An answer to `LIST VAR`, read piece by piece.
#[derive(Clone, Debug)]
pub struct Answer {
    line: Vec<u8>,
    taken: usize,
    has_begun: bool,
    reading: UpsReading,
}

/// One line of an answer.
enum Line<'a> {
    Begin,
    Variable { name: &'a [u8], value: &'a [u8] },
    End,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            line: Vec::with_capacity(LINE_BYTES_MAX),
            taken: 0,
            has_begun: false,
            reading: UpsReading::default(),
        }
    }
}

impl Answer {
    /// Begins anew, in the memory it has.
    pub fn clear(&mut self) {
        self.line.clear();
        (self.taken, self.has_begun, self.reading) = (0, false, UpsReading::default());
    }

    /// Takes the next bytes about `ups`: the reading once they are all, `None` while more are to come.
    ///
    /// # Errors
    /// [`NutError::Refused`], [`NutError::TooLong`] or [`NutError::Malformed`], also where bytes follow the end.
    pub fn take(&mut self, ups: &str, bytes: &[u8]) -> Result<Option<UpsReading>, NutError> {
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > ANSWER_BYTES_MAX {
            return Err(NutError::TooLong);
        }
        let mut rest = bytes;
        while let Some(newline) = memchr::memchr(b'\n', rest) {
            let (head, tail) = rest.split_at(newline);
            rest = tail.get(1..).unwrap_or_default();
            self.keep(head)?;
            let line = std::mem::take(&mut self.line);
            let is_over = self.take_line(ups, &line);
            self.line = line;
            self.line.clear();
            if is_over? {
                // Nobody asked for more; what follows would be taken for the next answer.
                return if rest.is_empty() { Ok(Some(self.reading)) } else { Err(NutError::Malformed) };
            }
        }
        self.keep(rest)?;
        Ok(None)
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), NutError> {
        if self.line.len() + part.len() > LINE_BYTES_MAX {
            return Err(NutError::TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn take_line(&mut self, ups: &str, line: &[u8]) -> Result<bool, NutError> {
        match parse_line(ups, line)? {
            Line::Begin if !self.has_begun => self.has_begun = true,
            Line::Variable { name, value } if self.has_begun => self.take_variable(name, value),
            Line::End if self.has_begun => return Ok(true),
            Line::Begin | Line::Variable { .. } | Line::End => return Err(NutError::Malformed),
        }
        Ok(false)
    }

    fn take_variable(&mut self, name: &[u8], value: &[u8]) {
        if name == b"ups.status" {
            let mut flags = [false; FLAGS.len()];
            for word in value.split(|byte| *byte == b' ') {
                let known = FLAGS.iter().position(|flag| flag.as_bytes() == word);
                // A flag of a later version says nothing about those that are known.
                if let Some(flag) = known.and_then(|at| flags.get_mut(at)) {
                    *flag = true;
                }
            }
            self.reading.flags = Some(flags);
            return;
        }
        let at = NUMBERS.iter().position(|(number, _)| number.as_bytes() == name);
        if let Some(number) = at.and_then(|at| self.reading.thousandths.get_mut(at)) {
            *number = parse_thousandths(value);
        }
    }
}

fn parse_line<'a>(ups: &str, line: &'a [u8]) -> Result<Line<'a>, NutError> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if let Some(word) = line.strip_prefix(b"ERR ") {
        return Err(NutError::Refused(match word {
            b"ACCESS-DENIED" => Refusal::AccessDenied,
            b"UNKNOWN-UPS" => Refusal::UnknownUps,
            b"DRIVER-NOT-CONNECTED" => Refusal::DriverNotConnected,
            b"DATA-STALE" => Refusal::DataStale,
            _ => Refusal::Other,
        }));
    }
    let of_ups = |prefix: &[u8]| line.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(ups.as_bytes()));
    if of_ups(b"BEGIN LIST VAR ").is_some_and(<[u8]>::is_empty) {
        return Ok(Line::Begin);
    }
    if of_ups(b"END LIST VAR ").is_some_and(<[u8]>::is_empty) {
        return Ok(Line::End);
    }
    let variable = of_ups(b"VAR ").and_then(|rest| rest.strip_prefix(b" ")).ok_or(NutError::Malformed)?;
    let space = memchr::memchr(b' ', variable).ok_or(NutError::Malformed)?;
    let (name, quoted) = variable.split_at(space);
    let value =
        quoted.strip_prefix(b" \"").and_then(|rest| rest.strip_suffix(b"\"")).ok_or(NutError::Malformed)?;
    if name.is_empty() || !is_escaped(value) {
        return Err(NutError::Malformed);
    }
    Ok(Line::Variable { name, value })
}

/// Whether every quote and backslash stands behind a backslash.
fn is_escaped(value: &[u8]) -> bool {
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return false,
            b'\\' if !matches!(bytes.next(), Some(b'"' | b'\\')) => return false,
            _ => {}
        }
    }
    true
}

/// Reads a decimal number as thousandths; further decimals are cut. `None` for anything else.
fn parse_thousandths(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let whole = parts.next()?;
    let fraction = parts.next();
    let all_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || fraction.is_some_and(|fraction| !all_digits(fraction)) {
        return None;
    }
    let decimals = fraction.unwrap_or_default().iter().chain(b"000").take(3);
    let value = whole
        .iter()
        .chain(decimals)
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_add(i64::from(digit - b'0')))?;
    Some(if is_negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../fixtures/nut/made.txt");

    fn read(text: &[u8]) -> Result<Option<UpsReading>, NutError> {
        Answer::default().take("ups", text)
    }

    fn whole(text: &[u8]) -> UpsReading {
        match read(text) {
            Ok(Some(reading)) => reading,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_is_read() {
        let reading = whole(SAMPLE);
        let held: Vec<_> = FLAGS.iter().zip(reading.flags.unwrap()).filter(|(_, holds)| *holds).collect();
        assert_eq!(held, [(&"OL", true), (&"CHRG", true)]);
        assert_eq!(reading.number("battery.charge"), Some(100_000));
        assert_eq!(reading.number("battery.runtime"), Some(2_412_000));
        assert_eq!(reading.number("battery.voltage"), Some(13_600));
        assert_eq!(reading.number("ups.load"), Some(14_000));
        assert_eq!(reading.number("ups.realpower"), None);
        assert_eq!(reading.computed_load_mw(), Some(75_600), "14 % of 540 W");
    }

    #[test]
    fn it_does_not_matter_where_the_pieces_are_cut() {
        for cut in 0..SAMPLE.len() {
            let (one, other) = SAMPLE.split_at(cut);
            let mut answer = Answer::default();
            assert_eq!(answer.take("ups", one), Ok(None), "{cut}");
            assert_eq!(answer.take("ups", other), Ok(Some(whole(SAMPLE))), "{cut}");
        }
        let mut answer = Answer::default();
        let mut last = Ok(None);
        for byte in SAMPLE {
            last = answer.take("ups", &[*byte]);
        }
        assert_eq!(last, Ok(Some(whole(SAMPLE))));
        answer.clear();
        assert_eq!(answer.take("ups", SAMPLE), Ok(Some(whole(SAMPLE))));
    }

    #[test]
    fn refusals_are_told_apart() {
        for (word, refusal) in [
            ("ACCESS-DENIED", Refusal::AccessDenied),
            ("UNKNOWN-UPS", Refusal::UnknownUps),
            ("DRIVER-NOT-CONNECTED", Refusal::DriverNotConnected),
            ("DATA-STALE", Refusal::DataStale),
            ("SOMETHING-NEW", Refusal::Other),
        ] {
            assert_eq!(read(format!("ERR {word}\n").as_bytes()), Err(NutError::Refused(refusal)));
        }
    }

    #[test]
    fn what_is_not_of_the_protocol_is_refused() {
        for text in [
            "HTTP/1.1 400 Bad Request\n",
            "VAR ups battery.charge \"1\"\n",
            "BEGIN LIST VAR other\n",
            "BEGIN LIST VAR ups\nBEGIN LIST VAR ups\n",
            "BEGIN LIST VAR ups\nVAR ups battery.charge 1\n",
            "BEGIN LIST VAR ups\nVAR ups battery.charge \"1\n",
            "BEGIN LIST VAR ups\nVAR ups a \"b\"c\"\n",
            "BEGIN LIST VAR ups\nVAR ups a \"b\\\"\n",
            "BEGIN LIST VAR ups\nEND LIST VAR ups\nmore",
            "END LIST VAR ups\n",
            "\n",
        ] {
            assert_eq!(read(text.as_bytes()), Err(NutError::Malformed), "{text:?}");
        }
        assert_eq!(read(&[b'x'; LINE_BYTES_MAX + 1]), Err(NutError::TooLong));
        let mut answer = Answer::default();
        assert_eq!(answer.take("ups", b"BEGIN LIST VAR ups\n"), Ok(None));
        let line = b"VAR ups device.model \"x\"\n";
        let endless = (0..ANSWER_BYTES_MAX / line.len() + 1).find_map(|_| answer.take("ups", line).err());
        assert_eq!(endless, Some(NutError::TooLong));
    }

    #[test]
    fn numbers_are_exact_to_the_thousandth_or_none() {
        for (text, value) in [
            ("100", Some(100_000)),
            ("13.6", Some(13_600)),
            ("-0.5", Some(-500)),
            ("1.23456", Some(1_234)),
            ("9223372036854775", Some(9_223_372_036_854_775_000)),
            ("9223372036854776", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("1e3", None),
            ("nan", None),
            ("1.2.3", None),
            ("- 1", None),
        ] {
            assert_eq!(parse_thousandths(text.as_bytes()), value, "{text:?}");
        }
    }
}
