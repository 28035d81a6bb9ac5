//! Paths that a source names, in `use` and in the text, from the root of its crate or of another.

use crate::house::scan::Token;

/// A path as one `::`-joined whole: `crate::…` within the crate, else from another crate's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The segments.
    pub(crate) segments: Vec<String>,
    /// The line, counted from 1.
    pub(crate) line: usize,
    /// Whether it is compiled for tests only.
    pub(crate) test: bool,
}

impl Named {
    /// Whether the path is `place` or lies below it.
    pub(crate) fn is_below(&self, place: &str) -> bool {
        let mut segments = self.segments.iter();
        place.split("::").all(|step| segments.next().is_some_and(|segment| segment == step))
    }
}

/// What a source names.
#[derive(Debug, Default)]
pub(crate) struct Naming {
    /// Paths, in order.
    pub(crate) paths: Vec<Named>,
    /// Child modules in other files that are compiled for tests only.
    pub(crate) test_children: Vec<String>,
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// Where the text stands: the file's module, then the modules in braces.
    module: Vec<String>,
    /// For each open brace, whether it is a module's and whether its content is for tests.
    braces: Vec<(bool, bool)>,
    /// An item marked for tests has begun.
    marked: bool,
    found: Naming,
}

/// The paths in `tokens` of the file of `module`.
pub(crate) fn naming(tokens: &[Token], module: &[String]) -> Naming {
    let mut reader = reader(tokens, module);
    while reader.at < tokens.len() {
        reader.step();
    }
    reader.found
}

fn reader<'a>(tokens: &'a [Token], module: &[String]) -> Reader<'a> {
    let (module, found) = (module.to_vec(), Naming::default());
    Reader { tokens, at: 0, module, braces: Vec::new(), marked: false, found }
}

/// Of each token, whether it is compiled for tests only.
pub(crate) fn scopes(tokens: &[Token]) -> Vec<bool> {
    let mut reader = reader(tokens, &[]);
    let mut test = Vec::with_capacity(tokens.len());
    while reader.at < tokens.len() {
        let begun = reader.in_test();
        reader.step();
        test.resize(reader.at, begun);
    }
    test
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter == '_' || letter.is_alphabetic())
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn step(&mut self) {
        match self.text(self.at) {
            "#" if self.text(self.at + 1) == "[" => self.attribute(),
            "mod" if is_name(self.text(self.at + 1)) => self.child(),
            "use" if self.text(self.at + 1) != "<" => {
                self.at += 1;
                let line = self.line();
                self.tree(&[], line);
            }
            "{" => {
                self.braces.push((false, self.marked));
                self.marked = false;
                self.at += 1;
            }
            "}" => {
                if let Some((true, _)) = self.braces.pop() {
                    self.module.pop();
                }
                self.marked = false;
                self.at += 1;
            }
            ";" => {
                self.marked = false;
                self.at += 1;
            }
            word if is_name(word) && self.text(self.at + 1) == "::" && self.begins() => self.inline(),
            _ => self.at += 1,
        }
    }

    /// Whether the word here begins a path: no `a::` or `>::` stands before it.
    fn begins(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).filter(|&before| self.text(before) == "::") else {
            return true;
        };
        let further = before.checked_sub(1).map_or("", |further| self.text(further));
        further != ">" && !is_name(further)
    }

    /// Sees `cfg(test)` and its like; what an attribute names is read as any text.
    fn attribute(&mut self) {
        if self.text(self.at + 2) == "cfg" {
            let words =
                (self.at + 3..self.tokens.len()).map(|at| self.text(at)).take_while(|word| *word != "]");
            let words: Vec<&str> = words.collect();
            self.marked |= words.contains(&"test") && !words.contains(&"not") && !words.contains(&"any");
        }
        self.at += 2;
    }

    fn child(&mut self) {
        let name = self.text(self.at + 1).to_owned();
        match self.text(self.at + 2) {
            "{" => {
                self.braces.push((true, self.marked));
                self.module.push(name);
                self.marked = false;
                self.at += 3;
            }
            _ => {
                if self.in_test() {
                    self.found.test_children.push(name);
                }
                self.at += 2;
            }
        }
    }

    fn in_test(&self) -> bool {
        self.marked || self.braces.iter().any(|brace| brace.1)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    fn inline(&mut self) {
        let line = self.line();
        let mut path = vec![self.text(self.at).to_owned()];
        self.at += 1;
        while self.text(self.at) == "::" && is_name(self.text(self.at + 1)) {
            path.push(self.text(self.at + 1).to_owned());
            self.at += 2;
        }
        self.name(&path, line);
    }

    /// One tree of a `use`; a group is as many paths as it has leaves.
    fn tree(&mut self, before: &[String], mut line: usize) {
        let mut path = before.to_vec();
        while self.at < self.tokens.len() {
            match self.text(self.at) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(self.at), "}" | "") {
                        let leaf = self.line();
                        self.tree(&path, leaf);
                        if self.text(self.at) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => self.at += 2,
                word if is_name(word) => {
                    if path.is_empty() || word != "self" {
                        path.push(word.to_owned());
                    }
                    line = self.line();
                    self.at += 1;
                }
                "*" => self.at += 1,
                _ => break,
            }
        }
        self.name(&path, line);
    }

    /// Keeps a path, made whole where it begins at `self` or `super`.
    fn name(&mut self, path: &[String], line: usize) {
        let mut base = self.module.clone();
        let mut own = false;
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => base.clear(),
                "super" => {
                    base.pop();
                }
                "self" => {}
                _ => break,
            }
            (own, rest) = (true, others);
        }
        let mut segments = Vec::new();
        if own {
            segments.push("crate".to_owned());
            segments.append(&mut base);
        }
        segments.extend_from_slice(rest);
        let test = self.in_test();
        self.found.paths.push(Named { segments, line, test });
    }
}

