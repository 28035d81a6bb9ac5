//! Which groups there are: a walk through the directories, level by level.
//!
//! For arming: it allocates, and asks the kernel for each directory. A group is known by its directory's inode, which on
//! 64-bit machines is the kernel's own number of the group and not used again; names are.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use super::cpu_stat;
use crate::file::{Errno, KernelFile};

/// Directories looked into in one walk at most: 16 384 take some 50 ms.
pub const DIRECTORIES_MAX: usize = 16_384;
/// Room for one `cpu.stat`, which has some twenty short lines.
const TEXT_BYTES: usize = 2048;

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Names from the root of the tree on, joined by slashes: `system.slice/ssh.service`.
    pub path: Vec<u8>,
    /// The inode of its directory.
    pub inode: u64,
    /// Its position's parent in [`Walk::groups`]; `None` right below the root or below what was not wanted.
    pub parent: Option<usize>,
}

impl Found {
    /// Its directory, the tree's root being `base`.
    #[must_use]
    pub fn directory(&self, base: &Path) -> PathBuf {
        base.join(OsStr::from_bytes(&self.path))
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The wanted groups; each stands behind the one it is in.
    pub groups: Vec<Found>,
    /// Groups that were seen and are not among them: not wanted, or not among the busiest.
    pub left_out: usize,
    /// Whether there were more than [`DIRECTORIES_MAX`] directories; the rest was not looked at.
    pub is_cut: bool,
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Levels below the root.
    pub depth: usize,
    /// Groups in the result. Where there are more, those stay that have used most CPU time.
    pub groups: usize,
}

/// A directory that is still to be listed.
struct Ahead {
    path: Vec<u8>,
    /// The wanted group that it is or lies in.
    group: Option<usize>,
}

/// Walks through the tree at `base`; `is_wanted` is asked for each path. What lies in an unwanted group is still asked
/// for. A group that is removed meanwhile is not there.
///
/// # Errors
/// What listing `base` itself came to.
pub fn walk(base: &Path, bounds: Bounds, is_wanted: impl Fn(&[u8]) -> bool) -> Result<Walk, Errno> {
    let mut walk = Walk::default();
    let mut level = vec![Ahead { path: Vec::new(), group: None }];
    let mut looked_into = 0;
    for depth in 0..bounds.depth {
        let mut next = Vec::new();
        for ahead in level {
            if looked_into == DIRECTORIES_MAX {
                walk.is_cut = true;
                break;
            }
            looked_into += 1;
            match names_in(&base.join(OsStr::from_bytes(&ahead.path))) {
                Ok(names) => names.into_iter().for_each(|(name, inode)| {
                    next.push(walk.take(&ahead, &name, inode, &is_wanted));
                }),
                Err(errno) if depth == 0 => return Err(errno),
                // Removed since its parent was listed, or closed to this user: nothing in it can be followed.
                Err(_) => {}
            }
        }
        level = next;
    }
    walk.keep_busiest(base, bounds.groups);
    Ok(walk)
}

impl Walk {
    fn take(&mut self, ahead: &Ahead, name: &[u8], inode: u64, is_wanted: impl Fn(&[u8]) -> bool) -> Ahead {
        let mut path = ahead.path.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        if !is_wanted(&path) {
            self.left_out += 1;
            return Ahead { path, group: ahead.group };
        }
        let group = Some(self.groups.len());
        self.groups.push(Found { path: path.clone(), inode, parent: ahead.group });
        Ahead { path, group }
    }

    /// Keeps the `most` groups that have used most CPU time. A group has used no less than those in it, so none stays
    /// without those around it.
    fn keep_busiest(&mut self, base: &Path, most: usize) {
        if self.groups.len() <= most {
            return;
        }
        let mut order: Vec<(u64, usize)> =
            self.groups.iter().map(|group| usage_us(base, group)).zip(0..).collect();
        order.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        order.truncate(most);
        order.sort_by_key(|(_, at)| *at);
        let kept: Vec<usize> = order.into_iter().map(|(_, at)| at).collect();
        self.left_out += self.groups.len() - kept.len();
        let parents: Vec<Option<usize>> = kept.iter().map(|at| self.kept_above(*at, &kept)).collect();
        let groups = kept.iter().zip(parents).filter_map(|(at, parent)| {
            let group = self.groups.get(*at)?.clone();
            Some(Found { parent, ..group })
        });
        self.groups = groups.collect();
    }

    /// The nearest group around `at` that is among `kept` (in rising order), by its position there.
    fn kept_above(&self, at: usize, kept: &[usize]) -> Option<usize> {
        let mut above = self.groups.get(at)?.parent;
        while let Some(parent) = above {
            if let Ok(position) = kept.binary_search(&parent) {
                return Some(position);
            }
            above = self.groups.get(parent)?.parent;
        }
        None
    }
}

/// The directories in one, by name.
fn names_in(directory: &Path) -> Result<Vec<(Vec<u8>, u64)>, Errno> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| Errno::of(&error))? {
        let entry = entry.map_err(|error| Errno::of(&error))?;
        if entry.file_type().map_err(|error| Errno::of(&error))?.is_dir() {
            names.push((entry.file_name().as_bytes().to_vec(), entry.ino()));
        }
    }
    names.sort();
    Ok(names)
}

