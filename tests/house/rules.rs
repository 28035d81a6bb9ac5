//! The rules of `tests/tidy.rs`, each over one text.

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::house::manifest::{below, line_at, tables};
use crate::house::paths::scopes;
use crate::house::scan::{Token, scan};
use crate::house::tree::{Breach, Text};

/// Lines of a source that can be read at once.
const LINES_MAX: usize = 400;

/// Tokens apart by spaces, what to do instead, and the places that may with their reasons.
pub(crate) struct Banned(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static [(&'static str, &'static str)],
);

/// A long source: path, lines, reason.
pub(crate) struct Long(pub(crate) &'static str, pub(crate) usize, pub(crate) &'static str);

/// Whether `path` is `place` or lies below it.
fn is_at(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a source is part of what is installed.
pub(crate) fn ships(path: &str) -> bool {
    let of_crate = ["src/", "drivers/src/", "display/src/", "initramfs/src/", "image/src/"];
    of_crate.iter().any(|folder| path.starts_with(folder)) && !path.contains("/tests/")
}

/// `unsafe` outside the listed files, and rows of files that do not say it any more.
pub(crate) fn unsafe_code(file: &Text, listed: &[(&str, &str)]) -> Vec<Breach> {
    let scanned = scan(&file.text);
    let lines = scanned.tokens.iter().filter(|token| token.text == "unsafe").map(|token| token.line);
    if !listed.iter().any(|row| row.0 == file.path) {
        let words = "`unsafe` outside the files in UNSAFE of tests/tidy.rs";
        return lines.map(|line| Breach::new(&file.path, line, words)).collect();
    }
    let needless = lines.count() == 0;
    let words = "no `unsafe` any more: take the row out of UNSAFE in tests/tidy.rs";
    needless.then(|| Breach::new(&file.path, 1, words)).into_iter().collect()
}

/// Banned words of a source, in what is for tests only when `in_tests`.
pub(crate) fn banned(file: &Text, rules: &[Banned], in_tests: bool) -> Vec<Breach> {
    let tokens = scan(&file.text).tokens;
    let test = scopes(&tokens);
    let mut breaches = Vec::new();
    for Banned(words, instead, places) in rules {
        let words: Vec<&str> = words.split(' ').collect();
        if places.iter().any(|(place, _)| is_at(&file.path, place)) {
            continue;
        }
        for (at, here) in tokens.windows(words.len()).enumerate() {
            let same = here.iter().zip(&words).all(|(token, word)| token.text == *word);
            if same && (in_tests || !test.get(at).copied().unwrap_or(false)) {
                let line = here.first().map_or(0, |token| token.line);
                breaches.push(Breach::new(&file.path, line, format!("`{}`: {instead}", words.concat())));
            }
        }
    }
    breaches
}

/// Calls that give a Result; `unwrap_or_default` after one makes an error look like an empty value.
const FALLIBLE: &[&str] =
    &["try_from", "try_into", "parse", "from_utf8", "read", "read_to_string", "open", "recv", "send"];

/// Results thrown away by `.ok();`, and errors of well-known calls that one statement makes defaults.
pub(crate) fn swallowed(file: &Text, listed: &[(&str, &str)]) -> Vec<Breach> {
    if listed.iter().any(|row| row.0 == file.path) {
        return Vec::new();
    }
    let tokens = scan(&file.text).tokens;
    let word = |at: usize| tokens.get(at).map_or("", |token: &Token| token.text.as_str());
    // Whether the statement that is under way at a token says one of the words before it.
    let says = |at: usize, words: &[&str]| {
        let statement = (0..at).rev().map(word).take_while(|word| !matches!(*word, ";" | "{" | "}"));
        statement.into_iter().any(|word| words.contains(&word))
    };
    let mut breaches = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let thrown = word(at) == "ok" && [1, 2, 3].map(|more| word(at + more)) == ["(", ")", ";"];
        if thrown && !says(at, &["let", "=", "return", "break"]) {
            breaches.push(Breach::new(&file.path, token.line, "`.ok();` throws an error away: handle it"));
        } else if word(at) == "unwrap_or_default" && says(at, FALLIBLE) {
            let words = "`unwrap_or_default` makes an error a value: handle the error";
            breaches.push(Breach::new(&file.path, token.line, words));
        }
    }
    breaches
}

/// A source that is too long, or whose row allows more than it needs.
pub(crate) fn length(file: &Text, listed: &[Long]) -> Option<Breach> {
    if ![".rs", ".sh", ".py", ".js", ".css"].iter().any(|ending| file.path.ends_with(ending)) {
        return None;
    }
    let lines = file.text.lines().count();
    match listed.iter().find(|row| row.0 == file.path) {
        Some(Long(_, allowed, _)) if lines == *allowed && lines > LINES_MAX => None,
        Some(Long(_, allowed, reason)) => Some(Breach::new(
            &file.path,
            lines,
            format!("{lines} lines, its row in LONG says {allowed} ({reason}): split it, or correct the row"),
        )),
        None if lines > LINES_MAX => Some(Breach::new(
            &file.path,
            lines,
            format!("{lines} lines, over {LINES_MAX}: split it, or LONG in tests/tidy.rs"),
        )),
        None => None,
    }
}

