//! A file's name, watched rather than the file: editors rename a new file over the old one, the file may not be there
//! yet, and on some systems it is a link into a directory that is exchanged as a whole.
//!
//! Every step of the way is watched as a pair of a directory and a name in it: for each component of the path, and
//! for each component of every link's target. When one of the names is touched the way is walked anew.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};

use super::{EventsError, trying};

/// Links followed before the way counts as a circle: what the kernel allows (`MAXSYMLINKS`).
const LINKS_MAX: usize = 40;

/// A directory whose changes go unnoticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// The directory.
    pub directory: PathBuf,
    /// Why the kernel refused to watch it.
    pub errno: Errno,
}

/// One name on the way to the file.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    directory: WatchDescriptor,
    name: OsString,
}

/// A watched path.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    inotify: Inotify,
    steps: Vec<Step>,
    blind: Vec<Blind>,
}

impl Place {
    /// Watches `path`, absolute or from the working directory.
    pub(super) fn watch(path: &Path) -> Result<Self, EventsError> {
        let flags = InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK;
        let inotify = trying("open an inotify instance", Inotify::init(flags))?;
        let path = match std::path::absolute(path) {
            Ok(path) => path,
            // Only an empty path or a lost working directory; the name alone is still worth watching.
            Err(_unknown) => Path::new("/").join(path),
        };
        let mut place = Self { path, inotify, steps: Vec::new(), blind: Vec::new() };
        place.walk()?;
        Ok(place)
    }

    pub(super) fn blind(&self) -> &[Blind] {
        &self.blind
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// Takes what has happened so far: whether any of it touched the way to the file.
    pub(super) fn touched(&mut self) -> Result<bool, EventsError> {
        let mut touched = false;
        loop {
            match self.inotify.read_events() {
                Ok(events) => touched |= events.iter().any(|event| self.concerns(event)),
                Err(Errno::EAGAIN) => break,
                Err(Errno::EINTR) => {}
                Err(errno) => return trying("read what changed", Err(errno)),
            }
        }
        if touched {
            self.walk()?;
        }
        Ok(touched)
    }

    fn concerns(&self, event: &InotifyEvent) -> bool {
        // Lost events may have been ours.
        event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW)
            || self.steps.iter().any(|step| {
                step.directory == event.wd && event.name.as_deref().is_none_or(|name| name == step.name)
            })
    }

    /// Walks from the root to the file, watching each directory before looking up the name in it, so that nothing
    /// changes unseen in between.
    fn walk(&mut self) -> Result<(), EventsError> {
        let mut steps = Vec::new();
        self.blind.clear();
        let mut directory = PathBuf::from("/");
        let mut ahead: VecDeque<OsString> = VecDeque::new();
        push_front(&mut ahead, &self.path);
        let mut links = 0;
        while let Some(name) = ahead.pop_front() {
            if name == ".." {
                directory.pop();
                continue;
            }
            match self.step(&directory, &name) {
                Ok(step) if steps.contains(&step) => {}
                Ok(step) => steps.push(step),
                // Gone while we walked: its own name is watched one step before.
                Err(Errno::ENOENT | Errno::ENOTDIR) => break,
                Err(errno) => self.blind.push(Blind { directory: directory.clone(), errno }),
            }
            let next = directory.join(&name);
            match fs::read_link(&next) {
                Ok(target) if links < LINKS_MAX => {
                    links += 1;
                    if target.is_absolute() {
                        directory = PathBuf::from("/");
                    }
                    push_front(&mut ahead, &target);
                }
                // A circle leads nowhere; each of its links is watched.
                Ok(_) => break,
                // No link: a directory or the file itself.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => directory = next,
                Err(error) => {
                    // Nothing there yet is no trouble: its name is watched.
                    let errno = error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw);
                    if !matches!(errno, Errno::ENOENT | Errno::ENOTDIR) {
                        self.blind.push(Blind { directory: directory.clone(), errno });
                    }
                    break;
                }
            }
        }
        for old in &self.steps {
            if steps.iter().any(|step| step.directory == old.directory) {
                continue;
            }
            match self.inotify.rm_watch(old.directory) {
                // EINVAL: the kernel dropped the watch together with its directory.
                Ok(()) | Err(Errno::EINVAL) => {}
                Err(errno) => return trying("stop watching a directory", Err(errno)),
            }
        }
        self.steps = steps;
        Ok(())
    }

    fn step(&self, directory: &Path, name: &OsStr) -> nix::Result<Step> {
        let mask = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVED_FROM
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_ATTRIB
            | AddWatchFlags::IN_ONLYDIR;
        Ok(Step { directory: self.inotify.add_watch(directory, mask)?, name: name.to_owned() })
    }
}

