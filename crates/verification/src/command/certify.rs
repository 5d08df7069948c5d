//! The certifier's decision (数据认定): every value accepted as reported or adjusted with a reason. The reported value stays
//! beside the certified one.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::verification::v1::{
    Adjustment, CaseState, CertifyReportRequest, CertifyReportResponse, ReportCertified,
};

use super::{find, submitted_values, wants_version};
use crate::adjust::adjust;
use crate::entity::case;
use crate::programmes::{Programmes, internal};

/// The certifier's decision on one case.
#[derive(Debug)]
pub(crate) struct CertifyReport {
    pub(crate) request: CertifyReportRequest,
    pub(crate) programmes: Programmes,
}

impl Command for CertifyReport {
    type Answer = CertifyReportResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_version(&self.request.name, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        // Nothing is held to the programme's rules where nothing is adjusted.
        if let Some(case) =
            rows.get::<case::Entity>(&self.request.name).filter(|_| !self.request.adjustments.is_empty())
        {
            self.programmes.wants_version(&case.programme, case.programme_version, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<CertifyReportResponse, Refusal> {
        let request = &self.request;
        let programmes = (!request.adjustments.is_empty()).then_some(&self.programmes);
        let (case, event) = judge(&request.name, &request.etag, &request.adjustments, programmes, context)?;
        let shown = case.shown()?;
        context.record(&case.name, &event);
        context.put::<case::Entity>(case);
        Ok(CertifyReportResponse { case: Some(shown), receipt: None })
    }
}

/// Whether the caller may certify it now, and what follows. Neither who took part in the report nor who passed it
/// certifies it, and only in months that the programme certifies.
pub(super) fn judge(
    name: &str,
    etag: &str,
    adjustments: &[Adjustment],
    programmes: Option<&Programmes>,
    context: &Context<'_>,
) -> Result<(case::Model, ReportCertified), Refusal> {
    let case = find(name, context)?;
    context.authorise(Action::CertifyReport, &case.resource(&[&case.passed_by]))?;
    case.as_seen(etag)?;
    due(case)?;
    case.expect(&[CaseState::Fast])?;
    let reported = submitted_values(name, context)?;
    let (values, adjusted) = match programmes {
        None => (reported, Vec::new()),
        Some(programmes) => {
            let programme = programmes.version(&case.programme, case.programme_version, context)?;
            adjust(&programme, &case.indicator, &case.period, reported, adjustments)?
        }
    };
    let mut certified = case.clone();
    let mut figures = certified.figures()?;
    if figures.values.len() != values.len() {
        return Err(internal("the figures of a case do not fit its submission"));
    }
    for (figure, value) in figures.values.iter_mut().zip(&values) {
        figure.certified = value.value.clone();
        if let Some(adjusted) = adjusted.iter().find(|adjusted| adjusted.measure == figure.measure) {
            figure.adjust_reason = adjusted.reason.clone();
        }
    }
    certified.figures = figures.encode();
    certified.certify_time = Some(context.now().as_millisecond());
    certified.become_state(CaseState::Certified);
    let person = context.caller().person.clone();
    Ok((certified, ReportCertified { version: Some(case.reference()), values, adjusted, person }))
}

/// Whether the programme certifies this month.
pub(super) fn due(case: &case::Model) -> Result<(), Refusal> {
    if case.to_be_certified {
        return Ok(());
    }
    Err(Refusal::new(Reason::NotCertifiedThisPeriod)
        .because(
            format!("按年度安排，{}这一期不作数据认定，快报数即为本期数。", case.period),
            format!("The programme does not certify {}; its fast figures stand.", case.period),
        )
        .with("period", &case.period))
}
