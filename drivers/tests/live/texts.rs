//! The texts that are compared: this machine's own, and those captured from other kernels.

use hearth_drivers::file::{Delivery, KernelText, ReadError};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

/// The live text at `path`; `None`, said in the output, where this machine has no such file.
pub(crate) fn live(path: &str, delivery: Delivery) -> Option<Vec<u8>> {
    match KernelText::open(Path::new("/"), path, delivery) {
        Ok(mut file) => match file.read() {
            Ok(text) => Some(text.to_vec()),
            // A machine without block devices has an empty list of them.
            Err(ReadError::Empty) => Some(Vec::new()),
            Err(error) => panic!("{path}: {error}"),
        },
        Err(error) => {
            println!("not compared: {error}");
            None
        }
    }
}

/// The live text at `path` and every captured one of `fixtures/<folder>`, each with what to call it.
pub(crate) fn all(path: &str, delivery: Delivery, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut texts: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            name.contains("captured") || name.starts_with("6.18")
        })
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect();
    assert!(texts.len() >= 3, "5.10, 6.1 and 6.12 are captured: {texts:?}");
    texts.extend(live(path, delivery).map(|text| (path.to_owned(), text)));
    texts
}

/// A name without what writers differ in: case and all that is no letter or digit.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Every field of a struct of numbers by its plain name; `None` for a field that is. The oracle has no list of its
/// fields but the form it is printed in. A field that is no number is left out.
pub(crate) fn fields(of: &impl Debug) -> BTreeMap<String, Option<i64>> {
    let printed = format!("{of:?}");
    let (_, inside) = printed.split_once('{').unwrap();
    let pairs = inside.trim_end_matches('}').split(',').map(|pair| pair.split_once(':').unwrap());
    let number = |value: &str| match value.trim() {
        "None" => Some(None),
        value => {
            let bare = value.strip_prefix("Some(").and_then(|value| value.strip_suffix(')')).unwrap_or(value);
            bare.parse().ok().map(Some)
        }
    };
    pairs.filter_map(|(name, value)| Some((plain(name), number(value)?))).collect()
}
