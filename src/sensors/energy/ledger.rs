//! The accounts of all domains: their open counters and what these have counted so far. They outlive arming, so that no
//! energy is lost when a driver is loaded anew.

use hearth_drivers::rapl::accumulate::Moment;
use hearth_drivers::rapl::domain::{BackEnd, Domain, Found, Key};

use super::account::{Account, Seen};

/// All accounts; one's number stays for good.
#[derive(Default)]
pub(super) struct Ledger {
    accounts: Vec<Account>,
}

impl Ledger {
    /// The account of what was found: its own of old with fresh counters, or a new one.
    pub(super) fn open(&mut self, found: Found) -> usize {
        let Found { key, back_end, registers, counting, path, .. } = found;
        let at = self.accounts.iter().position(|account| (account.key, account.back_end) == (key, back_end));
        let at = at.unwrap_or_else(|| {
            self.accounts.push(Account::new(key, back_end));
            self.accounts.len() - 1
        });
        if let Some(account) = self.accounts.get_mut(at) {
            account.renew(registers, counting, path);
        }
        at
    }

    /// Lets the counters of all accounts go but of those named. What remains are domains that were there before and are
    /// not now, on a road that is still allowed: they may come again.
    pub(super) fn close_others(&mut self, open: &[usize], roads: &[BackEnd]) -> Vec<usize> {
        let keys: Vec<Key> = open.iter().filter_map(|at| self.key(*at)).collect();
        let mut lost = Vec::new();
        for (at, account) in self.accounts.iter_mut().enumerate().filter(|(at, _)| !open.contains(at)) {
            account.close();
            if !keys.contains(&account.key) && roads.contains(&account.back_end) {
                lost.push(at);
            }
        }
        lost
    }

    /// What an account is about.
    pub(super) fn key(&self, account: usize) -> Option<Key> {
        self.accounts.get(account).map(|account| account.key)
    }

    /// The road and the path of an account.
    pub(super) fn road(&self, account: usize) -> Option<(BackEnd, String)> {
        self.accounts.get(account).map(|account| (account.back_end, account.path.clone()))
    }

    /// Of `accounts`, that of the package or die which `account` is a part of.
    pub(super) fn package_of(&self, account: usize, accounts: &[usize]) -> Option<usize> {
        let is_whole = |domain| matches!(domain, Domain::Package | Domain::Die);
        let part = self.key(account).filter(|key| !is_whole(key.domain))?;
        let is_around =
            |at: &usize| self.key(*at).is_some_and(|key| is_whole(key.domain) && key.place == part.place);
        accounts.iter().copied().find(is_around)
    }

    /// What an account has counted.
    pub(super) fn total_uj(&self, account: usize) -> Option<u64> {
        self.accounts.get(account).map(Account::total_uj)
    }

    /// Reads the counters of an account.
    pub(super) fn read(&mut self, account: usize, package_uj: Option<u64>, now: Moment) -> Option<Seen> {
        self.accounts.get_mut(account).map(|account| account.read(package_uj, now))
    }
}
