//! The licences of what the house depends on, held against the list in `.deny.toml`.

#![expect(clippy::expect_used, clippy::panic, reason = "without cargo's own words there is nothing to judge")]

use std::process::Command;

use serde_json::Value;

use crate::house::manifest::{below, tables};
use crate::house::tree::Breach;

/// A package from a registry, as cargo knows it.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name and version.
    name: String,
    /// Its licence as an SPDX expression; empty where it names a file alone.
    licence: String,
}

/// Every package that this machine builds, tests included, without the house's own.
pub(crate) fn packages() -> Vec<Package> {
    let asked = |program: &str, arguments: &[&str]| {
        let answer = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        let answer = answer.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(
            answer.status.success(),
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&answer.stderr)
        );
        String::from_utf8(answer.stdout).expect("text")
    };
    let version = asked("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    // What is built for this machine was fetched for building it; the rest need not be here.
    let metadata = ["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host];
    let metadata = asked(env!("CARGO"), &metadata);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or("").to_owned();
    let all = metadata["packages"].as_array().expect("a list of packages");
    all.iter()
        .filter(|package| !package["source"].is_null())
        .map(|package| Package {
            name: format!("{} {}", text(package, "name"), text(package, "version")),
            licence: text(package, "license"),
        })
        .collect()
}

/// The licences that `.deny.toml` allows.
pub(crate) fn allowed(deny: &str) -> Vec<String> {
    let tables = tables(".deny.toml", deny);
    let list = below(&tables, &["licenses", "allow"]).and_then(|list| list.as_array());
    let names = list.into_iter().flatten().filter_map(|name| name.get_ref().as_str());
    names.map(str::to_owned).collect()
}

/// The packages whose licence is none of the allowed ones.
pub(crate) fn breaches(packages: &[Package], allowed: &[String]) -> Vec<Breach> {
    let refused = packages.iter().filter(|package| !permits(&package.licence, allowed));
    refused
        .map(|package| {
            let Package { name, licence } = package;
            let words = format!("{name} is under {licence:?}, which `allow` of .deny.toml does not permit");
            Breach::new("Cargo.lock", 1, words)
        })
        .collect()
}

/// Whether an SPDX expression leaves a choice that is allowed whole. `/` is how `OR` was written once.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut left = words.as_slice();
    either(&mut left, allowed).is_some_and(|is_permitted| is_permitted && left.is_empty())
}

/// Terms with `OR` between them; `None` where the words are no expression.
fn either(left: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut is_permitted = both(left, allowed)?;
    while take(left, "OR") {
        is_permitted |= both(left, allowed)?;
    }
    Some(is_permitted)
}

/// Licences with `AND` between them.
fn both(left: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut is_permitted = one(left, allowed)?;
    while take(left, "AND") {
        is_permitted &= one(left, allowed)?;
    }
    Some(is_permitted)
}

/// A licence, with its exception where it has one, or an expression in brackets.
fn one(left: &mut &[&str], allowed: &[String]) -> Option<bool> {
    if take(left, "(") {
        let is_permitted = either(left, allowed)?;
        return take(left, ")").then_some(is_permitted);
    }
    let (first, rest) = left.split_first()?;
    *left = rest;
    let mut name = (*first).to_owned();
    if take(left, "WITH") {
        let (exception, rest) = left.split_first()?;
        *left = rest;
        name = format!("{name} WITH {exception}");
    }
    Some(allowed.contains(&name))
}

/// Takes `word`, if it is the next one.
fn take(left: &mut &[&str], word: &str) -> bool {
    match left.split_first() {
        Some((first, rest)) if *first == word => {
            *left = rest;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_allowed_licence_and_a_sum_all_of_them() {
        let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for (expression, is_permitted) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("MIT AND (GPL-3.0-only OR Apache-2.0 WITH LLVM-exception)", true),
            ("Apache-2.0", false),
            ("MIT OR GPL-3.0-only AND Zlib", true),
            ("(MIT OR GPL-3.0-only) AND Zlib", false),
            ("", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT MIT", false),
        ] {
            assert_eq!(permits(expression, &allowed), is_permitted, "{expression}");
        }
    }

    #[test]
    fn the_list_is_that_of_the_file_and_a_breach_names_the_package() {
        let allowed = allowed("[licenses]\nallow = [\"ISC\", \"MIT\"]\n");
        assert_eq!(allowed, ["ISC", "MIT"]);
        let package =
            |name: &str, licence: &str| Package { name: name.to_owned(), licence: licence.to_owned() };
        let found = breaches(&[package("good 1", "ISC OR MIT"), package("bad 2", "AGPL-3.0-only")], &allowed);
        assert_eq!(found.len(), 1);
        assert!(found[0].words.starts_with("bad 2 is under"), "{}", found[0].words);
    }
}
