//! A group's path as a label.

/// Longest path that is shown whole. The kernel allows a name 255 bytes and a tree any depth.
const BYTES_MAX: usize = 512;

/// The path from the root of the tree on: `/system.slice/ssh.service`.
///
/// A path that is not UTF-8, or too long, is shown as far as it goes and gets the group's inode behind it, so that two
/// groups never share a label: `/a�b (inode 4711)`. Everything else is the path itself; quotes and newlines are escaped
/// where a format asks for it.
pub(super) fn label(path: &[u8], inode: u64) -> String {
    let shown = path.get(..BYTES_MAX).unwrap_or(path);
    match std::str::from_utf8(path) {
        Ok(whole) if whole.len() <= BYTES_MAX => format!("/{whole}"),
        Ok(_) | Err(_) => format!("/{} (inode {inode})", String::from_utf8_lossy(shown)),
    }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_path_is_its_own_label() {
        assert_eq!(
            label(b"system.slice/dev-disk-by\\x2duuid.swap", 7),
            "/system.slice/dev-disk-by\\x2duuid.swap"
        );
        assert_eq!(label(b"new\nline and \"quotes\"", 7), "/new\nline and \"quotes\"");
    }

    #[test]
    fn what_is_no_text_or_too_long_is_marked_and_told_apart() {
        assert_eq!(label(b"a\xffb", 7), "/a\u{fffd}b (inode 7)");
        assert_ne!(label(b"a\xffb", 7), label(b"a\xfeb", 8));
        let long = [b'x'; 600];
        assert_eq!(label(&long, 9), format!("/{} (inode 9)", "x".repeat(512)));
        // A character that is cut in two is replaced.
        let cut = ["x".repeat(511), "é".to_owned()].concat();
        assert!(label(cut.as_bytes(), 9).ends_with("x\u{fffd} (inode 9)"));
    }
}
