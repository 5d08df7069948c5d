//! A small generator of numbers: the same seed and label give the same numbers on any machine, for ever, and the numbers of
//! one label do not depend on how many another took. (SplitMix64 over an FNV-1a hash.)

/// A stream of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of a label under a seed.
    pub fn new(seed: u64, label: &str) -> Self {
        let hash = label
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included; `low` where there is nothing between.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let span = high.abs_diff(low).saturating_add(1);
        let step = self.next_u64().checked_rem(span).unwrap_or(0);
        low.saturating_add_unsigned(step)
    }

    /// An index drawn by weight; none where all weights are zero.
    pub fn weighted(&mut self, weights: &[i64]) -> Option<usize> {
        let total: i64 = weights.iter().sum();
        if total <= 0 {
            return None;
        }
        let mut left = self.between(0, total - 1);
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return Some(index);
            }
            left -= weight;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_numbers_of_a_label_stay_the_same_for_ever() {
        let mut one = Random::new(2023, "3.1-1");
        let first: Vec<i64> = (0..4).map(|_| one.between(0, 999)).collect();
        let mut again = Random::new(2023, "3.1-1");
        assert_eq!(first, (0..4).map(|_| again.between(0, 999)).collect::<Vec<_>>());
        assert_ne!(Random::new(2023, "3.1-2").next_u64(), Random::new(2023, "3.1-1").next_u64());
        assert_ne!(Random::new(2024, "3.1-1").next_u64(), Random::new(2023, "3.1-1").next_u64());
        // SplitMix64's own first number for the state 0.
        assert_eq!(Random(0).next_u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn bounds_are_kept_and_reached_and_weights_count() {
        let mut random = Random::new(1, "bounds");
        let drawn: Vec<i64> = (0..500).map(|_| random.between(-2, 2)).collect();
        assert!((-2..=2).all(|number| drawn.contains(&number)) && drawn.iter().all(|number| (-2..=2).contains(number)));
        assert_eq!(random.between(7, 3), 7);
        assert_eq!(random.weighted(&[0, 0]), None);
        assert!((0..100).all(|_| random.weighted(&[0, 3, 0]).unwrap() == 1));
    }
}
