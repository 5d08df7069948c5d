//! The certifier countersigns an approved draft for its figures: neither drafter nor approver.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{CountersignBulletinRequest, CountersignBulletinResponse};

use crate::bulletin::{COUNTERSIGN, Mark};
use crate::entity::bulletin;
use crate::names;

/// Countersigns.
#[derive(Debug)]
pub struct CountersignBulletin {
    request: CountersignBulletinRequest,
}

impl CountersignBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(request: &CountersignBulletinRequest) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        Ok(Self { request: request.clone() })
    }
}

impl Command for CountersignBulletin {
    type Answer = CountersignBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<CountersignBulletinResponse, Refusal> {
        let CountersignBulletinRequest { name, etag, .. } = &self.request;
        let bulletin = COUNTERSIGN.take(context, name, etag, Mark::default())?;
        Ok(CountersignBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
