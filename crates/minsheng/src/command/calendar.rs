//! `calendar`: days off and working weekends of a year, and the deadlines that follow.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::catalogue::v1::{
    Calendar as Year, GetCalendarRequest, ListDeadlinesRequest, UpdateCalendarRequest,
};

use crate::failure::Outcome;
use crate::file;
use crate::output::{Table, json};
use crate::session::Session;

/// 日历
#[derive(Args, Debug)]
pub(crate) struct Calendar {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 设定一年的放假和调休：{"name":"calendars/2023","daysOff":["2023-06-22"],"workingDays":["2023-06-25"],"source":"国务院办公厅通知"}
    ///
    /// 示例：minsheng calendar set calendar-2023.json
    Set {
        /// JSON文件
        file: PathBuf,
    },
    /// 一年的放假和调休
    Show {
        /// 年份
        year: u16,
    },
    /// 各月截止时间和数据截止日
    Deadlines,
}

impl Calendar {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Set { file } => {
                let mut calendar: Year = json::from_json(&file::text(&file)?, &file.display().to_string())?;
                if calendar.etag.is_empty() {
                    let request = GetCalendarRequest { name: calendar.name.clone() };
                    calendar.etag = match session.gateway.calendars().get_calendar(request).await {
                        Ok(known) => known.into_inner().calendar.unwrap_or_default().etag,
                        Err(status) if status.code() == tonic::Code::NotFound => String::new(),
                        Err(status) => return Err(status.into()),
                    };
                }
                let request = UpdateCalendarRequest { calendar: Some(calendar), request_id: session.request_id() };
                let answer = session.gateway.calendars().update_calendar(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.calendar.unwrap_or_default(), show)
            }
            Command::Show { year } => {
                let request = GetCalendarRequest { name: format!("calendars/{year}") };
                let answer = session.gateway.calendars().get_calendar(request).await?.into_inner();
                session.output.answer(&answer.calendar.unwrap_or_default(), show)
            }
            Command::Deadlines => {
                let request = ListDeadlinesRequest { programme: session.programme().await? };
                let answer = session.gateway.calendars().list_deadlines(request).await?.into_inner();
                session.output.answer(&answer, |answer| {
                    let mut table = Table::new(["期", "本期起", "数据截止", "最后一天（24时前）"]);
                    for month in &answer.deadlines {
                        table.row([&month.period, &month.from, &month.cut_off, &month.due_date]);
                    }
                    table.text()
                })
            }
        }
    }
}

fn show(calendar: &Year) -> String {
    let mut table = Table::new(["日历", "放假", "调休上班", "依据"]);
    let (off, working) = (calendar.days_off.join(" "), calendar.working_days.join(" "));
    table.row([&calendar.name, &off, &working, &calendar.source]);
    table.text()
}
