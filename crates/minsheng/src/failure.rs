//! How the command line fails: a Chinese sentence first, then the fields at fault and the stable reason, and an exit code
//! that scripts can rely on. The codes are part of the contract; `--help` lists them.

use std::fmt::Write as _;
use std::process::ExitCode;

use minsheng_documents::workbook::CellError;
use minsheng_documents::worker::WorkerError;
use minsheng_proto::common::v1::RowFailure;
use tonic::{Code, Status};
use tonic_types::{ErrorDetail, StatusExt};

/// The exit codes as `--help` tells them.
pub(crate) const EXIT_CODES: &str = "\
退出码：
  0  成功
  1  其他错误（如写文件失败、系统内部错误）
  2  命令用法有误，或本机文件、设置打不开
  3  内容被拒绝：不合规则，逐项列出
  4  未登录，或无权进行
  5  没有这样东西
  6  状态不允许，或已被他人更改
  7  服务暂不可用、超时或请求过多，可稍后重试
  8  验证不通过：回执、存证账或文件与登记的不符";

/// The kinds of failure, one an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Other = 1,
    Usage = 2,
    Refused = 3,
    NotAllowed = 4,
    NotFound = 5,
    State = 6,
    Unavailable = 7,
    Verification = 8,
}

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// The sentence, in Chinese.
    pub(crate) message: String,
    details: Box<Details>,
}

/// What is said besides.
#[derive(Debug, Default)]
struct Details {
    /// The sentence in English, where there is one.
    english: String,
    /// Fields, cells or rows at fault, with their rule.
    faults: Vec<(String, String)>,
    reason: String,
    /// What to do next.
    hint: String,
}

/// What a command comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Box::default() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    pub(crate) fn verification(message: impl Into<String>) -> Self {
        Self::new(Kind::Verification, message)
    }

    /// A local file or folder that cannot be used.
    pub(crate) fn file(path: &std::path::Path, error: impl std::fmt::Display) -> Self {
        Self::usage(format!("文件{}不能使用：{error}", path.display()))
    }

    /// An answer that lacks what the contract promises.
    pub(crate) fn answer(what: &str) -> Self {
        Self::new(Kind::Other, format!("服务的答复不完整，缺少{what}"))
    }

    #[must_use]
    pub(crate) fn fault(mut self, place: impl Into<String>, rule: impl Into<String>) -> Self {
        self.details.faults.push((place.into(), rule.into()));
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.details.hint = hint.into();
        self
    }

    /// Something is said already about what to do next.
    pub(crate) fn has_hint(&self) -> bool {
        !self.details.hint.is_empty()
    }

    /// The rows that a bulk call refused.
    pub(crate) fn rows(failures: &[RowFailure]) -> Self {
        let mut failure = Self::refused(format!("{}行被拒绝", failures.len()));
        if let [first, rest @ ..] = failures
            && rest.iter().all(|row| row.reason == first.reason)
        {
            failure.details.reason.clone_from(&first.reason);
        }
        for row in failures {
            failure.details.faults.push((row.id.clone(), format!("{}（{}）", row.message, row.reason)));
            let fields = row.violations.iter().map(|field| (format!("  {}", field.field), field.description.clone()));
            failure.details.faults.extend(fields);
        }
        failure
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }

    /// The failure as people read it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "错误：{}", self.message);
        if !self.details.english.is_empty() {
            let _ = writeln!(text, "      {}", self.details.english);
        }
        for (place, rule) in &self.details.faults {
            let _ = writeln!(text, "  {place}：{rule}");
        }
        if !self.details.reason.is_empty() {
            let _ =
                writeln!(text, "原因代码：{}（minsheng error {} 可看说明）", self.details.reason, self.details.reason);
        }
        if !self.details.hint.is_empty() {
            let _ = writeln!(text, "{}", self.details.hint);
        }
        text
    }

    /// The failure as programs read it.
    pub(crate) fn json(&self) -> serde_json::Value {
        let faults =
            self.details.faults.iter().map(|(field, rule)| serde_json::json!({"field": field, "description": rule}));
        serde_json::json!({
            "error": {
                "exitCode": self.kind as u8,
                "reason": self.details.reason,
                "message": self.message,
                "messageEn": self.details.english,
                "faults": faults.collect::<Vec<_>>(),
            }
        })
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let details = status.get_error_details_vec();
        let mut failure = Self::new(kind_of(&status), chinese(status.code()));
        failure.details.english = status.message().to_owned();
        for detail in details {
            match detail {
                ErrorDetail::ErrorInfo(info) => {
                    if let Some(total) = info.metadata.get("violations_total") {
                        failure.details.hint = format!("共{total}处，只列出前面一些");
                    }
                    failure.details.reason = info.reason;
                }
                ErrorDetail::BadRequest(request) => {
                    let fields = request.field_violations.into_iter().map(|field| (field.field, field.description));
                    failure.details.faults.extend(fields);
                }
                ErrorDetail::LocalizedMessage(said) if said.locale.starts_with("zh") => failure.message = said.message,
                ErrorDetail::LocalizedMessage(said) => failure.details.english = said.message,
                _ => {}
            }
        }
        if failure.details.reason.ends_with("TOO_LARGE") {
            failure.kind = Kind::Refused;
        }
        failure
    }
}

