//! A workbook that was refused: a copy beside it with its errors marked, for the clerk to put right and file again.

use std::path::{Path, PathBuf};

use minsheng_documents::worker::{Client, WorkerError};

use crate::failure::Failure;
use crate::file;

/// What a copy's name ends in; the second serves for a workbook that is such a copy itself, which is never overwritten.
const ENDINGS: [&str; 2] = ["-错误", "-错误2"];

/// The failure of a workbook that could not be read; where single cells are wrong, a marked copy is written.
pub(crate) async fn refused(worker: &Client, path: &Path, bytes: Vec<u8>, error: WorkerError) -> Failure {
    let errors = match &error {
        WorkerError::Refused(errors) if path.as_os_str() != "-" => errors.clone(),
        _ => return error.into(),
    };
    if errors.iter().all(|error| error.place.is_empty()) {
        return error.into();
    }
    let copy = beside(path);
    let written = match worker.mark_errors(bytes, errors).await {
        Ok(marked) => file::write(&copy, &marked, 0o600),
        Err(failed) => Err(failed.into()),
    };
    let hint = match written {
        Ok(()) => format!("错误已逐格标红并列成清单：{}；改正后可直接报送这个文件", copy.display()),
        Err(failed) => format!("标注了错误的副本没有写成：{}", failed.text()),
    };
    Failure::from(error).hint(hint)
}

fn beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (base, taken) = match ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending).map(|base| (base, *ending))) {
        Some((base, ending)) => (base, ending),
        None => (stem.as_ref(), ""),
    };
    let ending = if taken == ENDINGS[0] { ENDINGS[1] } else { ENDINGS[0] };
    path.with_file_name(format!("{base}{ending}.xlsx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_never_takes_the_place_of_the_workbook() {
        for (path, copy) in [
            ("a/2023-06.xlsx", "a/2023-06-错误.xlsx"),
            ("2023-06-错误.xlsx", "2023-06-错误2.xlsx"),
            ("2023-06-错误2.xlsx", "2023-06-错误.xlsx"),
        ] {
            assert_eq!(beside(Path::new(path)), Path::new(copy));
        }
    }
}