/// Puts the names of `path` before those that are still to come.
fn push_front(ahead: &mut VecDeque<OsString>, path: &Path) {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => ahead.push_front(name.to_owned()),
            Component::ParentDir => ahead.push_front(OsString::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    //! Changes made the ways editors, administrators and deployment tools make them. The kernel queues what it has to
    //! tell before the change returns, so each answer is ready when asked for.

    use super::*;
    use std::fs::File;
    use std::io::Write;
    use std::os::unix::fs::symlink;
    use std::{env, process};

    /// A directory of the test's own, gone with it.
    struct Home(PathBuf);

    impl Home {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("hearth-place-{name}-{}", process::id()));
            fs::create_dir_all(&path).expect("a directory of the test's own");
            Self(path)
        }

        fn at(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.at(name), text).expect("the file is written");
        }

        fn rename(&self, from: &str, to: &str) {
            fs::rename(self.at(from), self.at(to)).expect("renamed");
        }

        fn watch(&self, name: &str) -> Place {
            let place = Place::watch(&self.at(name)).expect("a watch is to be had");
            assert_eq!(place.blind(), [], "every directory of a test can be watched");
            place
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            if let Err(error) = fs::remove_dir_all(&self.0) {
                println!("{} stays: {error}", self.0.display());
            }
        }
    }

    #[track_caller]
    fn assert_touched(place: &mut Place, want: bool, what: &str) {
        assert_eq!(place.touched().expect("the kernel answers"), want, "{what}");
        assert!(!place.touched().expect("the kernel answers"), "{what}: said once");
    }

    #[test]
    fn making_writing_replacing_and_removing_the_file_are_seen() {
        let home = Home::new("plain");
        let mut place = home.watch("hearth.toml");
        assert_touched(&mut place, false, "nothing happened");
        home.write("hearth.toml", "1");
        assert_touched(&mut place, true, "the file was made");
        home.write("hearth.toml", "2");
        assert_touched(&mut place, true, "the file was written in place");
        home.write("hearth.toml~", "3");
        assert_touched(&mut place, false, "another file was made");
        home.rename("hearth.toml~", "hearth.toml");
        assert_touched(&mut place, true, "another file was renamed over it");
        let mut open = File::options().append(true).open(home.at("hearth.toml")).expect("opened");
        open.write_all(b"4").expect("written");
        assert_touched(&mut place, false, "the file is still being written");
        drop(open);
        assert_touched(&mut place, true, "the file was appended to");
        fs::remove_file(home.at("hearth.toml")).expect("removed");
        assert_touched(&mut place, true, "the file was removed");
    }

    #[test]
    fn a_directory_that_is_not_there_yet_is_watched_when_it_comes() {
        let home = Home::new("later");
        let mut place = home.watch("etc/hearth/hearth.toml");
        fs::create_dir(home.at("etc")).expect("made");
        assert_touched(&mut place, true, "the outer directory was made");
        fs::create_dir(home.at("etc/hearth")).expect("made");
        assert_touched(&mut place, true, "the inner directory was made");
        home.write("etc/hearth/hearth.toml", "1");
        assert_touched(&mut place, true, "the file was made");
        home.rename("etc", "old");
        assert_touched(&mut place, true, "the way was moved aside");
        home.write("old/hearth/hearth.toml", "2");
        assert_touched(&mut place, false, "what was moved aside is nobody's configuration");
        home.rename("old", "etc");
        assert_touched(&mut place, true, "the way came back");
        fs::remove_dir_all(home.at("etc")).expect("removed");
        assert_touched(&mut place, true, "the way was removed");
    }

    #[test]
    fn a_linked_directory_that_is_exchanged_is_seen() {
        // As container platforms deploy: hearth.toml -> ..data/hearth.toml, ..data -> the directory of a version.
        let home = Home::new("exchanged");
        for version in ["v1", "v2"] {
            fs::create_dir(home.at(version)).expect("made");
            home.write(&format!("{version}/hearth.toml"), version);
        }
        symlink("v1", home.at("..data")).expect("linked");
        symlink("..data/hearth.toml", home.at("hearth.toml")).expect("linked");
        let mut place = home.watch("hearth.toml");
        symlink("v2", home.at("..next")).expect("linked");
        assert_touched(&mut place, false, "the next version is only being prepared");
        home.rename("..next", "..data");
        assert_touched(&mut place, true, "the directory was exchanged");
        home.write("v1/hearth.toml", "old");
        assert_touched(&mut place, false, "the old version is nobody's configuration");
        home.write("v2/hearth.toml", "new");
        assert_touched(&mut place, true, "the linked file was written");
    }

    #[test]
    fn absolute_links_and_parents_are_followed_and_a_circle_ends() {
        let home = Home::new("links");
        fs::create_dir(home.at("store")).expect("made");
        fs::create_dir(home.at("etc")).expect("made");
        home.write("store/real.toml", "1");
        symlink("../store/real.toml", home.at("etc/hearth.toml")).expect("linked");
        symlink(home.at("etc/hearth.toml"), home.at("hearth.toml")).expect("linked");
        let mut place = home.watch("etc/../hearth.toml");
        home.write("store/real.toml", "2");
        assert_touched(&mut place, true, "the file at the links' end was written");
        fs::remove_file(home.at("etc/hearth.toml")).expect("removed");
        symlink(home.at("hearth.toml"), home.at("etc/hearth.toml")).expect("linked");
        assert_touched(&mut place, true, "the links now lead in a circle");
        fs::remove_file(home.at("etc/hearth.toml")).expect("removed");
        home.write("etc/hearth.toml", "3");
        assert_touched(&mut place, true, "the circle was broken");
    }
}
