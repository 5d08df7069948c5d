//! A leader in charge asks to hold a bulletin before it is issued. The reason stays in its trace, and all steps from the
//! approval on are needed again.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{HoldBulletinRequest, HoldBulletinResponse};

use crate::bulletin::{HOLD, Mark, check_reason};
use crate::entity::bulletin;
use crate::names;

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
        check_reason(&request.reason)?;
        Ok(Self { request: request.clone() })
    }
}

impl Command for HoldBulletin {
    type Answer = HoldBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<HoldBulletinResponse, Refusal> {
        let HoldBulletinRequest { name, etag, .. } = &self.request;
        let bulletin = HOLD.take(context, name, etag, Mark::because(&self.request.reason))?;
        Ok(HoldBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
