//! Reserves the next number of its line for a circulated bulletin. A line is a 机关代字, or a brief's name, and a year, such
//! as 安实办通报〔2023〕. Numbers have no gaps: one reserved by an issue that did not come about goes to the next bulletin that
//! is issued on the line, and its first holder loses it.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{Bulletin, IssueBulletinRequest, IssueBulletinResponse};
use prost::Message;

use crate::bulletin::{ISSUE, Mark, act, find, record};
use crate::entity::{bulletin, numbering};
use crate::names;

/// Reserves a number. The answer is the bulletin with it; one that holds it already changes nothing.
#[derive(Debug)]
pub struct ReserveNumber {
    request: IssueBulletinRequest,
}

impl ReserveNumber {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(request: &IssueBulletinRequest) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        Ok(Self { request: request.clone() })
    }
}

impl Command for ReserveNumber {
    type Answer = IssueBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
        wants.group::<numbering::Entity>(numbering::DOCUMENTS);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for line in rows.group::<numbering::Entity>(numbering::DOCUMENTS) {
            if !line.holder.is_empty() {
                wants.row::<bulletin::Entity>(line.holder.as_str());
            }
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<IssueBulletinResponse, Refusal> {
        let (row, mut bulletin) = ISSUE.open(context, &self.request.name, &self.request.etag)?;
        let lines = context.group::<numbering::Entity>(numbering::DOCUMENTS);
        if lines.iter().any(|line| line.holder == bulletin.name) {
            return Ok(IssueBulletinResponse { bulletin: Some(bulletin), receipt: None });
        }
        let year = bulletin.date.get(..4).ok_or_else(|| Refusal::new(Reason::Internal))?;
        let word = bulletin.agency_word.as_str();
        let name = format!("{word}〔{year}〕");
        let of_all =
            lines.iter().filter(|line| line.name.strip_prefix(word).is_some_and(|rest| rest.starts_with('〔')));
        let total = of_all.map(|line| line.issued).sum::<i32>() + 1;
        let known = lines.into_iter().find(|line| line.name == name).cloned();
        let known = known.unwrap_or_else(|| numbering::Model::new(name));
        if !known.holder.is_empty() {
            take_from(context, &known.holder)?;
        }
        bulletin.issue_number = known.issued + 1;
        bulletin.document_number = printed(&bulletin, &known.name, total);
        context.put::<numbering::Entity>(numbering::Model { holder: bulletin.name.clone(), ..known });
        let bulletin = record(context, row, bulletin, act::NUMBER_RESERVED, Mark::default());
        Ok(IssueBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}

/// A number as printed: of a document behind its line, of a brief in the year and in all.
fn printed(bulletin: &Bulletin, line: &str, total: i32) -> String {
    let number = bulletin.issue_number;
    if bulletin.brief { format!("第{number}期（总第{total}期）") } else { format!("{line}{number}号") }
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