/// Places of developers' machines and hosts of package registries, which no text names.
const FOREIGN: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("crates", ".io"),
    concat!("docker", ".io"),
    concat!("ghcr", ".io"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Foreign places and numbers of issues in a text. `Cargo.lock` is written by cargo.
pub(crate) fn text(file: &Text) -> Vec<Breach> {
    if file.path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        for foreign in FOREIGN.iter().filter(|foreign| names(line, foreign)) {
            breaches.push(Breach::new(
                &file.path,
                at + 1,
                format!("`{foreign}` is of a machine, not of the product"),
            ));
        }
    }
    let numbered = |line: &str| line.split([' ', '(', '[']).any(is_issue);
    let words = "the number of an issue: say what it is about";
    if file.path.ends_with(".rs") {
        let comments = scan(&file.text).comments.into_iter().filter(|comment| numbered(&comment.text));
        breaches.extend(comments.map(|comment| Breach::new(&file.path, comment.line, words)));
    } else if [".md", ".toml", ".sh", ".yml", ".py"].iter().any(|ending| file.path.ends_with(ending)) {
        let lines = file.text.lines().enumerate().filter(|(_, line)| numbered(line));
        breaches.extend(lines.map(|(at, _)| Breach::new(&file.path, at + 1, words)));
    }
    breaches
}

/// Whether `line` holds `foreign` as the beginning of a place: no letter or dot stands before it.
fn names(line: &str, foreign: &str) -> bool {
    line.match_indices(foreign).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !foreign.starts_with('/')
            || !before.is_some_and(|letter| letter.is_alphanumeric() || "._-}".contains(letter))
    })
}

/// `#12`, and nothing but marks behind it.
fn is_issue(word: &str) -> bool {
    let Some(number) = word.strip_prefix('#') else { return false };
    let number = number.trim_end_matches([')', ']', '.', ',', ':', ';']);
    (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Benches without a `[[bench]]`, `[[bench]]`es without a file, and benches that neither README nor script says.
pub(crate) fn benches(files: &[Text]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut declared = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let manifest = tables(&file.path, &file.text);
        let list = below(&manifest, &["bench"]).and_then(|list| list.as_array());
        for bench in list.into_iter().flatten() {
            let text =
                |key| bench.get_ref().get(key).and_then(|value| value.get_ref().as_str()).unwrap_or("");
            let folder = file.path.trim_end_matches("Cargo.toml");
            let path = if text("path").is_empty() {
                format!("benches/{}.rs", text("name"))
            } else {
                text("path").into()
            };
            let path = plain(&format!("{folder}{path}"));
            if !files.iter().any(|file| file.path == path) {
                let line = line_at(&file.text, bench.span().start);
                breaches.push(Breach::new(&file.path, line, format!("no file {path} of this bench")));
            }
            declared.push(path);
        }
    }
    let is_bench = |path: &str| {
        path.strip_prefix("benches/").is_some_and(|rest| !rest.contains('/') && rest.ends_with(".rs"))
    };
    let has_readme = files.iter().any(|file| file.path == "README.md");
    for bench in files.iter().filter(|file| is_bench(&file.path)) {
        let name = bench.path.trim_start_matches("benches/").trim_end_matches(".rs");
        let call = format!("--bench {name}");
        let told = |file: &&Text| file.path == "README.md" || file.path.ends_with(".sh");
        if !declared.contains(&bench.path) {
            breaches.push(Breach::new(&bench.path, 1, "no [[bench]] with this path in a Cargo.toml"));
        }
        if has_readme && !files.iter().filter(told).any(|file| file.text.contains(&call)) {
            breaches.push(Breach::new(
                &bench.path,
                1,
                format!("neither README.md nor a script says `{call}`"),
            ));
        }
    }
    breaches
}

/// A path without `..`.
fn plain(path: &str) -> String {
    let mut steps = Vec::new();
    for step in path.split('/') {
        if step == ".." {
            steps.pop();
        } else {
            steps.push(step);
        }
    }
    steps.join("/")
}

/// Crates in more than one version of which more than one has no reason in `skip` of `.deny.toml`.
pub(crate) fn duplicates(lock: &str, deny: &str) -> Vec<Breach> {
    let (lock_tables, deny_tables) = (tables("Cargo.lock", lock), tables(".deny.toml", deny));
    let skipped = below(&deny_tables, &["bans", "skip"]).and_then(|list| list.as_array());
    let mut reasons = BTreeMap::new();
    for row in skipped.into_iter().flatten().filter_map(|row| row.get_ref().as_table()) {
        reasons.insert(text_of(row, "crate"), text_of(row, "reason"));
    }
    let packages = below(&lock_tables, &["package"]).and_then(|list| list.as_array());
    let mut versions: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for package in packages.into_iter().flatten() {
        let Some(table) = package.get_ref().as_table() else { continue };
        let line = line_at(lock, package.span().start);
        versions.entry(text_of(table, "name")).or_default().push((text_of(table, "version"), line));
    }
    let mut breaches = Vec::new();
    for (name, all) in versions {
        let open = |(version, _): &&(String, usize)| {
            reasons.get(&format!("{name}@{version}")).is_none_or(String::is_empty)
        };
        for (version, line) in all.iter().filter(open).skip(1) {
            let words = format!(
                "{name} {version} beside another: one of them needs a reason in `skip` of .deny.toml"
            );
            breaches.push(Breach::new("Cargo.lock", *line, words));
        }
    }
    breaches
}

fn text_of(table: &DeTable<'_>, key: &str) -> String {
    below(table, &[key]).and_then(|value| value.as_str()).unwrap_or("").to_owned()
}

#[cfg(test)]
#[path = "rules_can_fail.rs"]
mod tests;
