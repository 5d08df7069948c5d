//! Records that an evidence file was stored; its bytes are durable already.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{EvidenceStored, UploadEvidenceResponse};

use crate::entity::evidence;
use crate::programme::internal;

/// A file that lies in the store.
#[derive(Debug)]
pub(crate) struct StoreEvidence {
    /// SHA-256, 32 bytes.
    pub(crate) sha256: Vec<u8>,
    /// Size in bytes.
    pub(crate) size: u64,
    /// Content type told from the bytes.
    pub(crate) content_type: &'static str,
    /// Label.
    pub(crate) label: String,
}

impl Command for StoreEvidence {
    type Answer = UploadEvidenceResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<evidence::Entity>(hex::encode(&self.sha256));
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<UploadEvidenceResponse, Refusal> {
        context.authorise(Action::UploadEvidence, &Resource::new("evidence"))?;
        let key = hex::encode(&self.sha256);
        let known = context.get::<evidence::Entity>(&key).is_some();
        if !known {
            let unit = context.caller().unit.clone();
            let event = EvidenceStored {
                sha256: self.sha256.clone(),
                size: self.size,
                content_type: self.content_type.to_owned(),
                label: self.label.clone(),
                unit: unit.clone(),
            };
            context.record(&format!("evidence/{key}"), &event);
            context.put::<evidence::Entity>(evidence::Model {
                sha256: key,
                size: i64::try_from(self.size).map_err(|_| internal("the size of a file"))?,
                content_type: self.content_type.to_owned(),
                label: self.label.clone(),
                unit,
                used_in: String::new(),
                used_by: String::new(),
            });
        }
        Ok(UploadEvidenceResponse {
            sha256: self.sha256.clone(),
            size: self.size,
            content_type: self.content_type.to_owned(),
            known,
        })
    }
}
