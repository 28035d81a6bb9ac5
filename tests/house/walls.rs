//! How the tables of `tests/edges.rs` are held against manifests and sources.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::house::manifest::{below, line_at, tables};
use crate::house::paths::{Named, naming};
use crate::house::scan::scan;
use crate::house::tree::{Breach, Text};

/// A crate of the workspace: its folder, what it may depend on, and what its tests may besides.
pub(crate) struct Crate(
    pub(crate) &'static str,
    pub(crate) &'static [&'static str],
    pub(crate) &'static [&'static str],
);

/// A room: its place, what it may name, and what its tests may name besides.
#[derive(Clone, Copy)]
pub(crate) struct Room(
    pub(crate) &'static str,
    pub(crate) &'static [&'static str],
    pub(crate) &'static [&'static str],
);

/// The parts of `std` that reach the world or wait for others; the rest is free to every room.
const WORLD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::sync::Condvar",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::mpsc",
    "std::thread",
];

/// The row of `path`: the longest place that it is or lies below.
fn room_of<'a>(rooms: &'a [Room], path: &str) -> Option<&'a Room> {
    let holds = |place: &str| {
        path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
    };
    rooms.iter().filter(|room| holds(room.0)).max_by_key(|room| room.0.len())
}

/// The module path of a file below a folder of sources.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_end_matches(".rs");
    let mut steps: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if steps.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        steps.pop();
    }
    steps
}

/// The folder of sources that holds `path`, longest first, and whether `crate` is the root crate there.
fn sources_of(path: &str) -> Option<(&'static str, bool)> {
    let folders = [("src/model/", false), ("src/hot/", false), ("drivers/src/", false), ("src/", true)];
    folders.into_iter().find(|(folder, _)| path.starts_with(folder))
}

/// Whether `path` is one of the names that a row must list.
fn is_walled(path: &Named, outside: &BTreeSet<String>) -> bool {
    match path.segments.first().map(String::as_str) {
        Some("crate") => true,
        Some("std") => {
            // A module of `std` brought in whole hides what is used of it.
            let whole = path.segments.join("::") + "::";
            let wide = path.segments.len() > 1 && WORLD.iter().any(|place| place.starts_with(&whole));
            wide || WORLD.iter().any(|place| path.is_below(place))
        }
        Some(first) => outside.contains(first),
        None => false,
    }
}

/// Every path of `file` that its room may not name.
pub(crate) fn trespasses(
    file: &Text,
    rooms: &[Room],
    outside: &BTreeSet<String>,
    tests: &BTreeSet<String>,
) -> Vec<Breach> {
    let Some((folder, root)) = sources_of(&file.path) else { return Vec::new() };
    let Some(Room(place, may, may_in_tests)) = room_of(rooms, &file.path) else {
        let words =
            "no room of this place: add a Room to ROOMS in tests/edges.rs with what it may name, and why";
        return vec![Breach::new(&file.path, 1, words)];
    };
    let home = ["crate".to_owned()].into_iter().chain(module_of(place.strip_prefix(folder).unwrap_or("")));
    // `lib.rs` and `main.rs` are rooms like any other, though every path lies below their module.
    let home: Vec<String> = home.collect();
    let home = (home.len() > 1).then(|| home.join("::"));
    let all_tests = is_for_tests(&file.path, tests);
    let module = module_of(&file.path[folder.len()..]);
    let mut breaches = Vec::new();
    for mut path in naming(&scan(&file.text).tokens, &module).paths {
        if root && path.segments.first().is_some_and(|first| first == "hearth") {
            path.segments[0] = "crate".to_owned();
        }
        let at_home =
            if root { home.as_ref().is_some_and(|home| path.is_below(home)) } else { path.is_below("crate") };
        let listed = |list: &[&str]| list.iter().any(|place| path.is_below(place));
        let test = path.test || all_tests;
        if at_home || !is_walled(&path, outside) || listed(may) || (test && listed(may_in_tests)) {
            continue;
        }
        let whole = path.segments.join("::");
        let words = format!("`{place}` may not name `{whole}`: see its row in ROOMS of tests/edges.rs");
        breaches.push(Breach::new(&file.path, path.line, words));
    }
    breaches
}

