//! Files by which a tier joins its parent where there is no line. Both are sealed by what only the two sides can make of the
//! one-time code, so that neither holds the code, and nobody else can make or change them.

use minsheng_kit::authority::{is_sealed, seal};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::tier::v1::SealedEnrolment;
use prost::Message;

use super::file::{damaged, unwrap, wrap};

const WORD: &str = "enrolment";

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Request,
    Answer,
}

impl Way {
    fn message(self, content: &[u8]) -> Vec<u8> {
        let word: &[u8] = match self {
            Self::Request => b"request\n",
            Self::Answer => b"answer\n",
        };
        [word, content].concat()
    }
}

/// A sealed file.
pub(crate) fn write(way: Way, secret: &str, content: &impl Message) -> Result<Vec<u8>, Refusal> {
    let content = content.encode_to_vec();
    let mac = seal(secret.as_bytes(), &way.message(&content)).map_err(|error| {
        tracing::error!(%error, "a file cannot be sealed");
        Refusal::new(Reason::Internal)
    })?;
    Ok(wrap(WORD, &SealedEnrolment { content, mac }.encode_to_vec()))
}

/// A file of either direction, whose seal is not checked yet.
pub(crate) fn open(file: &[u8]) -> Result<SealedEnrolment, Refusal> {
    SealedEnrolment::decode(unwrap(WORD, file)?).map_err(|_| damaged())
}

/// Whether a file is sealed by this secret.
pub(crate) fn holds(way: Way, secret: &str, file: &SealedEnrolment) -> bool {
    !secret.is_empty() && is_sealed(secret.as_bytes(), &way.message(&file.content), &file.mac)
}
