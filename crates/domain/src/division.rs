//! Division codes (行政区划代码): the statistical code of 6, 9 or 12 digits, or a local reporting area (非建制) under a
//! county that has none, written `430923L01`. Says level, parent and containment by the code alone.

use std::fmt;
use std::str::FromStr;

/// Level of a division in the territory tree, from the province down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 省级: `430000`.
    Province,
    /// 市级: `430900`.
    Municipality,
    /// 县级: `430923`.
    County,
    /// 乡级: `430923100`.
    Township,
    /// 村级: `430923100001`.
    Village,
    /// 非建制填报片区, such as 县城南区: in its county's sums and in nobody else's.
    LocalArea,
}

impl Level {
    /// Chinese label.
    pub fn label(self) -> &'static str {
        match self {
            Level::Province => "省级",
            Level::Municipality => "市级",
            Level::County => "县级",
            Level::Township => "乡级",
            Level::Village => "村级",
            Level::LocalArea => "非建制",
        }
    }

    /// Size of the block of twelve-digit numbers that a division of this level spans.
    fn span(self) -> u64 {
        match self {
            Level::Province => 10_000_000_000,
            Level::Municipality => 100_000_000,
            Level::County => COUNTY_SPAN,
            Level::Township => 1_000,
            Level::Village | Level::LocalArea => 1,
        }
    }
}

const COUNTY_SPAN: u64 = 1_000_000;

/// Why a text is no division code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DivisionError {
    /// Neither 6, 9 or 12 characters nor county + `L` + two digits.
    #[error("a division code has 6, 9 or 12 digits, or is a county code followed by L and two digits")]
    Length,
    /// A character other than `0`–`9`.
    #[error("a division code consists of the ASCII digits 0-9")]
    Digits,
    /// A part that must be counted is zero or out of range, as in `430023` or `430923000`.
    #[error("the code names no division: a part of it is zero or out of range")]
    Part,
    /// The local area's county part is no county.
    #[error("a local reporting area lies under a county")]
    LocalParent,
}

impl DivisionError {
    /// The same in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            DivisionError::Length => "区划代码应为6、9或12位数字，或县级代码加L和两位数字（非建制）",
            DivisionError::Digits => "区划代码只能由半角数字0—9组成",
            DivisionError::Part => "区划代码中有一段为零或超出范围，不对应任何区划",
            DivisionError::LocalParent => "非建制片区必须隶属于县级区划",
        }
    }
}

/// A division's code. Ordered so that a division stands before everything within it and local areas after the villages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode {
    /// The code padded with zeros to twelve digits; a local area holds its county's last number.
    number: u64,
    level: Level,
    /// Number of the local area, 1–99; zero for statistical codes.
    local: u8,
}

impl DivisionCode {
    /// The level that the code's form says.
    pub fn level(self) -> Level {
        self.level
    }

    /// True for a local reporting area without a statistical code (非建制).
    pub fn is_local(self) -> bool {
        self.level == Level::LocalArea
    }

    /// The division directly above; none for a province. A township of a municipality without counties lies directly
    /// under the municipality.
    pub fn parent(self) -> Option<DivisionCode> {
        match self.level {
            Level::Province => None,
            Level::Municipality => Some(self.up(Level::Province)),
            Level::County => Some(self.up(Level::Municipality)),
            Level::Township if (self.number / COUNTY_SPAN).is_multiple_of(100) => Some(self.up(Level::Municipality)),
            Level::Township | Level::LocalArea => Some(self.up(Level::County)),
            Level::Village => Some(self.up(Level::Township)),
        }
    }

    /// All divisions above, the nearest first.
    pub fn ancestors(self) -> impl Iterator<Item = DivisionCode> {
        std::iter::successors(self.parent(), |above| above.parent())
    }

    /// True if this is `other` or lies below it.
    pub fn is_within(self, other: DivisionCode) -> bool {
        if self == other {
            return true;
        }
        if other.level >= self.level || (self.is_local() && other.level > Level::County) {
            return false;
        }
        self.number / other.level.span() == other.number / other.level.span()
    }

    fn up(self, level: Level) -> DivisionCode {
        DivisionCode { number: self.number / level.span() * level.span(), level, local: 0 }
    }

