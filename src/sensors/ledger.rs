//! What the processes of each name have used, since they are watched, and which names are worth showing.
//!
//! All storage is set aside when the ledger is made. Names that nobody bears any more are forgotten, unless they are
//! shown; more names than there is room for at a time are not counted. So programs that come and go under ever new names
//! make nothing grow.

use hearth_drivers::label::Label;
use hearth_drivers::process::stat::ProcessStat;

/// Processes whose CPU time is followed from pass to pass; further ones count with their memory alone.
pub(super) const FOLLOWED_MAX: usize = 4096;
/// Names at a time.
pub(super) const GROUPS_MAX: usize = 512;
/// The kernel's parent of all its threads.
const KTHREADD: u32 = 2;
/// A tick of CPU time in a pass, as a score; finer than a tick, so that it fades smoothly.
const SCORE_OF_TICK: u64 = 64;
/// Each pass a score loses this part of itself: what was used a minute ago counts half as much as what is used now.
const FADE: u64 = 4;
/// By so much a newcomer has to outdo twice the weakest that is shown: a hundredth of a core, over a pass of 30 s.
const MARGIN: u64 = 30 * SCORE_OF_TICK * FADE;

/// The name of a group: a command, or the kind of a thread of the kernel's.
pub(super) type Name = Label<63>;

/// All processes of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: Name,
    /// CPU time since the name is watched; only grows.
    pub(super) cpu_ticks: u64,
    pub(super) resident_pages: u64,
    /// Processes now.
    pub(super) count: u64,
    /// Fading sum of what was used lately.
    score: u64,
    /// Used in this pass.
    spent_ticks: u64,
}

/// One process, as it was at the last pass.
#[derive(Clone, Copy)]
struct Followed {
    pid: u32,
    start_ticks: u64,
    cpu_ticks: u64,
}

/// The accounts.
pub(super) struct Ledger {
    /// Of the last pass, by number.
    followed: Vec<Followed>,
    /// Of the pass that is under way.
    seen: Vec<Followed>,
    groups: Vec<Group>,
    shown: Vec<Name>,
    shown_max: usize,
    is_first_pass: bool,
    /// The last pass had no room for some process, so that one which is not known need not be new.
    was_cut: bool,
    is_cut: bool,
}

impl Ledger {
    /// An empty ledger that shows `shown_max` names at most.
    pub(super) fn new(shown_max: usize) -> Self {
        Self {
            followed: Vec::with_capacity(FOLLOWED_MAX),
            seen: Vec::with_capacity(FOLLOWED_MAX),
            groups: Vec::with_capacity(GROUPS_MAX),
            shown: Vec::with_capacity(shown_max),
            shown_max,
            is_first_pass: true,
            was_cut: false,
            is_cut: false,
        }
    }

    /// Another limit of names shown, as the configuration says when arming.
    pub(super) fn set_shown_max(&mut self, shown_max: usize) {
        self.shown_max = shown_max;
        self.shown.truncate(shown_max);
        self.shown.reserve(shown_max - self.shown.len());
    }

    /// Whether there was no pass yet.
    pub(super) fn is_empty(&self) -> bool {
        self.is_first_pass
    }

    /// The names to show.
    pub(super) fn shown(&self) -> &[Name] {
        &self.shown
    }

