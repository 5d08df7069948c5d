//! Files or replaces a unit's experience article (典型经验) of a month; whether it is late is judged by its first text.

use minsheng_domain::calendar::Lateness;
use minsheng_domain::period::{Period, beijing_date};
use minsheng_kit::clock;
use minsheng_kit::convert;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{Article, ArticleFiled, FileArticleRequest, FileArticleResponse};
use prost::Message;

use super::{Desk, Rules, no_personal_data, period_closed, wants_rules};
use crate::entity::{article, period};
use crate::names::{self, ReportName};

const MAX_TITLE: usize = 100;
const MAX_TEXT: usize = 4_000;

/// An article to file.
#[derive(Debug)]
pub(crate) struct FileArticle {
    programme: String,
    year: i16,
    period: Period,
    unit: String,
    title: String,
    text: String,
    rules: Rules,
}

impl FileArticle {
    /// Reads the call; the article is the caller's unit's.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID, ARTICLE_INVALID, PERSONAL_DATA.
    pub(crate) fn new(request: FileArticleRequest, unit: &str, rules: Rules) -> Result<Self, Refusal> {
        let name = ProgrammeName::parse("programme", &request.programme)?;
        let period = convert::period::month_of_year("period", &request.period, name.year)?;
        let mut faults = convert::Faults::default();
        faults.required_text("title", &request.title, MAX_TITLE);
        faults.required_text("text", &request.text, MAX_TEXT);
        faults.check(Reason::ArticleInvalid)?;
        no_personal_data("title", &request.title)?;
        no_personal_data("text", &request.text)?;
        Ok(Self {
            programme: request.programme,
            year: name.year,
            period,
            unit: unit.to_owned(),
            title: request.title,
            text: request.text,
            rules,
        })
    }
}

impl Command for FileArticle {
    type Answer = FileArticleResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_rules(&self.programme, self.year, wants);
        wants.row::<period::Entity>(names::month(&self.programme, self.period));
        wants.row::<article::Entity>(names::article(&self.programme, &self.unit, self.period));
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        self.rules.wants_more(&self.programme, self.year, self.period, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<FileArticleResponse, Refusal> {
        context.authorise(Action::FileArticle, &Resource::new("article").of_unit(self.unit.as_str()))?;
        let name = ReportName::of(&self.programme, self.year, "", self.period);
        let desk = Desk::open(&name, &self.rules, context)?;
        if !desk.in_force.leads(&self.unit) {
            return Err(Refusal::new(Reason::NotLeadUnit).because(
                "本单位在这一期没有牵头的指标，不报典型经验。",
                "The unit leads no indicator in this period.",
            ));
        }
        desk.in_force.open(self.period, beijing_date(context.now()))?;
        let month = names::month(&self.programme, self.period);
        if context.get::<period::Entity>(&month).is_some() {
            return Err(period_closed(&name));
        }
        let key = names::article(&self.programme, &self.unit, self.period);
        let deadline = desk.in_force.deadline(self.period, &desk.holidays)?;
        let late = deadline.lateness(context.now(), &desk.holidays) != Lateness::OnTime;
        let first = context.get::<article::Entity>(&key).map(|row| (row.first_time, row.late));
        let (first_time, late) = first.unwrap_or((context.now().as_millisecond(), late));
        let filed = Article {
            name: key.clone(),
            unit: self.unit.clone(),
            period: self.period.to_string(),
            title: self.title.clone(),
            text: self.text.clone(),
            time: Some(clock::to_proto(context.now())),
        };
        context.record(&key, &ArticleFiled { article: Some(filed.clone()), late });
        let document = filed.encode_to_vec();
        let unit = self.unit.clone();
        context.put::<article::Entity>(article::Model { name: key, month, unit, first_time, late, document });
        Ok(FileArticleResponse { article: Some(filed), receipt: None })
    }

    fn weight(&self) -> usize {
        self.text.len() + 1_024
    }
}
