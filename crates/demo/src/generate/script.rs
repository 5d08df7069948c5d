//! The script of the four months: what happens to whom. Figures come from the seed; who is late, returned or corrected is
//! written here, so that every kind of case is met and can be told.

use jiff::civil::{Date, date};

/// The months that are played, as periods.
pub(crate) const PERIODS: [&str; 4] = ["2023-06", "2023-07", "2023-08", "2023-09"];

/// The days of a month's round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Date the figures are as at.
    pub cut_off: Date,
    /// Last day that is on time.
    pub due: Date,
    /// The office checks what has come.
    pub check: Date,
    /// The certifier decides.
    pub certify: Date,
    /// What was returned is filed, checked and certified again.
    pub again: Date,
    /// The month is closed and its standings are published.
    pub close: Date,
    /// Day on the bulletin.
    pub issue: Date,
}

/// Working days all: 22 to 24 June are days off, 25 June is worked; 20 August is a Sunday, so that month is due on the 21st.
pub(crate) const DAYS: [Days; 4] = [
    days(6, [20, 20, 21, 25, 26, 27, 28]),
    days(7, [20, 20, 21, 25, 26, 27, 28]),
    days(8, [20, 21, 22, 25, 28, 29, 30]),
    days(9, [20, 20, 21, 25, 26, 27, 28]),
];

const fn days(month: i8, [cut_off, due, check, certify, again, close, issue]: [i8; 7]) -> Days {
    Days {
        cut_off: date(2023, month, cut_off),
        due: date(2023, month, due),
        check: date(2023, month, check),
        certify: date(2023, month, certify),
        again: date(2023, month, again),
        close: date(2023, month, close),
        issue: date(2023, month, issue),
    }
}

/// What happens to an indicator's report in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Filed on another day than most, by its day of the month.
    On(i8),
    /// Drafted, reviewed, signed and submitted by three persons.
    InSteps,
    /// "No change" in one step, then reviewed, signed and submitted.
    Unchanged,
    /// Entered by the office; the unit confirms the next day, or not before publication.
    Entered { confirmed: bool },
    /// The first version says too much of this measure and is returned, by the certifier or by the office.
    Returned { measure: &'static str, above: i64, by_certifier: bool, reason: &'static str },
    /// The certifier certifies less of this measure.
    Adjusted { measure: &'static str, less: i64, reason: &'static str },
    /// Nothing comes.
    Missing,
}

/// Month (0 is June), indicator, what happens.
pub(crate) const TURNS: &[(usize, &str, Turn)] = &[
    (0, "3.1", Turn::InSteps),
    (0, "9.1", Turn::InSteps),
    (0, "10.3", Turn::On(21)),
    (
        0,
        "3.2",
        Turn::Returned {
            measure: "3.2-2",
            above: 128,
            by_certifier: false,
            reason: "职业技能培训数含未取得合格证书人员，请按口径核减后重报",
        },
    ),
    (
        0,
        "4.2",
        Turn::Adjusted {
            measure: "4.2-1", less: 36, reason: "与妇幼信息系统比对，重复登记36人，予以核减"
        },
    ),
    (1, "3.1", Turn::InSteps),
    (1, "8.2", Turn::Entered { confirmed: true }),
    (1, "9.2", Turn::On(21)),
    (
        1,
        "10.1",
        Turn::Returned {
            measure: "10.1-2",
            above: 9,
            by_certifier: true,
            reason: "安防设施里程含未交工路段9公里，与交工验收资料不符，退回核实",
        },
    ),
    (
        1,
        "10.2",
        Turn::Adjusted {
            measure: "10.2-1", less: 212, reason: "212万元为合同额，尚未形成实物投入，本期不予认定"
        },
    ),
    (2, "3.1", Turn::InSteps),
    (2, "7.2", Turn::Unchanged),
    (2, "3.2", Turn::On(21)),
    (2, "10.5", Turn::On(23)),
    (2, "4.1", Turn::Missing),
    (2, "6.1", Turn::Adjusted { measure: "6.1-1", less: 5, reason: "入户核查5户尚未完工，不计入本期" }),
    (3, "3.1", Turn::InSteps),
    (3, "9.1", Turn::InSteps),
    (3, "9.2", Turn::Entered { confirmed: false }),
    (3, "10.1", Turn::On(22)),
    (
        3,
        "2.3",
        Turn::Adjusted {
            measure: "2.3-1", less: 600, reason: "剔除注销账户600户，按系统有效用户数认定"
        },
    ),
];

/// What happens to a report, in order.
pub(crate) fn turns(month: usize, indicator: &str) -> impl Iterator<Item = Turn> + '_ {
    let of = TURNS.iter().filter(move |(when, code, _)| *when == month && *code == indicator);
    of.map(|(_, _, turn)| *turn)
}

/// Units whose experience article does not come, by month.
pub(crate) const NO_ARTICLE: &[(usize, &str)] = &[(0, "kgj"), (1, "slj"), (2, "wjj"), (2, "ybj"), (3, "gdgs")];

/// Units that go slower than planned, in percent of what is expected, month by month; the others go about as planned.
pub(crate) const PACE: &[(&str, [i64; 4])] =
    &[("slj", [29, 35, 44, 61]), ("jtysj", [72, 76, 81, 86]), ("cl", [88, 93, 97, 99])];
