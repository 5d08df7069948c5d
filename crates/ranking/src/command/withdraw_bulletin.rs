//! Takes a bulletin back for a reason. A number that it has, or that was reserved for it, stays with it as a void one: the
//! next issue takes the next number, so that no number is ever missing.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{WithdrawBulletinRequest, WithdrawBulletinResponse};

use crate::bulletin::{Mark, WITHDRAW, check_reason};
use crate::entity::{bulletin, numbering};
use crate::names;

/// Withdraws.
#[derive(Debug)]
pub struct WithdrawBulletin {
    request: WithdrawBulletinRequest,
}

impl WithdrawBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID, FIELD_REQUIRED.
    pub fn parse(request: &WithdrawBulletinRequest) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        check_reason(&request.reason)?;
        Ok(Self { request: request.clone() })
    }
}

impl Command for WithdrawBulletin {
    type Answer = WithdrawBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
        wants.group::<numbering::Entity>(numbering::DOCUMENTS);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<WithdrawBulletinResponse, Refusal> {
        let WithdrawBulletinRequest { name, etag, reason, .. } = &self.request;
        let (row, bulletin) = WITHDRAW.open(context, name, etag)?;
        let lines = context.group::<numbering::Entity>(numbering::DOCUMENTS);
        if let Some(line) = lines.into_iter().find(|line| line.holder == *name).cloned() {
            let used = numbering::Model { issued: bulletin.issue_number, holder: String::new(), ..line };
            context.put::<numbering::Entity>(used);
        }
        let bulletin = WITHDRAW.close(context, row, bulletin, Mark::because(reason));
        Ok(WithdrawBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
