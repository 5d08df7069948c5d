//! A clean folder for each demonstration; what lies in another is never touched.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind, Outcome};

/// More runs than anybody keeps.
const MOST: u32 = 10_000;

/// The folder asked for if there is nothing in it, else the next one that does not exist; by default the next number below
/// `deploy/.demo`, or `minsheng-demo` where there is no `deploy`.
pub(crate) fn fresh(asked: Option<PathBuf>) -> Outcome<PathBuf> {
    let numbered = |base: &Path, number: u32| match &asked {
        Some(asked) => {
            let name = asked.file_name().unwrap_or_default().to_string_lossy();
            asked.with_file_name(format!("{name}-{number}"))
        }
        None => base.join(number.to_string()),
    };
    let base = match &asked {
        Some(asked) => asked.parent().map_or_else(PathBuf::new, Path::to_path_buf),
        None if Path::new("deploy").is_dir() => PathBuf::from("deploy/.demo"),
        None => PathBuf::from("minsheng-demo"),
    };
    if !base.as_os_str().is_empty() {
        fs::create_dir_all(&base).map_err(|error| Failure::file(&base, error))?;
    }
    if let Some(asked) = &asked
        && (take(asked)? || fs::read_dir(asked).is_ok_and(|mut entries| entries.next().is_none()))
    {
        return absolute(asked);
    }
    let first = if asked.is_some() { 2 } else { 1 };
    for number in first..MOST {
        let folder = numbered(&base, number);
        if take(&folder)? {
            return absolute(&folder);
        }
    }
    Err(Failure::new(Kind::Other, format!("{}下的演示目录太多", base.display())))
}

/// Makes the folder, for nobody else to have made it.
fn take(folder: &Path) -> Outcome<bool> {
    match fs::create_dir(folder) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Failure::file(folder, error)),
    }
}

fn absolute(folder: &Path) -> Outcome<PathBuf> {
    folder.canonicalize().map_err(|error| Failure::file(folder, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_there_is_never_used_again() {
        let place = tempfile::tempdir().unwrap();
        let asked = place.path().join("demo");
        let first = fresh(Some(asked.clone())).unwrap();
        assert!(first.ends_with("demo"));
        assert_eq!(fresh(Some(asked.clone())).unwrap(), first, "still empty");
        fs::write(first.join("kept"), "x").unwrap();
        assert!(fresh(Some(asked.clone())).unwrap().ends_with("demo-2"));
        assert!(fresh(Some(asked)).unwrap().ends_with("demo-3"));
        assert_eq!(fs::read(first.join("kept")).unwrap(), b"x");
    }
}
