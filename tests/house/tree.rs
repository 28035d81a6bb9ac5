//! The files of the house, found by walking: a tarball without a history passes as well as a checkout.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// The top-level names that belong to the house. What a machine leaves beside them (logs, build outputs) is not read.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".config",
    ".deny.toml",
    ".gitignore",
    ".rustfmt.toml",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "benches",
    "display",
    "drivers",
    "image",
    "initramfs",
    "src",
    "tests",
];

/// Folders of build outputs and findings, at any depth.
const SKIPPED: &[&str] = &["target", "corpus", "artifacts", "__pycache__"];

/// One text file.
pub(crate) struct Text {
    /// Its path below the root, with `/`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

/// A rule broken at a place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    /// The file, below the root.
    pub(crate) path: String,
    /// The line, counted from 1.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) words: String,
}

impl Breach {
    /// A breach of `path` in `line`.
    pub(crate) fn new(path: &str, line: usize, words: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, words: words.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.words)
    }
}

/// Every text file of the house, in order of path. Files that are not UTF-8 are no text.
pub(crate) fn house() -> Vec<Text> {
    // As the test runner says; it may run what was built elsewhere.
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&root);
    let mut found = Vec::new();
    for name in TOP {
        let read = gather(&root.join(name), name, &mut found);
        assert!(read.is_ok(), "reading {name} of the house: {read:?}");
    }
    assert!(found.iter().any(|file| file.path == "src/lib.rs"), "no src/lib.rs below {}", root.display());
    found
}

fn gather(at: &Path, path: &str, found: &mut Vec<Text>) -> io::Result<()> {
    let kind = match fs::symlink_metadata(at) {
        Ok(meta) => meta.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_file() {
        match String::from_utf8(fs::read(at)?) {
            Ok(text) => found.push(Text { path: path.to_owned(), text }),
            Err(_binary) => {}
        }
    } else if kind.is_dir() {
        let mut names = Vec::new();
        for entry in fs::read_dir(at)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        for name in names.iter().filter(|name| !SKIPPED.contains(&name.as_str())) {
            gather(&at.join(name), &format!("{path}/{name}"), found)?;
        }
    }
    Ok(())
}

/// Fails with every breach in words, one per line.
pub(crate) fn demand(rule: &str, mut breaches: Vec<Breach>) {
    breaches.sort();
    let list: String = breaches.iter().map(|breach| format!("\n  {breach}")).collect();
    assert!(breaches.is_empty(), "{rule}: {} broken{list}\n", breaches.len());
}