/// The CPU time of `group` for the order of the busiest; what cannot be read comes last.
fn usage_us(base: &Path, group: &Found) -> u64 {
    let mut room = [0; TEXT_BYTES];
    let directory = group.directory(base);
    match KernelFile::open(&directory, cpu_stat::FILE, cpu_stat::DELIVERY) {
        Ok(file) => match file.read(&mut room) {
            Ok(text) => cpu_stat::parse(text).map_or(0, |read| read.usage_us),
            Err(_) => 0,
        },
        Err(_) => 0,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A tree of files of one test's own, removed at its end.
    pub(crate) struct Tree(PathBuf);

    impl Tree {
        pub(crate) fn new(test: &str) -> Self {
            let path = std::env::temp_dir().join(format!("hearth-cgroup-{}-{test}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(crate) fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        pub(crate) fn root(&self) -> &Path {
            &self.0
        }

        /// A group that has used so much CPU time.
        pub(crate) fn group(&self, path: &str, usage_us: u64) {
            let text = format!("usage_usec {usage_us}\nuser_usec 0\nsystem_usec 0\n");
            self.write(&format!("{path}/cpu.stat"), &text);
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn paths(walk: &Walk) -> Vec<String> {
        walk.groups.iter().map(|group| group.path.escape_ascii().to_string()).collect()
    }

    const WIDE: Bounds = Bounds { depth: 8, groups: 1000 };

    #[test]
    fn groups_come_level_by_level_and_know_what_they_are_in() {
        let tree = Tree::new("levels");
        for path in
            ["system.slice/b.service", "system.slice/a.service", "user.slice", "system.slice/a.service/x"]
        {
            tree.group(path, 1);
        }
        let found = walk(tree.root(), WIDE, |_| true).unwrap();
        assert_eq!(
            paths(&found),
            [
                "system.slice",
                "user.slice",
                "system.slice/a.service",
                "system.slice/b.service",
                "system.slice/a.service/x"
            ]
        );
        assert_eq!(
            found.groups.iter().map(|group| group.parent).collect::<Vec<_>>(),
            [None, None, Some(0), Some(0), Some(2)]
        );
        assert!(found.groups.iter().all(|group| group.inode != 0));
        let shallow = walk(tree.root(), Bounds { depth: 1, ..WIDE }, |_| true).unwrap();
        assert_eq!(paths(&shallow), ["system.slice", "user.slice"]);
    }

    #[test]
    fn what_lies_in_an_unwanted_group_belongs_to_the_wanted_one_around_both() {
        let tree = Tree::new("unwanted");
        tree.group("a/b/c", 1);
        let found = walk(tree.root(), WIDE, |path| path != b"a/b").unwrap();
        assert_eq!((paths(&found), found.left_out), (vec!["a".to_owned(), "a/b/c".to_owned()], 1));
        assert_eq!(found.groups[1].parent, Some(0));
    }

    #[test]
    fn of_too_many_the_busiest_stay_with_those_around_them() {
        let tree = Tree::new("busiest");
        for (path, usage_us) in
            [("a", 10), ("a/quiet", 1), ("b", 100), ("b/busy", 70), ("b/half", 30), ("c", 2)]
        {
            tree.group(path, usage_us);
        }
        let found = walk(tree.root(), Bounds { groups: 3, ..WIDE }, |_| true).unwrap();
        assert_eq!(
            (paths(&found), found.left_out),
            (vec!["b".into(), "b/busy".into(), "b/half".to_owned()], 3)
        );
        assert_eq!(
            found.groups.iter().map(|group| group.parent).collect::<Vec<_>>(),
            [None, Some(0), Some(0)]
        );
    }

    #[test]
    fn names_may_be_any_bytes_and_a_tree_that_is_not_there_says_so() {
        let tree = Tree::new("names");
        let hostile = [&b"new\nline"[..], b"quo\"te", b"\xff\xfe", &[b'x'; 255]];
        for name in hostile {
            fs::create_dir_all(tree.root().join(OsStr::from_bytes(name))).unwrap();
        }
        let found = walk(tree.root(), WIDE, |_| true).unwrap();
        let mut names: Vec<&[u8]> = found.groups.iter().map(|group| &group.path[..]).collect();
        names.sort_unstable();
        let mut wanted = hostile.to_vec();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert!(walk(&tree.root().join("none"), WIDE, |_| true).unwrap_err().is_absent());
    }

    #[test]
    fn of_very_many_groups_few_are_kept_and_the_others_counted() {
        let tree = Tree::new("many");
        for number in 0..1000 {
            fs::create_dir(tree.root().join(format!("g{number}"))).unwrap();
        }
        tree.group("g777", 5);
        let found = walk(tree.root(), Bounds { depth: 3, groups: 2 }, |_| true).unwrap();
        assert_eq!(
            (paths(&found), found.left_out, found.is_cut),
            (vec!["g0".to_owned(), "g777".to_owned()], 998, false)
        );
    }
}
