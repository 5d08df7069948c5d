//! Lights (亮灯): green, yellow, red by the deviation from schedule, blue only when done, and no colour where none may be
//! given. Field rules §2, schedule. The thresholds are data of the programme.

use crate::quantity::Quantity;
use crate::ratio::Ratio;

/// Why a thing has no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoColour {
    /// 未达标: a rate or limit that is not met at present.
    NotMet,
    /// 未报送: nothing was reported; missing is not zero.
    NotReported,
    /// 未定计划曲线: a kind that needs an approved curve and has none yet.
    NoCurve,
    /// 待下达: the target has not arrived.
    Pending,
    /// 目前达标: a rate or limit that is met at present and may yet be missed.
    MetNow,
    /// 持续推进: no target.
    Ongoing,
    /// 跨年度: due after the programme's year.
    DueLater,
    /// 不涉及: there is nothing to measure here.
    NotApplicable,
}

/// A light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    /// 蓝灯: done.
    Blue,
    /// 绿灯: on schedule.
    Green,
    /// 黄灯: behind.
    Yellow,
    /// 红灯: far behind.
    Red,
    /// No colour, with the reason.
    NoColour(NoColour),
}

impl Light {
    /// Chinese label.
    pub fn label(self) -> &'static str {
        match self {
            Light::Blue => "蓝灯",
            Light::Green => "绿灯",
            Light::Yellow => "黄灯",
            Light::Red => "红灯",
            Light::NoColour(NoColour::MetNow) => "目前达标",
            Light::NoColour(NoColour::NotMet) => "未达标",
            Light::NoColour(NoColour::Pending) => "待下达",
            Light::NoColour(NoColour::NoCurve) => "未定计划曲线",
            Light::NoColour(NoColour::Ongoing) => "持续推进",
            Light::NoColour(NoColour::NotReported) => "未报送",
            Light::NoColour(NoColour::DueLater) => "跨年度",
            Light::NoColour(NoColour::NotApplicable) => "不涉及",
        }
    }

    /// True for behind or far behind schedule.
    pub fn is_behind(self) -> bool {
        matches!(self, Light::Yellow | Light::Red)
    }
}

/// Where yellow and red begin, in percentage points of deviation from schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// At or below this: no longer green. Default −10.
    pub yellow: Quantity,
    /// Below this: red. Default −30.
    pub red: Quantity,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { yellow: Quantity::from_scaled(-100_000), red: Quantity::from_scaled(-300_000) }
    }
}

impl Thresholds {
    /// The colour of what is not done, by its exact deviation (completion less expected share, both as shares of 1).
    pub fn light(&self, deviation: Ratio) -> Light {
        if deviation > Ratio::from_percent(self.yellow) {
            Light::Green
        } else if deviation >= Ratio::from_percent(self.red) {
            Light::Yellow
        } else {
            Light::Red
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bounds_belong_to_yellow() {
        let thresholds = Thresholds::default();
        for (num, light) in [
            (-999, Light::Green),
            (-1000, Light::Yellow),
            (-3000, Light::Yellow),
            (-3001, Light::Red),
            (0, Light::Green),
        ] {
            assert_eq!(thresholds.light(Ratio::new(num, 10_000).unwrap()), light, "{num}");
        }
    }

    proptest! {
        /// However close to a bound: a deviation that is shown as -10.0 is green or yellow by its exact fraction.
        #[test]
        fn lights_are_decided_on_exact_fractions(den in 1_000_000_i128..i128::from(i64::MAX), off in -3_i128..=3) {
            let thresholds = Thresholds::default();
            let yellow = Ratio::new(-den + off, den * 10).unwrap();
            let expected = if off > 0 { Light::Green } else { Light::Yellow };
            prop_assert_eq!(thresholds.light(yellow), expected);
            prop_assert_eq!(yellow.percentage_points(1), "-10.0");
            let red = Ratio::new(-3 * den + off, den * 10).unwrap();
            let expected = if off < 0 { Light::Red } else { Light::Yellow };
            prop_assert_eq!(thresholds.light(red), expected);
            prop_assert_eq!(red.percentage_points(1), "-30.0");
        }
    }
}
