//! The books of who used how much energy. They outlive arming, so that a group's joules stay with it while others come
//! and go.

use hearth_model::Reason;
use hearth_model::attribution::{Cost, IdleFloor, Interval, Party, Tariff, attribute, power_uw, split};

use super::packages::{Packages, Total};

/// One group's account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// The inode of the group's directory.
    pub(super) inode: u64,
    /// CPU time at the last reading, in microseconds.
    pub(super) usage_us: Option<u64>,
    /// CPU time of its own for which no energy was given yet.
    pending_us: u64,
    /// Energy it was given, in microjoules.
    pub(super) energy_uj: u64,
    /// What that cost.
    pub(super) cost: Cost,
    /// Mean power of its share of the last interval, in microwatts.
    pub(super) power_uw: Option<u64>,
}

impl Account {
    /// An empty one.
    pub(super) const fn new(inode: u64) -> Self {
        Self { inode, usage_us: None, pending_us: 0, energy_uj: 0, cost: Cost::new(), power_uw: None }
    }

    /// Notes CPU time of the group's own.
    pub(super) fn charge(&mut self, own_us: u64, usage_us: Option<u64>) {
        self.pending_us = self.pending_us.saturating_add(own_us);
        self.usage_us = usage_us;
    }
}

/// Where the last interval ended.
#[derive(Clone, Copy, Debug)]
struct Last {
    at_ns: u64,
    total: Total,
    busy_us: u64,
    own_us: u64,
}

/// What is read anew for each interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// The time of the tick.
    pub(super) at_ns: u64,
    /// CPU time of the whole machine, in microseconds.
    pub(super) busy_us: u64,
    /// CPU time of this process, in microseconds.
    pub(super) own_us: u64,
}

/// All accounts, and the machine's.
pub(super) struct Book {
    /// The counters of energy; opened at the first arming that finds some.
    pub(super) packages: Option<Packages>,
    /// The followed groups, in the order of the sensor's rows.
    pub(super) accounts: Vec<Account>,
    /// One for each account, and one for all others.
    parties: Vec<Party>,
    floor: IdleFloor,
    last: Option<Last>,
    /// What was divided, in microjoules: the sum of all that follows and of all accounts.
    pub(super) attributed_uj: u64,
    /// What the machine would have drawn with nothing to do.
    pub(super) idle_uj: u64,
    /// For CPU time of nobody who is followed.
    pub(super) unattributed_uj: u64,
    /// What accounts had that are closed.
    pub(super) gone_uj: u64,
    /// This process's part; of its group's.
    pub(super) own_uj: u64,
    /// Intervals that were not divided.
    pub(super) lost: u64,
}

impl Book {
    /// Empty, with the counters of energy if there are any.
    pub(super) fn new(packages: Option<Packages>) -> Self {
        Self {
            packages,
            accounts: Vec::new(),
            parties: vec![Party::default()],
            floor: IdleFloor::new(),
            last: None,
            attributed_uj: 0,
            idle_uj: 0,
            unattributed_uj: 0,
            gone_uj: 0,
            own_uj: 0,
            lost: 0,
        }
    }

    /// The measured floor in microwatts, if it is known.
    pub(super) const fn floor_uw(&self) -> Option<u64> {
        self.floor.power_uw()
    }

    /// Puts `fresh` accounts in the place of those that are here, each with what its group has so far, and closes the
    /// others. The old ones are left in `fresh`, so that nothing is freed here; `parties` has room for one more than
    /// there are accounts.
    pub(super) fn renew(&mut self, fresh: &mut Fresh) {
        for account in &mut fresh.accounts {
            if let Some(old) = self.accounts.iter_mut().find(|old| old.inode == account.inode) {
                *account = *old;
                // What was taken over is not closed.
                old.energy_uj = 0;
                old.pending_us = 0;
            }
        }
        self.gone_uj = self.accounts.iter().fold(self.gone_uj, |sum, old| sum.saturating_add(old.energy_uj));
        core::mem::swap(&mut self.accounts, &mut fresh.accounts);
        core::mem::swap(&mut self.parties, &mut fresh.parties);
        if let Some(packages) = fresh.packages.take() {
            // The old counters, if any, failed: what they did not count is not known. They go with the sensor.
            fresh.spent = self.packages.replace(packages);
            self.begin_anew();
        }
    }

    /// What flowed since the last interval is not known, and nobody is charged for it.
    fn begin_anew(&mut self) {
        self.lost = self.lost.saturating_add(u64::from(self.last.is_some()));
        self.last = None;
        for account in &mut self.accounts {
            account.pending_us = 0;
            account.power_uw = None;
        }
    }

    /// Ends an interval whose energy is `total`, or is not known. What the accounts were charged meanwhile is the share
    /// they have in it.
    pub(super) fn settle(
        &mut self,
        total: Result<Total, Reason>,
        now: Now,
        cpus: u32,
        tariff: Option<Tariff>,
    ) {
        let Ok(total) = total else {
            // The next interval that is known spans this one.
            return;
        };
        let last = self.last.filter(|last| last.total.doubts == total.doubts);
        if self.last.is_some() != last.is_some() {
            self.begin_anew();
        }
        let Now { at_ns, busy_us, own_us } = now;
        self.last = Some(Last { at_ns, total, busy_us, own_us });
        let Some(last) = last else {
            self.accounts.iter_mut().for_each(|account| account.pending_us = 0);
            return;
        };
        let interval = Interval {
            energy_uj: total.energy_uj.saturating_sub(last.total.energy_uj),
            duration_ns: at_ns.saturating_sub(last.at_ns),
            busy_us: busy_us.saturating_sub(last.busy_us),
            cpus,
        };
        self.divide(&interval, own_us.saturating_sub(last.own_us), tariff);
    }

