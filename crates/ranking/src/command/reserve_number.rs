//! Reserves the next issue number of the year for an approved bulletin. Numbers have no gaps: one reserved by an issue that
//! did not come about goes to the next bulletin that is issued, and its first holder loses it.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{BulletinState, IssueBulletinRequest, IssueBulletinResponse};
use prost::Message;

use crate::bulletin::{act, check_etag, check_state, find, record, resource};
use crate::entity::{bulletin, numbering};
use crate::names;

/// How documents are numbered.
#[derive(Clone, Debug)]
pub struct Numbering {
    /// 机关代字, for example 安实办通报.
    pub agency_word: String,
}

impl Numbering {
    /// A number as printed, for example 安实办通报〔2023〕3号.
    fn print(&self, year: &str, number: i32) -> String {
        format!("{}〔{year}〕{number}号", self.agency_word)
    }
}

/// Reserves a number. The answer is the bulletin with it; one that holds it already changes nothing.
#[derive(Debug)]
pub struct ReserveNumber {
    request: IssueBulletinRequest,
    numbering: Numbering,
}

impl ReserveNumber {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(request: &IssueBulletinRequest, numbering: Numbering) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        Ok(Self { request: request.clone(), numbering })
    }
}

impl Command for ReserveNumber {
    type Answer = IssueBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
        wants.group::<numbering::Entity>(numbering::BULLETINS);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for year in rows.group::<numbering::Entity>(numbering::BULLETINS) {
            if !year.holder.is_empty() {
                wants.row::<bulletin::Entity>(year.holder.as_str());
            }
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<IssueBulletinResponse, Refusal> {
        let (row, mut bulletin) = find(context, &self.request.name)?;
        context.authorise(Action::IssueBulletin, &resource(&row, &bulletin))?;
        check_etag(&bulletin, &self.request.etag)?;
        check_state(&bulletin, &[BulletinState::Approved])?;
        let year = bulletin.date.get(..4).ok_or_else(|| Refusal::new(Reason::Internal))?.to_owned();
        let years = context.group::<numbering::Entity>(numbering::BULLETINS);
        let known = years.into_iter().find(|known| known.year == year).cloned();
        let known = known.unwrap_or_else(|| numbering::Model {
            year: year.clone(),
            series: numbering::BULLETINS.to_owned(),
            issued: 0,
            holder: String::new(),
        });
        if known.holder == bulletin.name {
            return Ok(IssueBulletinResponse { bulletin: Some(bulletin), receipt: None });
        }
        if !known.holder.is_empty() {
            take_from(context, &known.holder)?;
        }
        bulletin.issue_number = known.issued + 1;
        bulletin.document_number = self.numbering.print(&year, bulletin.issue_number);
        context.put::<numbering::Entity>(numbering::Model { holder: bulletin.name.clone(), ..known });
        let bulletin = record(context, row, bulletin, act::NUMBER_RESERVED, "");
        Ok(IssueBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}

/// A bulletin that was not issued under the number that it held holds none from the entry on that is written next.
fn take_from(context: &mut Context<'_>, holder: &str) -> Result<(), Refusal> {
    let (row, mut bulletin) = find(context, holder)?;
    bulletin.issue_number = 0;
    bulletin.document_number = String::new();
    bulletin.etag = context.next_sequence().to_string();
    let bytes = bulletin.encode_to_vec();
    context.put::<bulletin::Entity>(bulletin::Model { bulletin: bytes, ..row });
    Ok(())
}