/// Without details of ours the code decides; an UNKNOWN without a reason comes from a connection that broke.
fn kind_of(status: &Status) -> Kind {
    match status.code() {
        Code::InvalidArgument | Code::OutOfRange => Kind::Refused,
        Code::Unauthenticated | Code::PermissionDenied => Kind::NotAllowed,
        Code::NotFound => Kind::NotFound,
        Code::FailedPrecondition | Code::Aborted | Code::AlreadyExists => Kind::State,
        Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled => Kind::Unavailable,
        Code::Unknown if std::error::Error::source(status).is_some() => Kind::Unavailable,
        _ => Kind::Other,
    }
}

fn chinese(code: Code) -> &'static str {
    match code {
        Code::InvalidArgument | Code::OutOfRange => "内容不合规则",
        Code::Unauthenticated => "没有登录，或登录已失效",
        Code::PermissionDenied => "当前账号无权进行此操作",
        Code::NotFound => "没有这样东西",
        Code::FailedPrecondition => "当前状态不允许",
        Code::Aborted => "已被他人更改",
        Code::AlreadyExists => "已经存在",
        Code::Unavailable | Code::Unknown => "连不上服务，或连接中断",
        Code::DeadlineExceeded | Code::Cancelled => "超过时限",
        Code::ResourceExhausted => "超过上限，请稍后再试",
        Code::Unimplemented => "服务没有这个方法",
        _ => "系统内部错误",
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Refused(errors) => cells(&errors),
            WorkerError::Memory => Self::refused("工作簿需要的内存超过上限（256 MiB），不予读取"),
            WorkerError::Time => Self::refused("工作簿读取时间超过上限，不予读取"),
            other => Self::new(Kind::Other, format!("文档处理失败：{other}")),
        }
    }
}

fn cells(errors: &[CellError]) -> Failure {
    let mut failure = Failure::refused(format!("工作簿有{}处错误，没有提交任何内容", errors.len()));
    for error in errors {
        let place = if error.place.is_empty() { "文件" } else { &error.place };
        failure.details.faults.push((place.to_owned(), format!("{}（{}）", error.message, error.rule)));
    }
    failure
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Other, format!("读写失败：{error}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use minsheng_kit::error::{Reason, Refusal};

    use super::*;

    #[test]
    fn a_refusal_shows_chinese_first_then_fields_then_reason() {
        let refusal = Refusal::new(Reason::UnitMismatch).field("values[0].unit", "应为“万元”", "must be 万元");
        let failure = Failure::from(Status::from(refusal));
        assert_eq!(failure.kind, Kind::Refused);
        let text = failure.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "错误：计量单位与目录不一致。");
        assert!(lines[2].contains("values[0].unit：应为“万元” / must be 万元"), "{text}");
        assert!(lines[3].contains("UNIT_MISMATCH"), "{text}");
    }

    #[test]
    fn every_reason_has_a_stable_exit_code() {
        for reason in Reason::ALL {
            let failure = Failure::from(Status::from(Refusal::new(*reason)));
            let expected = match reason.code() {
                Code::InvalidArgument => Kind::Refused,
                Code::Unauthenticated | Code::PermissionDenied => Kind::NotAllowed,
                Code::NotFound => Kind::NotFound,
                Code::FailedPrecondition | Code::Aborted | Code::AlreadyExists => Kind::State,
                Code::ResourceExhausted if reason.as_str().ends_with("TOO_LARGE") => Kind::Refused,
                Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => Kind::Unavailable,
                _ => Kind::Other,
            };
            assert_eq!(failure.kind, expected, "{reason}");
        }
    }
}
