//! Neighbours without a line: when the last bundle went and came, and which have not come.

use minsheng_proto::identity::v1::{BundleState, LowerTier, Parent};

use crate::command::bundle::bundle_state;
use crate::finding::{Finding, LOWER, PARENT};

/// The parent is reached by bundles alone.
pub(super) fn above(parent: &Parent) -> Finding {
    let state = bundle_state(parent.bundles.as_ref());
    let said = state.map_or_else(|| "还没有往来过".to_owned(), |state| format!("数据包{state}"));
    let message = format!("与上级{}没有线路：{said}。", parent.division);
    let advice = "按约定的日期用 minsheng bundle export 导出，带到上级导入，再把回执带回导入";
    missing(Finding::note(PARENT, "PARENT_BY_BUNDLE", message, advice), parent.bundles.as_ref())
}

/// A lower tier whose last word came in a bundle; none for one that came over its line since.
pub(super) fn below(tier: &LowerTier) -> Option<Finding> {
    let bundles = tier.bundles.as_ref()?;
    let came = bundles.receive_time.as_ref()?.seconds;
    // Taking a bundle in exchanges the heads that it holds.
    if tier.exchange_time.as_ref().is_some_and(|time| time.seconds > came + 60) {
        return None;
    }
    let message = format!("下级{}以数据包往来：{}。", tier.division, bundle_state(Some(bundles))?);
    let advice = "没有按约定的日期送来的，向该下级询问；缺的号找到后可补导入";
    Some(missing(Finding::note(LOWER, "LOWER_TIER_BY_BUNDLE", message, advice), Some(bundles)))
}

fn missing(finding: Finding, bundles: Option<&BundleState>) -> Finding {
    let missing: Vec<String> =
        bundles.iter().flat_map(|bundles| &bundles.missing).map(|number| format!("第{number}号")).collect();
    if missing.is_empty() { finding } else { finding.fact("missing", "尚未收到", missing.join("、")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    #[test]
    fn a_neighbour_without_a_line_is_told_with_what_is_missing() {
        let bundles = BundleState { received: 3, receive_time: at(1_000), missing: vec![2], ..BundleState::default() };
        let tier = LowerTier {
            division: "430923".into(),
            exchange_time: at(1_000),
            bundles: Some(bundles),
            ..LowerTier::default()
        };
        let text = below(&tier).unwrap().text();
        assert!(text.contains("收到第3号") && text.contains("尚未收到：第2号"), "{text}");
        assert_eq!(below(&LowerTier { exchange_time: at(2_000), ..tier }), None, "it has a line by now");
        let text = above(&Parent { division: "430900".into(), ..Parent::default() }).text();
        assert!(text.contains("还没有往来过") && text.starts_with("[提示]"), "{text}");
    }
}