#[cfg(test)]
mod tests {
    use super::{Naming, naming, scopes};
    use crate::house::scan::scan;

    fn read(text: &str) -> Naming {
        naming(&scan(text).tokens, &["serve".to_owned(), "accept".to_owned()])
    }

    fn paths(text: &str) -> Vec<String> {
        let named =
            |path: super::Named| format!("{}{}", path.segments.join("::"), if path.test { "?" } else { "" });
        read(text).paths.into_iter().map(named).collect()
    }

    #[test]
    fn a_group_is_every_path_in_it() {
        let all = ["crate::view", "crate::schema::Place", "crate::schema", "std::io::Read", "nix"];
        assert_eq!(paths("use {crate::{view, schema::{Place as P, self}}, ::std::io::Read}; use nix;"), all);
        assert_eq!(paths("pub use hyper::*; fn f() -> impl Sized + use<'_> {}"), ["hyper"]);
    }

    #[test]
    fn a_path_upwards_is_made_whole() {
        assert_eq!(paths("use super::super::view::View;"), ["crate::view::View"]);
        assert_eq!(paths("mod a { fn f() { super::super::stop::now() } }"), ["crate::serve::stop::now"]);
        assert_eq!(
            paths("self::x::y(); $crate::log::say!()"),
            ["crate::serve::accept::x::y", "crate::log::say"]
        );
        assert_eq!(paths("mod a {} use super::b;"), ["crate::serve::b"]);
    }

    #[test]
    fn a_path_in_the_text_counts_from_where_it_begins() {
        assert_eq!(paths("let x: Vec<nix::Fd> = ::libc::a::<u8>(b.c);"), ["nix::Fd", "libc::a"]);
        assert_eq!(paths("<T as hyper::Body>::Data::new()"), ["hyper::Body"]);
    }

    #[test]
    fn what_is_for_tests_is_told_from_what_ships() {
        let text = "#[cfg(test)] mod stage; mod kept; #[cfg(test)] use a::b; use c::d; \
                    #[cfg(test)] mod tests { fn f() { e::f(); } } fn g() { h::i(); } #[cfg(not(test))] use j::k;";
        assert_eq!(paths(text), ["a::b?", "c::d", "e::f?", "h::i", "j::k"]);
        assert_eq!(read(text).test_children, ["stage"]);
    }

    #[test]
    fn the_scope_of_tests_ends_with_its_brace() {
        let tokens = scan("a ( ) ; #[cfg(test)] mod t { b { } } c").tokens;
        let test = scopes(&tokens);
        let of = |word: &str| tokens.iter().position(|token| token.text == word).map(|at| test[at]);
        assert_eq!([of("a"), of("b"), of("c")], [Some(false), Some(true), Some(false)]);
    }

    #[test]
    fn a_place_holds_whole_steps_of_a_path() {
        let found = read("use crate::serve::stop::Stop;").paths;
        assert!(found[0].is_below("crate::serve") && found[0].is_below("crate::serve::stop::Stop"));
        assert!(!found[0].is_below("crate::ser") && !found[0].is_below("crate::serve::stop::Stop::new"));
    }
}
