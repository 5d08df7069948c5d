//! A programme's document from a file: its JSON form, or the catalogue's workbook, which a worker process reads.

use std::path::Path;

use minsheng_documents::worker::Client;
use minsheng_proto::catalogue::v1::Programme;

use super::from_text;
use crate::failure::Outcome;
use crate::file;
use crate::workbook::refused;

/// Reads a document; the ending says which form it has.
pub(super) async fn read(path: &Path) -> Outcome<Programme> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) {
        let (worker, bytes) = (Client::this_program()?, file::bytes(path)?);
        return match worker.read_catalogue(bytes.clone()).await {
            Ok(programme) => Ok(programme),
            Err(error) => Err(refused(&worker, path, bytes, error).await),
        };
    }
    from_text(&file::text(path)?, &path.display().to_string())
}

/// The name that follows from division and year.
pub(super) fn name(programme: &Programme) -> String {
    format!("programmes/{}-{}", programme.division, programme.year)
}
