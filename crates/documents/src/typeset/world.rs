//! What typst may see: our layouts, one document's data, one font set. No file, no package, no clock, no network.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, OnceLock};

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::{FontError, FontFile};

const MAIN: &str = "/document.typ";
const DATA: &str = "/document.json";
const LAYOUTS: [(&str, &str); 5] = [
    (MAIN, include_str!("../../typst/document.typ")),
    ("/parts.typ", include_str!("../../typst/parts.typ")),
    ("/official.typ", include_str!("../../typst/official.typ")),
    ("/brief.typ", include_str!("../../typst/brief.typ")),
    ("/printed.typ", include_str!("../../typst/printed.typ")),
];

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static SOURCES: LazyLock<HashMap<FileId, Source>> = LazyLock::new(|| {
    let sources = LAYOUTS.iter().filter_map(|(path, text)| {
        let id = file_id(path)?;
        Some((id, Source::new(id, (*text).to_owned())))
    });
    sources.collect()
});

fn file_id(path: &str) -> Option<FileId> {
    Some(FileId::new(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).ok()?)))
}

/// A font that is read when a document first needs it.
struct LazyFont<'a> {
    file: &'a FontFile,
    index: u32,
    font: OnceLock<Option<Font>>,
}

/// The world of one document.
pub(super) struct PrintWorld<'a> {
    main: FileId,
    data_id: FileId,
    data: Bytes,
    book: LazyHash<FontBook>,
    fonts: Vec<LazyFont<'a>>,
    failure: Mutex<Option<FontError>>,
}

impl<'a> PrintWorld<'a> {
    pub(super) fn new(
        data: Vec<u8>,
        faces: Vec<(&'a FontFile, u32, FontInfo)>,
    ) -> Result<PrintWorld<'a>, super::TypesetError> {
        let id = |path| file_id(path).ok_or_else(|| super::TypesetError::Layout(format!("{path} is no path")));
        let mut infos = Vec::new();
        let mut fonts = Vec::new();
        for (file, index, info) in faces {
            infos.push(info);
            fonts.push(LazyFont { file, index, font: OnceLock::new() });
        }
        Ok(PrintWorld {
            main: id(MAIN)?,
            data_id: id(DATA)?,
            data: Bytes::new(data),
            book: LazyHash::new(FontBook::from_infos(infos)),
            fonts,
            failure: Mutex::new(None),
        })
    }

    /// What went wrong with a font, which typst itself would pass over.
    pub(super) fn failure(&self) -> Option<FontError> {
        self.failure.lock().ok().and_then(|mut failure| failure.take())
    }

    fn read(&self, lazy: &LazyFont<'_>) -> Option<Font> {
        match lazy.file.read() {
            Ok(bytes) => Font::new(bytes, lazy.index),
            Err(error) => {
                if let Ok(mut failure) = self.failure.lock() {
                    failure.get_or_insert(error);
                }
                None
            }
        }
    }
}

impl World for PrintWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        SOURCES.get(&id).cloned().ok_or_else(|| not_found(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data_id { Ok(self.data.clone()) } else { Err(not_found(id)) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        let lazy = self.fonts.get(index)?;
        lazy.font.get_or_init(|| self.read(lazy)).clone()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn not_found(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_without_slash().into())
}
