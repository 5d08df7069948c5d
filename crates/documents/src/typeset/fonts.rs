//! The fonts a document is set in: found in one folder, each file known by its name and SHA-256, so that a record of them
//! says with what a document was made. Files are read once to be listed, and again only when a document needs them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use typst::foundations::Bytes;
use typst::text::{Font, FontInfo};

/// Families by what they set, as the files name them.
#[derive(Clone, PartialEq, Eq, prost::Message, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Families {
    /// Agency marks and titles (小标宋); its bold face is taken where it has one.
    #[prost(string, tag = "1")]
    pub title: String,
    /// Text (仿宋).
    #[prost(string, tag = "2")]
    pub text: String,
    /// Headings of the first level, heads of tables (黑体).
    #[prost(string, tag = "3")]
    pub first: String,
    /// Headings of the second level (楷体).
    #[prost(string, tag = "4")]
    pub second: String,
    /// Tables and page numbers (宋体).
    #[prost(string, tag = "5")]
    pub table: String,
    /// Characters that the others lack.
    #[prost(string, tag = "6")]
    pub fallback: String,
}

impl Families {
    /// The free families that `deploy/fonts` brings.
    pub fn free() -> Families {
        Families {
            title: "FandolSong".to_owned(),
            text: "FandolFang R".to_owned(),
            first: "FandolHei".to_owned(),
            second: "FandolKai".to_owned(),
            table: "FandolSong".to_owned(),
            fallback: "Noto Serif CJK SC".to_owned(),
        }
    }

    fn names(&self) -> BTreeSet<&str> {
        let all = [&self.title, &self.text, &self.first, &self.second, &self.table, &self.fallback];
        all.into_iter().map(String::as_str).collect()
    }
}

/// Why there is no font set.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// A folder or file could not be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A family is not there.
    #[error("no font of the family \"{family}\" is in {folder}; there are: {found}", folder = folder.display())]
    Missing {
        /// Which.
        family: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// Families that are there.
        found: String,
    },
    /// A file is not what it was when the set was made.
    #[error("the font file {path} has changed since the program started", path = path.display())]
    Changed {
        /// Which.
        path: PathBuf,
    },
    /// What is known of a font could not be passed on.
    #[error("what is known of a font could not be read: {0}")]
    Info(#[from] serde_json::Error),
}

/// A font file.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FontFile {
    /// Where it lies.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Its name without folders.
    #[prost(string, tag = "2")]
    pub name: String,
    /// SHA-256 in hexadecimal.
    #[prost(string, tag = "3")]
    pub sha256: String,
    /// Its fonts that the layouts may use.
    #[prost(message, repeated, tag = "4")]
    faces: Vec<Face>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Face {
    /// Place in the file.
    #[prost(uint32, tag = "1")]
    pub(super) index: u32,
    /// typst's description of it as JSON.
    #[prost(bytes = "vec", tag = "2")]
    info: Vec<u8>,
}

/// The fonts of the layouts.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FontSet {
    #[prost(message, required, tag = "1")]
    families: Families,
    #[prost(message, repeated, tag = "2")]
    files: Vec<FontFile>,
}

impl FontSet {
    /// The fonts of these families in a folder and the folders in it, in the order of their names whatever order the folder
    /// gives them in; other fonts there are left alone.
    pub fn find(folder: &Path, families: Families) -> Result<FontSet, FontError> {
        let mut paths = Vec::new();
        walk(folder, &mut paths)?;
        let wanted = families.names();
        let mut found = BTreeSet::new();
        let mut files = Vec::new();
        for path in paths {
            let bytes = fs::read(&path).map_err(|error| FontError::Read { path: path.clone(), error })?;
            let sha256 = hex::encode(Sha256::digest(&bytes));
            let mut faces = Vec::new();
            for font in Font::iter(Bytes::new(bytes)) {
                if wanted.contains(font.info().family.as_str()) {
                    faces.push(Face { index: font.index(), info: serde_json::to_vec(font.info())? });
                }
                found.insert(font.info().family.clone());
            }
            if !faces.is_empty() {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push(FontFile { path: path.to_string_lossy().into_owned(), name, sha256, faces });
            }
        }
        if let Some(missing) = wanted.iter().find(|family| !found.contains(**family)) {
            return Err(FontError::Missing {
                family: (*missing).to_owned(),
                folder: folder.to_owned(),
                found: found.into_iter().collect::<Vec<_>>().join(", "),
            });
        }
        files.sort_by(|one, other| (&one.name, &one.sha256).cmp(&(&other.name, &other.sha256)));
        files.dedup_by(|one, other| one.sha256 == other.sha256);
        Ok(FontSet { families, files })
    }

    /// The families.
    pub fn families(&self) -> &Families {
        &self.families
    }

    /// The files in the order of their names.
    pub fn files(&self) -> &[FontFile] {
        &self.files
    }

    /// A line a file, `sha256  name`, as a record of a document keeps it.
    pub fn record(&self) -> Vec<String> {
        self.files.iter().map(|file| format!("{}  {}", file.sha256, file.name)).collect()
    }

    /// Every usable font with its file and its description.
    pub(super) fn faces(&self) -> Result<Vec<(&FontFile, u32, FontInfo)>, FontError> {
        let faces = self.files.iter().flat_map(|file| file.faces.iter().map(move |face| (file, face)));
        faces.map(|(file, face)| Ok((file, face.index, serde_json::from_slice(&face.info)?))).collect()
    }
}

impl FontFile {
    /// Its bytes, if they are still those that were listed.
    pub(super) fn read(&self) -> Result<Bytes, FontError> {
        let path = PathBuf::from(&self.path);
        let bytes = fs::read(&path).map_err(|error| FontError::Read { path: path.clone(), error })?;
        if hex::encode(Sha256::digest(&bytes)) != self.sha256 {
            return Err(FontError::Changed { path });
        }
        Ok(Bytes::new(bytes))
    }
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), FontError> {
    let failed = |error| FontError::Read { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if path.is_dir() {
            walk(&path, paths)?;
        } else if ["otf", "ttf", "otc", "ttc"].iter().any(|known| extension == *known) {
            paths.push(path);
        }
    }
    Ok(())
}
