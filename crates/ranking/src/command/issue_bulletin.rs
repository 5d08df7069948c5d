//! Issues a bulletin whose number is reserved and whose files are stored: from here on it is what it is.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{BulletinFile, IssueBulletinResponse};

use crate::bulletin::{ISSUE, Mark};
use crate::entity::{bulletin, numbering};

/// Issues.
#[derive(Debug)]
pub struct IssueBulletin {
    name: String,
    /// Revision that the files were rendered from.
    rendered_from: String,
    files: Vec<BulletinFile>,
    fonts: Vec<String>,
}

impl IssueBulletin {
    /// Of a bulletin with its stored files, as rendered from a revision: held or withdrawn while it was rendered, or without
    /// its number by then, it is no longer what was rendered.
    pub fn new(name: &str, rendered_from: &str, files: Vec<BulletinFile>, fonts: Vec<String>) -> Self {
        Self { name: name.to_owned(), rendered_from: rendered_from.to_owned(), files, fonts }
    }
}

impl Command for IssueBulletin {
    type Answer = IssueBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bulletin::Entity>(self.name.as_str());
        wants.group::<numbering::Entity>(numbering::DOCUMENTS);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<IssueBulletinResponse, Refusal> {
        let (row, mut bulletin) = ISSUE.open(context, &self.name, &self.rendered_from)?;
        let lines = context.group::<numbering::Entity>(numbering::DOCUMENTS);
        let line = lines.into_iter().find(|line| line.holder == self.name).cloned();
        let line = line.ok_or_else(|| Refusal::new(Reason::BulletinState).with("state", "NUMBER_NOT_RESERVED"))?;
        bulletin.files.clone_from(&self.files);
        bulletin.fonts.clone_from(&self.fonts);
        context.put::<numbering::Entity>(numbering::Model {
            issued: bulletin.issue_number,
            holder: String::new(),
            ..line
        });
        let bulletin = ISSUE.close(context, row, bulletin, Mark::default());
        Ok(IssueBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
