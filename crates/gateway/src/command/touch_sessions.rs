//! Notes when sessions were used last, for all of them together and not at each call.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};

use crate::entity::session;

/// A session that was used.
#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub(crate) place: String,
    pub(crate) token_sha256: String,
    /// Milliseconds since 1970.
    pub(crate) use_time: i64,
}

/// Sessions that were used.
#[derive(Debug)]
pub(crate) struct TouchSessions(pub(crate) Vec<Touch>);

impl Command for TouchSessions {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        for touch in &self.0 {
            wants.row::<session::Entity>(touch.place.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        for touch in &self.0 {
            let session = context.get::<session::Entity>(&touch.place);
            let same = session.filter(|session| session.token_sha256 == touch.token_sha256);
            if let Some(session) = same.filter(|session| session.use_time < touch.use_time).cloned() {
                context.put::<session::Entity>(session::Model { use_time: touch.use_time, ..session });
            }
        }
        Ok(())
    }
}
