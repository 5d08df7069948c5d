//! A person other than the drafter approves a draft, or one that was held.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{ApproveBulletinRequest, ApproveBulletinResponse};

use crate::bulletin::{APPROVE, Mark};
use crate::entity::bulletin;
use crate::names;

/// Approves.
#[derive(Debug)]
pub struct ApproveBulletin {
    request: ApproveBulletinRequest,
}

impl ApproveBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(request: &ApproveBulletinRequest) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        Ok(Self { request: request.clone() })
    }
}

impl Command for ApproveBulletin {
    type Answer = ApproveBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ApproveBulletinResponse, Refusal> {
        let ApproveBulletinRequest { name, etag, .. } = &self.request;
        let bulletin = APPROVE.take(context, name, etag, Mark::default())?;
        Ok(ApproveBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
