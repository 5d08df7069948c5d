//! A leader in charge asks to hold a bulletin before it is issued. The reason stays in its trace, and approval is needed
//! again.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{BulletinState, HoldBulletinRequest, HoldBulletinResponse};

use crate::bulletin::{act, check_etag, check_state, find, record, resource};
use crate::entity::bulletin;
use crate::names;

const MAX_REASON: usize = 1000;

/// Holds.
#[derive(Debug)]
pub struct HoldBulletin {
    request: HoldBulletinRequest,
}

impl HoldBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID, FIELD_REQUIRED.
    pub fn parse(request: &HoldBulletinRequest) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        if request.reason.trim().is_empty() {
            return Err(Refusal::required("reason"));
        }
        if request.reason.chars().count() > MAX_REASON {
            return Err(Refusal::invalid("reason", "最多1000个字符", "must be at most 1000 characters"));
        }
        Ok(Self { request: request.clone() })
    }
}

impl Command for HoldBulletin {
    type Answer = HoldBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<HoldBulletinResponse, Refusal> {
        let (row, mut bulletin) = find(context, &self.request.name)?;
        context.authorise(Action::HoldBulletin, &resource(&row, &bulletin))?;
        check_etag(&bulletin, &self.request.etag)?;
        check_state(&bulletin, &[BulletinState::Draft, BulletinState::Approved])?;
        bulletin.state = BulletinState::Held.into();
        let bulletin = record(context, row, bulletin, act::HELD, &self.request.reason);
        Ok(HoldBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