    fn divide(&mut self, interval: &Interval, own_us: u64, tariff: Option<Tariff>) {
        for (party, account) in self.parties.iter_mut().zip(&mut self.accounts) {
            *party = Party::new(account.pending_us);
            account.pending_us = 0;
        }
        let outcome = attribute(interval, self.floor.power_uw(), &mut self.parties);
        self.attributed_uj = self.attributed_uj.saturating_add(interval.energy_uj);
        self.idle_uj = self.idle_uj.saturating_add(outcome.idle_uj);
        self.unattributed_uj = self.unattributed_uj.saturating_add(outcome.unattributed_uj);
        for (party, account) in self.parties.iter().zip(&mut self.accounts) {
            account.energy_uj = account.energy_uj.saturating_add(party.share);
            account.power_uw = power_uw(party.share, interval.duration_ns);
            if let Some(tariff) = tariff {
                account.cost.add(party.share, tariff);
            }
        }
        let mut own = [Party::new(own_us), Party::new(outcome.divided_us.saturating_sub(own_us))];
        split(outcome.active_uj, &mut own);
        self.own_uj = self.own_uj.saturating_add(own[0].share);
        self.floor.take(interval);
    }
}

/// What a newly armed sensor brings along; made off the lane.
pub(super) struct Fresh {
    accounts: Vec<Account>,
    parties: Vec<Party>,
    packages: Option<Packages>,
    /// What was replaced, until the sensor is dropped.
    spent: Option<Packages>,
}

impl Fresh {
    /// Accounts for the groups with these inodes, and counters if the book is to have others.
    pub(super) fn new(inodes: impl Iterator<Item = u64>, packages: Option<Packages>) -> Self {
        let accounts: Vec<Account> = inodes.map(Account::new).collect();
        let parties = vec![Party::default(); accounts.len() + 1];
        Self { accounts, parties, packages, spent: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn sum(book: &Book) -> u64 {
        let shown: u64 = book.accounts.iter().map(|account| account.energy_uj).sum();
        shown + book.gone_uj + book.idle_uj + book.unattributed_uj
    }

    fn with(inodes: &[u64]) -> Fresh {
        Fresh::new(inodes.iter().copied(), None)
    }

    fn settle(book: &mut Book, second: u64, energy_uj: u64, busy_us: u64) {
        let now = Now { at_ns: second * SECOND, busy_us, own_us: busy_us / 10 };
        book.settle(Ok(Total { energy_uj, doubts: 0 }), now, 1, Tariff::parse("0.36"));
        assert_eq!(sum(book), book.attributed_uj, "after {second} s");
    }

    #[test]
    fn a_group_keeps_its_joules_while_others_come_and_go() {
        let mut book = Book::new(None);
        book.renew(&mut with(&[11, 12]));
        settle(&mut book, 0, 0, 0);
        book.accounts[0].charge(200_000, None);
        book.accounts[1].charge(300_000, None);
        settle(&mut book, 1, 10_000_000, 500_000);
        assert_eq!(
            book.accounts.iter().map(|account| account.energy_uj).collect::<Vec<_>>(),
            [2_000_000, 3_000_000]
        );
        assert_eq!(
            book.unattributed_uj, 5_000_000,
            "the floor is not known: half the machine's time was idle"
        );
        assert_eq!(book.own_uj, 500_000);
        // 2 J at 0.36 a kilowatt-hour.
        assert_eq!(book.accounts[0].cost.nano(), 200);
        book.renew(&mut with(&[13, 12]));
        let accounts: Vec<_> =
            book.accounts.iter().map(|account| (account.inode, account.energy_uj)).collect();
        assert_eq!((accounts, book.gone_uj), (vec![(13, 0), (12, 3_000_000)], 2_000_000));
        assert_eq!(sum(&book), book.attributed_uj);
        book.renew(&mut with(&[11]));
        assert_eq!(
            (book.accounts[0].energy_uj, book.gone_uj),
            (0, 5_000_000),
            "what is gone does not come back"
        );
        assert_eq!(sum(&book), book.attributed_uj);
    }

    #[test]
    fn an_interval_that_could_not_be_read_is_divided_with_the_next() {
        let mut book = Book::new(None);
        book.renew(&mut with(&[11]));
        settle(&mut book, 0, 0, 0);
        book.accounts[0].charge(100_000, None);
        book.settle(Err(Reason::IoError), Now { at_ns: SECOND, busy_us: 100_000, own_us: 0 }, 1, None);
        assert_eq!((book.attributed_uj, book.lost), (0, 0));
        book.accounts[0].charge(100_000, None);
        settle(&mut book, 2, 10_000_000, 200_000);
        assert_eq!((book.accounts[0].energy_uj, book.attributed_uj), (1_000_000, 10_000_000));
    }

    #[test]
    fn an_interval_in_doubt_is_divided_among_nobody_and_counted() {
        let mut book = Book::new(None);
        book.renew(&mut with(&[11]));
        settle(&mut book, 0, 0, 0);
        book.accounts[0].charge(100_000, None);
        let doubtful = Total { energy_uj: 5, doubts: 1 };
        book.settle(Ok(doubtful), Now { at_ns: SECOND, busy_us: 100_000, own_us: 0 }, 1, None);
        assert_eq!((book.attributed_uj, book.lost), (0, 1));
        // Counting goes on from there, without the time before.
        let after = Total { energy_uj: 1_000_005, doubts: 1 };
        book.settle(Ok(after), Now { at_ns: 2 * SECOND, busy_us: 100_000, own_us: 0 }, 1, None);
        assert_eq!((book.attributed_uj, book.accounts[0].energy_uj, book.lost), (1_000_000, 0, 1));
        assert_eq!(sum(&book), book.attributed_uj);
    }
}
