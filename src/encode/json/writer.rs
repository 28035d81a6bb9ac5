//! Writes JSON (RFC 8259) into a buffer, without a tree in between.

use hearth_model::Decimal;

/// Appends JSON to a buffer; commas come by themselves.
///
/// The caller keeps the grammar: a key before each value of an object, an end for each begin.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// A value stands directly before the pen.
    after_value: bool,
}

impl<'a> Writer<'a> {
    /// Writes one value behind what `out` holds.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, after_value: false }
    }

    /// `{`
    pub fn begin_object(&mut self) {
        self.begin(b'{');
    }

    /// `}`
    pub fn end_object(&mut self) {
        self.end(b'}');
    }

    /// `[`
    pub fn begin_array(&mut self) {
        self.begin(b'[');
    }

    /// `]`
    pub fn end_array(&mut self) {
        self.end(b']');
    }

    /// The key of the value that follows.
    pub fn key(&mut self, key: &str) {
        self.string(key);
        self.out.push(b':');
        self.after_value = false;
    }

    /// A string, with what JSON wants escaped.
    pub fn string(&mut self, text: &str) {
        self.before_value();
        self.out.push(b'"');
        let mut rest = text.as_bytes();
        // Nearly every string is copied in one piece.
        while let Some(plain) = rest.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (before, after) = rest.split_at(plain);
            self.out.extend_from_slice(before);
            if let Some((&byte, behind)) = after.split_first() {
                self.escaped(byte);
                rest = behind;
            }
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }

    /// A number, exactly as it is, however many digits that takes.
    pub fn decimal(&mut self, number: Decimal) {
        self.before_value();
        self.out.extend_from_slice(number.text().as_bytes());
    }

    /// A whole number.
    pub fn unsigned(&mut self, number: u64) {
        self.decimal(Decimal { digits: i128::from(number), decimals: 0 });
    }

    /// A schema's hash: a string of 16 lower-case hexadecimal digits.
    pub fn hash(&mut self, hash: u64) {
        self.before_value();
        self.out.push(b'"');
        for byte in hash.to_be_bytes() {
            self.hex(byte);
        }
        self.out.push(b'"');
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.before_value();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// `null`
    pub fn null(&mut self) {
        self.before_value();
        self.out.extend_from_slice(b"null");
    }

    fn begin(&mut self, bracket: u8) {
        self.before_value();
        self.out.push(bracket);
        self.after_value = false;
    }

    fn end(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.after_value = true;
    }

    fn before_value(&mut self) {
        if self.after_value {
            self.out.push(b',');
        }
        self.after_value = true;
    }

    fn escaped(&mut self, byte: u8) {
        match byte {
            b'"' => self.out.extend_from_slice(br#"\""#),
            b'\\' => self.out.extend_from_slice(br"\\"),
            b'\n' => self.out.extend_from_slice(br"\n"),
            b'\r' => self.out.extend_from_slice(br"\r"),
            b'\t' => self.out.extend_from_slice(br"\t"),
            control => {
                self.out.extend_from_slice(br"\u00");
                self.hex(control);
            }
        }
    }

    fn hex(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.out.push(DIGITS[usize::from(byte >> 4)]);
        self.out.push(DIGITS[usize::from(byte & 0xf)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_separated_and_escaped() {
        let mut out = b"before ".to_vec();
        let mut json = Writer::new(&mut out);
        json.begin_object();
        json.key("te\"xt");
        json.string("a\\b\n\r\t\u{1}\u{1f}é");
        json.key("list");
        json.begin_array();
        json.unsigned(u64::MAX);
        json.decimal(Decimal { digits: -5, decimals: 3 });
        json.null();
        json.boolean(true);
        json.begin_object();
        json.end_object();
        json.begin_array();
        json.end_array();
        json.end_array();
        json.key("last");
        json.hash(0xc0_ffee);
        json.end_object();
        let want = concat!(
            r#"before {"te\"xt":"a\\b\n\r\t\u0001\u001fé","#,
            r#""list":[18446744073709551615,-0.005,null,true,{},[]],"last":"0000000000c0ffee"}"#
        );
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}
