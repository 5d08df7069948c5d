//! Rendering a bulletin: its material, which is sealed snapshots, a kept set of templates and the head, goes to the documents'
//! worker, files come back. The same material gives the same bytes, so a repeated issue stores nothing twice.

use minsheng_documents::bulletin::{BulletinHead, Earlier, Material, MonthMaterial};
use minsheng_documents::typeset::FontSet;
use minsheng_documents::words::Templates;
use minsheng_documents::worker::{Client, Form, WorkerError};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::ranking::v1::{Bulletin, BulletinFile, BulletinFormat, Snapshot};
use sea_orm::DatabaseConnection;

use crate::command::BriefRules;
use crate::config::BulletinSettings;
use crate::files::Files;
use crate::store;
use crate::stored::read;
use crate::templates::broken;

/// The forms that every bulletin is issued in; PDF comes beside them where there are fonts.
const FORMS: [BulletinFormat; 3] = [BulletinFormat::Html, BulletinFormat::Xlsx, BulletinFormat::Docx];

/// Renders and stores.
#[derive(Clone, Debug)]
pub(crate) struct Renderer {
    worker: Client,
    files: Files,
    fonts: Option<FontSet>,
    settings: BulletinSettings,
}

impl Renderer {
    /// With a worker, a folder for files, fonts for PDFs, and what stands on every bulletin.
    pub(crate) fn new(worker: Client, files: Files, fonts: Option<FontSet>, settings: BulletinSettings) -> Self {
        Self { worker, files, fonts, settings }
    }

    /// The font set that PDFs are set in, a line a file; empty where there are no PDFs.
    pub(crate) fn fonts(&self) -> Vec<String> {
        self.fonts.as_ref().map(FontSet::record).unwrap_or_default()
    }

    /// The folder of issued files.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// When there is a brief.
    pub(crate) fn brief_rules(&self) -> BriefRules {
        let brief = &self.settings.brief;
        BriefRules { third_by_monthly: brief.third_by_monthly, only_when_moved: brief.only_when_moved }
    }

    /// Renders a numbered bulletin in every form, and stores the files.
    ///
    /// # Errors
    /// TEMPLATE_INVALID, SERVICE_UNAVAILABLE where the worker does not do it, STORAGE_UNAVAILABLE.
    pub(crate) async fn issue(
        &self,
        bulletin: &Bulletin,
        reader: &DatabaseConnection,
    ) -> Result<Vec<BulletinFile>, Refusal> {
        let material = self.material(bulletin, kept(bulletin, reader).await?, reader).await?;
        let mut files = Vec::new();
        for format in FORMS.into_iter().chain(self.fonts.as_ref().map(|_| BulletinFormat::Pdf)) {
            let bytes = self.render(bulletin, material.clone(), format).await?;
            let sha256 = self.files.put(&bytes).await?;
            files.push(BulletinFile { format: format.into(), sha256, size: bytes.len() as u64 });
        }
        Ok(files)
    }

    /// A draft as it would be now, without a number and marked as a draft. Nothing is stored.
    ///
    /// # Errors
    /// TEMPLATE_INVALID, SERVICE_UNAVAILABLE where the worker does not do it.
    pub(crate) async fn draft(
        &self,
        bulletin: &Bulletin,
        format: BulletinFormat,
        reader: &DatabaseConnection,
    ) -> Result<Vec<u8>, Refusal> {
        let unnumbered = Bulletin { document_number: String::new(), issue_number: 0, ..bulletin.clone() };
        let material = self.material(&unnumbered, kept(bulletin, reader).await?, reader).await?;
        self.render(bulletin, material, format).await
    }

    /// Renders what would be drafted by a set of templates, and throws it away.
    ///
    /// # Errors
    /// TEMPLATE_INVALID, SERVICE_UNAVAILABLE where the worker does not do it.
    pub(crate) async fn try_out(
        &self,
        bulletin: &Bulletin,
        templates: &[u8],
        reader: &DatabaseConnection,
    ) -> Result<(), Refusal> {
        let material = self.material(bulletin, read(&bulletin.name, templates)?, reader).await?;
        self.render(bulletin, material, BulletinFormat::Html).await.map(|_| ())
    }

