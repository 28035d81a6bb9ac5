//! The files of a profile: made sure of before the first run, and whole or not there at all.
//!
//! Runs may take hours, so a place that cannot be written is found before them. What is written goes into a file beside
//! its place first and takes the place when it is complete, so that a full disk leaves what was there before.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::ProfileArgs;
use crate::cli::Failure;
use crate::profile::analysis::Analysis;
use crate::profile::export::{self, csv, html, json, markdown, svg};
use crate::profile::record::Record;

impl ProfileArgs {
    /// Where something is to be written.
    fn places(&self) -> impl Iterator<Item = &PathBuf> {
        self.named_places().into_iter().filter_map(|(_, place)| place.as_ref())
    }

    fn named_places(&self) -> [(&'static str, &Option<PathBuf>); 6] {
        [
            ("--export-json", &self.export_json),
            ("--export-csv", &self.export_csv),
            ("--export-markdown", &self.export_markdown),
            ("--export-html", &self.export_html),
            ("--export-svg", &self.export_svg),
            ("--export-postcard", &self.export_postcard),
        ]
    }

    fn input_file(&self) -> Option<&Path> {
        (self.input != "null").then(|| Path::new(&self.input))
    }

    fn output_file(&self) -> Option<&Path> {
        let is_word = matches!(self.output.as_str(), "null" | "pipe" | "inherit");
        (!is_word).then(|| Path::new(&self.output))
    }
}

/// Makes sure that every file can be written, that each is another, and that what programs read and write can be opened.
///
/// # Errors
/// The first that cannot.
pub(super) fn check(args: &ProfileArgs) -> Result<(), Failure> {
    apart(args)?;
    if let Some(place) = args.input_file() {
        readable(place).map_err(|error| failed("read", place, &error))?;
    }
    if let Some(place) = args.output_file() {
        writable(place).map_err(|error| failed("write", place, &error))?;
    }
    for place in args.places() {
        match open(place) {
            Ok(Open::Beside(_, beside)) => {
                fs::remove_file(&beside).map_err(|error| failed("write", place, &error))?;
            }
            Ok(Open::There(_)) => {}
            Err(error) => return Err(failed("write", place, &error)),
        }
    }
    Ok(())
}

/// Refuses two options that name one file: the second would take the place of the first.
fn apart(args: &ProfileArgs) -> Result<(), Failure> {
    let mut taken: Vec<(&str, PathBuf)> = Vec::new();
    let exports =
        args.named_places().into_iter().filter_map(|(option, place)| Some((option, place.as_deref()?)));
    let streams = [("--output", args.output_file()), ("--input", args.input_file())];
    let streams = streams.into_iter().filter_map(|(option, place)| Some((option, place?)));
    for (option, place) in exports.chain(streams) {
        // A device takes whatever comes.
        if place.exists() && !place.is_file() {
            continue;
        }
        let same = itself(place);
        if let Some((other, _)) = taken.iter().find(|(_, taken)| *taken == same) {
            let words =
                format!("error: {other} and {option} are both {}: name another file", place.display());
            return Err(Failure::Usage(words));
        }
        taken.push((option, same));
    }
    Ok(())
}

/// The path without links and detours, as far as it is there.
fn itself(place: &Path) -> PathBuf {
    let folder = match place.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let beside = || Some(fs::canonicalize(folder).ok()?.join(place.file_name()?));
    // What cannot be found is found out when it is opened.
    fs::canonicalize(place).ok().or_else(beside).unwrap_or_else(|| place.to_owned())
}

/// Opens a file that is to be read. A pipe is not: that would wait for whoever writes to it.
fn readable(place: &Path) -> io::Result<()> {
    let metadata = fs::metadata(place)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if metadata.is_file() { File::open(place).map(drop) } else { Ok(()) }
}

/// Opens a file that is to be written, and leaves it as it was.
fn writable(place: &Path) -> io::Result<()> {
    match fs::metadata(place) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if metadata.is_file() => File::options().write(true).open(place).map(drop),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            File::create_new(place).map(drop).and_then(|()| fs::remove_file(place))
        }
        Err(error) => Err(error),
    }
}

