//! The schedule (序时进度): the share of a measure that is expected at the cut-off date, by days, by months or by its
//! approved planned curve. Field rules §2, schedule; exact fractions throughout.

use jiff::civil::Date;

use crate::light::Thresholds;
use crate::ratio::Ratio;

/// How time is counted where a measure has no curve of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeRule {
    /// (cut-off − start + 1) / (due − start + 1), both ends counted.
    #[default]
    Days,
    /// Months begun of months in all: m/12 over a year.
    Months,
}

/// What a programme says about schedules; data, with the defaults of field rules §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchedulePolicy {
    /// How time is counted.
    pub time: TimeRule,
    /// Where yellow and red begin.
    pub thresholds: Thresholds,
}

/// How a planned curve runs between its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CurveShape {
    /// In a straight line from point to point, day by day.
    #[default]
    Linear,
    /// Each point's share holds from its date until the next.
    Step,
}

/// Why points make no curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// No points at all.
    #[error("a planned curve needs at least one point")]
    Empty,
    /// Dates do not rise.
    #[error("the dates of a planned curve must rise from point to point")]
    Dates,
    /// A share below 0 or above 1, or a falling one.
    #[error("the shares of a planned curve lie between 0% and 100% and never fall")]
    Shares,
    /// The last share is not 100%.
    #[error("a planned curve ends at 100%")]
    End,
}

impl CurveError {
    /// The same in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            CurveError::Empty => "计划曲线至少需要一个节点",
            CurveError::Dates => "计划曲线的日期应逐点递增",
            CurveError::Shares => "计划曲线的比例应在0%至100%之间且不下降",
            CurveError::End => "计划曲线应以100%结束",
        }
    }
}

/// A planned curve (计划曲线) approved for a measure: dates and the share planned to be done by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    points: Vec<(Date, Ratio)>,
    shape: CurveShape,
}

impl Curve {
    /// A curve through points with rising dates, shares from 0 to 1 that never fall, and 1 at the end.
    pub fn new(points: Vec<(Date, Ratio)>, shape: CurveShape) -> Result<Curve, CurveError> {
        let Some((_, last)) = points.last() else {
            return Err(CurveError::Empty);
        };
        if points.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(CurveError::Dates);
        }
        let in_bounds = points.iter().all(|(_, share)| (Ratio::ZERO..=Ratio::ONE).contains(share));
        if !in_bounds || points.windows(2).any(|pair| pair[0].1 > pair[1].1) {
            return Err(CurveError::Shares);
        }
        if *last != Ratio::ONE {
            return Err(CurveError::End);
        }
        Ok(Curve { points, shape })
    }

    /// The points, by date.
    pub fn points(&self) -> &[(Date, Ratio)] {
        &self.points
    }

    /// How it runs between them.
    pub fn shape(&self) -> CurveShape {
        self.shape
    }

    /// The share planned by the end of a day; 0 before the first point, 1 after the last.
    pub fn share(&self, day: Date) -> Ratio {
        let passed = self.points.partition_point(|(date, _)| *date <= day);
        let Some((from, low)) = passed.checked_sub(1).and_then(|at| self.points.get(at)) else {
            return Ratio::ZERO;
        };
        match (self.shape, self.points.get(passed)) {
            (CurveShape::Step, _) | (_, None) => *low,
            (CurveShape::Linear, Some((to, high))) => {
                let part = Ratio::new(days_between(*from, day), days_between(*from, *to)).unwrap_or(Ratio::ZERO);
                *low + (*high - *low) * part
            }
        }
    }
}

/// The share of the time from `start` to `due` that has passed at the end of `cut_off`; between 0 and 1.
pub fn time_share(rule: TimeRule, start: Date, due: Date, cut_off: Date) -> Ratio {
    if cut_off < start {
        return Ratio::ZERO;
    }
    let (passed, all) = match rule {
        TimeRule::Days => (days_between(start, cut_off) + 1, days_between(start, due) + 1),
        TimeRule::Months => (months_begun(start, cut_off).into(), months_begun(start, due).into()),
    };
    if cut_off >= due {
        return Ratio::ONE;
    }
    Ratio::new(passed, all).unwrap_or(Ratio::ONE).capped()
}

/// Number of calendar months touched from `start` to `end`, both counted; at least 0.
pub fn months_begun(start: Date, end: Date) -> i64 {
    let years = i64::from(end.year()) - i64::from(start.year());
    (years * 12 + i64::from(end.month()) - i64::from(start.month()) + 1).max(0)
}

fn days_between(from: Date, to: Date) -> i128 {
    from.duration_until(to).as_hours().div_euclid(24).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    #[test]
    fn the_20th_of_june_2023_expects_171_of_365_days() {
        let (start, due) = (date(2023, 1, 1), date(2023, 12, 31));
        let share = time_share(TimeRule::Days, start, due, date(2023, 6, 20));
        assert_eq!(share, ratio(171, 365));
        assert_eq!(share.percent(1), "46.8%");
        assert_eq!(time_share(TimeRule::Months, start, due, date(2023, 6, 20)), ratio(6, 12));
        assert_eq!(time_share(TimeRule::Days, start, due, due), Ratio::ONE);
        assert_eq!(time_share(TimeRule::Days, date(2023, 3, 1), due, date(2023, 2, 20)), Ratio::ZERO);
        assert_eq!(time_share(TimeRule::Days, start, date(2023, 6, 30), date(2023, 7, 20)), Ratio::ONE);
    }

    #[test]
    fn a_curve_runs_from_point_to_point() {
        let points =
            vec![(date(2023, 6, 30), ratio(1, 5)), (date(2023, 7, 10), ratio(2, 5)), (date(2023, 9, 30), Ratio::ONE)];
        let line = Curve::new(points.clone(), CurveShape::Linear).unwrap();
        assert_eq!(line.share(date(2023, 6, 29)), Ratio::ZERO);
        assert_eq!(line.share(date(2023, 6, 30)), ratio(1, 5));
        assert_eq!(line.share(date(2023, 7, 5)), ratio(3, 10));
        assert_eq!(line.share(date(2023, 12, 31)), Ratio::ONE);
        let step = Curve::new(points, CurveShape::Step).unwrap();
        assert_eq!(step.share(date(2023, 7, 9)), ratio(1, 5));
        assert_eq!(step.share(date(2023, 7, 10)), ratio(2, 5));
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let (june, july) = (date(2023, 6, 1), date(2023, 7, 1));
        for (points, error) in [
            (vec![], CurveError::Empty),
            (vec![(july, ratio(1, 2)), (june, Ratio::ONE)], CurveError::Dates),
            (vec![(june, Ratio::ONE), (july, ratio(1, 2))], CurveError::Shares),
            (vec![(june, ratio(-1, 2)), (july, Ratio::ONE)], CurveError::Shares),
            (vec![(june, ratio(1, 2))], CurveError::End),
        ] {
            assert_eq!(Curve::new(points, CurveShape::Linear), Err(error));
        }
    }
}
