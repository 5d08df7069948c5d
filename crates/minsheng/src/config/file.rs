//! Files and folders that settings name: not there, not readable, readable by others, not writable, full; certificates that
//! end or have ended.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::Timestamp;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::measure::{Room, end_of};
use minsheng_tier::{Need, NeedKind, Settled};
use rustix::fs::{Access, access};

use super::words;
use crate::failure::Kind;
use crate::finding::{CERTIFICATES, DISK, Finding, moment, span};

const DAY: i64 = 86_400;
/// A certificate that ends sooner is to be replaced now.
const ENDING: i64 = 14 * DAY;
/// With less free a start is refused: a database that cannot grow answers nothing.
const FULL: u64 = 64 << 20;
/// With less free, or less than a tenth, somebody should look.
const TIGHT: u64 = 2 << 30;

/// What the services read.
pub(super) fn examine(settled: &[Settled]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for Settled { service, needs, .. } in settled {
        for need in needs.iter().filter(|need| need.kind != NeedKind::Written) {
            if seen.insert((need.path.clone(), need.kind as u8)) {
                let found = look(need, SystemClock.now());
                findings.extend(found.map(|finding| finding.fact("key", "设置项", format!("{service}的{}", need.key))));
            }
        }
    }
    findings
}

fn look(need: &Need, now: Timestamp) -> Option<Finding> {
    let path = &need.path;
    let opened = match need.kind {
        NeedKind::Folder => fs::read_dir(path).map(drop),
        _ => File::open(path).and_then(|file| file.metadata()).and_then(|seen| match seen.is_file() {
            true => Ok(()),
            false => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        }),
    };
    if let Err(error) = opened {
        return Some(words::file(path, &error));
    }
    match need.kind {
        NeedKind::Secret if mode(path).is_some_and(|mode| mode & 0o007 != 0) => Some(words::exposed(path)),
        NeedKind::Certificate => certificate(path, now),
        _ => None,
    }
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|seen| seen.permissions().mode())
}

fn certificate(path: &Path, now: Timestamp) -> Option<Finding> {
    let shown = path.display();
    let Some(end) = end_of(path) else {
        let message = format!("{shown}中没有能读懂的证书。");
        let advice = "应为PEM格式，服务器证书在前，签发它的证书在后";
        return Some(Finding::bad(Kind::Usage, CERTIFICATES, "CERTIFICATE_UNREADABLE", message, advice));
    };
    let left = end - now.as_second();
    let until = Timestamp::from_second(end).map(moment).unwrap_or_default();
    if left <= 0 {
        let message = format!("证书{shown}已于{until}过期{}。", span(-left));
        let advice =
            "先核对本机时钟；时钟无误时换上新证书。本机自动生成的（gateway-certificate.pem）移走后重新启动即另行生成";
        return Some(Finding::bad(Kind::State, CERTIFICATES, "CERTIFICATE_EXPIRED", message, advice));
    }
    if left < ENDING {
        let message = format!("证书{shown}只剩{}（{until}到期）。", span(left));
        return Some(Finding::note(
            CERTIFICATES,
            "CERTIFICATE_ENDING",
            message,
            "到期前换上新证书，服务运行中即可更换",
        ));
    }
    None
}

/// What the services write, and the room there.
pub(super) fn folders(data: &Path, settled: &[Settled]) -> Vec<Finding> {
    let written = settled.iter().flat_map(|settled| settled.needs.iter().filter(|need| need.kind == NeedKind::Written));
    let mut folders: BTreeSet<&Path> = written.map(|need| need.path.as_path()).collect();
    folders.insert(data);
    let mut findings = Vec::new();
    let mut disks = BTreeSet::new();
    for folder in folders {
        // A folder that is missing is made in the one above.
        let there = folder.ancestors().map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
        let Some(there) = there.into_iter().find(|above| above.exists()) else { continue };
        if !there.is_dir() {
            findings.push(words::file(folder, &io::Error::from(io::ErrorKind::NotADirectory)));
        } else if let Err(error) = access(there, Access::WRITE_OK | Access::EXEC_OK) {
            findings.push(words::folder(folder, &error.into()));
        }
        if let (Ok(room), Ok(seen)) = (Room::of(there), rustix::fs::stat(there))
            && disks.insert(seen.st_dev)
        {
            findings.extend(disk(folder, room));
        }
    }
    findings
}

