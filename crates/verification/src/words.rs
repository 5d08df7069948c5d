//! Reasons in words: they go into the ledger for good, so they are bounded and hold nobody's number.

use minsheng_domain::check::find_personal_data;
use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};

/// Longest reason, in characters.
const REASON_CHARS: usize = 1_000;

/// A reason of 1 to 1000 characters.
///
/// # Errors
/// DECISION_INVALID for what is empty, too long or no text; PERSONAL_DATA for an ID or telephone number in it.
pub(crate) fn check_reason(field: &str, reason: &str) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    faults.required_text(field, reason, REASON_CHARS);
    faults.check(Reason::DecisionInvalid)?;
    check_no_person(field, reason)
}

/// No ID or telephone number of a person.
///
/// # Errors
/// PERSONAL_DATA.
pub(crate) fn check_no_person(field: &str, text: &str) -> Result<(), Refusal> {
    if find_personal_data(text).is_none() {
        return Ok(());
    }
    Err(Refusal::new(Reason::PersonalData).field(
        field,
        "不得含有公民身份号码、手机号码等个人信息",
        "must not hold personal data such as ID or mobile telephone numbers",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reasons_are_words_about_figures() {
        assert!(check_reason("reason", "有30人重复计算，见台账第3页").is_ok());
        assert!(check_reason("reason", &"长".repeat(1000)).is_ok());
        for wrong in ["", "  ", "a\u{0}b", &"长".repeat(1001)] {
            assert_eq!(check_reason("reason", wrong).unwrap_err().reason, Reason::DecisionInvalid);
        }
        let named = check_reason("reason", "联系13812345678核实").unwrap_err();
        assert_eq!((named.reason, named.violations[0].field.as_str()), (Reason::PersonalData, "reason"));
    }
}