/// Whether a file is, or lies below, a module that is compiled for tests only.
fn is_for_tests(path: &str, tests: &BTreeSet<String>) -> bool {
    tests.iter().any(|stem| {
        path.strip_prefix(stem.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

/// The stems of files that are compiled for tests only: what sources declare so, and folders of tests.
pub(crate) fn test_stems(files: &[Text]) -> BTreeSet<String> {
    let mut stems: BTreeSet<String> = ["src/hot/tests".to_owned()].into();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let module = module_of(&file.path).join("/");
        let children = naming(&scan(&file.text).tokens, &[]).test_children;
        stems.extend(children.into_iter().map(|child| format!("{module}/{child}")));
    }
    stems
}

/// Every dependency of a manifest, with its line and whether only tests have it.
pub(crate) fn dependencies(path: &str, text: &str) -> Vec<(String, usize, bool)> {
    let manifest = tables(path, text);
    let mut found = Vec::new();
    let mut gather = |tables: &DeTable<'_>| {
        for (section, dev) in
            [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
        {
            let Some(list) = below(tables, &[section]).and_then(|list| list.as_table()) else { continue };
            for name in list.keys() {
                found.push((name.get_ref().to_string(), line_at(text, name.span().start), dev));
            }
        }
    };
    gather(&manifest);
    for target in below(&manifest, &["target"])
        .and_then(|list| list.as_table())
        .into_iter()
        .flat_map(|list| list.values())
    {
        if let Some(tables) = target.get_ref().as_table() {
            gather(tables);
        }
    }
    found
}

/// Dependencies of the manifest of `row` that its row does not list.
pub(crate) fn surplus(path: &str, text: &str, Crate(_, may, may_in_tests): &Crate) -> Vec<Breach> {
    let refused = |(name, _, dev): &(String, usize, bool)| {
        !(may.contains(&name.as_str()) || *dev && may_in_tests.contains(&name.as_str()))
    };
    let words = |name| {
        format!("this crate may not depend on `{name}`: see its row in CRATES of tests/house/crates.rs")
    };
    let all = dependencies(path, text).into_iter();
    all.filter(refused).map(|(name, line, _)| Breach::new(path, line, words(name))).collect()
}

pub(crate) fn manifest_of(folder: &str) -> String {
    if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") }
}

#[cfg(test)]
mod tests {
    use super::{Crate, Room, surplus, test_stems, trespasses};
    use crate::house::tree::Text;

    const ROOMS: &[Room] = &[
        Room("src/serve", &["nix", "std::thread"], &["std::fs"]),
        Room("src/serve/routes", &["crate::view", "crate::serve::handler", "hearth_hot::series"], &[]),
        Room("src/main.rs", &["crate::cli"], &[]),
    ];

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = Text { path: path.to_owned(), text: text.to_owned() };
        let outside = ["nix", "hyper", "hearth_hot"].map(str::to_owned).into();
        let tests = test_stems(&[Text {
            path: "src/serve/mod.rs".to_owned(),
            text: "#[cfg(test)] mod rig;".to_owned(),
        }]);
        trespasses(&file, ROOMS, &outside, &tests).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_row_does_not_list_is_found_in_every_form() {
        let text = "use crate::view;\nuse nix::{poll, time};\nfn f() { hyper::x(); super::config::y(); }\n\
                    // use crate::a;\nuse std::{io, sync::Mutex};\nuse crate::serve::stop; use std::thread;\nuse std::fs;";
        let lines = found("src/serve/mod.rs", text);
        let at: Vec<&str> = lines.iter().map(|line| line.split(": see").next().unwrap()).collect();
        assert_eq!(
            at,
            [
                "src/serve/mod.rs:1: `src/serve` may not name `crate::view`",
                "src/serve/mod.rs:3: `src/serve` may not name `hyper::x`",
                "src/serve/mod.rs:3: `src/serve` may not name `crate::config::y`",
                "src/serve/mod.rs:5: `src/serve` may not name `std::sync::Mutex`",
                "src/serve/mod.rs:7: `src/serve` may not name `std::fs`",
            ]
        );
    }

    #[test]
    fn tests_of_a_room_may_name_more_but_not_everything() {
        assert!(found("src/serve/a.rs", "#[cfg(test)] mod tests { use std::fs; }").is_empty());
        assert!(found("src/serve/rig.rs", "use std::fs;").is_empty());
        assert_eq!(found("src/serve/rig.rs", "use std::env;").len(), 1);
    }

    #[test]
    fn an_inner_room_has_walls_of_its_own() {
        let text =
            "use crate::view::View; use super::super::handler::H; use crate::serve::routes::x; use super::y;";
        assert_eq!(found("src/serve/routes/sub.rs", text), [""; 0]);
        assert_eq!(
            found("src/serve/routes/sub.rs", "use crate::serve::stop; use hearth_hot::ring;").len(),
            2
        );
        assert_eq!(found("src/main.rs", "fn main() { hearth::cli::main(); hearth::view::f() }").len(), 1);
    }

    #[test]
    fn a_place_without_a_row_is_told_how_to_get_one() {
        assert!(found("src/panel.rs", "").concat().contains("add a Room to ROOMS in tests/edges.rs"));
        assert!(
            found("src/server.rs", "").concat().contains("add a Room"),
            "a row holds whole steps of a path"
        );
    }

    #[test]
    fn a_dependency_without_a_word_in_its_row_is_found_in_every_section() {
        let row = Crate("drivers", &["libc"], &["procfs"]);
        let text = "[dependencies]\nlibc = \"1\"\nhearth-model = { path = \"m\" }\n[target.'cfg(x)'.dependencies]\nloom = \"1\"\n\
                    [dev-dependencies]\nprocfs = \"1\"\nrand = \"1\"\n[build-dependencies.procfs]\nversion = \"1\"";
        let lines: Vec<usize> =
            surplus("drivers/Cargo.toml", text, &row).iter().map(|breach| breach.line).collect();
        assert_eq!(lines, [3, 9, 8, 5]);
    }
}
