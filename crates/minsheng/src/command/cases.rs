//! `cases` and `certify`: the office's check and the certifier's decisions.

mod show;

use clap::{Args, Subcommand};
use minsheng_proto::catalogue::v1::Programme;
use minsheng_proto::reporting::v1::{DivisionValue, ReturnReason};
use minsheng_proto::verification::v1::{
    Adjustment, ApproveCorrectionRequest, BatchDecideRequest, Case, CaseState, CertifyReportRequest, DecideRow,
    Decision, GetCaseRequest, GetCaseResponse, ListCasesRequest, PassReportRequest, RefuseCorrectionRequest,
    ReturnReportRequest,
};

use super::units::mode;
use crate::failure::{Failure, Outcome};
use crate::session::{ReportName, Session, all_pages};

/// Cases a call.
const ROWS: usize = 1000;

/// 待核、待认定的报送：名称写作 指标/期（最新一稿），如 3.2/2023-06
#[derive(Args, Debug)]
pub(crate) struct Cases {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 一个月的待核和已办；--state to_check fast certified returned
    ///
    /// 示例：minsheng cases list --period 2023-06 --state to_check
    List {
        /// 月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: Option<String>,
        /// 只看这些状态，可多次
        #[arg(long = "state", value_name = "STATE", value_parser = state)]
        states: Vec<CaseState>,
    },
    /// 内容、核查结果、往期数、台账、佐证
    Show {
        /// 报送，如 3.2/2023-06
        name: String,
    },
    /// 实事办审核通过为快报数；--all 为该月所有待核的
    ///
    /// 示例：minsheng cases pass 3.2/2023-06
    Pass {
        /// 报送
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// 该月所有待核的
        #[arg(long, requires = "period", conflicts_with = "name")]
        all: bool,
        /// 月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: Option<String>,
    },
    /// 认定单位认定；没有调整的按报送数
    ///
    /// 示例：minsheng cases certify 3.2/2023-06 --adjust 3.2-1=1470:重复登记5人
    Certify {
        /// 报送
        name: String,
        /// 调整：计量项=数:理由，可多次
        #[arg(long = "adjust", value_name = "CODE=VALUE:REASON", value_parser = super::named)]
        adjustments: Vec<(String, String)>,
        /// 调整后的乡镇分解：计量项@区划=数，可多次
        #[arg(long = "adjust-division", value_name = "CODE@DIVISION=VALUE", value_parser = super::named)]
        divisions: Vec<(String, String)>,
    },
    /// 退回，写明理由；计量项留空为整份
    ///
    /// 示例：minsheng cases return 3.2/2023-06 --reason 3.2-1=与系统数不符
    Return {
        /// 报送
        name: String,
        /// 理由：计量项=理由，或整份的理由，可多次
        #[arg(long = "reason", value_name = "[CODE=]REASON", required = true)]
        reasons: Vec<String>,
    },
    /// 同意更正已认定的报送（须两人）
    ApproveCorrection {
        /// 报送
        name: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 不同意更正，写明理由：认定数不变，单位可以再申请
    RefuseCorrection {
        /// 报送
        name: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
}

impl Cases {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::List { period, states } => {
                let cases = list(session, period.unwrap_or_default(), &states).await?;
                show::list(session, cases)
            }
            Command::Show { name } => {
                let found = get(session, &name).await?;
                session.output.answer(&found, show::whole)
            }
            Command::Pass { all: true, period, .. } => {
                batch(session, period.unwrap_or_default(), CaseState::ToCheck, Decision::Pass).await
            }
            Command::Pass { name, .. } => {
                let case = case(session, &name.unwrap_or_default()).await?;
                let request = PassReportRequest { name: case.name, etag: case.etag, request_id: session.request_id() };
                let answer = session.gateway.certifications().pass_report(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.case.unwrap_or_default(), show::line)
            }
            Command::Certify { name, adjustments, divisions } => certify(session, &name, adjustments, divisions).await,
            Command::Return { name, reasons } => {
                let case = case(session, &name).await?;
                let reasons = reasons.iter().map(|text| reason(text, &case)).collect();
                let (name, etag, request_id) = (case.name, case.etag, session.request_id());
                let request = ReturnReportRequest { name, etag, reasons, request_id };
                let answer = session.gateway.certifications().return_report(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.case.unwrap_or_default(), show::line)
            }
            Command::ApproveCorrection { name, reason } => {
                let case = case(session, &name).await?;
                let (name, etag, request_id) = (case.name, case.etag, session.request_id());
                let request = ApproveCorrectionRequest { name, etag, reason, request_id };
                let answer = session.gateway.certifications().approve_correction(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer, |answer| {
                    let line = answer.case.as_ref().map(show::line).unwrap_or_default();
                    format!("{line}已有{}人同意，两人同意后可以更正。\n", answer.agreed)
                })
            }
            Command::RefuseCorrection { name, reason } => {
                let case = case(session, &name).await?;
                let (name, etag, request_id) = (case.name, case.etag, session.request_id());
                let request = RefuseCorrectionRequest { name, etag, reason, request_id };
                let answer = session.gateway.certifications().refuse_correction(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.case.unwrap_or_default(), show::line)
            }
        }
    }
}

