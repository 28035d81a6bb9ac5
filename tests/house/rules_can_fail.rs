//! Every rule seen to fail, and to let pass what it should.

use super::{Banned, Long, banned, benches, duplicates, length, ships, swallowed, text, unsafe_code};
use crate::house::tree::{Breach, Text};

fn file(path: &str, text: &str) -> Text {
    Text { path: path.to_owned(), text: text.to_owned() }
}

fn lines(breaches: &[Breach]) -> Vec<usize> {
    breaches.iter().map(|breach| breach.line).collect()
}

#[test]
fn unsafe_is_found_as_a_word_of_code_only() {
    let said = file("src/a.rs", "// unsafe\nfn f() -> &str { \"unsafe\" }\nunsafe fn g() {}");
    assert_eq!(lines(&unsafe_code(&said, &[])), [3]);
    assert_eq!(lines(&unsafe_code(&said, &[("src/a.rs", "why")])), [0; 0]);
    assert_eq!(lines(&unsafe_code(&file("src/a.rs", "fn f() {}"), &[("src/a.rs", "why")])), [1]);
}

#[test]
fn banned_words_are_found_across_lines_and_excused_by_place() {
    let rules =
        [Banned("let _ =", "", &[("src/x", "why")]), Banned("dbg !", "", &[]), Banned("# [ allow", "", &[])];
    let code = "let _ = f();\nlet _kept = f();\nf()\n  .dbg\n!();\nlet a = f().dbg();\n#[allow(x)]\n";
    assert_eq!(lines(&banned(&file("src/a.rs", code), &rules, true)), [1, 4, 7]);
    assert_eq!(lines(&banned(&file("src/x/a.rs", code), &rules, true)), [4, 7]);
    assert_eq!(lines(&banned(&file("src/xy.rs", code), &rules, true)), [1, 4, 7]);
}

#[test]
fn the_clock_may_be_read_in_tests_only() {
    let rules = [Banned("Instant :: now", "", &[])];
    let code = "fn f() { Instant::now() }\n#[cfg(test)]\nmod tests {\n fn g() { Instant::now() }\n}\nfn h() { Instant::now() }";
    assert_eq!(lines(&banned(&file("src/a.rs", code), &rules, false)), [1, 6]);
    assert!(ships("src/hot/lane.rs") && !ships("src/hot/tests/lane.rs") && !ships("tests/a.rs"));
}

#[test]
fn an_error_made_a_default_is_told_from_an_absence() {
    let code = "let a = u8::try_from(b).unwrap_or_default();\nlet c = list.get(1).unwrap_or_default();\n\
                let d = s.parse::<u8>()\n.unwrap_or_default();";
    assert_eq!(lines(&swallowed(&file("src/a.rs", code), &[])), [1, 4]);
    let code = "f(a)\n.ok();\nlet b = c().ok();\nif d { e().ok(); }\nlet g = || { h().ok() };";
    assert_eq!(lines(&swallowed(&file("src/a.rs", code), &[])), [2, 4]);
    assert_eq!(lines(&swallowed(&file("src/a.rs", code), &[("src/a.rs", "why")])), [0; 0]);
}

#[test]
fn a_long_source_needs_an_exact_row() {
    let long = file("src/a.rs", &"x\n".repeat(401));
    assert!(length(&long, &[]).is_some());
    assert!(length(&long, &[Long("src/a.rs", 401, "why")]).is_none());
    assert!(length(&long, &[Long("src/a.rs", 450, "why")]).is_some());
    assert!(length(&file("src/a.rs", &"x\n".repeat(400)), &[]).is_none());
    assert!(length(&file("src/a.rs", "x"), &[Long("src/a.rs", 1, "why")]).is_some());
    assert!(length(&file("a/b.txt", &"x\n".repeat(401)), &[]).is_none());
}

#[test]
fn machines_and_numbers_of_issues_are_found_in_text() {
    let named = format!(
        "see {}x\n/home{}x a{}\nhttps://{}/y",
        super::FOREIGN[0],
        super::FOREIGN[0],
        super::FOREIGN[1],
        super::FOREIGN[3]
    );
    assert_eq!(lines(&text(&file("README.md", &named))), [1, 3]);
    let numbered = "as in #12\n(#7).\n# 1. title\n#include\n#abc";
    assert_eq!(lines(&text(&file("README.md", numbered))), [1, 2]);
    assert_eq!(lines(&text(&file("a.rs", "// see #12\nlet x = \"Linux #1 SMP\"; // b"))), [1]);
    assert_eq!(lines(&text(&file("tests/fuzz/Cargo.lock", &named))), [0; 0]);
}

#[test]
fn a_bench_is_declared_present_and_told() {
    let manifest =
        "[[bench]]\nname = \"ring\"\npath = \"../../benches/ring.rs\"\n[[bench]]\nname = \"gone\"\n";
    let mut files = vec![
        file("src/hot/Cargo.toml", manifest),
        file("benches/ring.rs", ""),
        file("benches/tick.rs", ""),
        file("benches/peers/a.rs", ""),
    ];
    let found = |files: &[Text]| {
        benches(files).iter().map(|breach| format!("{}:{}", breach.path, breach.line)).collect::<Vec<_>>()
    };
    assert_eq!(found(&files), ["src/hot/Cargo.toml:4", "benches/tick.rs:1"]);
    files.push(file("README.md", "cargo bench --bench tick"));
    assert_eq!(found(&files), ["src/hot/Cargo.toml:4", "benches/ring.rs:1", "benches/tick.rs:1"]);
}

#[test]
fn a_second_version_needs_words_for_its_reason() {
    let lock =
        "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
    let deny = |reason| format!("[bans]\nskip = [{{ crate = \"a@1.0.0\", reason = \"{reason}\" }}]");
    assert_eq!(lines(&duplicates(lock, &deny("why"))), [0; 0]);
    assert_eq!(lines(&duplicates(lock, &deny(""))), [4]);
    assert_eq!(lines(&duplicates(lock, "")), [4]);
}
