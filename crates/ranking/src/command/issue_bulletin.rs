//! Issues a bulletin whose number is reserved and whose files are stored: from here on it is what it is.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{BulletinFile, BulletinState, IssueBulletinResponse};

use crate::bulletin::{act, check_state, find, record, resource};
use crate::entity::{bulletin, numbering};

/// Issues.
#[derive(Debug)]
pub struct IssueBulletin {
    name: String,
    /// Revision that the files were rendered from.
    rendered_from: String,
    files: Vec<BulletinFile>,
}

impl IssueBulletin {
    /// Of a bulletin with its stored files, as rendered from a revision.
    pub fn new(name: &str, rendered_from: &str, files: Vec<BulletinFile>) -> Self {
        Self { name: name.to_owned(), rendered_from: rendered_from.to_owned(), files }
    }
}

impl Command for IssueBulletin {
    type Answer = IssueBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.name.as_str());
        wants.group::<numbering::Entity>(numbering::BULLETINS);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<IssueBulletinResponse, Refusal> {
        let (row, mut bulletin) = find(context, &self.name)?;
        context.authorise(Action::IssueBulletin, &resource(&row, &bulletin))?;
        check_state(&bulletin, &[BulletinState::Approved])?;
        // Held, or its number taken, while it was rendered: what was rendered is no longer it.
        if bulletin.etag != self.rendered_from {
            return Err(Refusal::new(Reason::EtagMismatch).with("etag", &bulletin.etag));
        }
        let years = context.group::<numbering::Entity>(numbering::BULLETINS);
        let year = years.into_iter().find(|year| year.holder == self.name).cloned();
        let year = year.ok_or_else(|| Refusal::new(Reason::BulletinState).with("state", "NUMBER_NOT_RESERVED"))?;
        bulletin.state = BulletinState::Issued.into();
        bulletin.files.clone_from(&self.files);
        context.put::<numbering::Entity>(numbering::Model {
            issued: bulletin.issue_number,
            holder: String::new(),
            ..year
        });
        let bulletin = record(context, row, bulletin, act::ISSUED, "");
        Ok(IssueBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
