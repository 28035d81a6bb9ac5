//! The names of the board: which paths exist, what each is, and which inode number it answers to.
//!
//! Names are bytes, as the kernel has them: a control group may be called anything but `/` and NUL.
//!
//! An inode number is never used twice. A path that vanishes and comes back gets a new number, so the kernel
//! and everybody who kept a file open can tell the new device from the old one.

use crate::content::Content;
use crate::fault::Fault;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// The inode number of the root directory, fixed by FUSE.
pub(crate) const ROOT: u64 = 1;

/// More links than this on the way to a path are a loop, as in the kernel (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// What a path is.
#[derive(Debug)]
pub(crate) enum Node {
    /// A directory; its children are the paths one level below.
    Directory,
    /// A symbolic link and its target as written.
    Link(String),
    /// A file.
    File(Content),
}

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Link,
    File,
}

impl Node {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Directory => Kind::Directory,
            Self::Link(_) => Kind::Link,
            Self::File(_) => Kind::File,
        }
    }
}

#[derive(Debug)]
struct Entry {
    ino: u64,
    node: Node,
    /// Permission bits that differ from what is usual for the kind of node.
    mode: Option<u16>,
}

/// All paths of a board, by name and by inode number.
#[derive(Debug)]
pub(crate) struct Tree {
    entries: BTreeMap<Vec<u8>, Entry>,
    paths: HashMap<u64, Vec<u8>>,
    faults: BTreeMap<Vec<u8>, Fault>,
    last_ino: u64,
}

/// The directory part of a path; the root is the empty string and its own parent.
pub(crate) fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(b"", |slash| &path[..slash])
}

fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_owned() } else { [directory, name].join(&b'/') }
}

/// The components of a path, last first, as a list to take them from its end.
fn components(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    path.rsplit(|byte| *byte == b'/').map(<[u8]>::to_vec)
}

impl Tree {
    pub(crate) fn new() -> Self {
        let root = Entry { ino: ROOT, node: Node::Directory, mode: None };
        Self {
            entries: BTreeMap::from([(Vec::new(), root)]),
            paths: HashMap::from([(ROOT, Vec::new())]),
            faults: BTreeMap::new(),
            last_ino: ROOT,
        }
    }

    /// Follows links in every directory on the way, so that `sys/class/net/eth0/mtu` means the file in the
    /// device's own directory. The last component is taken as it is. `Err` says what is wrong with the path.
    pub(crate) fn resolve(&self, path: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut left: Vec<Vec<u8>> = components(path).collect();
        let mut at = Vec::new();
        let mut links = 0;
        while let Some(name) = left.pop() {
            match name.as_slice() {
                b"" | b"." => {}
                b".." => at = parent(&at).to_owned(),
                name => {
                    let next = join(&at, name);
                    match self.entries.get(&next).map(|entry| &entry.node) {
                        Some(Node::Link(target)) if !left.is_empty() => {
                            links += 1;
                            if links > MAX_LINKS || target.starts_with('/') {
                                return Err("runs through a link that loops or leaves the board");
                            }
                            left.extend(components(target.as_bytes()));
                        }
                        Some(Node::File(_)) if !left.is_empty() => return Err("runs through a file"),
                        _ => at = next,
                    }
                }
            }
        }
        if at.is_empty() { Err("names the root of the board") } else { Ok(at) }
    }

