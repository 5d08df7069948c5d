//! `month`: the month's workbook of a unit, with drafts and the earlier figures filled in.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_documents::workbook::{Draft, MonthForm, Previous};
use minsheng_documents::worker::Client;
use minsheng_domain::period::Period;
use minsheng_proto::catalogue::v1::{GetUnitRequest, ListDeadlinesRequest, Programme};
use minsheng_proto::reporting::v1::{GetReportRequest, Report, ReportState};

use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::session::{ReportName, Session};

/// 月报工作簿
#[derive(Args, Debug)]
pub(crate) struct Month {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 写出本单位一个月的填报工作簿，已有草稿和上期数填在其中；填好后 report file --workbook 报送
    ///
    /// 示例：minsheng month template 2023-06.xlsx --period 2023-06
    Template {
        /// 写到哪个文件
        out: PathBuf,
        /// 月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: String,
        /// 单位；省略为本单位
        #[arg(long, value_name = "UNIT")]
        unit: Option<String>,
    },
}

impl Month {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let Command::Template { out, period, unit } = self.command;
        let programme = session.programme().await?;
        let unit = match unit {
            Some(unit) => unit,
            None => session.account().await?.unit,
        };
        let catalogue = session.catalogue(&programme, &period).await?;
        let codes = codes(&catalogue, &unit);
        if codes.is_empty() {
            return Err(Failure::not_found(format!("单位{unit}在{period}没有牵头的指标")));
        }
        let found = session.gateway.units().get_unit(GetUnitRequest { name: format!("units/{unit}") }).await?;
        let request = ListDeadlinesRequest { programme: programme.clone() };
        let deadlines = session.gateway.calendars().list_deadlines(request).await?.into_inner().deadlines;
        let deadline = deadlines.into_iter().find(|deadline| deadline.period == period);
        let deadline = deadline.ok_or_else(|| Failure::not_found(format!("{period}不在报送月份之内")))?;

        let before = period.parse::<Period>().ok().and_then(Period::previous).map(|before| before.to_string());
        let bar = session.output.bar("取草稿和上期数", u64::try_from(codes.len()).unwrap_or(0));
        let (mut drafts, mut previous) = (Vec::new(), Vec::new());
        for indicator in codes {
            let now = report(session, &programme, &indicator, &period).await?;
            if to_file(now.state()) {
                drafts.push(Draft { indicator: indicator.clone(), content: now.content });
            }
            if let Some(before) = &before {
                let earlier = report(session, &programme, &indicator, before).await?;
                let values = earlier.content.unwrap_or_default().values.into_iter();
                previous.extend(values.map(|value| Previous { measure: value.measure, value: value.value }));
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let form = MonthForm {
            programme: Some(catalogue),
            unit,
            unit_name: found.into_inner().unit.unwrap_or_default().display_name,
            period,
            cut_off: deadline.cut_off,
            due_date: deadline.due_date,
            drafts,
            previous,
        };
        file::write(&out, &Client::this_program()?.write_month_template(form).await?, 0o644)?;
        session.output.remark(&format!("已写出{}", out.display()));
        Ok(())
    }
}

fn codes(programme: &Programme, unit: &str) -> Vec<String> {
    let all = programme.projects.iter().flat_map(|project| &project.indicators);
    all.filter(|indicator| indicator.lead_unit == unit).map(|indicator| indicator.code.clone()).collect()
}

/// What was filed already stays blank in the workbook, so that the workbook does not file it again.
fn to_file(state: ReportState) -> bool {
    matches!(
        state,
        ReportState::Draft
            | ReportState::Reviewed
            | ReportState::Signed
            | ReportState::Returned
            | ReportState::Correction
    )
}

/// A report; empty where the month is not reported or nothing was begun.
async fn report(session: &Session, programme: &str, indicator: &str, period: &str) -> Outcome<Report> {
    let name =
        ReportName { programme: programme.to_owned(), indicator: indicator.to_owned(), period: period.to_owned() };
    let request = GetReportRequest { name: name.to_string() };
    match session.gateway.reports().get_report(request).await.map_err(Failure::from) {
        Ok(answer) => Ok(answer.into_inner().report.unwrap_or_default()),
        Err(failure) if matches!(failure.kind, Kind::NotFound | Kind::State | Kind::Refused) => Ok(Report::default()),
        Err(failure) => Err(failure),
    }
}
