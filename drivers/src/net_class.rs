//! What `/sys/class/net/NAME/` says of a link and netlink does not: speed, duplex, and how name and address were given
//! (`Documentation/ABI/testing/sysfs-class-net`).
//!
//! Reading the speed asks the driver of the card, which may take milliseconds.

use std::path::Path;

use crate::file::{Delivery, KernelFile, OpenError, ReadError};
use crate::text::Scan;

/// Room for one attribute: a number or a word.
const ROOM_BYTES: usize = 64;

/// Why an attribute has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// It could not be read. `EINVAL`: the link has no such property, or not while it is down. `ENODEV`: the link is
    /// gone.
    #[error("a link's attribute could not be read: {0}")]
    Read(#[from] ReadError),
    /// It is not what the kernel documents.
    #[error("a link's attribute is not as the kernel documents it")]
    Malformed,
}

/// How fast a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// Megabits a second, as negotiated.
    Megabits(u32),
    /// The driver answers that it does not know (-1), as virtual cards do.
    Unknown,
}

/// Which directions a link may use at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplex {
    /// One.
    Half,
    /// Both.
    Full,
    /// The driver does not know.
    Unknown,
}

impl Duplex {
    /// The kernel's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::Full => "full",
            Self::Unknown => "unknown",
        }
    }
}

/// Reads the text of `speed`.
///
/// # Errors
/// [`AttributeError::Malformed`].
pub fn parse_speed(text: &[u8]) -> Result<Speed, AttributeError> {
    let mut scan = Scan::text(text);
    let megabits = scan.i64().filter(|_| scan.at_line_end()).ok_or(AttributeError::Malformed)?;
    // Kernels before 5.13 print -1 as the unsigned number it is stored as.
    match (megabits, u32::try_from(megabits)) {
        (-1, _) | (_, Ok(u32::MAX)) => Ok(Speed::Unknown),
        (_, Ok(megabits)) => Ok(Speed::Megabits(megabits)),
        (_, Err(_)) => Err(AttributeError::Malformed),
    }
}

/// Reads the text of `duplex`.
///
/// # Errors
/// [`AttributeError::Malformed`].
pub fn parse_duplex(text: &[u8]) -> Result<Duplex, AttributeError> {
    match text {
        b"half\n" => Ok(Duplex::Half),
        b"full\n" => Ok(Duplex::Full),
        b"unknown\n" => Ok(Duplex::Unknown),
        _ => Err(AttributeError::Malformed),
    }
}

/// Reads the text of a numeric attribute, decimal or hexadecimal behind `0x`.
///
/// # Errors
/// [`AttributeError::Malformed`].
pub fn parse_number(text: &[u8]) -> Result<u64, AttributeError> {
    let mut scan = Scan::text(text);
    let number = if scan.prefix(b"0x") { scan.hex() } else { scan.u64() };
    number.filter(|_| scan.at_line_end()).ok_or(AttributeError::Malformed)
}

/// The open attributes of one link. They go with the link: after `ENODEV`, open those of its successor.
#[derive(Debug)]
pub struct NetClass {
    speed: KernelFile,
    duplex: KernelFile,
    address_assign_type: KernelFile,
    name_assign_type: KernelFile,
    device_id: KernelFile,
}

impl NetClass {
    /// Opens the attributes of the link `name` below `root`.
    ///
    /// # Errors
    /// [`OpenError`] when there is no such link.
    pub fn open(root: &Path, name: &str) -> Result<Self, OpenError> {
        let attribute =
            |file: &str| KernelFile::open(root, &format!("sys/class/net/{name}/{file}"), Delivery::Whole);
        Ok(Self {
            speed: attribute("speed")?,
            duplex: attribute("duplex")?,
            address_assign_type: attribute("addr_assign_type")?,
            name_assign_type: attribute("name_assign_type")?,
            device_id: attribute("dev_id")?,
        })
    }

    /// The speed now.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn read_speed(&self) -> Result<Speed, AttributeError> {
        parse_speed(self.speed.read(&mut [0; ROOM_BYTES])?)
    }

    /// The duplex now.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn read_duplex(&self) -> Result<Duplex, AttributeError> {
        parse_duplex(self.duplex.read(&mut [0; ROOM_BYTES])?)
    }

    /// How the address was given: 0 by the card, 1 at random, 2 taken from another link, 3 by a person.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn read_address_assign_type(&self) -> Result<u64, AttributeError> {
        parse_number(self.address_assign_type.read(&mut [0; ROOM_BYTES])?)
    }

    /// How the name was given: 1 by counting, 2 predictably by the kernel, 3 by a person, 4 by renaming.
    ///
    /// # Errors
    /// [`AttributeError`]; `EINVAL` when the kernel does not know.
    pub fn read_name_assign_type(&self) -> Result<u64, AttributeError> {
        parse_number(self.name_assign_type.read(&mut [0; ROOM_BYTES])?)
    }

    /// Tells links that share one address apart.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn read_device_id(&self) -> Result<u64, AttributeError> {
        parse_number(self.device_id.read(&mut [0; ROOM_BYTES])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Errno;

    #[test]
    fn a_speed_is_megabits_or_unknown() {
        assert_eq!(parse_speed(b"1000\n"), Ok(Speed::Megabits(1000)));
        assert_eq!(parse_speed(b"0\n"), Ok(Speed::Megabits(0)));
        assert_eq!(parse_speed(b"-1\n"), Ok(Speed::Unknown));
        assert_eq!(parse_speed(b"4294967295\n"), Ok(Speed::Unknown));
        for text in ["", "1000", "\n", "-2\n", "4294967296\n", "1000 M\n"] {
            assert_eq!(parse_speed(text.as_bytes()), Err(AttributeError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_duplex_is_one_of_three_words() {
        for (text, duplex) in
            [("half\n", Duplex::Half), ("full\n", Duplex::Full), ("unknown\n", Duplex::Unknown)]
        {
            assert_eq!(parse_duplex(text.as_bytes()), Ok(duplex));
            assert_eq!(format!("{}\n", duplex.name()), text);
            for length in 0..text.len() {
                assert_eq!(parse_duplex(&text.as_bytes()[..length]), Err(AttributeError::Malformed));
            }
        }
    }

    #[test]
    fn a_number_is_decimal_or_hexadecimal() {
        assert_eq!((parse_number(b"3\n"), parse_number(b"0x1f\n")), (Ok(3), Ok(0x1f)));
        for text in ["", "3", "0x\n", "0x1", "x\n", "-1\n", "3 4\n"] {
            assert_eq!(parse_number(text.as_bytes()), Err(AttributeError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn the_loopback_of_this_machine_has_no_speed_and_an_address() {
        match NetClass::open(Path::new("/"), "lo") {
            Ok(class) => {
                let refused = AttributeError::Read(ReadError::Os(Errno(libc::EINVAL)));
                assert_eq!(class.read_speed(), Err(refused));
                assert_eq!(class.read_duplex(), Err(refused));
                assert_eq!(class.read_address_assign_type(), Ok(0));
                assert_eq!(class.read_device_id(), Ok(0));
                assert!(class.read_name_assign_type().is_ok_and(|how| how <= 4));
            }
            Err(error) => eprintln!("not checked here: {error}"),
        }
    }

    #[test]
    fn a_link_that_is_not_there_is_absent() {
        assert!(NetClass::open(Path::new("/"), "no-such-link").unwrap_err().is_absent());
    }
}
