//! Exact figures as a snapshot shows them, and the contract's words for the field's.

use minsheng_domain::light::{Light as Colour, NoColour};
use minsheng_domain::ratio::Ratio;
use minsheng_proto::common::v1::Fraction;
use minsheng_proto::ranking::v1::{FigureBasis, Light};

/// Decimals of a percentage.
const DECIMALS: u8 = 1;
/// Characters of a unit's words that are quoted.
const MAX_QUOTED: usize = 200;

/// A completion in percent without its sign, for example "74.0"; empty for none. Rounding never creates 100.
pub(crate) fn completion(ratio: Option<Ratio>) -> String {
    ratio.map(|ratio| ratio.completion_percent(DECIMALS).trim_end_matches('%').to_owned()).unwrap_or_default()
}

/// An expected share or a deviation in percentage points; empty for none.
pub(crate) fn points(ratio: Option<Ratio>) -> String {
    ratio.map(|ratio| ratio.percentage_points(DECIMALS)).unwrap_or_default()
}

/// A fraction as it travels.
pub(crate) fn fraction(ratio: Option<Ratio>) -> Option<Fraction> {
    ratio.map(|ratio| Fraction {
        numerator: ratio.numerator().to_string(),
        denominator: ratio.denominator().to_string(),
    })
}

/// A light as it travels.
pub(crate) fn light(light: Colour) -> Light {
    match light {
        Colour::Green => Light::Green,
        Colour::Yellow => Light::Yellow,
        Colour::Red => Light::Red,
        Colour::Blue => Light::Blue,
        Colour::NoColour(NoColour::MetNow) => Light::MetNow,
        Colour::NoColour(NoColour::NotMet) => Light::NotMet,
        Colour::NoColour(NoColour::Pending) => Light::Pending,
        Colour::NoColour(NoColour::NoCurve) => Light::NoCurve,
        Colour::NoColour(NoColour::NotReported) => Light::NoFigure,
        Colour::NoColour(NoColour::Ongoing) => Light::Ongoing,
        Colour::NoColour(NoColour::DueLater) => Light::DueLater,
        Colour::NoColour(NoColour::NotApplicable) => Light::NotApplicable,
    }
}

/// Words of a unit's, as far as documents quote them.
pub(crate) fn shortened(words: &str) -> String {
    let words = words.trim();
    let cut: String = words.chars().take(MAX_QUOTED).collect();
    if cut.len() == words.len() {
        cut
    } else {
        format!("{}……", cut.chars().take(MAX_QUOTED - 2).collect::<String>())
    }
}

/// 快报数 or 认定数.
pub(crate) fn basis(basis: FigureBasis) -> &'static str {
    match basis {
        FigureBasis::Certified => "认定数",
        FigureBasis::Fast | FigureBasis::Unspecified => "快报数",
    }
}
