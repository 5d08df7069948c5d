//! Whether a file is what was issued. Sealing and signing a PDF append to it (an incremental update) and leave the bytes that
//! were there; so the issued bytes are looked for at its beginning.

use sha2::{Digest, Sha256};

/// What a file is to the issued one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// The very bytes.
    Same,
    /// The issued bytes, and after them an incremental update of a PDF: a seal or a signature, which is not judged here.
    Extended,
    /// Another file.
    Other,
}

/// Compares a file with the size and SHA-256 of the issued one. What follows the issued bytes of a PDF must itself end as an
/// update does; other files may not be extended at all.
pub fn issued_prefix(bytes: &[u8], size: u64, sha256: &[u8; 32]) -> Issued {
    let Some((issued, update)) = usize::try_from(size).ok().and_then(|size| bytes.split_at_checked(size)) else {
        return Issued::Other;
    };
    if <[u8; 32]>::from(Sha256::digest(issued)) != *sha256 {
        return Issued::Other;
    }
    match update {
        [] => Issued::Same,
        update if issued.starts_with(b"%PDF-") && is_update(update) => Issued::Extended,
        _ => Issued::Other,
    }
}

/// Objects, a table of references, a pointer to it, the mark of the end.
fn is_update(update: &[u8]) -> bool {
    let holds = |words: &[u8]| update.windows(words.len()).any(|window| window == words);
    update.trim_ascii_end().ends_with(b"%%EOF") && holds(b"startxref") && holds(b" obj")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUED: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n";
    const UPDATE: &[u8] = b"2 0 obj\n<</Type/Sig>>\nendobj\nxref\ntrailer\n<</Prev 9>>\nstartxref\n60\n%%EOF\n";

    fn against(bytes: &[u8], issued: &[u8]) -> Issued {
        issued_prefix(bytes, issued.len() as u64, &Sha256::digest(issued).into())
    }

    #[test]
    fn the_same_bytes_are_the_issued_ones_and_one_other_bit_is_not() {
        assert_eq!(against(ISSUED, ISSUED), Issued::Same);
        let mut changed = ISSUED.to_vec();
        changed[12] ^= 1;
        assert_eq!(against(&changed, ISSUED), Issued::Other);
        assert_eq!(against(&ISSUED[..ISSUED.len() - 1], ISSUED), Issued::Other);
    }

    #[test]
    fn a_signature_appended_to_a_pdf_leaves_it_the_issued_one() {
        let signed = [ISSUED, UPDATE].concat();
        assert_eq!(against(&signed, ISSUED), Issued::Extended);
        let twice = [ISSUED, UPDATE, UPDATE].concat();
        assert_eq!(against(&twice, ISSUED), Issued::Extended);
    }

    #[test]
    fn other_bytes_after_the_issued_ones_are_no_update() {
        assert_eq!(against(&[ISSUED, b"<script>"].concat(), ISSUED), Issued::Other);
        let page = b"<!DOCTYPE html>";
        assert_eq!(against(&[page.as_slice(), UPDATE].concat(), page), Issued::Other);
        assert_eq!(issued_prefix(ISSUED, u64::MAX, &[0; 32]), Issued::Other);
    }
}
