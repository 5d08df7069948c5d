//! Why the demonstration stopped.

use std::path::PathBuf;

use minsheng_kit::error::{Refusal, reason_of};
use minsheng_kit::ledger::{LedgerFault, NoteError};
use minsheng_kit::service::StartError;
use minsheng_kit::witness::ProofFault;
use tonic::Status;
use tonic_types::StatusExt;

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The services did not start.
    #[error("服务没有启动：{0}")]
    Start(#[from] StartError),
    /// The gateway was not reached.
    #[error("连不上网关：{0}")]
    Connect(#[from] tonic::transport::Error),
    /// A tier's process did not start.
    #[error("{folder}的进程没有启动：{source}，详见其中的log")]
    Process {
        /// Folder of the tier.
        folder: PathBuf,
        /// What the system said, or how it ended.
        source: std::io::Error,
    },
    /// There is no line between two tiers.
    #[error("线路：{0}")]
    Line(std::io::Error),
    /// A call was refused.
    #[error("{what}：{}", told(status))]
    Call {
        /// What was tried.
        what: String,
        /// The answer.
        status: Box<Status>,
    },
    /// A file could not be read or written.
    #[error("文件{path}：{source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The project's own data cannot be read.
    #[error("数据文件{file}：{message}")]
    Data {
        /// The file.
        file: &'static str,
        /// What is wrong.
        message: String,
    },
    /// An answer lacks what the contract promises.
    #[error("答复不完整，缺少{0}")]
    Answer(&'static str),
    /// Something that must come did not come in time.
    #[error("等了{seconds}秒仍没有等到：{what}（现在：{now}）")]
    Waiting {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What there was instead.
        now: String,
    },
    /// A proof does not hold.
    #[error("存证验证不通过：{0}")]
    Proof(#[from] LedgerFault),
    /// What came from another tier is not proven.
    #[error("上下级之间的证明不成立：{0}")]
    Tiers(#[from] ProofFault),
    /// A ledger's key cannot be used.
    #[error("存证账公钥：{0}")]
    Key(String),
    /// What came out differs from what was expected.
    #[error("{0}")]
    Unexpected(String),
}

impl DemoError {
    /// A refused call.
    pub fn call(what: impl Into<String>, status: Status) -> Self {
        Self::Call { what: what.into(), status: Box::new(status) }
    }

    /// The stable reason of a refused call.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Call { status, .. } => status.get_details_error_info().map(|info| info.reason),
            _ => None,
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::File { path: path.into(), source }
    }

    pub(crate) fn data(file: &'static str, error: &dyn std::fmt::Display) -> Self {
        Self::Data { file, message: error.to_string() }
    }
}

impl From<NoteError> for DemoError {
    fn from(error: NoteError) -> Self {
        Self::Key(error.to_string())
    }
}

impl From<Refusal> for DemoError {
    fn from(refusal: Refusal) -> Self {
        Self::Unexpected(format!("{refusal:?}"))
    }
}

/// A refusal in words: its sentence in Chinese, its reason, the first fields at fault.
fn told(status: &Status) -> String {
    let details = status.get_error_details();
    let sentence =
        details.localized_message().map_or_else(|| status.message().to_owned(), |local| local.message.clone());
    let reason = reason_of(status).map_or_else(|| format!("{:?}", status.code()), |reason| format!("{reason:?}"));
    let fields = details.bad_request().into_iter().flat_map(|bad| &bad.field_violations).take(5);
    let fields: Vec<String> = fields.map(|field| format!("{}：{}", field.field, field.description)).collect();
    let fields = if fields.is_empty() { String::new() } else { format!("；{}", fields.join("；")) };
    format!("{sentence}（{reason}{fields}）")
}
