//! Exact fractions of i128. All comparisons are exact; rounding happens once, half up, where a figure is shown or scored.
//! Sums of very many unlike fractions that no longer fit fall back to steps of 10^-18, the same on every machine.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use crate::quantity::{MAX_DECIMALS, Quantity};

const FINE: i128 = 1_000_000_000_000_000_000;
const MIDDLE: i128 = 1_000_000_000;

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    /// 0.
    pub const ZERO: Ratio = Ratio { num: 0, den: 1 };
    /// 1, which is 100%.
    pub const ONE: Ratio = Ratio { num: 1, den: 1 };

    /// `num / den`; none if the denominator is zero.
    pub fn new(num: i128, den: i128) -> Option<Ratio> {
        (den != 0).then(|| Self::lowest(num, den))
    }

    /// A whole number.
    pub const fn integer(integer: i64) -> Ratio {
        Ratio { num: integer as i128, den: 1 }
    }

    /// `part / whole`; none if the whole is zero.
    pub fn of(part: Quantity, whole: Quantity) -> Option<Ratio> {
        Self::new(part.scaled().into(), whole.scaled().into())
    }

    /// The quantity itself as a fraction.
    pub fn from_quantity(quantity: Quantity) -> Ratio {
        Self::lowest(quantity.scaled().into(), 10_000)
    }

    /// A number of percent as a share: 50 is 1/2.
    pub fn from_percent(percent: Quantity) -> Ratio {
        Self::lowest(percent.scaled().into(), 1_000_000)
    }

    /// Numerator in lowest terms.
    pub fn numerator(self) -> i128 {
        self.num
    }

    /// Denominator in lowest terms, above zero.
    pub fn denominator(self) -> i128 {
        self.den
    }

    /// `self / other`; none if the other is zero.
    pub fn checked_div(self, other: Ratio) -> Option<Ratio> {
        (other.num != 0).then(|| self * Self::lowest(other.den, other.num))
    }

    /// At most 1, as scores count a completion unless their scheme says otherwise.
    #[must_use]
    pub fn capped(self) -> Ratio {
        self.min(Ratio::ONE)
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.num < 0
    }

    /// Weighted mean; none without terms or with weights of zero only.
    pub fn weighted_mean(terms: impl IntoIterator<Item = (Ratio, u32)>) -> Option<Ratio> {
        let mut sum = Ratio::ZERO;
        let mut weights: i64 = 0;
        for (term, weight) in terms {
            sum = sum + term * Ratio::integer(weight.into());
            weights = weights.saturating_add(weight.into());
        }
        (weights > 0).then(|| sum * Self::lowest(1, weights.into()))
    }

    /// Rounded half up (away from zero on a tie) to `decimals`, at most four; none if it is too large for a quantity.
    pub fn round(self, decimals: u8) -> Option<Quantity> {
        let decimals = decimals.min(MAX_DECIMALS);
        let step = 10_i128.pow(u32::from(MAX_DECIMALS - decimals));
        let scaled = self.steps(10_i128.pow(decimals.into())).checked_mul(step)?;
        i64::try_from(scaled).ok().map(Quantity::from_scaled)
    }

    /// As a percentage with `decimals` (at most four) fraction digits, half up: `46.8%`.
    pub fn percent(self, decimals: u8) -> String {
        format!("{}%", self.percentage_points(decimals))
    }

    /// As percentage points without a sign of unit, half up: `-10.0`.
    pub fn percentage_points(self, decimals: u8) -> String {
        let decimals = decimals.min(MAX_DECIMALS);
        text_of_steps(self.steps(100 * 10_i128.pow(decimals.into())), decimals)
    }

    /// A completion as a percentage. Rounding never creates 100%: below it the text stops at 99, 99.9 or 99.99
    /// (field rules §2).
    pub fn completion_percent(self, decimals: u8) -> String {
        let decimals = decimals.min(MAX_DECIMALS);
        let whole = 100 * 10_i128.pow(decimals.into());
        let steps = self.steps(whole);
        let shown = if self < Ratio::ONE { steps.min(whole - 1) } else { steps };
        format!("{}%", text_of_steps(shown, decimals))
    }

    /// Number of steps of `1 / per_one`, rounded half away from zero; saturates.
    fn steps(self, per_one: i128) -> i128 {
        let fitting = if self.num.checked_mul(per_one).is_some() { self } else { self.coarse(FINE) };
        let scaled = fitting.num.saturating_mul(per_one);
        let (quotient, rest) = (scaled / fitting.den, (scaled % fitting.den).abs());
        let up = i128::from(rest >= fitting.den - rest);
        if scaled < 0 { quotient - up } else { quotient + up }
    }

    fn lowest(num: i128, den: i128) -> Ratio {
        let negative = (num < 0) != (den < 0);
        let (num, den) = (num.unsigned_abs(), den.unsigned_abs());
        let divisor = greatest_common_divisor(num, den).max(1);
        let den = i128::try_from(den / divisor).unwrap_or(i128::MAX);
        let num = i128::try_from(num / divisor).unwrap_or(i128::MAX);
        Ratio { num: if negative { -num } else { num }, den }
    }

    /// The nearest fraction with the denominator `per_one`, by long division; the whole part alone if that is too large.
    fn coarse(self, per_one: i128) -> Ratio {
        let (num, mut den) = (self.num.unsigned_abs(), self.den.unsigned_abs());
        let (whole, mut rest) = (num / den, num % den);
        let (mut fraction, mut place) = (0_u128, 1_i128);
        while place < per_one {
            while rest > u128::MAX / 10 {
                rest >>= 1;
                den >>= 1;
            }
            rest *= 10;
            fraction = fraction * 10 + rest / den;
            rest %= den;
            place *= 10;
        }
        fraction += u128::from(rest >= den - rest);
        let steps = whole.saturating_mul(per_one.unsigned_abs()).saturating_add(fraction);
        match (i128::try_from(steps), i128::try_from(whole).unwrap_or(i128::MAX)) {
            (Ok(steps), _) => Self::lowest(if self.num < 0 { -steps } else { steps }, per_one),
            (Err(_), whole) => Ratio { num: if self.num < 0 { -whole } else { whole }, den: 1 },
        }
    }

    fn exact_sum(self, other: Ratio) -> Option<Ratio> {
        let divisor =
            i128::try_from(greatest_common_divisor(self.den.unsigned_abs(), other.den.unsigned_abs())).ok()?;
        let left = self.num.checked_mul(other.den / divisor)?;
        let right = other.num.checked_mul(self.den / divisor)?;
        let den = self.den.checked_mul(other.den / divisor)?;
        Some(Self::lowest(left.checked_add(right)?, den))
    }

    fn exact_product(self, other: Ratio) -> Option<Ratio> {
        let left = Self::lowest(self.num, other.den);
        let right = Self::lowest(other.num, self.den);
        Some(Ratio { num: left.num.checked_mul(right.num)?, den: left.den.checked_mul(right.den)? })
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn text_of_steps(steps: i128, decimals: u8) -> String {
    let sign = if steps < 0 { "-" } else { "" };
    let magnitude = steps.unsigned_abs();
    let per_one = 10_u128.pow(decimals.into());
    match decimals {
        0 => format!("{sign}{magnitude}"),
        _ => format!("{sign}{}.{:0width$}", magnitude / per_one, magnitude % per_one, width = usize::from(decimals)),
    }
}

impl Add for Ratio {
    type Output = Ratio;

    fn add(self, other: Ratio) -> Ratio {
        self.exact_sum(other).unwrap_or_else(|| {
            let (left, right) = (self.coarse(FINE), other.coarse(FINE));
            left.exact_sum(right).unwrap_or(if left.num > 0 { left.max(right) } else { left.min(right) })
        })
    }
}

impl Neg for Ratio {
    type Output = Ratio;

    fn neg(self) -> Ratio {
        Ratio { num: self.num.saturating_neg(), den: self.den }
    }
}

impl Sub for Ratio {
    type Output = Ratio;

    fn sub(self, other: Ratio) -> Ratio {
        self + -other
    }
}

impl Mul for Ratio {
    type Output = Ratio;

    fn mul(self, other: Ratio) -> Ratio {
        self.exact_product(other)
            .or_else(|| self.coarse(FINE).exact_product(other.coarse(FINE)))
            .or_else(|| self.coarse(MIDDLE).exact_product(other.coarse(MIDDLE)))
            .unwrap_or(Ratio {
                num: if self.is_negative() == other.is_negative() { i128::MAX } else { -i128::MAX },
                den: 1,
            })
    }
}

impl Ord for Ratio {
    /// Exact at any size: by cross products, or by continued fractions where those do not fit.
    fn cmp(&self, other: &Ratio) -> Ordering {
        if let (Some(left), Some(right)) = (self.num.checked_mul(other.den), other.num.checked_mul(self.den)) {
            return left.cmp(&right);
        }
        let (mut a, mut b) = (self.num, self.den);
        let (mut c, mut d) = (other.num, other.den);
        let mut swapped = false;
        loop {
            let order = a.div_euclid(b).cmp(&c.div_euclid(d));
            let (left, right) = (a.rem_euclid(b), c.rem_euclid(d));
            let order = match order {
                Ordering::Equal if left == 0 || right == 0 => left.cmp(&right),
                Ordering::Equal => {
                    (a, b, c, d) = (b, left, d, right);
                    swapped = !swapped;
                    continue;
                }
                unequal => unequal,
            };
            return if swapped { order.reverse() } else { order };
        }
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ratio({self})")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    #[test]
    fn printed_percentages_come_out_as_the_field_prints_them() {
        for (num, den, shown) in [
            (1981, 1980, "100.1%"),
            (52242, 27800, "187.9%"),
            (126, 180, "70.0%"),
            (1005, 1440, "69.8%"),
            (171, 365, "46.8%"),
            (5, 70, "7.1%"),
            (2999, 3000, "99.9%"),
            (30, 30, "100.0%"),
            (-1, 10_000, "0.0%"),
            (-1, 20, "-5.0%"),
        ] {
            assert_eq!(ratio(num, den).completion_percent(1), shown, "{num}/{den}");
        }
        assert_eq!(ratio(1005, 1440).completion_percent(0), "70%");
        assert_eq!(ratio(2999, 3000).completion_percent(0), "99%");
        assert_eq!(ratio(299_999, 300_000).completion_percent(2), "99.99%");
        assert_eq!(ratio(-5, 100_000).percentage_points(2), "-0.01");
    }

    #[test]
    fn rounds_half_up_once() {
        assert_eq!(ratio(1, 8).round(2).unwrap().to_string(), "0.13");
        assert_eq!(ratio(-1, 8).round(2).unwrap().to_string(), "-0.13");
        assert_eq!(ratio(i128::MAX, 1).round(0), None);
        assert_eq!(Ratio::from_percent("37.44".parse().unwrap()), ratio(3744, 10_000));
        assert_eq!(Ratio::new(1, 0), None);
    }

    #[test]
    fn what_does_not_fit_stays_close_and_never_panics() {
        let huge = ratio(i128::MAX, i128::MAX - 1);
        let third = ratio(1, 3);
        assert_eq!((huge + third).percent(4), "133.3333%");
        assert_eq!((huge * third).percent(4), "33.3333%");
        assert!(huge > Ratio::ONE && huge < ratio(i128::MAX - 1, i128::MAX - 2));
        let most = ratio(i128::MAX, 1);
        assert!(most + most >= most && most * most >= Ratio::ONE && -most * most < Ratio::ZERO);
        assert_eq!(ratio(i128::MIN, i128::MIN), Ratio::ONE);
    }

    proptest! {
        #[test]
        fn rounding_never_creates_a_whole(target in 1_i64..=i64::MAX, short in 1_i64..=1_000_000, decimals in 0_u8..=4) {
            let actual = target.saturating_sub(short);
            let completion = Ratio::of(Quantity::from_scaled(actual), Quantity::from_scaled(target)).unwrap();
            let shown = completion.completion_percent(decimals);
            prop_assert!(shown.starts_with('-') || !shown.starts_with("100"), "{}", shown);
        }

        #[test]
        fn arithmetic_and_order_agree_with_whole_numbers(a in -9999_i128..9999, b in 1_i128..9999, c in -9999_i128..9999, d in 1_i128..9999) {
            let (left, right) = (ratio(a, b), ratio(c, d));
            prop_assert_eq!(left + right, ratio(a * d + c * b, b * d));
            prop_assert_eq!(left - right, ratio(a * d - c * b, b * d));
            prop_assert_eq!(left * right, ratio(a * c, b * d));
            prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
        }

        #[test]
        fn any_fractions_can_be_added_multiplied_compared_and_shown(a: i128, b: i128, c: i128, d: i128) {
            if let (Some(left), Some(right)) = (Ratio::new(a, b), Ratio::new(c, d)) {
                let _ = (left + right, left - right, left * right, left.checked_div(right), left.percent(4), right.round(4));
                prop_assert_eq!(left.cmp(&right), right.cmp(&left).reverse());
            }
        }
    }
}