    async fn material(
        &self,
        bulletin: &Bulletin,
        templates: Templates,
        reader: &DatabaseConnection,
    ) -> Result<Material, Refusal> {
        let mut months = Vec::new();
        for name in &bulletin.months {
            months.push(month(name, reader).await?);
        }
        Ok(Material {
            kind: bulletin.kind.clone(),
            snapshot: Some(sealed(&bulletin.snapshot, reader).await?),
            head: Some(self.head(bulletin)),
            templates: Some(templates),
            previous: earlier(&bulletin.previous, reader).await?,
            corrected: earlier(&bulletin.corrects, reader).await?,
            months,
        })
    }

    fn head(&self, bulletin: &Bulletin) -> BulletinHead {
        let BulletinSettings { office, addressees, copies_to, brief, .. } = &self.settings;
        let set = hex::encode(bulletin.template_sha256.iter().take(6).copied().collect::<Vec<u8>>());
        BulletinHead {
            office: office.clone(),
            document_number: bulletin.document_number.clone(),
            brief_name: bulletin.agency_word.clone(),
            date: bulletin.date.clone(),
            addressees: addressees.clone(),
            copies_to: copies_to.clone(),
            reported_to: brief.reported_to.clone(),
            sent_to: brief.sent_to.clone(),
            issued_to: brief.issued_to.clone(),
            copies: brief.copies,
            template: format!("{}@{set}", bulletin.kind),
        }
    }

    async fn render(
        &self,
        bulletin: &Bulletin,
        material: Material,
        format: BulletinFormat,
    ) -> Result<Vec<u8>, Refusal> {
        let form = match format {
            BulletinFormat::Unspecified => Form::Unspecified,
            BulletinFormat::Html => Form::Html,
            BulletinFormat::Xlsx => Form::Xlsx,
            BulletinFormat::Docx => Form::Docx,
            BulletinFormat::Pdf => Form::Pdf,
        };
        let fonts = self.fonts.clone().filter(|_| form == Form::Pdf);
        let rendered = self.worker.render_bulletin(material, form, fonts).await;
        rendered.map_err(|error| not_rendered(&bulletin.name, &error))
    }
}

/// The set of templates that a bulletin was drafted by.
async fn kept(bulletin: &Bulletin, reader: &DatabaseConnection) -> Result<Templates, Refusal> {
    let found = store::templates(&bulletin.template_sha256, reader).await?;
    read(&bulletin.name, &found.ok_or_else(|| Refusal::new(Reason::Internal))?)
}

/// A sealed snapshot, which is there as long as a bulletin names it.
async fn sealed(name: &str, reader: &DatabaseConnection) -> Result<Snapshot, Refusal> {
    let found = store::standing(name, reader).await?;
    let (_, sealed) = found.ok_or_else(|| Refusal::new(Reason::Internal))?;
    read(&sealed.name, &sealed.bytes)
}

/// An issued bulletin with its snapshot; none for no name.
async fn earlier(name: &str, reader: &DatabaseConnection) -> Result<Option<Earlier>, Refusal> {
    if name.is_empty() {
        return Ok(None);
    }
    let row = store::bulletin(name, reader).await?.ok_or_else(|| Refusal::new(Reason::Internal))?;
    let bulletin: Bulletin = read(name, &row.bulletin)?;
    Ok(Some(Earlier {
        document_number: bulletin.document_number,
        date: bulletin.date,
        snapshot: Some(sealed(&bulletin.snapshot, reader).await?),
    }))
}

/// A month's snapshot, and the one that was published first where it has been corrected since.
async fn month(name: &str, reader: &DatabaseConnection) -> Result<MonthMaterial, Refusal> {
    let snapshot = sealed(name, reader).await?;
    let (of, number) = name.rsplit_once('-').unwrap_or((name, "1"));
    let first = if number == "1" { None } else { Some(sealed(&format!("{of}-1"), reader).await?) };
    let first = first.filter(|first| first.basis == snapshot.basis);
    Ok(MonthMaterial { snapshot: Some(snapshot), first })
}

fn not_rendered(bulletin: &str, error: &WorkerError) -> Refusal {
    if let WorkerError::Template(error) = error {
        return broken(error);
    }
    tracing::error!(bulletin, %error, "a bulletin was not rendered");
    Refusal::new(Reason::ServiceUnavailable).because(
        "通报文件没有生成成功，编号保留，请稍后重试。",
        "The bulletin's files could not be made; its number is kept for the next issue. Try again.",
    )
}
