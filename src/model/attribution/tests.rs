extern crate std;
use std::vec::Vec;

use super::{IdleFloor, Interval, Outcome, Party, attribute, power_uw, split};

/// Numbers that are the same in every run (xorshift64), of every magnitude.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.roll() >> 11) % end
    }

    /// 0, 1, the most there is, or anything between, small numbers as often as large ones.
    fn any(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            _ => {
                let bits = self.below(64);
                self.roll() >> bits
            }
        }
    }

    fn parties(&mut self) -> Vec<Party> {
        let count = self.below(70);
        (0..count).map(|_| Party::new(self.any())).collect()
    }
}

fn shares(parties: &[Party]) -> u128 {
    parties.iter().map(|party| u128::from(party.share)).sum()
}

fn of_weights(total: u64, weights: &[u64]) -> Vec<u64> {
    let mut parties: Vec<Party> = weights.iter().map(|weight| Party::new(*weight)).collect();
    assert_eq!(split(total, &mut parties), 0);
    parties.iter().map(|party| party.share).collect()
}

#[test]
fn what_rounding_leaves_over_goes_to_the_largest_remainders() {
    assert_eq!(of_weights(10, &[1, 1, 1]), [4, 3, 3], "the first of equals");
    assert_eq!(of_weights(100, &[1, 2, 4]), [14, 29, 57], "14.28, 28.57, 57.14");
    assert_eq!(
        of_weights(2, &[5, 0, 5, 5]),
        [1, 0, 1, 0],
        "more parties than units, and none for who did nothing"
    );
    assert_eq!(of_weights(u64::MAX, &[u64::MAX, u64::MAX]), [u64::MAX / 2 + 1, u64::MAX / 2]);
    assert_eq!(of_weights(0, &[3, 4]), [0, 0]);
}

#[test]
fn nobody_with_weight_is_given_anything() {
    let mut parties = [Party::new(0); 3];
    assert_eq!((split(77, &mut parties), shares(&parties)), (77, 0));
    assert_eq!(split(77, &mut []), 77);
}

#[test]
fn every_division_adds_up_and_gives_nobody_a_whole_unit_too_much_or_too_little() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..50_000 {
        let total = dice.any();
        let mut parties = dice.parties();
        let left = split(total, &mut parties);
        assert_eq!(shares(&parties) + u128::from(left), u128::from(total), "round {round}");
        let sum: u128 = parties.iter().map(|party| u128::from(party.weight)).sum();
        assert_eq!(left, if sum == 0 { total } else { 0 }, "round {round}");
        for party in parties.iter().filter(|_| sum > 0) {
            let fair = u128::from(total) * u128::from(party.weight) / sum;
            let share = u128::from(party.share);
            assert!(share == fair || share == fair + 1, "round {round}: {share} for {fair}");
            assert!(party.weight > 0 || share == 0, "round {round}: something for nothing");
        }
    }
}

