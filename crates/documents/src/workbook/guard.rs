//! What a file must be before a byte of it is parsed: a plain workbook by its bytes, with few entries of bounded size and
//! ratio, and nothing in it that runs or points elsewhere. What is really unpacked is counted again while reading.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::CellError;

/// Largest file taken.
pub(crate) const MAX_FILE: usize = 16 << 20;
/// Largest sum of unpacked sizes, declared and really read.
pub(crate) const MAX_UNPACKED: u64 = 64 << 20;
const MAX_ENTRIES: usize = 256;
/// Unpacked to packed, for entries above `RATIO_FROM`; sheets of honest workbooks lie below 60.
const MAX_RATIO: u64 = 200;
const RATIO_FROM: u64 = 1 << 20;

/// Parts of a workbook that have no place in a form, by a piece of their path.
const FORBIDDEN_PARTS: [(&str, &str); 7] = [
    ("vbaproject", "宏（VBA）"),
    ("xl/macrosheets/", "宏表"),
    ("xl/externallinks/", "外部链接"),
    ("xl/activex/", "ActiveX控件"),
    ("xl/embeddings/", "嵌入对象"),
    ("xl/connections.xml", "数据连接"),
    ("xl/querytables/", "外部查询"),
];

/// A workbook's zip, opened under the guards.
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    /// Opens the bytes; refuses what is no workbook, too large or active.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Package<'a>, CellError> {
        check_kind(bytes)?;
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged("压缩包目录"))?;
        if archive.len() > MAX_ENTRIES {
            return Err(CellError::file(
                "FILE_ENTRIES",
                format!("文件内含{}个部件，最多{MAX_ENTRIES}个", archive.len()),
            ));
        }
        check_directory(&mut archive)?;
        for needed in ["[Content_Types].xml", "xl/workbook.xml"] {
            if archive.index_for_name(needed).is_none() {
                return Err(CellError::file("FILE_NOT_WORKBOOK", "文件不是Excel工作簿（.xlsx），请用下载的模板填写"));
            }
        }
        Ok(Package { archive, left: MAX_UNPACKED })
    }

    /// Opens the bytes of a text document (.docx) under the same guards.
    pub(crate) fn open_document(bytes: &'a [u8]) -> Result<Package<'a>, CellError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged("压缩包目录"))?;
        if archive.len() > 8 * MAX_ENTRIES {
            return Err(CellError::file("FILE_ENTRIES", format!("文件内含{}个部件，过多", archive.len())));
        }
        check_directory(&mut archive)?;
        for needed in ["[Content_Types].xml", "word/document.xml"] {
            if archive.index_for_name(needed).is_none() {
                return Err(CellError::file("FILE_NOT_DOCUMENT", "文件不是Word文档（.docx）"));
            }
        }
        Ok(Package { archive, left: MAX_UNPACKED })
    }

    /// A part's text; none if there is no such part.
    pub(crate) fn part(&mut self, path: &str) -> Result<Option<String>, CellError> {
        let Some(index) = self.archive.index_for_name(path) else {
            return Ok(None);
        };
        let entry = self.archive.by_index(index).map_err(|_| damaged(path))?;
        let declared = entry.size();
        let bound = declared.min(self.left);
        let mut content = Vec::new();
        entry.take(bound + 1).read_to_end(&mut content).map_err(|_| damaged(path))?;
        let read = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if read > bound {
            return Err(CellError::file("FILE_UNPACKED_SIZE", format!("部件{path}解压后比目录所称的大，不予读取")));
        }
        self.left -= read;
        let text = String::from_utf8(content)
            .map_err(|_| CellError::file("FILE_ENCODING", format!("部件{path}不是UTF-8文本")))?;
        Ok(Some(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }))
    }

    /// Paths of all parts.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.archive.file_names().map(str::to_owned).collect()
    }
}

/// Content is told from the bytes, never from a name.
fn check_kind(bytes: &[u8]) -> Result<(), CellError> {
    if bytes.len() > MAX_FILE {
        return Err(CellError::file("FILE_SIZE", format!("文件超过{}MB", MAX_FILE >> 20)));
    }
    match bytes {
        [b'P', b'K', 3, 4, ..] => Ok(()),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            Err(CellError::file("FILE_OLD_OR_LOCKED", "文件是旧版.xls或加了密码，请另存为不加密码的.xlsx再上传"))
        }
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => {
            Err(CellError::file("FILE_NOT_WORKBOOK", "文件是可执行程序，不是工作簿"))
        }
        _ => Err(CellError::file("FILE_NOT_WORKBOOK", "文件不是Excel工作簿（.xlsx），请用下载的模板填写")),
    }
}

fn check_directory(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), CellError> {
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| damaged("压缩包目录"))?;
        let name = entry.name().to_ascii_lowercase();
        if entry.encrypted() {
            return Err(CellError::file("FILE_OLD_OR_LOCKED", "文件加了密码，请取消密码再上传"));
        }
        if let Some((_, what)) = FORBIDDEN_PARTS.iter().find(|(part, _)| name.contains(part)) {
            return Err(CellError::file("FILE_ACTIVE", format!("工作簿含{what}，不予读取；请把数值填入下载的模板")));
        }
        if entry.size() > RATIO_FROM && entry.size() / MAX_RATIO > entry.compressed_size() {
            return Err(CellError::file("FILE_RATIO", "文件压缩比异常，疑为压缩炸弹，不予读取"));
        }
        total = total.saturating_add(entry.size());
    }
    if total > MAX_UNPACKED {
        return Err(CellError::file("FILE_UNPACKED_SIZE", format!("文件解压后超过{}MB，不予读取", MAX_UNPACKED >> 20)));
    }
    Ok(())
}

fn damaged(what: &str) -> CellError {
    CellError::file("FILE_DAMAGED", format!("文件已损坏（{what}），请重新保存后上传"))
}
