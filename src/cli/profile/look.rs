//! What the terminal can show and its owner wants to see.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal};

use console::Term;

/// Whether standard error is a terminal whose lines can be written over, or is to be taken for one.
pub(super) fn moves(style: &str) -> bool {
    match style {
        "auto" => io::stderr().is_terminal() && !is_dumb(env::var_os("TERM").as_deref()),
        style => style == "full" || style == "nocolor",
    }
}

/// Whether standard output shows colours.
pub(super) fn colours(style: &str) -> bool {
    colours_by(style, io::stdout().is_terminal())
}

/// Whether standard error does.
pub(super) fn colours_on_stderr(style: &str) -> bool {
    colours_by(style, io::stderr().is_terminal())
}

/// How wide standard output is, in letters; nothing where it is no terminal.
pub(super) fn width() -> Option<usize> {
    Term::stdout().size_checked().map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
}

fn colours_by(style: &str, is_terminal: bool) -> bool {
    let (no_color, term) = (env::var_os("NO_COLOR"), env::var_os("TERM"));
    shows_colours(style, is_terminal, no_color.as_deref(), term.as_deref())
}

/// By <https://no-color.org>: the variable, if it is not empty, says no; an option that says otherwise is stronger.
fn shows_colours(style: &str, is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    match style {
        "auto" => is_terminal && no_color.is_none_or(OsStr::is_empty) && !is_dumb(term),
        style => matches!(style, "full" | "color"),
    }
}

/// A terminal that knows letters and nothing else.
fn is_dumb(term: Option<&OsStr>) -> bool {
    term.is_some_and(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_have_them_unless_the_owner_wants_none() {
        let some = |text| Some(OsStr::new(text));
        for (style, is_terminal, no_color, term, shown) in [
            ("auto", true, None, some("xterm"), true),
            ("auto", true, some(""), some("xterm"), true),
            ("auto", true, some("1"), some("xterm"), false),
            ("auto", true, None, some("dumb"), false),
            ("auto", false, None, some("xterm"), false),
            ("color", false, some("1"), some("dumb"), true),
            ("full", false, None, None, true),
            ("basic", true, None, some("xterm"), false),
            ("nocolor", true, None, some("xterm"), false),
        ] {
            let words = format!("{style} {is_terminal} {no_color:?} {term:?}");
            assert_eq!(shows_colours(style, is_terminal, no_color, term), shown, "{words}");
        }
    }
}
