//! The contract's values in the words of the field, as tables show them.

use minsheng_proto::catalogue::v1::UnitKind;
use minsheng_proto::common::v1::{Finding, Severity, Value, value::State};
use minsheng_proto::identity::v1::Role;
use minsheng_proto::ranking::v1::{BulletinState, FigureBasis, Light};
use minsheng_proto::reporting::v1::ReportState;
use minsheng_proto::tier::v1::{FigureMark, OutgoingSetState};
use minsheng_proto::verification::v1::CaseState;
use prost_types::Timestamp;

use crate::output::Table;

/// Where a report stands.
pub(crate) fn report_state(state: ReportState) -> &'static str {
    match state {
        ReportState::Unspecified => "",
        ReportState::NotStarted => "未填",
        ReportState::Draft => "草稿",
        ReportState::Reviewed => "已审核",
        ReportState::Signed => "已签发",
        ReportState::Submitted => "已报送",
        ReportState::ToConfirm => "待确认",
        ReportState::Fast => "快报数",
        ReportState::Certified => "已认定",
        ReportState::Returned => "已退回",
        ReportState::Correction => "更正中",
    }
}

/// An act on a report; one that is not known here stands as it came.
pub(crate) fn report_act(act: &str) -> &str {
    match act {
        "DRAFTED" => "填报",
        "REVIEWED" => "审核",
        "SIGNED" => "签批",
        "SUBMITTED" => "报送",
        "ENTERED" => "代录",
        "CONFIRMED" => "确认代录",
        "PASSED" => "审核通过（快报数）",
        "CERTIFIED" => "认定",
        "RETURNED" => "退回",
        "CORRECTION_ASKED" => "申请更正",
        "CORRECTION_DECIDED" => "同意更正",
        "CORRECTION_REFUSED" => "不同意更正",
        other => other,
    }
}

/// Where a case stands.
pub(crate) fn case_state(state: CaseState) -> &'static str {
    match state {
        CaseState::Unspecified => "",
        CaseState::ToConfirm => "待确认",
        CaseState::ToCheck => "待核",
        CaseState::Fast => "快报数",
        CaseState::Certified => "已认定",
        CaseState::Returned => "已退回",
        CaseState::CorrectionAsked => "申请更正",
        CaseState::CorrectionOpen => "更正中",
    }
}

/// What a unit is.
pub(crate) fn unit_kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Unspecified => "",
        UnitKind::Bureau => "县直及驻县单位",
        UnitKind::Company => "企业",
        UnitKind::Township => "乡镇（区域）",
        UnitKind::Office => "实事办等",
        UnitKind::Certifier => "认定单位",
    }
}

/// A light.
pub(crate) fn light(light: Light) -> &'static str {
    match light {
        Light::Unspecified => "",
        Light::Green => "绿",
        Light::Yellow => "黄",
        Light::Red => "红",
        Light::Blue => "蓝（完成）",
        Light::MetNow => "目前达标",
        Light::NotMet => "未达标",
        Light::Pending => "待下达",
        Light::NoCurve => "未定计划曲线",
        Light::Ongoing => "持续推进",
        Light::NoFigure => "无数",
        Light::DueLater => "跨年度",
        Light::NotApplicable => "不涉及",
    }
}

/// What figures a table rests on.
pub(crate) fn basis(basis: FigureBasis) -> &'static str {
    match basis {
        FigureBasis::Unspecified => "",
        FigureBasis::Fast => "快报数",
        FigureBasis::Certified => "认定数",
    }
}

/// How a figure stands in the tier that sends it.
pub(crate) fn figure_mark(mark: FigureMark) -> &'static str {
    match mark {
        FigureMark::Unspecified => "",
        FigureMark::Fast => "快报数",
        FigureMark::Certified => "认定数",
    }
}

/// How a set stands on its way up.
pub(crate) fn outgoing_state(state: OutgoingSetState) -> &'static str {
    match state {
        OutgoingSetState::Unspecified => "",
        OutgoingSetState::Pending => "待上级答复",
        OutgoingSetState::Filed => "上级已收",
        OutgoingSetState::Refused => "上级不收",
    }
}

