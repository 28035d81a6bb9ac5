//! Rust text to tokens, with comments and the insides of literals taken out: enough to see names, not a compiler.

/// A word, a number, a mark, `::`, or `"` in place of any string, `'` of any character or lifetime.
#[derive(Debug)]
pub(crate) struct Token {
    /// The text.
    pub(crate) text: String,
    /// The line it begins in, counted from 1.
    pub(crate) line: usize,
}

/// A source taken apart.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// What the compiler reads.
    pub(crate) tokens: Vec<Token>,
    /// What people read, a token per line of comment.
    pub(crate) comments: Vec<Token>,
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    out: Scanned,
}

/// Takes a source apart.
pub(crate) fn scan(text: &str) -> Scanned {
    let out = Scanned { tokens: Vec::new(), comments: Vec::new() };
    let mut scanner = Scanner { rest: text, line: 1, out };
    while scanner.step() {}
    scanner.out
}

fn in_word(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

impl Scanner<'_> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if self.rest.starts_with("//") {
            let length = self.rest.find('\n').unwrap_or(self.rest.len());
            self.comment(length);
        } else if self.rest.starts_with("/*") {
            self.comment(block_length(self.rest));
        } else if first.is_whitespace() {
            self.pass(first.len_utf8());
        } else if first == '"' {
            self.literal("\"", quoted_length(self.rest, '"'));
        } else if first == '\'' {
            self.literal("'", quote_length(self.rest));
        } else if in_word(first) {
            self.word();
        } else {
            let length = if self.rest.starts_with("::") { 2 } else { first.len_utf8() };
            self.token(length);
        }
        true
    }

    /// A word, or the literal that its letters introduce: `b"…"`, `r#"…"#`, `b'…'`, or a raw name `r#type`.
    fn word(&mut self) {
        let length = self.rest.find(|letter| !in_word(letter)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(length);
        let hashes = after.len() - after.trim_start_matches('#').len();
        let quoted = after.trim_start_matches('#').starts_with('"');
        match word {
            "r" | "br" | "cr" if quoted => {
                let end = format!("\"{}", "#".repeat(hashes));
                let inside = length + hashes + 1;
                let closing = self.rest[inside..].find(&end).map(|at| inside + at + end.len());
                self.literal("\"", closing.unwrap_or(self.rest.len()));
            }
            "b" | "c" if after.starts_with('"') => self.literal("\"", length + quoted_length(after, '"')),
            "b" if after.starts_with('\'') => self.literal("'", length + quote_length(after)),
            "r" if hashes == 1 => {
                self.pass(length + 1);
                let name = self.rest.find(|letter| !in_word(letter)).unwrap_or(self.rest.len());
                self.token(name);
            }
            _ => self.token(length),
        }
    }

    fn pass(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }

    fn token(&mut self, length: usize) {
        self.out.tokens.push(Token { text: self.rest[..length].to_owned(), line: self.line });
        self.pass(length);
    }

    fn literal(&mut self, mark: &str, length: usize) {
        self.out.tokens.push(Token { text: mark.to_owned(), line: self.line });
        self.pass(length);
    }

    fn comment(&mut self, length: usize) {
        for (at, text) in self.rest[..length].split('\n').enumerate() {
            self.out.comments.push(Token { text: text.to_owned(), line: self.line + at });
        }
        self.pass(length);
    }
}

/// Bytes of a block comment; they nest.
fn block_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(here) = text.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Bytes from a quote to its pair, escapes passed over.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            return at + 1;
        }
    }
    text.len()
}

/// Bytes of a character, or of the `'` of a lifetime, whose name is then a word.
fn quote_length(text: &str) -> usize {
    let mut letters = text.chars().skip(1);
    match (letters.next(), letters.next()) {
        (Some('\\'), _) => quoted_length(text, '\''),
        (Some(letter), Some('\'')) => 2 + letter.len_utf8(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::scan;

    fn words(text: &str) -> String {
        scan(text).tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), "a f");
        assert_eq!(words(r##"a("b \" c", r#"d " e"#, b"f", br"g\", c"h")"##), "a ( \" , \" , \" , \" , \" )");
        assert_eq!(words(r"a('b', '\'', b'\\', '\u{41}') & 'c d"), "a ( ' , ' , ' , ' ) & ' c d");
        assert_eq!(words("r#type::b é \"un"), "type :: b é \"");
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let found = scan("a\n\"b\n\\\n\"\n/*\n*/ c\n// d");
        let lines: Vec<usize> = found.tokens.iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 6]);
        let comments: Vec<usize> = found.comments.iter().map(|token| token.line).collect();
        assert_eq!(comments, [5, 6, 7]);
    }
}
