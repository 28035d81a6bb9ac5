//! Block devices that only stand before others: bytes that pass through them pass through those as well.

use std::fs;
use std::path::Path;

use crate::file::Errno;
use crate::text::Scan;

/// Block devices by number, below the root.
const PATH: &str = "sys/dev/block";
/// Kinds of devices that have memory, files or other file systems behind them, and no list of what they stand before.
const WITHOUT_LIST: [&str; 4] = ["loop", "ram", "zram", "zd"];

/// One block device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its number, major and minor.
    pub device: (u32, u32),
    /// Whether what passes through it is counted at another device, or never reaches one.
    pub is_upper: bool,
}

/// The devices below `root`, by number; partitions among them. Allocates; for arming.
///
/// # Errors
/// What listing them came to.
pub fn list(root: &Path) -> Result<Vec<Layer>, Errno> {
    let mut layers = Vec::new();
    for entry in fs::read_dir(root.join(PATH)).map_err(|error| Errno::of(&error))? {
        let entry = entry.map_err(|error| Errno::of(&error))?;
        let Some(device) = entry.file_name().to_str().and_then(number) else { continue };
        layers.push(Layer { device, is_upper: is_upper(&entry.path()) });
    }
    layers.sort_by_key(|layer| layer.device);
    Ok(layers)
}

/// `8:0` as a number.
fn number(name: &str) -> Option<(u32, u32)> {
    let mut scan = Scan::new(name.as_bytes());
    let major = scan.u32()?;
    let minor = if scan.byte(b':') { scan.u32()? } else { return None };
    scan.at_line_end().then_some((major, minor))
}

fn is_upper(link: &Path) -> bool {
    // A link that leads nowhere is that of a device on its way out.
    let name = fs::read_link(link).ok().and_then(|target| Some(target.file_name()?.to_str()?.to_owned()));
    let is_kind = |name: String| {
        WITHOUT_LIST.iter().any(|kind| {
            name.strip_prefix(kind).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        })
    };
    let mut lower = fs::read_dir(link.join("slaves")).into_iter().flatten();
    lower.next().is_some() || name.is_some_and(is_kind)
}

#[cfg(test)]
mod tests {
    use super::super::walk::tests::Tree;
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn devices_with_others_or_nothing_behind_them_are_upper() {
        let tree = Tree::new("layers");
        for (number, name) in
            [("8:0", "sda"), ("253:0", "dm-0"), ("7:0", "loop0"), ("252:0", "zram0"), ("9:0", "zdisk")]
        {
            tree.write(&format!("sys/devices/{name}/dev"), &format!("{number}\n"));
            fs::create_dir_all(tree.root().join(PATH)).unwrap();
            symlink(format!("../../devices/{name}"), tree.root().join(PATH).join(number)).unwrap();
        }
        tree.write("sys/devices/dm-0/slaves/sda/dev", "8:0\n");
        fs::create_dir_all(tree.root().join("sys/devices/sda/slaves")).unwrap();
        let uppers: Vec<_> =
            list(tree.root()).unwrap().iter().map(|layer| (layer.device.0, layer.is_upper)).collect();
        assert_eq!(uppers, [(7, true), (8, false), (9, false), (252, true), (253, true)]);
    }

    #[test]
    fn a_tree_without_devices_says_so() {
        let tree = Tree::new("no-layers");
        assert!(list(tree.root()).unwrap_err().is_absent());
    }
}
