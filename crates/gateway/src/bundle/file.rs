//! A file between tiers: one line that says what follows, with its hash, then the bytes. What was cut off or damaged on the
//! way is told before anything of it is read.

use minsheng_kit::error::{Reason, Refusal};
use sha2::{Digest, Sha256};

/// Largest file.
pub(crate) const MOST_BYTES: usize = 64 << 20;
const FIRST_LINE: usize = 200;

/// A file of this kind.
pub(crate) fn wrap(word: &str, content: &[u8]) -> Vec<u8> {
    let hash = hex::encode(Sha256::digest(content));
    let mut file = Vec::with_capacity(content.len() + FIRST_LINE);
    file.extend_from_slice(format!("minsheng-{word}-v1 sha256={hash}\n").as_bytes());
    file.extend_from_slice(content);
    file
}

/// What a file of this kind holds.
///
/// # Errors
/// TOO_LARGE, BUNDLE_UNREADABLE, BUNDLE_ALTERED.
pub(crate) fn unwrap<'a>(word: &str, file: &'a [u8]) -> Result<&'a [u8], Refusal> {
    if file.len() > MOST_BYTES {
        return Err(Refusal::new(Reason::TooLarge).because(
            format!("文件超过{} MiB", MOST_BYTES >> 20),
            format!("the file is larger than {} MiB", MOST_BYTES >> 20),
        ));
    }
    let end = file.iter().take(FIRST_LINE).position(|byte| *byte == b'\n');
    let (line, content) = end.map_or((file, &[][..]), |end| (&file[..end], &file[end + 1..]));
    let line = std::str::from_utf8(line).ok().filter(|_| end.is_some());
    let Some((kind, hash)) = line.and_then(|line| line.strip_prefix("minsheng-")?.split_once(" sha256=")) else {
        return Err(Refusal::new(Reason::BundleUnreadable));
    };
    if kind != format!("{word}-v1") {
        return Err(Refusal::new(Reason::BundleUnreadable)
            .because(
                format!("这是{kind}文件，此处需要{word}-v1：拿错了文件，或对方的软件版本较新"),
                format!("this is a file of kind {kind}, wanted is {word}-v1"),
            )
            .with("kind", kind));
    }
    if hex::encode(Sha256::digest(content)) != hash {
        return Err(damaged());
    }
    Ok(content)
}

/// The file is not as it was made.
pub(crate) fn damaged() -> Refusal {
    Refusal::new(Reason::BundleAltered).because(
        "文件不完整，或在途中被改动，没有导入任何内容：请重新拷贝；仍不行的，请对方重新导出",
        "the file is not whole or was altered on its way, nothing was taken in: copy it again, else have it made again",
    )
}

/// The file was not signed by whom it must be.
pub(crate) fn not_signed_by(whom: &str) -> Refusal {
    Refusal::new(Reason::BundleAltered).because(
        format!("文件的签名不是{whom}的，没有导入任何内容：查明文件从何而来，请对方重新导出"),
        format!("the file is not signed by {whom}, nothing was taken in: find out where it comes from"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_cut_or_changed_anywhere_is_told() {
        let file = wrap("bundle", b"some content");
        assert_eq!(unwrap("bundle", &file).unwrap(), b"some content");
        for length in 0..file.len() {
            let refusal = unwrap("bundle", &file[..length]).unwrap_err();
            assert!(matches!(refusal.reason, Reason::BundleUnreadable | Reason::BundleAltered), "{length}");
        }
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(unwrap("bundle", &changed).is_err(), "{place}");
        }
        assert_eq!(unwrap("enrolment", &file).unwrap_err().reason, Reason::BundleUnreadable);
        assert_eq!(unwrap("bundle", &vec![b'x'; MOST_BYTES + 1]).unwrap_err().reason, Reason::TooLarge);
    }
}
