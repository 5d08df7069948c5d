//! Files of a backup: copied with their SHA-256, for their owner alone, and on disk when this returns.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Kind, Outcome};

const CHUNK: usize = 1 << 20;

/// Makes a folder with those above it, for its owner alone.
pub(super) fn make_folder(folder: &Path) -> Outcome {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unwritable(folder, error))
}

/// Files below a folder by their relative names, sorted; hidden ones are left out. A folder that is not there has none.
pub(super) fn below(folder: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        walk(folder, "", &mut found).map_err(|error| Failure::file(folder, error))?;
    }
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, above: &str, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| std::io::Error::other(format!("{name:?} is no UTF-8")))?;
        if name.starts_with('.') {
            continue;
        }
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        if entry.path().is_dir() {
            walk(&entry.path(), &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Makes a file that is not there yet.
pub(super) fn make_file(path: &Path) -> Outcome<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).map_err(|error| unwritable(path, error))
}

/// Copies a file and gives its SHA-256 in hex.
pub(super) fn copy(from: &Path, to: &Path) -> Outcome<String> {
    let mut source = File::open(from).map_err(|error| Failure::file(from, error))?;
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    let mut target = make_file(to)?;
    let sum = stream(&mut source, from, |chunk| target.write_all(chunk).map_err(|error| unwritable(to, error)))?;
    target.sync_all().map_err(|error| unwritable(to, error))?;
    Ok(sum)
}

/// SHA-256 of a file in hex.
pub(super) fn sum(path: &Path) -> Outcome<String> {
    stream(&mut File::open(path).map_err(|error| Failure::file(path, error))?, path, |_| Ok(()))
}

fn stream(source: &mut File, path: &Path, mut each: impl FnMut(&[u8]) -> Outcome) -> Outcome<String> {
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        let read = source.read(&mut chunk).map_err(|error| Failure::file(path, error))?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(hex::encode(hasher.finalize()));
        };
        hasher.update(bytes);
        each(bytes)?;
    }
}

/// Puts on disk which names a folder and those below it hold.
pub(super) fn sync_folders(folder: &Path) -> Outcome {
    fn sync(folder: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                sync(&entry.path())?;
            }
        }
        File::open(folder)?.sync_all()
    }
    sync(folder).map_err(|error| unwritable(folder, error))
}

pub(super) fn unwritable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(Kind::Other, format!("不能写{}：{error}", path.display()))
}