fn disk(folder: &Path, room: Room) -> Option<Finding> {
    let said = format!("{}所在的磁盘只剩{}（{}%）", folder.display(), size(room.free), room.percent());
    if room.free < FULL {
        let advice = "先腾出空间或换更大的磁盘，再启动：写不进去时服务拒绝一切更改";
        return Some(Finding::bad(Kind::State, DISK, "DISK_FULL", format!("{said}，不足以启动。"), advice));
    }
    if room.free < TIGHT || room.percent() < 10 {
        return Some(Finding::note(DISK, "DISK_TIGHT", format!("{said}。"), "及早腾出空间或换更大的磁盘"));
    }
    None
}

fn size(bytes: u64) -> String {
    match bytes {
        0..0x4000_0000 => format!("{}MiB", bytes >> 20),
        _ => format!("{}GiB", bytes >> 30),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn code(need: &Need) -> Option<&'static str> {
        look(need, SystemClock.now()).map(|finding| finding.code)
    }

    #[test]
    fn a_file_that_is_missing_exposed_or_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let need = |name: &str, kind| Need { key: "k".into(), path: folder.path().join(name), kind };
        let secret = need("secret", NeedKind::Secret);
        assert_eq!(code(&secret), Some("FILE_MISSING"));
        fs::write(&secret.path, "x").unwrap();
        fs::set_permissions(&secret.path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(code(&secret), Some("FILE_EXPOSED"));
        fs::set_permissions(&secret.path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(code(&secret), None);
        assert_eq!(code(&need("secret", NeedKind::Certificate)), Some("CERTIFICATE_UNREADABLE"));
        assert_eq!(code(&need(".", NeedKind::File)), Some("FILE_UNUSABLE"));
        assert_eq!(code(&need(".", NeedKind::Folder)), None);
    }

    #[test]
    fn a_certificate_says_when_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("certificate.pem");
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2026, 6, 20);
        let key = rcgen::KeyPair::generate().unwrap();
        fs::write(&path, parameters.self_signed(&key).unwrap().pem()).unwrap();
        let at = |now: &str| certificate(&path, now.parse().unwrap());
        assert_eq!(at("2026-05-01T00:00:00Z"), None);
        let ending = at("2026-06-17T00:00:00Z").unwrap();
        assert!(ending.message.contains("只剩3天") && ending.kind().is_none(), "{}", ending.message);
        let ended = at("2026-06-21T00:00:00Z").unwrap();
        assert_eq!((ended.code, ended.kind()), ("CERTIFICATE_EXPIRED", Some(Kind::State)));
    }

    #[test]
    fn a_disk_is_full_or_tight_and_a_folder_is_where_it_can_be_made() {
        let disk = |free, whole| disk(Path::new("/d"), Room { free, whole }).map(|finding| finding.code);
        assert_eq!(disk(FULL - 1, 1 << 40), Some("DISK_FULL"));
        assert_eq!(disk(TIGHT - 1, TIGHT), Some("DISK_TIGHT"));
        assert_eq!(disk(TIGHT * 2, TIGHT * 100), Some("DISK_TIGHT"));
        assert_eq!(disk(TIGHT * 2, TIGHT * 4), None);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let codes = |data: &Path| folders(data, &[]).iter().map(|finding| finding.code).collect::<Vec<_>>();
        assert!(codes(&file.join("below")).contains(&"FILE_UNUSABLE"));
        assert!(!codes(&folder.path().join("a/b")).iter().any(|code| code.starts_with("F")));
    }
}