/// A machine's intervals one after the other, groups coming and going, the books kept as the sensor keeps them.
#[test]
fn over_many_intervals_the_books_of_all_parties_add_up_to_the_energy_in_each_and_in_all() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for machine in 0..40 {
        let mut floor = IdleFloor::new();
        let (mut energy, mut idle, mut unattributed, mut gone) = (0_u128, 0_u128, 0_u128, 0_u128);
        let mut books: Vec<u128> = Vec::new();
        for round in 0..400 {
            match dice.below(6) {
                0 => books.push(0),
                1 if !books.is_empty() => {
                    let at = usize::try_from(dice.below(books.len() as u64)).unwrap();
                    gone += books.swap_remove(at);
                }
                _ => {}
            }
            let interval = Interval {
                energy_uj: dice.any() >> 8,
                duration_ns: match dice.below(5) {
                    0 => dice.any(),
                    1 => dice.below(2),
                    _ => 500_000_000 + dice.below(1_000_000),
                },
                busy_us: if dice.below(3) == 0 { 0 } else { dice.any() },
                cpus: u32::try_from(dice.below(257)).unwrap(),
            };
            let mut parties: Vec<Party> =
                books.iter().map(|_| Party::new(if dice.below(2) == 0 { 0 } else { dice.any() })).collect();
            parties.push(Party::default());
            let outcome = attribute(&interval, floor.power_uw(), &mut parties);
            let (last, groups) = parties.split_last().unwrap();
            let parts = u128::from(outcome.idle_uj) + u128::from(outcome.unattributed_uj) + shares(groups);
            assert_eq!(parts, u128::from(interval.energy_uj), "machine {machine}, interval {round}");
            assert_eq!(outcome.idle_uj + outcome.active_uj, interval.energy_uj);
            assert!(outcome.unattributed_uj >= last.share);
            energy += u128::from(interval.energy_uj);
            idle += u128::from(outcome.idle_uj);
            unattributed += u128::from(outcome.unattributed_uj);
            for (book, group) in books.iter_mut().zip(groups) {
                *book += u128::from(group.share);
            }
            floor.take(&interval);
            assert_eq!(books.iter().sum::<u128>() + gone + idle + unattributed, energy);
        }
    }
}

/// A second at 10 W on four CPUs.
const SECOND: Interval = Interval { energy_uj: 10_000_000, duration_ns: 1_000_000_000, busy_us: 0, cpus: 4 };

fn with_busy(busy_us: u64) -> Interval {
    Interval { busy_us, ..SECOND }
}

#[test]
fn idle_is_the_measured_floor_and_the_rest_goes_by_cpu_time() {
    let mut parties = [Party::new(300_000), Party::new(100_000), Party::default()];
    let outcome = attribute(&with_busy(800_000), Some(6_000_000), &mut parties);
    let wanted =
        Outcome { idle_uj: 6_000_000, unattributed_uj: 2_000_000, active_uj: 4_000_000, divided_us: 800_000 };
    assert_eq!(outcome, wanted);
    assert_eq!(parties.map(|party| party.share), [1_500_000, 500_000, 2_000_000]);
}

#[test]
fn with_nothing_to_do_all_is_idle_and_below_the_floor_nobody_owes_anything() {
    let mut parties = [Party::new(0), Party::default()];
    assert_eq!(attribute(&with_busy(0), Some(6_000_000), &mut parties).idle_uj, 10_000_000);
    parties[0] = Party::new(1);
    let outcome = attribute(&with_busy(1), Some(12_000_000), &mut parties);
    assert_eq!((outcome.idle_uj, outcome.active_uj), (10_000_000, 0));
}

#[test]
fn before_the_floor_is_known_a_group_gets_its_share_of_the_whole_machines_time() {
    let mut parties = [Party::new(400_000), Party::default()];
    let outcome = attribute(&with_busy(400_000), None, &mut parties);
    assert_eq!((outcome.idle_uj, parties[0].share, outcome.unattributed_uj), (0, 1_000_000, 9_000_000));
    // The clock may say that no time passed at all.
    let at_once = Interval { duration_ns: 0, busy_us: 0, ..SECOND };
    assert_eq!(attribute(&at_once, None, &mut [Party::default()]).unattributed_uj, 10_000_000);
}

#[test]
fn groups_that_were_read_later_than_the_whole_do_not_make_energy() {
    let mut parties = [Party::new(900_000), Party::new(300_000), Party::default()];
    let outcome = attribute(&with_busy(1_000_000), Some(0), &mut parties);
    assert_eq!(parties.map(|party| party.share), [7_500_000, 2_500_000, 0]);
    assert_eq!(outcome.divided_us, 1_200_000);
}

#[test]
fn power_is_energy_over_time() {
    assert_eq!(power_uw(5_000_000, 500_000_000), Some(10_000_000));
    assert_eq!((power_uw(1, 0), power_uw(u64::MAX, 1)), (None, None));
}
