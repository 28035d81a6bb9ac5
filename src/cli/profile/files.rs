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
        let json = [&self.export_json, &self.export_csv, &self.export_markdown];
        json.into_iter().chain([&self.export_html, &self.export_svg, &self.export_postcard]).flatten()
    }
}

/// Makes sure that every file can be written.
///
/// # Errors
/// The first that cannot.
pub(super) fn check(args: &ProfileArgs) -> Result<(), Failure> {
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

/// Writes every file that is wanted, those first from which the others can be made again.
///
/// # Errors
/// The first that cannot be written; those before it are.
pub(super) fn export(args: &ProfileArgs, record: &Record, analysis: &Analysis) -> Result<(), Failure> {
    if let Some(place) = &args.export_json {
        put(place, json::write(record, analysis).map_err(|error| not(&error))?.as_bytes())?;
    }
    if let Some(place) = &args.export_postcard {
        put(place, &export::postcard::write(record).map_err(|error| not(&error))?)?;
    }
    if let Some(place) = &args.export_csv {
        put(place, csv::write(record, analysis).as_bytes())?;
    }
    if let Some(place) = &args.export_markdown {
        put(place, markdown::write(record, analysis, args.time_unit).as_bytes())?;
    }
    if let Some(place) = &args.export_html {
        put(place, html::write(record, analysis, args.time_unit).map_err(|error| not(&error))?.as_bytes())?;
    }
    if let Some(place) = &args.export_svg {
        put(place, svg::write(record, analysis).map_err(|error| not(&error))?.as_bytes())?;
    }
    Ok(())
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
