//! A short name held in place: interface names, commands, aliases.
//!
//! The kernel's names have a fixed greatest length and are bytes, not text: most of them may hold anything but a
//! slash. A [`Label`] therefore keeps bytes, is `Copy`, and never allocates.

use core::fmt;
use core::str::Utf8Error;

/// At most `N` bytes of a kernel name, held in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Label<N> {
    /// The name without bytes.
    pub const EMPTY: Self = Self { bytes: [0; N], length: 0 };

    /// Keeps `bytes`, or `None` when there are more than `N` of them: a cut name would be another name.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut label = Self::EMPTY;
        label.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        label.length = bytes.len();
        Some(label)
    }

    /// As [`Label::new`] for a C string: what stands before the first NUL.
    #[must_use]
    pub fn from_nul_terminated(bytes: &[u8]) -> Option<Self> {
        Self::new(bytes.split(|byte| *byte == 0).next().unwrap_or(bytes))
    }

    /// The name's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }

    /// The name as text.
    ///
    /// # Errors
    /// When the bytes are not UTF-8; the kernel does not forbid that.
    pub fn as_text(&self) -> Result<&str, Utf8Error> {
        core::str::from_utf8(self.as_bytes())
    }

    /// Whether there is no name.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl<const N: usize> Default for Label<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Debug for Label<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_keeps_its_bytes_and_refuses_to_cut_a_name() {
        assert_eq!(Label::<4>::new(b"eth0").unwrap().as_bytes(), b"eth0");
        assert_eq!(Label::<4>::new(b"eth10"), None);
        assert_eq!(Label::<15>::from_nul_terminated(b"lo\0\0").unwrap().as_text().unwrap(), "lo");
        assert!(Label::<4>::new(b"").unwrap().is_empty());
    }

    #[test]
    fn a_label_shows_bytes_that_are_no_text() {
        let label = Label::<4>::new(b"a\xff").unwrap();
        assert!(label.as_text().is_err());
        assert_eq!(format!("{label:?}"), "\"a\\xff\"");
    }
}