/// Writes every file that is wanted, whatever becomes of the others.
///
/// # Errors
/// All that cannot be written.
pub(super) fn export(args: &ProfileArgs, record: &Record, analysis: &Analysis) -> Result<(), Failure> {
    let unit = args.time_unit;
    let wanted = |place: &Option<PathBuf>, bytes: &dyn Fn() -> Result<Vec<u8>, Failure>| match place {
        Some(place) => bytes().and_then(|bytes| put(place, &bytes)),
        None => Ok(()),
    };
    let text = |text: String| text.into_bytes();
    let outcomes = [
        wanted(&args.export_json, &|| json::write(record, analysis).map(text).map_err(|error| not(&error))),
        wanted(&args.export_postcard, &|| export::postcard::write(record).map_err(|error| not(&error))),
        wanted(&args.export_csv, &|| Ok(text(csv::write(record, analysis)))),
        wanted(&args.export_markdown, &|| Ok(text(markdown::write(record, analysis, unit, args.sorted())))),
        wanted(&args.export_html, &|| {
            html::write(record, analysis, unit).map(text).map_err(|error| not(&error))
        }),
        wanted(&args.export_svg, &|| svg::write(record, analysis).map(text).map_err(|error| not(&error))),
    ];
    let words: Vec<String> =
        outcomes.into_iter().filter_map(Result::err).map(|failure| failure.to_string()).collect();
    if words.is_empty() { Ok(()) } else { Err(Failure::Failed(words.join("\n"))) }
}

fn not(error: &dyn std::error::Error) -> Failure {
    Failure::Failed(format!("error: {error}"))
}

pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("error: cannot {what} {}: {error}", path.display()))
}

/// What is written to.
enum Open {
    /// A file beside the place, and its name.
    Beside(File, PathBuf),
    /// The place itself, which is a device or a pipe and cannot be replaced.
    There(File),
}

fn open(place: &Path) -> io::Result<Open> {
    let is_file = match fs::metadata(place) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) => metadata.is_file(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error),
    };
    if !is_file {
        return Ok(Open::There(File::options().write(true).open(place)?));
    }
    // Where the place is a link, what it leads to is replaced.
    let place = match fs::canonicalize(place) {
        Ok(place) => place,
        Err(error) if error.kind() == io::ErrorKind::NotFound => place.to_owned(),
        Err(error) => return Err(error),
    };
    let name = place.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let beside = place.with_file_name(hidden);
    Ok(Open::Beside(File::create(&beside)?, beside))
}

/// Writes a file whole, or leaves what was there.
///
/// # Errors
/// It cannot be written.
pub(super) fn put(place: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let put = || match open(place)? {
        Open::There(mut file) => file.write_all(bytes),
        Open::Beside(mut file, beside) => {
            let to = match fs::canonicalize(place) {
                Ok(to) => to,
                Err(error) if error.kind() == io::ErrorKind::NotFound => place.to_owned(),
                Err(error) => return Err(error),
            };
            let written = file.write_all(bytes).and_then(|()| file.sync_all());
            let placed = written.and_then(|()| fs::rename(&beside, &to));
            if let Err(error) = placed {
                // The first error is the one to tell; what is left is at worst a hidden file that the next run replaces.
                return fs::remove_file(&beside).and(Err(error));
            }
            Ok(())
        }
    };
    put().map_err(|error| failed("write", place, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_place_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        put(&place, b"first").unwrap();
        put(&place, b"second").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&place, &link).unwrap();
        put(&link, b"third").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"third");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_device_is_written_and_a_full_one_is_an_error() {
        put(Path::new("/dev/null"), b"gone").unwrap();
        let error = put(Path::new("/dev/full"), b"x").unwrap_err().to_string();
        assert!(error.starts_with("error: cannot write /dev/full: No space left"), "{error}");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for place in [folder.path().join("no/such/folder.json"), folder.path().to_owned()] {
            let error = put(&place, b"x").unwrap_err().to_string();
            assert!(error.contains(&format!("cannot write {}: ", place.display())), "{error}");
        }
    }
}
