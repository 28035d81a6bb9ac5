//! Text within HTML and SVG.

use std::fmt::{self, Display};

/// Text as HTML shows it, between tags and in quoted attributes alike.
pub struct Escaped<T>(pub T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_fmt(&mut Escaper(to), format_args!("{}", self.0))
    }
}

struct Escaper<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaper<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '&' => self.0.write_str("&amp;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                // HTML has no characters for these, however they are written.
                c if c.is_control() && c != '\n' && c != '\t' => self.0.write_str("\u{fffd}")?,
                c => fmt::Write::write_char(&mut *self.0, c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place_in_the_markup() {
        for (text, want) in [
            ("eth0", "eth0"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("it's &amp;", "it&#39;s &amp;amp;"),
            ("</script>", "&lt;/script&gt;"),
            ("a\0b\u{7f}\u{85}é", "a\u{fffd}b\u{fffd}\u{fffd}é"),
        ] {
            assert_eq!(Escaped(text).to_string(), want);
        }
    }
}
