//! Local files: read whole under a limit, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Kind, Outcome};

/// Largest file that is read whole.
pub(crate) const MAX_FILE: u64 = 64 << 20;

/// The bytes of a file; `-` is standard input.
pub(crate) fn bytes(path: &Path) -> Outcome<Vec<u8>> {
    let failed = |error: std::io::Error| Failure::file(path, error);
    let mut content = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut content)
    } else {
        File::open(path).map_err(failed)?.take(MAX_FILE + 1).read_to_end(&mut content)
    };
    let size = u64::try_from(read.map_err(failed)?).unwrap_or(u64::MAX);
    if size > MAX_FILE {
        return Err(Failure::refused(format!("文件{}超过{} MiB", path.display(), MAX_FILE >> 20)));
    }
    Ok(content)
}

/// SHA-256 of bytes.
pub(crate) fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

/// The text of a file, UTF-8, its byte order mark left out.
pub(crate) fn text(path: &Path) -> Outcome<String> {
    as_text(bytes(path)?, path)
}

/// The text that a file's bytes are.
pub(crate) fn as_text(bytes: Vec<u8>, path: &Path) -> Outcome<String> {
    let not_text = |_| Failure::refused(format!("文件{}不是UTF-8文本，请另存为UTF-8编码", path.display()));
    let text = String::from_utf8(bytes).map_err(not_text)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Writes a file whole: a temporary one beside it takes its name once it is on disk.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32) -> Outcome {
    let failed = |error: std::io::Error| Failure::new(Kind::Other, format!("不能写文件{}：{error}", path.display()));
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    let name = path.file_name().ok_or_else(|| Failure::usage(format!("{}不是文件名", path.display())))?;
    let temporary = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

/// The rows of a CSV file by heading, with the line each stands in; all headings asked for must be there.
pub(crate) fn csv_rows(path: &Path, headings: &[&str]) -> Outcome<Vec<(u64, Vec<String>)>> {
    let text = text(path)?;
    let mut reader = csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(text.as_bytes());
    let refused = |error: csv::Error| Failure::refused(format!("文件{}不是整齐的CSV：{error}", path.display()));
    let found = reader.headers().map_err(refused)?.clone();
    let mut columns = Vec::new();
    let mut failure = Failure::refused(format!("文件{}缺少列", path.display()));
    let mut missing = false;
    for heading in headings {
        match found.iter().position(|name| name == *heading) {
            Some(column) => columns.push(column),
            None => {
                missing = true;
                failure = failure.fault(*heading, "没有这一列");
            }
        }
    }
    if missing {
        return Err(failure);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(refused)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = columns.iter().map(|column| record.get(*column).unwrap_or_default().to_owned());
        rows.push((line, cells.collect()));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_file_is_readable_by_its_owner_only_also_when_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/profile.toml");
        write(&path, b"a", 0o600).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"b", 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&path).unwrap(), b"b");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_csv_without_a_column_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("units.csv");
        fs::write(&path, "\u{feff}id,kind\njyj,BUREAU\n").unwrap();
        assert_eq!(csv_rows(&path, &["id", "kind"]).unwrap(), [(2, vec!["jyj".to_owned(), "BUREAU".to_owned()])]);
        assert!(csv_rows(&path, &["id", "division"]).unwrap_err().text().contains("division：没有这一列"));
    }
}