    /// The group of a name.
    pub(super) fn group(&self, name: &Name) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == *name)
    }

    /// Begins a pass.
    pub(super) fn begin(&mut self) {
        self.seen.clear();
        self.is_cut = false;
        for group in &mut self.groups {
            (group.resident_pages, group.count, group.spent_ticks) = (0, 0, 0);
        }
    }

    /// Takes one process into the pass.
    pub(super) fn take(&mut self, process: &ProcessStat) {
        let now = Followed {
            pid: process.pid,
            start_ticks: process.start_ticks,
            cpu_ticks: process.user_ticks.saturating_add(process.system_ticks),
        };
        let spent_ticks = self.spent(&now);
        if self.seen.len() < self.seen.capacity() {
            self.seen.push(now);
        } else {
            self.is_cut = true;
        }
        let is_first_pass = self.is_first_pass;
        let Some(group) = self.group_of(group_name(process)) else { return };
        group.spent_ticks = group.spent_ticks.saturating_add(spent_ticks);
        group.resident_pages = group.resident_pages.saturating_add(process.resident_pages);
        group.count += 1;
        if is_first_pass {
            // Nothing was seen of late, so that the whole past has to say who may be busy.
            group.score = group.score.saturating_add(now.cpu_ticks).min(MARGIN);
        }
    }

    /// What a process used since the last pass.
    fn spent(&self, now: &Followed) -> u64 {
        let found = self.followed.binary_search_by_key(&now.pid, |before| before.pid);
        match found.ok().and_then(|at| self.followed.get(at)) {
            Some(before) if before.start_ticks == now.start_ticks => {
                now.cpu_ticks.saturating_sub(before.cpu_ticks)
            }
            // Not there at the last pass: all it used, it used since.
            Some(_) | None if !self.is_first_pass && !self.was_cut => now.cpu_ticks,
            Some(_) | None => 0,
        }
    }

    fn group_of(&mut self, name: Name) -> Option<&mut Group> {
        let at = match self.groups.iter().position(|group| group.name == name) {
            Some(at) => at,
            None if self.groups.len() < self.groups.capacity() => {
                self.groups.push(Group {
                    name,
                    cpu_ticks: 0,
                    resident_pages: 0,
                    count: 0,
                    score: 0,
                    spent_ticks: 0,
                });
                self.groups.len() - 1
            }
            None => return None,
        };
        self.groups.get_mut(at)
    }

    /// Ends a pass: scores fade, names without processes are forgotten, and the names to show are chosen.
    pub(super) fn end(&mut self) {
        self.seen.sort_unstable_by_key(|process| process.pid);
        std::mem::swap(&mut self.followed, &mut self.seen);
        (self.is_first_pass, self.was_cut) = (false, self.is_cut);
        for group in &mut self.groups {
            // Only here, so that a pass that was broken off counts nothing twice.
            group.cpu_ticks = group.cpu_ticks.saturating_add(group.spent_ticks);
            let fresh = group.spent_ticks.saturating_mul(SCORE_OF_TICK);
            group.score = (group.score - group.score.div_ceil(FADE)).saturating_add(fresh);
        }
        let shown = &self.shown;
        self.groups.retain(|group| group.count > 0 || shown.contains(&group.name));
        self.choose();
    }

    /// Fills free places with the strongest names, and lets a newcomer take the place of the weakest shown if it is
    /// much stronger: each change of the names has all of them armed anew.
    fn choose(&mut self) {
        for _ in 0..self.shown_max {
            let outside = self.groups.iter().filter(|group| !self.shown.contains(&group.name));
            let Some(newcomer) = outside.max_by_key(|group| group.strength()).copied() else { return };
            if self.shown.len() < self.shown_max {
                self.shown.push(newcomer.name);
                continue;
            }
            let groups = &self.groups;
            let strength = |name: &Name| {
                groups.iter().find(|group| group.name == *name).map(Group::strength).unwrap_or_default()
            };
            let Some(at) = (0..self.shown.len()).min_by_key(|&at| self.shown.get(at).map(strength)) else {
                return;
            };
            let Some(weakest) = self.shown.get_mut(at) else { return };
            if !newcomer.outdoes(groups.iter().find(|group| group.name == *weakest)) {
                return;
            }
            *weakest = newcomer.name;
        }
    }
}

impl Group {
    /// Busy before large.
    const fn strength(&self) -> (u64, u64) {
        (self.score, self.resident_pages)
    }

    fn outdoes(&self, shown: Option<&Self>) -> bool {
        match shown {
            Some(shown) if shown.count == 0 && shown.score == 0 => true,
            Some(shown) => self.score > shown.score.saturating_mul(2).saturating_add(MARGIN),
            None => true,
        }
    }
}

/// The kernel's threads go by what stands before the slash: `kworker/0:1-events` is one of many kinds of `kworker`.
/// Bytes that are no text are question marks, so that different names have different labels.
fn group_name(process: &ProcessStat) -> Name {
    let command = process.command.as_bytes();
    let is_kernels = process.pid == KTHREADD || process.parent_pid == KTHREADD;
    let kind =
        if is_kernels { command.split(|byte| *byte == b'/').next().unwrap_or(command) } else { command };
    let mut bytes = [0; 63];
    let Some(name) = bytes.get_mut(..kind.len()) else { return process.command };
    name.copy_from_slice(kind);
    if core::str::from_utf8(name).is_err() {
        name.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
    Name::new(name).unwrap_or(process.command)
}

#[cfg(test)]
mod tests;
