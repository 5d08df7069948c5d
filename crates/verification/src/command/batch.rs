//! Decisions on many cases: pass, or certify as reported. All rows are judged first; in the mode that is all or nothing one
//! refused row refuses all, with every row's error in the answer.

use std::collections::HashSet;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::verification::v1::{
    BatchDecideRequest, BatchDecideResponse, DecideRow, DecideSuccess, Decision, ReportCertified, ReportPassed,
};

use super::{certify, pass, wants_version};
use crate::entity::case;

/// Rows of one call.
const MAX_ROWS: usize = 1_000;
/// Longest sub-request id, in characters.
const ID_CHARS: usize = 64;

/// Decisions on many cases.
#[derive(Debug)]
pub(crate) struct BatchDecide {
    request: BatchDecideRequest,
    mode: BulkMode,
}

/// What a row comes to.
enum Decided {
    Passed(case::Model, ReportPassed),
    Certified(case::Model, ReportCertified),
}

impl BatchDecide {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_REQUIRED without rows, FIELD_INVALID for too many, for an unknown mode, for ids or cases given twice.
    pub(crate) fn new(request: BatchDecideRequest) -> Result<Self, Refusal> {
        if request.rows.is_empty() {
            return Err(Refusal::required("rows"));
        }
        if request.rows.len() > MAX_ROWS {
            return Err(Refusal::invalid("rows", "至多1000行", "must be at most 1000"));
        }
        let mode = match BulkMode::try_from(request.mode) {
            Ok(BulkMode::Unspecified | BulkMode::AllOrNothing) => BulkMode::AllOrNothing,
            Ok(BulkMode::RowByRow) => BulkMode::RowByRow,
            Err(_) => return Err(Refusal::invalid("mode", "没有这种方式", "is no mode")),
        };
        let (mut ids, mut names) = (HashSet::new(), HashSet::new());
        for (place, row) in request.rows.iter().enumerate() {
            if !(1..=ID_CHARS).contains(&row.id.chars().count()) || !ids.insert(row.id.as_str()) {
                let field = format!("rows[{place}].id");
                return Err(Refusal::invalid(
                    field,
                    "须为1至64个字符，且不得重复",
                    "must be 1 to 64 characters and unique",
                ));
            }
            if !names.insert(row.name.as_str()) {
                let field = format!("rows[{place}].name");
                return Err(Refusal::invalid(field, "同一份报送在一批中只能出现一次", "stands in the batch already"));
            }
        }
        drop((ids, names));
        Ok(Self { request, mode })
    }
}

impl Command for BatchDecide {
    type Answer = BatchDecideResponse;

    fn wants(&self, wants: &mut Wants) {
        for row in &self.request.rows {
            wants_version(&row.name, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<BatchDecideResponse, Refusal> {
        let mut answer = BatchDecideResponse::default();
        let mut decided = Vec::with_capacity(self.request.rows.len());
        for row in &self.request.rows {
            match judge(row, context) {
                Ok(outcome) => decided.push((row.id.clone(), outcome)),
                Err(refusal) => answer.failures.push(refusal.row(row.id.as_str())),
            }
        }
        if self.mode == BulkMode::AllOrNothing && !answer.failures.is_empty() {
            return Ok(answer);
        }
        for (id, outcome) in decided {
            let case = match outcome {
                Decided::Passed(case, event) => {
                    context.record(&case.name, &event);
                    case
                }
                Decided::Certified(case, event) => {
                    context.record(&case.name, &event);
                    case
                }
            };
            answer.successes.push(DecideSuccess { id, case: Some(case.summary()), receipt: None });
            context.put::<case::Entity>(case);
        }
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.request.rows.len() * 1_024
    }
}

fn judge(row: &DecideRow, context: &Context<'_>) -> Result<Decided, Refusal> {
    match Decision::try_from(row.decision) {
        Ok(Decision::Pass) => {
            let (case, event) = pass::judge(&row.name, &row.etag, context)?;
            Ok(Decided::Passed(case, event))
        }
        Ok(Decision::Certify) => {
            let (case, event) = certify::judge(&row.name, &row.etag, &[], None, context)?;
            Ok(Decided::Certified(case, event))
        }
        Ok(Decision::Unspecified) | Err(_) => {
            Err(Refusal::new(Reason::DecisionInvalid).field("decision", "须为通过或认定", "must be pass or certify"))
        }
    }
}