    /// Puts a node at a resolved path and makes the directories on the way. A file that is there already
    /// keeps its inode number: its content changes under those who hold it open.
    pub(crate) fn put(&mut self, path: &[u8], node: Node) -> Result<(), &'static str> {
        let above = parent(path);
        if !self.entries.contains_key(above) {
            self.put(above, Node::Directory)?;
        }
        match (self.entries.get_mut(path), node) {
            (None, node) => {
                let ino = self.fresh_ino(path);
                self.entries.insert(path.to_owned(), Entry { ino, node, mode: None });
                Ok(())
            }
            (Some(Entry { node: Node::Directory, .. }), Node::Directory) => Ok(()),
            (Some(Entry { node: old @ Node::File(_), .. }), node @ Node::File(_)) => {
                *old = node;
                Ok(())
            }
            (Some(Entry { node: old @ Node::Link(_), .. }), node @ Node::Link(_)) => {
                *old = node;
                Ok(())
            }
            _ => Err("is there already as something else; remove it first"),
        }
    }

    /// Takes a path and everything below it away. `false` when it is not there.
    pub(crate) fn remove(&mut self, path: &[u8]) -> bool {
        let below = self.below(path);
        for gone in &below {
            if let Some(entry) = self.entries.remove(gone) {
                self.paths.remove(&entry.ino);
            }
            self.faults.remove(gone);
        }
        !below.is_empty()
    }

    /// Sets or clears the fault of a path. Vanishing gives everything below new inode numbers.
    pub(crate) fn set_fault(&mut self, path: &[u8], fault: Option<Fault>) {
        match fault {
            Some(fault) => self.faults.insert(path.to_owned(), fault),
            None => self.faults.remove(path),
        };
        if fault == Some(Fault::Vanished) {
            for renumbered in self.below(path) {
                let ino = self.fresh_ino(&renumbered);
                if let Some(entry) = self.entries.get_mut(&renumbered) {
                    self.paths.remove(&entry.ino);
                    entry.ino = ino;
                }
            }
        }
    }

    /// The fault that a path answers with.
    pub(crate) fn fault(&self, path: &[u8]) -> Option<Fault> {
        let mut nearest = None;
        let mut at = path;
        loop {
            match self.faults.get(at) {
                Some(Fault::Vanished) => return Some(Fault::Vanished),
                Some(fault) => nearest = nearest.or(Some(*fault)),
                None => {}
            }
            if at.is_empty() {
                return nearest;
            }
            at = parent(at);
        }
    }

    /// Whether the path was put and not removed, vanished or not.
    pub(crate) fn contains(&self, path: &[u8]) -> bool {
        self.entries.contains_key(path)
    }

    /// The path and node of an inode that can be seen now.
    pub(crate) fn seen(&self, ino: u64) -> Option<(&[u8], &Node)> {
        let path = self.paths.get(&ino)?;
        if self.fault(path) == Some(Fault::Vanished) {
            return None;
        }
        self.entries.get(path).map(|entry| (path.as_slice(), &entry.node))
    }

    /// Sets the permission bits that a path shows. They are shown only: the board refuses by its faults.
    pub(crate) fn set_mode(&mut self, path: &[u8], mode: u16) {
        if let Some(entry) = self.entries.get_mut(path) {
            entry.mode = Some(mode);
        }
    }

    /// The permission bits of an inode, where they were set.
    pub(crate) fn mode(&self, ino: u64) -> Option<u16> {
        self.entries.get(self.paths.get(&ino)?)?.mode
    }

    /// The content of a file, to begin a pass with.
    pub(crate) fn content_mut(&mut self, ino: u64) -> Option<&mut Content> {
        match &mut self.entries.get_mut(self.paths.get(&ino)?)?.node {
            Node::File(content) => Some(content),
            Node::Directory | Node::Link(_) => None,
        }
    }

    /// The inode of a name in a directory, when both can be seen.
    pub(crate) fn child(&self, directory: u64, name: &[u8]) -> Option<u64> {
        let (path, _) = self.seen(directory)?;
        let ino = self.entries.get(&join(path, name))?.ino;
        self.seen(ino).map(|_| ino)
    }

    /// The inode of the directory above.
    pub(crate) fn above(&self, ino: u64) -> u64 {
        let path = self.paths.get(&ino).map_or(b"".as_slice(), Vec::as_slice);
        self.entries.get(parent(path)).map_or(ROOT, |entry| entry.ino)
    }

    /// Inode and name of everything that can be seen in a directory, by name.
    pub(crate) fn list(&self, directory: u64) -> Option<Vec<(u64, Vec<u8>)>> {
        let (path, _) = self.seen(directory)?;
        let first = if path.is_empty() { Vec::new() } else { join(path, b"") };
        let (mut children, mut from) = (Vec::new(), Bound::Included(first.clone()));
        // From child to child, past what lies below each: `/` is followed by `0` in the order of bytes.
        while let Some((at, entry)) = self.entries.range((from, Bound::Unbounded)).next()
            && at.starts_with(&first)
        {
            let name = &at[first.len()..];
            match name.iter().position(|byte| *byte == b'/') {
                Some(slash) => {
                    let below = [&at[..first.len() + slash], b"0"].concat();
                    from = Bound::Included(below);
                }
                None => {
                    if entry.ino != ROOT && self.seen(entry.ino).is_some() {
                        children.push((entry.ino, name.to_vec()));
                    }
                    from = Bound::Excluded(at.clone());
                }
            }
        }
        Some(children)
    }

    fn fresh_ino(&mut self, path: &[u8]) -> u64 {
        self.last_ino += 1;
        self.paths.insert(self.last_ino, path.to_owned());
        self.last_ino
    }

    fn below(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let prefix = join(path, b"");
        self.entries.keys().filter(|key| *key == path || key.starts_with(&prefix)).cloned().collect()
    }
}
