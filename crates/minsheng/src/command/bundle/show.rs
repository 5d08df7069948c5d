//! What a bundle holds and what became of it, in words; and how bundles with a neighbour stand.

use std::path::Path;

use minsheng_proto::identity::v1::BundleState;
use minsheng_proto::tier::v1::BundleSummary;

use crate::failure::{Failure, Outcome};
use crate::words;

/// A bundle that was made.
pub(super) fn exported(summary: &BundleSummary, path: &Path) -> String {
    let BundleSummary { destination, number, heads, sets, mandates, .. } = summary;
    let mut holds = vec![format!("账头{heads}本")];
    for (count, what) in [(sets, "数据"), (mandates, "任务条目")] {
        if *count > 0 {
            holds.push(format!("{what}{count}条"));
        }
    }
    if summary.renewal {
        holds.push("续期申请".to_owned());
    }
    let hash = hex::encode(&summary.sha256);
    format!(
        "已导出给{destination}的第{number}号数据包：{}\n  文件：{}\n  SHA-256：{hash}\n",
        holds.join("，"),
        path.display()
    )
}

/// A bundle that was taken in.
pub(super) fn imported(summary: &BundleSummary) -> String {
    let BundleSummary { origin, number, heads, sets, sets_filed, sets_refused, sets_waiting, .. } = summary;
    let again = if summary.repeated { "（以前已导入过，没有重复计入）" } else { "" };
    let mut text =
        format!("已导入{origin}的第{number}号数据包{again}，{}导出。\n", words::time(summary.create_time.as_ref()));
    if summary.answers > 0 {
        text.push_str(&format!("  是对本级第{}号数据包的回执\n", summary.answers));
    }
    text.push_str(&format!("  账头{heads}本\n"));
    if *sets > 0 {
        text.push_str(&format!("  数据{sets}条：收下{sets_filed}，退回{sets_refused}，待再报{sets_waiting}\n"));
    }
    if summary.mandates > 0 {
        text.push_str(&format!("  任务条目{}条\n", summary.mandates));
    }
    if summary.renewal {
        text.push_str("  证书已续期\n");
    }
    if summary.passed_over > 0 {
        text.push_str(&format!("  有{}部分是本级软件尚不认识的，已略过；升级后请再导入一次\n", summary.passed_over));
    }
    if !summary.missing.is_empty() {
        text.push_str(&format!("  尚未收到第{}号；找到后可补导入，无须按次序\n", numbers(&summary.missing)));
    }
    text
}

/// What was not taken is a failure, though the rest was.
pub(super) fn verdict(summary: &BundleSummary) -> Outcome {
    let count = summary.refused_heads.len();
    if count > 0 {
        let mut failure = Failure::verification(format!("{count}本账的头不是已保存的头的延续，没有被接受"));
        for head in &summary.refused_heads {
            failure = failure.fault(&head.origin, format!("{}（{}）", words::ledger_fault(&head.reason), head.reason));
        }
        return Err(failure.hint("其余内容已导入；用 minsheng doctor 查看两个头和处理办法"));
    }
    if !summary.mandates_refused.is_empty() {
        let failure = Failure::verification("上级任务没有接收");
        let failure = failure.fault(&summary.mandates_refused, &summary.mandates_message);
        return Err(failure.hint("其余内容已导入；见 deploy/guide/bundles.md"));
    }
    Ok(())
}

/// How bundles with a neighbour stand; none where there were none.
pub(crate) fn state(state: Option<&BundleState>) -> Option<String> {
    let state = state?;
    let mut said = Vec::new();
    if state.sent > 0 {
        said.push(format!("发出第{}号（{}）", state.sent, words::time(state.send_time.as_ref())));
    }
    if state.received > 0 {
        said.push(format!("收到第{}号（{}）", state.received, words::time(state.receive_time.as_ref())));
    }
    if !state.missing.is_empty() {
        said.push(format!("缺第{}号", numbers(&state.missing)));
    }
    (!said.is_empty()).then(|| said.join("，"))
}

fn numbers(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::tier::v1::RefusedHead;

    use super::*;

    #[test]
    fn what_came_is_said_and_what_is_missing() {
        let summary = BundleSummary {
            origin: "430923".into(),
            number: 4,
            sets: 3,
            sets_filed: 2,
            sets_refused: 1,
            missing: vec![2, 3],
            repeated: true,
            ..BundleSummary::default()
        };
        let text = imported(&summary);
        for part in ["430923的第4号", "以前已导入过", "收下2，退回1", "第2、3号"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(verdict(&summary).is_ok());
        let head = RefusedHead { origin: "minsheng/430923/reporting".into(), reason: "LEDGER_FORKED".into() };
        let failure = verdict(&BundleSummary { refused_heads: vec![head], ..summary }).unwrap_err();
        assert!(failure.text().contains("minsheng/430923/reporting"), "{}", failure.text());
        let bundles = BundleState { sent: 2, missing: vec![1], ..BundleState::default() };
        assert!(state(Some(&bundles)).unwrap().contains("发出第2号"));
        assert_eq!(state(Some(&BundleState::default())), None);
    }
}
