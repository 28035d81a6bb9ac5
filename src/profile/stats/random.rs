//! A generator whose numbers are the same for the same seed, in every version of the program.
//!
//! Reports carry their seed and are recomputed from it years later: so the algorithm is fixed here and no library's
//! choice. It is xoshiro256++ with its state filled by SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom
//! number generators", 2021); not for secrets.

/// A generator in some state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator of this seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut filler = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut filler)) }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.state;
        let bits = s0.wrapping_add(*s3).rotate_left(23).wrapping_add(*s0);
        let shifted = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= shifted;
        *s3 = s3.rotate_left(45);
        bits
    }

    /// A number below `bound`, each as likely as the others to one part in 2^32; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        // The upper half of a product maps the range without a division; the bias is below bound / 2^64.
        let product = u128::from(self.bits()) * u128::from(bound);
        u32::try_from(product >> 64).unwrap_or(0)
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.bits() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    /// Puts `items` into an order of which each is as likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let bound = u32::try_from(end + 1).unwrap_or(u32::MAX);
            let other = usize::try_from(self.below(bound)).unwrap_or(0);
            items.swap(end, other);
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_seed_are_those_of_the_published_algorithm() {
        // State 1, 2, 3, 4: the reference implementation's first outputs.
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223]);
        // SplitMix64 of 1234567.
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_number_below_a_bound_comes_about_as_often() {
        let mut random = Random::seeded(7);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[random.below(6) as usize] += 1;
        }
        // Five standard deviations of a fair die thrown so often.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 460), "{counts:?}");
        assert_eq!(random.below(0), 0);
        assert!((0..1000).map(|_| random.unit()).all(|unit| (0.0..1.0).contains(&unit)));
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_the_seed_decides_the_order() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..50).collect();
            Random::seeded(seed).shuffle(&mut items);
            items
        };
        assert_eq!(shuffled(3), shuffled(3));
        assert_ne!(shuffled(3), shuffled(4));
        let mut sorted = shuffled(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<u32>>());
    }
}