/// 按报送数批量认定一个月的快报数
///
/// 示例：minsheng certify --all --period 2023-06
#[derive(Args, Debug)]
pub(crate) struct Certify {
    /// 该月所有待认定的
    #[arg(long, required = true)]
    all: bool,
    /// 月份
    #[arg(long, value_name = "MONTH", value_parser = super::month)]
    period: String,
}

impl Certify {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        batch(session, self.period, CaseState::Fast, Decision::Certify).await
    }
}

/// Decides every case of a month that is in a state and open to this caller; each stands for itself.
async fn batch(session: &mut Session, period: String, from: CaseState, decision: Decision) -> Outcome {
    let mut cases = list(session, period, &[from]).await?;
    if decision == Decision::Certify {
        cases.retain(|case| case.to_be_certified);
    }
    let bar = session.output.bar("批量办理", u64::try_from(cases.len()).unwrap_or(0));
    let (mut done, mut failures, mut receipts) = (0, Vec::new(), Vec::new());
    for (index, chunk) in cases.chunks(ROWS).enumerate() {
        let rows = chunk.iter().map(|case| DecideRow {
            id: row_id(case),
            name: case.name.clone(),
            etag: case.etag.clone(),
            decision: decision.into(),
        });
        let request = BatchDecideRequest {
            rows: rows.collect(),
            mode: mode(true).into(),
            request_id: session.request_id_of(index + 1),
        };
        let answer = session.gateway.certifications().batch_decide(request).await?.into_inner();
        done += answer.successes.len();
        failures.extend(answer.failures);
        receipts.extend(answer.successes.into_iter().map(|success| success.receipt));
        bar.inc(u64::try_from(chunk.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    session.receipts(&receipts)?;
    if session.output.is_json() {
        session.output.value(&serde_json::json!({"decided": done, "refused": failures.len()}))?;
    } else {
        session.output.text(&format!("已办{done}份。\n"))?;
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::rows(&failures)) }
}

async fn certify(
    session: &mut Session,
    text: &str,
    adjustments: Vec<(String, String)>,
    divisions: Vec<(String, String)>,
) -> Outcome {
    let case = case(session, text).await?;
    let report = ReportName::parse(&case.report).ok_or_else(|| Failure::answer("report"))?;
    let adjustments = if adjustments.is_empty() && divisions.is_empty() {
        Vec::new()
    } else {
        let programme = session.catalogue(&report.programme, &report.period).await?;
        read_adjustments(&programme, adjustments, divisions)?
    };
    let request =
        CertifyReportRequest { name: case.name, etag: case.etag, adjustments, request_id: session.request_id() };
    let answer = session.gateway.certifications().certify_report(request).await?.into_inner();
    session.receipts([&answer.receipt])?;
    session.output.answer(&answer.case.unwrap_or_default(), show::line)
}

fn read_adjustments(
    programme: &Programme,
    adjustments: Vec<(String, String)>,
    divisions: Vec<(String, String)>,
) -> Outcome<Vec<Adjustment>> {
    let unit = |code: &str| {
        let indicators = programme.projects.iter().flat_map(|project| &project.indicators);
        let mut measures = indicators.flat_map(|indicator| &indicator.measures);
        let found = measures.find(|measure| measure.code == code).map(|measure| measure.unit.clone());
        found.ok_or_else(|| Failure::refused(format!("没有计量项{code}")))
    };
    let mut read = Vec::new();
    for (measure, text) in adjustments {
        let (value, reason) = text.split_once([':', '：']).unwrap_or((&text, ""));
        let value = super::report::value(value, &unit(&measure)?);
        let value = value.ok_or_else(|| Failure::usage("调整写作 计量项=数:理由").fault(&measure, &text))?;
        read.push(Adjustment { measure, value: Some(value), breakdown: Vec::new(), reason: reason.trim().to_owned() });
    }
    for (place, text) in divisions {
        let wrong = || Failure::usage("写作 计量项@区划=数，且该计量项也有 --adjust").fault(&place, &text);
        let (measure, division) = place.split_once('@').ok_or_else(wrong)?;
        let value = super::report::value(&text, &unit(measure)?).ok_or_else(wrong)?;
        let adjustment = read.iter_mut().find(|adjustment| adjustment.measure == measure).ok_or_else(wrong)?;
        adjustment.breakdown.push(DivisionValue { division: division.to_owned(), value: Some(value) });
    }
    Ok(read)
}

/// A case's short name in a batch: 3.2/2023-06/1.
fn row_id(case: &Case) -> String {
    let version = case.name.rsplit('/').next().unwrap_or_default();
    match ReportName::parse(&case.report) {
        Some(report) => format!("{}/{}/{version}", report.indicator, report.period),
        None => version.to_owned(),
    }
}

/// `CODE=REASON` for one of the case's measures, or a reason for the whole.
fn reason(text: &str, case: &Case) -> ReturnReason {
    let measured =
        text.split_once('=').filter(|(code, _)| case.values.iter().any(|value| value.measure == code.trim()));
    let (measure, reason) = measured.unwrap_or(("", text));
    ReturnReason {
        measure: measure.trim().to_owned(),
        reason: reason.trim().to_owned(),
        returned_by_unit: String::new(),
    }
}

async fn list(session: &Session, period: String, states: &[CaseState]) -> Outcome<Vec<Case>> {
    let programme = session.programme().await?;
    let states: Vec<i32> = states.iter().copied().map(i32::from).collect();
    all_pages(|page_token| {
        let mut client = session.gateway.certifications();
        let (programme, period, states) = (programme.clone(), period.clone(), states.clone());
        let request = ListCasesRequest { programme, period, states, page_size: 1000, page_token };
        async move {
            let answer = client.list_cases(request).await?.into_inner();
            Ok((answer.cases, answer.next_page_token))
        }
    })
    .await
}

/// A case by the full name, or the newest version of a report.
async fn get(session: &Session, text: &str) -> Outcome<GetCaseResponse> {
    let name = if text.contains("/versions/") {
        text.to_owned()
    } else {
        let report = session.report(text).await?;
        let wanted = report.to_string();
        let mut cases = list(session, report.period, &[]).await?;
        cases.retain(|case| case.report == wanted);
        let number = |case: &Case| case.name.rsplit('/').next().and_then(|number| number.parse::<u32>().ok());
        let newest = cases.into_iter().max_by_key(number);
        newest.ok_or_else(|| Failure::not_found(format!("{wanted}还没有报送到审核")))?.name
    };
    Ok(session.gateway.certifications().get_case(GetCaseRequest { name }).await?.into_inner())
}

async fn case(session: &Session, text: &str) -> Outcome<Case> {
    get(session, text).await?.case.ok_or_else(|| Failure::answer("case"))
}

fn state(text: &str) -> Result<CaseState, String> {
    let name = format!("CASE_STATE_{}", text.to_ascii_uppercase().replace('-', "_"));
    match CaseState::from_str_name(&name) {
        None | Some(CaseState::Unspecified) => Err("没有这个状态".to_owned()),
        Some(state) => Ok(state),
    }
}
