//! Rendering a bulletin: snapshot and head go to the documents' worker, files come back. The same two give the same bytes,
//! so a repeated issue stores nothing twice.

use minsheng_documents::bulletin::BulletinHead;
use minsheng_documents::worker::{Client, Form, WorkerError};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::ranking::v1::{Bulletin, BulletinFile, BulletinFormat, Snapshot};
use sea_orm::DatabaseConnection;

use crate::config::BulletinSettings;
use crate::files::Files;
use crate::store;
use crate::stored::read;

/// The forms that every bulletin is issued in.
const FORMS: [BulletinFormat; 2] = [BulletinFormat::Html, BulletinFormat::Xlsx];

/// Renders and stores.
#[derive(Clone, Debug)]
pub(crate) struct Renderer {
    worker: Client,
    files: Files,
    settings: BulletinSettings,
}

impl Renderer {
    /// With a worker, a folder for files, and what stands on every bulletin.
    pub(crate) fn new(worker: Client, files: Files, settings: BulletinSettings) -> Self {
        Self { worker, files, settings }
    }

    /// The folder of issued files.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Renders a numbered bulletin in every form, and stores the files.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE where the worker does not do it, STORAGE_UNAVAILABLE.
    pub(crate) async fn issue(
        &self,
        bulletin: &Bulletin,
        reader: &DatabaseConnection,
    ) -> Result<Vec<BulletinFile>, Refusal> {
        let snapshot = sealed(&bulletin.snapshot, reader).await?;
        let mut files = Vec::new();
        for format in FORMS {
            let bytes = self.render(bulletin, &snapshot, format).await?;
            let sha256 = self.files.put(&bytes).await?;
            files.push(BulletinFile { format: format.into(), sha256, size: bytes.len() as u64 });
        }
        Ok(files)
    }

    /// A draft as it would be now, without a number and marked as a draft. Nothing is stored.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE where the worker does not do it.
    pub(crate) async fn draft(
        &self,
        bulletin: &Bulletin,
        format: BulletinFormat,
        reader: &DatabaseConnection,
    ) -> Result<Vec<u8>, Refusal> {
        let unnumbered = Bulletin { document_number: String::new(), issue_number: 0, ..bulletin.clone() };
        self.render(&unnumbered, &sealed(&bulletin.snapshot, reader).await?, format).await
    }

    async fn render(
        &self,
        bulletin: &Bulletin,
        snapshot: &Snapshot,
        format: BulletinFormat,
    ) -> Result<Vec<u8>, Refusal> {
        let form = match format {
            BulletinFormat::Unspecified => Form::Unspecified,
            BulletinFormat::Html => Form::Html,
            BulletinFormat::Xlsx => Form::Xlsx,
        };
        let head = BulletinHead {
            office: self.settings.office.clone(),
            document_number: bulletin.document_number.clone(),
            issue_number: bulletin.issue_number,
            date: bulletin.date.clone(),
            addressees: self.settings.addressees.clone(),
            copies_to: self.settings.copies_to.clone(),
        };
        let rendered = self.worker.render_bulletin(snapshot.clone(), head, form).await;
        rendered.map_err(|error| not_rendered(&bulletin.name, &error))
    }
}

/// A sealed snapshot, which is there as long as a bulletin names it.
async fn sealed(name: &str, reader: &DatabaseConnection) -> Result<Snapshot, Refusal> {
    let found = store::standing(name, reader).await?;
    let (_, sealed) = found.ok_or_else(|| Refusal::new(Reason::Internal))?;
    read(&sealed.name, &sealed.bytes)
}

fn not_rendered(bulletin: &str, error: &WorkerError) -> Refusal {
    tracing::error!(bulletin, %error, "a bulletin was not rendered");
    Refusal::new(Reason::ServiceUnavailable).because(
        "通报文件没有生成成功，编号保留，请稍后重试。",
        "The bulletin's files could not be made; its number is kept for the next issue. Try again.",
    )
}
