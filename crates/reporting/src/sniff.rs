//! Content type of a file, told from its bytes as they pass: names of files are labels only.

/// Bytes looked at from the beginning and from the end.
const HEAD: usize = 4 * 1024;
const TAIL: usize = 64 * 1024;

/// Looks at a file chunk by chunk.
#[derive(Debug)]
pub(crate) struct Sniffer {
    head: Vec<u8>,
    tail: Vec<u8>,
    text: TextProbe,
}

impl Default for Sniffer {
    fn default() -> Self {
        Self { head: Vec::with_capacity(HEAD), tail: Vec::new(), text: TextProbe { plain: true, open: Vec::new() } }
    }
}

impl Sniffer {
    /// The next bytes.
    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..missing]);
        self.text.feed(chunk);
        let kept = chunk.len().min(TAIL);
        let surplus = (self.tail.len() + kept).saturating_sub(TAIL);
        self.tail.drain(..surplus);
        self.tail.extend_from_slice(&chunk[chunk.len() - kept..]);
    }

    /// The content type, if it is one that is taken.
    pub(crate) fn content_type(&self) -> Option<&'static str> {
        let head = self.head.as_slice();
        if head.starts_with(b"%PDF-") {
            return Some("application/pdf");
        }
        if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some("image/png");
        }
        if head.starts_with(b"\xff\xd8\xff") {
            return Some("image/jpeg");
        }
        if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
            return Some("image/tiff");
        }
        if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return Some("application/x-ole-storage");
        }
        if head.starts_with(b"PK\x03\x04") {
            return self.office_package();
        }
        (self.text.is_plain() && !head.is_empty()).then_some("text/plain; charset=utf-8")
    }

    /// A workbook or document is an archive whose directory, at its end, names its parts.
    fn office_package(&self) -> Option<&'static str> {
        let names = |name: &[u8]| self.tail.windows(name.len()).any(|window| window == name);
        if !names(b"[Content_Types].xml") {
            return None;
        }
        if names(b"xl/workbook.xml") {
            return Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        }
        let document = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        names(b"word/document.xml").then_some(document)
    }
}

/// Whether bytes are UTF-8 without control characters; a character may lie across chunks.
#[derive(Debug)]
struct TextProbe {
    plain: bool,
    open: Vec<u8>,
}

impl TextProbe {
    fn feed(&mut self, chunk: &[u8]) {
        if !self.plain {
            return;
        }
        let controls = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t') || *byte == 0x7f;
        let mut bytes = std::mem::take(&mut self.open);
        bytes.extend_from_slice(chunk);
        match std::str::from_utf8(&bytes) {
            Ok(_) => {}
            Err(error) if error.error_len().is_none() => self.open = bytes[error.valid_up_to()..].to_vec(),
            Err(_) => self.plain = false,
        }
        self.plain = self.plain && !chunk.iter().any(controls);
    }

    fn is_plain(&self) -> bool {
        self.plain && self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(chunks: &[&[u8]]) -> Option<&'static str> {
        let mut sniffer = Sniffer::default();
        chunks.iter().for_each(|chunk| sniffer.feed(chunk));
        sniffer.content_type()
    }

    #[test]
    fn types_are_told_from_the_bytes() {
        assert_eq!(told(&[b"%PDF-1.7 ..."]), Some("application/pdf"));
        assert_eq!(told(&[b"\x89PN", b"G\r\n\x1a\n...."]), Some("image/png"));
        assert_eq!(told(&["验收合".as_bytes(), "格\n".as_bytes()]), Some("text/plain; charset=utf-8"));
        let (first, second) = "验收".as_bytes().split_at(2);
        assert_eq!(told(&[first, second]), Some("text/plain; charset=utf-8"));
        let workbook: &[u8] = b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml";
        assert!(told(&[workbook]).is_some_and(|it| it.ends_with("sheet")));
    }

    #[test]
    fn programs_archives_and_nothing_are_not_taken() {
        assert_eq!(told(&[b"MZ\x90\x00\x03"]), None);
        assert_eq!(told(&[b"\x7fELF\x02\x01"]), None);
        assert_eq!(told(&[b"PK\x03\x04....evil.exe"]), None);
        assert_eq!(told(&["验收".as_bytes(), &[0xe9]]), None);
        assert_eq!(told(&[]), None);
    }
}