    fn parse_local(county: &str, number: &str) -> Result<Self, DivisionError> {
        let above = Self::parse_statistical(county)?;
        if above.level != Level::County {
            return Err(DivisionError::LocalParent);
        }
        let local = digits(number)?;
        match u8::try_from(local) {
            Ok(local) if local > 0 => {
                Ok(DivisionCode { number: above.number + COUNTY_SPAN - 1, level: Level::LocalArea, local })
            }
            _ => Err(DivisionError::Part),
        }
    }

    fn parse_statistical(text: &str) -> Result<Self, DivisionError> {
        let number = digits(text)?;
        let (number, level) = match text.len() {
            6 if number % 10_000 == 0 => (number * COUNTY_SPAN, Level::Province),
            6 if number % 100 == 0 => (number * COUNTY_SPAN, Level::Municipality),
            6 => (number * COUNTY_SPAN, Level::County),
            9 => (number * 1_000, Level::Township),
            12 => (number, Level::Village),
            _ => return Err(DivisionError::Length),
        };
        let province = number / Level::Province.span();
        let municipality = number / Level::Municipality.span() % 100;
        let township = number / 1_000 % 1_000;
        let sound = province >= 11
            && (level == Level::Province || municipality > 0)
            && (level < Level::Township || township > 0)
            && (level != Level::Village || number % 1_000 > 0);
        if sound { Ok(DivisionCode { number, level, local: 0 }) } else { Err(DivisionError::Part) }
    }
}

fn digits(text: &str) -> Result<u64, DivisionError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DivisionError::Digits);
    }
    text.parse().map_err(|_| DivisionError::Length)
}

impl FromStr for DivisionCode {
    type Err = DivisionError;

    fn from_str(text: &str) -> Result<Self, DivisionError> {
        if !text.is_ascii() {
            return Err(DivisionError::Digits);
        }
        match text.split_once('L') {
            Some((county, number)) if county.len() == 6 && number.len() == 2 => Self::parse_local(county, number),
            Some(_) => Err(DivisionError::Length),
            None => Self::parse_statistical(text),
        }
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Province | Level::Municipality | Level::County => write!(f, "{}", self.number / COUNTY_SPAN),
            Level::Township => write!(f, "{}", self.number / 1_000),
            Level::Village => write!(f, "{}", self.number),
            Level::LocalArea => write!(f, "{}L{:02}", self.number / COUNTY_SPAN, self.local),
        }
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DivisionCode({self})")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    #[test]
    fn a_code_says_its_level_and_what_lies_above_it() {
        let village = code("430923100001");
        assert_eq!(village.level(), Level::Village);
        let above: Vec<String> = village.ancestors().map(|above| above.to_string()).collect();
        assert_eq!(above, ["430923100", "430923", "430900", "430000"]);
        for above in above {
            assert!(village.is_within(code(&above)));
            assert!(!code(&above).is_within(village));
        }
        assert!(village.is_within(village));
        assert!(!village.is_within(code("430923101")));
        assert!(!village.is_within(code("430922")));
    }

    #[test]
    fn a_local_area_lies_under_its_county_and_nowhere_below() {
        let south = code("430923L01");
        assert!(south.is_local());
        assert_eq!(south.to_string(), "430923L01");
        assert_eq!(south.parent(), Some(code("430923")));
        assert!(south.is_within(code("430900")));
        assert!(!south.is_within(code("430923999")));
        assert!(!south.is_within(code("430922")));
        assert!(code("430923999999") < south && south < code("430924"));
    }

    #[test]
    fn a_township_of_a_municipality_without_counties_lies_under_it() {
        assert_eq!(code("441900003").parent(), Some(code("441900")));
        assert!(code("441900003").is_within(code("440000")));
    }

    #[test]
    fn what_is_no_code_is_refused_with_its_reason() {
        for (text, error) in [
            ("", DivisionError::Length),
            ("4309", DivisionError::Length),
            ("4309231000011", DivisionError::Length),
            ("430923L1", DivisionError::Length),
            ("430923100L01", DivisionError::Length),
            ("４３０９２３", DivisionError::Digits),
            ("43092a", DivisionError::Digits),
            ("+43092", DivisionError::Digits),
            ("430923Lx1", DivisionError::Digits),
            ("000000", DivisionError::Part),
            ("430023", DivisionError::Part),
            ("430923000", DivisionError::Part),
            ("430923100000", DivisionError::Part),
            ("430923L00", DivisionError::Part),
            ("430900L01", DivisionError::LocalParent),
        ] {
            assert_eq!(text.parse::<DivisionCode>(), Err(error), "{text}");
        }
    }
}
