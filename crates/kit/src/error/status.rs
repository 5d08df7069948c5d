//! A refusal as a gRPC status with `google.rpc` details. All of it travels in headers, 16 KiB at most, so it is cut to
//! 20 violations and 12 KiB as encoded; row errors of bulk calls go in the body instead.

use tonic::Status;
use tonic_types::{BadRequest, ErrorDetail, ErrorInfo, FieldViolation, LocalizedMessage, StatusExt};

use super::{Reason, Refusal};

/// `google.rpc.ErrorInfo.domain` of every refusal.
pub const DOMAIN: &str = "minsheng";

const MAX_VIOLATIONS: usize = 20;
const MAX_ENCODED_BYTES: usize = 12 * 1024;
const MAX_SENTENCE_CHARS: usize = 300;
const MAX_FACT_CHARS: usize = 1000;
const MAX_FACTS: usize = 20;

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut violations = refusal.violations.len().min(MAX_VIOLATIONS);
        let mut facts = MAX_FACTS;
        loop {
            let status = encode(&refusal, violations, facts);
            if encoded_len(&status) <= MAX_ENCODED_BYTES || (violations == 0 && facts == 0) {
                return status;
            }
            if violations > 0 {
                violations -= 1;
            } else {
                facts /= 2;
            }
        }
    }
}

/// The reason that a status carries, if it is a refusal of ours.
pub fn reason_of(status: &Status) -> Option<Reason> {
    let info = status.get_details_error_info()?;
    if info.domain != DOMAIN {
        return None;
    }
    Reason::parse(&info.reason)
}

fn encode(refusal: &Refusal, violations: usize, facts: usize) -> Status {
    let mut facts: std::collections::HashMap<String, String> =
        refusal.metadata.iter().take(facts).map(|(key, value)| (cut(key), cut_to(value, MAX_FACT_CHARS))).collect();
    if violations < refusal.violations.len() {
        facts.insert("violations_total".to_owned(), refusal.violations.len().to_string());
    }
    let mut details = vec![ErrorDetail::ErrorInfo(ErrorInfo::new(refusal.reason.as_str(), DOMAIN, facts))];
    if violations > 0 {
        let shown = refusal.violations.iter().take(violations);
        let fields = shown.map(|violation| FieldViolation::new(cut(&violation.field), cut(&violation.description())));
        details.push(ErrorDetail::BadRequest(BadRequest::new(fields.collect::<Vec<_>>())));
    }
    details.push(ErrorDetail::LocalizedMessage(LocalizedMessage::new("zh-CN", cut(&refusal.zh))));
    details.push(ErrorDetail::LocalizedMessage(LocalizedMessage::new("en", cut(&refusal.en))));
    Status::with_error_details_vec(refusal.reason.code(), cut(&refusal.en), details)
}

fn cut(text: &str) -> String {
    cut_to(text, MAX_SENTENCE_CHARS)
}

fn cut_to(text: &str, chars: usize) -> String {
    if text.len() <= chars {
        return text.to_owned();
    }
    text.chars().take(chars).collect()
}

/// Bytes in headers: the message percent-encoded, the details in base64.
fn encoded_len(status: &Status) -> usize {
    let message: usize = status.message().bytes().map(|byte| if byte.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
    message + status.details().len().div_ceil(3) * 4
}
