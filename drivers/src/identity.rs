//! What system this is: `uname(2)` and `os-release(5)`. Read once, when arming; both may allocate.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::file::{Delivery, Errno, KernelText, OpenError, ReadError};
use crate::label::Label;

/// Where a distribution describes itself, the place that counts first.
pub const OS_RELEASE_PATHS: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
/// `__NEW_UTS_LEN`.
const UTS_BYTES: usize = 64;

/// The running kernel's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uname {
    /// `Linux`.
    pub system: Label<UTS_BYTES>,
    /// The host's name.
    pub node: Label<UTS_BYTES>,
    /// The kernel's release, as `6.12.9`.
    pub release: Label<UTS_BYTES>,
    /// The kernel's build.
    pub version: Label<UTS_BYTES>,
    /// The processor architecture, as `x86_64`.
    pub machine: Label<UTS_BYTES>,
    /// The NIS domain; `(none)` as a rule.
    pub domain: Label<UTS_BYTES>,
}

/// Asks the kernel for its names. They are the machine's own: there is no path.
///
/// # Errors
/// [`Errno`]; `ENAMETOOLONG` when a name is longer than Linux allows.
pub fn uname() -> Result<Uname, Errno> {
    let names = nix::sys::utsname::uname().map_err(|errno| Errno(errno as i32))?;
    let label = |name: &OsStr| Label::new(name.as_bytes()).ok_or(Errno(libc::ENAMETOOLONG));
    Ok(Uname {
        system: label(names.sysname())?,
        node: label(names.nodename())?,
        release: label(names.release())?,
        version: label(names.version())?,
        machine: label(names.machine())?,
        domain: label(names.domainname())?,
    })
}

/// Why a distribution's description is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OsReleaseError {
    /// None of [`OS_RELEASE_PATHS`] can be opened; the error is the last one's.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It was opened and could not be read.
    #[error("the description of the operating system could not be read: {0}")]
    Read(#[from] ReadError),
}

/// A distribution's description of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsRelease {
    fields: Vec<(String, String)>,
}

impl OsRelease {
    /// Reads the first of [`OS_RELEASE_PATHS`] below `root` that is there.
    ///
    /// # Errors
    /// [`OsReleaseError`].
    pub fn read(root: &Path) -> Result<Self, OsReleaseError> {
        let [first, second] = OS_RELEASE_PATHS;
        let mut text = match KernelText::open(root, first, Delivery::Chunked) {
            Err(error) if error.is_absent() => KernelText::open(root, second, Delivery::Chunked)?,
            opened => opened?,
        };
        Ok(Self::parse(text.read()?))
    }

    /// The fields of `text`. Lines that are no assignment are skipped, as a shell's comments are; bytes that are no
    /// text are replaced. Of a name assigned twice, the last value counts.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let fields = text.lines().filter_map(assignment);
        Self { fields: fields.collect() }
    }

    /// The value of a field, as `ID` or `VERSION_ID`; `None` when it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    Some((is_name.then(|| name.to_owned())?, unquoted(value)?))
}

/// A value without its quotes; `None` when a quote is not closed or something follows it.
fn unquoted(value: &str) -> Option<String> {
    if let Some(quoted) = value.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'')?;
        return (!inner.contains('\'')).then(|| inner.to_owned());
    }
    let (inner, quoted) = value.strip_prefix('"').map_or((value, false), |inner| (inner, true));
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next()?),
            '"' if quoted => return characters.next().is_none().then_some(plain),
            '"' | '\'' => return None,
            _ => plain.push(character),
        }
    }
    (!quoted).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &[u8] = b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
NAME=\"Debian GNU/Linux\"
VERSION_ID=\"12\"
# a comment with = in it
VERSION_CODENAME=bookworm

ID=debian
HOME_URL='https://www.debian.org/'
";

    #[test]
    fn a_captured_description_is_read_without_its_quotes() {
        let release = OsRelease::parse(CAPTURED);
        assert_eq!(release.get("PRETTY_NAME"), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(release.get("VERSION_ID"), Some("12"));
        assert_eq!(release.get("ID"), Some("debian"));
        assert_eq!(release.get("HOME_URL"), Some("https://www.debian.org/"));
        assert_eq!(release.get("VARIANT"), None);
        assert_eq!(release.fields.len(), 6);
    }

    #[test]
    fn quotes_and_backslashes_are_those_of_a_shell() {
        for (line, value) in [
            (r#"A="a \"quoted\" \$word""#, Some(r#"a "quoted" $word"#)),
            (r"A='it is \ kept'", Some(r"it is \ kept")),
            (r"A=a\ b", Some("a b")),
            ("A=", Some("")),
            ("A=\"\"", Some("")),
            ("A=\"open", None),
            ("A='open", None),
            ("A=\"a\" b", None),
            ("A=it's", None),
            ("A=a\\", None),
            ("A B=c", None),
            ("=c", None),
        ] {
            assert_eq!(OsRelease::parse(line.as_bytes()).get("A"), value, "{line}");
        }
        assert_eq!(OsRelease::parse(b"A=1\nA=2\n").get("A"), Some("2"));
    }

    #[test]
    fn every_shorter_prefix_has_no_field_that_the_whole_does_not_begin_with() {
        let whole = OsRelease::parse(CAPTURED);
        for length in 0..CAPTURED.len() {
            for (name, value) in OsRelease::parse(&CAPTURED[..length]).fields {
                assert!(whole.get(&name).unwrap().starts_with(&value), "{name}={value}");
            }
        }
    }

    #[test]
    fn the_kernel_says_that_it_is_linux() {
        let names = uname().unwrap();
        assert_eq!(names.system.as_text().unwrap(), "Linux");
        assert!(names.release.as_text().unwrap().starts_with(|first: char| first.is_ascii_digit()));
    }

    #[test]
    fn a_root_without_a_description_says_where_it_looked_last() {
        let error = OsRelease::read(Path::new("/proc/self/fd")).unwrap_err();
        assert!(error.to_string().contains("usr/lib/os-release"), "{error}");
    }
}
