//! Giving an increase out to townships: every unit of it goes to one of them, so the shares always add up and never fall.

use crate::random::Random;

/// A township's share of a target, and what it has reached, in the smallest step of the measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Code of the division.
    pub(crate) division: String,
    /// Its share of the target.
    pub(crate) target: i64,
    /// What it has reached.
    pub(crate) reached: i64,
    /// How eagerly it goes, in percent.
    pub(crate) pace: i64,
}

/// Gives `steps` out, more to those with more left to do; beyond all targets by the size of the targets.
pub(crate) fn give_out(steps: i64, shares: &mut [Share], random: &mut Random) {
    for _ in 0..steps {
        let left: Vec<i64> =
            shares.iter().map(|share| (share.target - share.reached).max(0).saturating_mul(share.pace)).collect();
        let all: Vec<i64> = shares.iter().map(|share| share.target).collect();
        let drawn = random.weighted(&left).or_else(|| random.weighted(&all));
        if let Some(share) = drawn.and_then(|index| shares.get_mut(index)) {
            share.reached += 1;
        }
    }
}

/// Takes `steps` away from the township that has reached most.
pub(crate) fn take_away(steps: i64, shares: &mut [Share]) {
    if let Some(most) = shares.iter_mut().max_by_key(|share| share.reached) {
        most.reached = (most.reached - steps).max(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_given_out_and_nobody_gets_more_than_its_share_before_the_others_have_theirs() {
        let share = |division: &str, target| Share { division: division.to_owned(), target, reached: 0, pace: 100 };
        let mut shares = vec![share("a", 7), share("b", 1), share("c", 92)];
        let mut random = Random::new(5, "spread");
        give_out(60, &mut shares, &mut random);
        assert_eq!(shares.iter().map(|share| share.reached).sum::<i64>(), 60);
        assert!(shares.iter().all(|share| share.reached <= share.target), "{shares:?}");
        give_out(50, &mut shares, &mut random);
        assert_eq!(shares.iter().map(|share| share.reached).sum::<i64>(), 110);
        assert!(shares.iter().all(|share| share.reached >= share.target));
        take_away(3, &mut shares);
        assert_eq!(shares.iter().map(|share| share.reached).sum::<i64>(), 107);
    }
}
