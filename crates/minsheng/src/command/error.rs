//! `error`: what a stable reason means and what to do, from the pages of the guide, which the binary carries.

use clap::Args;
use minsheng_kit::error::Reason;

use crate::failure::{Failure, Outcome};
use crate::output::{Output, Table};

include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

/// 查看原因代码的说明；不写代码则列出全部
///
/// 示例：minsheng error UNIT_MISMATCH
#[derive(Args, Debug)]
pub(crate) struct ErrorPage {
    /// 原因代码
    reason: Option<String>,
}

impl ErrorPage {
    pub(crate) fn run(self, output: Output) -> Outcome {
        let Some(name) = self.reason else { return list(output) };
        let name = name.to_ascii_uppercase();
        let reason = Reason::parse(&name).ok_or_else(|| Failure::not_found(format!("没有原因代码{name}")))?;
        let page = PAGES.iter().find(|(of, _)| *of == name).map(|(_, page)| *page);
        if output.is_json() {
            return output.value(&row(reason, page));
        }
        match page {
            Some(page) => output.text(page),
            None => output.text(&format!("{reason}\n{}\n{}\n", reason.zh(), reason.en())),
        }
    }
}

fn list(output: Output) -> Outcome {
    if output.is_json() {
        return output.value(&Reason::ALL.iter().map(|reason| row(*reason, None)).collect());
    }
    let mut table = Table::new(["原因代码", "说明"]);
    for reason in Reason::ALL {
        table.row([reason.as_str(), reason.zh()]);
    }
    output.text(&table.text())
}

fn row(reason: Reason, page: Option<&str>) -> serde_json::Value {
    serde_json::json!({"reason": reason.as_str(), "message": reason.zh(), "messageEn": reason.en(), "page": page})
}
