//! The set of templates that documents are written by: those of the software, with the office's own files in their place or
//! beside them. The set is read when a document is drafted and kept with it; what an office changes later changes no draft.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minsheng_documents::words::{About, TemplateError, Templates};
use minsheng_kit::error::{Reason, Refusal};
use prost::Message;
use tokio::fs;

use crate::stored::sha256;

/// Bytes of one file.
const MAX_FILE: u64 = 64 << 10;
/// Files of a folder.
const MAX_FILES: usize = 64;

/// The folder with the office's own templates.
#[derive(Clone, Debug)]
pub(crate) struct TemplateFolder {
    folder: Option<PathBuf>,
    words: BTreeMap<String, String>,
}

/// The template of a kind with the set that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The kind.
    pub(crate) kind: String,
    /// What it says of itself.
    pub(crate) about: About,
    /// 机关代字 or a brief's name.
    pub(crate) word: String,
    /// The set, encoded.
    pub(crate) set: Vec<u8>,
    /// SHA-256 of that.
    pub(crate) sha256: Vec<u8>,
}

impl TemplateFolder {
    /// This folder, none for an empty path, with the 机关代字 by kind that the settings give.
    pub(crate) fn new(folder: &Path, words: BTreeMap<String, String>) -> Self {
        Self { folder: (!folder.as_os_str().is_empty()).then(|| folder.to_owned()), words }
    }

    /// The template of a kind as it is now.
    ///
    /// # Errors
    /// FIELD_REQUIRED or FIELD_INVALID for the kind, TEMPLATE_INVALID with file and line, STORAGE_UNAVAILABLE.
    pub(crate) async fn template(&self, kind: &str) -> Result<Template, Refusal> {
        if kind.is_empty() {
            return Err(Refusal::required("kind"));
        }
        let set = match &self.folder {
            None => Templates::embedded(),
            Some(folder) => Templates::embedded().with(read(folder).await?),
        };
        let about = set.about(kind).map_err(|error| broken(&error))?;
        let about =
            about.ok_or_else(|| Refusal::invalid("kind", "没有这个文种的模板", "there is no template of this kind"))?;
        let word = self.words.get(kind).or(about.word.as_ref()).cloned();
        let word = word.ok_or_else(|| {
            let message = "模板开头的注释没有写明代字，设置bulletin.agency_words中也没有".to_owned();
            broken(&TemplateError { file: format!("{kind}.txt"), line: 1, message })
        })?;
        let set = set.encode_to_vec();
        Ok(Template { kind: kind.to_owned(), about, word, sha256: sha256(&set), set })
    }
}

/// What is wrong with a template, with its file and line.
pub(crate) fn broken(error: &TemplateError) -> Refusal {
    let place = format!("{}:{}", error.file, error.line);
    Refusal::new(Reason::TemplateInvalid)
        .because(
            format!("模板{}第{}行：{}。没有生成文稿。", error.file, error.line, error.message),
            format!("The template {place}: {}. Nothing was made.", error.message),
        )
        .with("template", &error.file)
        .with("line", error.line)
}

async fn read(folder: &Path) -> Result<Vec<(String, String)>, Refusal> {
    let unreadable = |error: std::io::Error| {
        tracing::error!(%error, folder = %folder.display(), "the folder of templates cannot be read");
        Refusal::new(Reason::StorageUnavailable)
    };
    let wrong = |file: &str, message: &str| {
        broken(&TemplateError { file: file.to_owned(), line: 1, message: message.to_owned() })
    };
    let mut files = Vec::new();
    let mut entries = fs::read_dir(folder).await.map_err(unreadable)?;
    while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let about = entry.metadata().await.map_err(unreadable)?;
        if !about.is_file() || !name.ends_with(".txt") || name.starts_with('.') {
            continue;
        }
        if about.len() > MAX_FILE || files.len() == MAX_FILES {
            return Err(wrong(&name, "每个文件最大64KiB，最多64个文件"));
        }
        let bytes = fs::read(entry.path()).await.map_err(unreadable)?;
        let text = String::from_utf8(bytes).map_err(|_| wrong(&name, "文件应为UTF-8编码"))?;
        files.push((name, text));
    }
    Ok(files)
}