/// What is wrong with a ledger's head; a word that is not known here stands as it came.
pub(crate) fn ledger_fault(reason: &str) -> &str {
    match reason {
        "LEDGER_FORKED" => "历史与保存的不同",
        "LEDGER_SHORTER" => "比保存的短",
        "LEDGER_KEY_CHANGED" => "换了签名密钥",
        "LEDGER_UNSIGNED" => "没有有效签名",
        other => other,
    }
}

/// Where a bulletin stands.
pub(crate) fn bulletin_state(state: BulletinState) -> &'static str {
    match state {
        BulletinState::Unspecified => "",
        BulletinState::Draft => "拟稿",
        BulletinState::Approved => "已核稿",
        BulletinState::Countersigned => "已会签",
        BulletinState::Circulated => "已呈送",
        BulletinState::Held => "缓发",
        BulletinState::Issued => "已签发",
        BulletinState::Withdrawn => "作废",
    }
}

/// A step of a bulletin; one that this program does not know by its own name.
pub(crate) fn bulletin_act(act: &str) -> &str {
    match act {
        "DRAFTED" => "拟稿",
        "APPROVED" => "核稿",
        "COUNTERSIGNED" => "会签",
        "CIRCULATED" => "呈送",
        "HELD" => "缓发",
        "NUMBER_RESERVED" => "取号",
        "ISSUED" => "签发",
        "WITHDRAWN" => "作废",
        other => other,
    }
}

/// A post.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Unspecified => "",
        Role::Office => "实事办",
        Role::Reporter => "填报人",
        Role::Reviewer => "审核人",
        Role::Head => "负责人",
        Role::Township => "乡镇",
        Role::Certifier => "认定人",
        Role::Leader => "分管领导",
        Role::Viewer => "查阅",
        Role::SystemAdmin => "系统管理员",
        Role::SecurityAdmin => "安全管理员",
        Role::AuditAdmin => "审计管理员",
        Role::Tier => "下级政府的系统",
    }
}

/// How a finding binds.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Unspecified => "",
        Severity::Error => "错误",
        Severity::Warning => "预警",
        Severity::Note => "提示",
    }
}

/// One of the four states of a value, without its unit.
pub(crate) fn value(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        None => String::new(),
        Some(State::Quantity(quantity)) => quantity.value.clone(),
        Some(State::NotApplicable(why)) => format!("不适用（{}）", why.reason),
        Some(State::NoneHere(why)) => format!("本地无（{}）", why.reason),
        Some(State::NotReported(_)) => "未报".to_owned(),
    }
}

/// An instant in Beijing time.
pub(crate) fn time(time: Option<&Timestamp>) -> String {
    let instant = time.and_then(|time| jiff::Timestamp::new(time.seconds, time.nanos).ok());
    let beijing = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    instant.map_or_else(String::new, |instant| instant.to_zoned(beijing).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// 是 or nothing.
pub(crate) fn yes(yes: bool) -> &'static str {
    if yes { "是" } else { "" }
}

/// Percent as shown, with its sign.
pub(crate) fn percent(shown: &str) -> String {
    if shown.is_empty() { String::new() } else { format!("{shown}%") }
}

/// Findings, gravest first, and how many of each.
pub(crate) fn findings(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "核查没有发现问题。\n".to_owned();
    }
    let mut table = Table::new(["级别", "代码", "位置", "内容", "编号"]);
    let mut counts = Vec::new();
    for level in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_level: Vec<&Finding> = findings.iter().filter(|finding| finding.severity() == level).collect();
        if !of_level.is_empty() {
            counts.push(format!("{}{}条", severity(level), of_level.len()));
        }
        for finding in of_level {
            table.row([severity(level), &finding.code, &finding.field, &finding.message, &finding.id]);
        }
    }
    format!("{}共{}条：{}。\n", table.text(), findings.len(), counts.join("，"))
}
