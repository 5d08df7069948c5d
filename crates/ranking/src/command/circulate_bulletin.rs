//! The office lays a countersigned draft before the leaders in charge; whom it was laid before stays in its trace.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{CirculateBulletinRequest, CirculateBulletinResponse};

use crate::bulletin::{CIRCULATE, Mark};
use crate::entity::bulletin;
use crate::names;

const MOST: usize = 20;
const MAX_NAME: usize = 50;

/// Circulates.
#[derive(Debug)]
pub struct CirculateBulletin {
    request: CirculateBulletinRequest,
}

impl CirculateBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID, FIELD_REQUIRED.
    pub fn parse(request: &CirculateBulletinRequest) -> Result<Self, Refusal> {
        names::programme_of("name", "bulletins", &request.name)?;
        if request.leaders.is_empty() || request.leaders.iter().any(|leader| leader.trim().is_empty()) {
            return Err(Refusal::required("leaders"));
        }
        if request.leaders.len() > MOST || request.leaders.iter().any(|leader| leader.chars().count() > MAX_NAME) {
            let zh = "最多20位，每位最多50个字符";
            return Err(Refusal::invalid("leaders", zh, "must be at most 20, each at most 50 characters"));
        }
        Ok(Self { request: request.clone() })
    }
}

impl Command for CirculateBulletin {
    type Answer = CirculateBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.request.name.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<CirculateBulletinResponse, Refusal> {
        let CirculateBulletinRequest { name, etag, .. } = &self.request;
        let bulletin = CIRCULATE.take(
            context,
            name,
            etag,
            Mark { reason: String::new(), leaders: self.request.leaders.clone() },
        )?;
        Ok(CirculateBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
