//! Certificates as somebody would make them who should not come in.

use std::path::Path;

use jiff::SignedDuration;
use minsheng_kit::authority::{Authority, request_certificate};
use minsheng_kit::tls::{ClientIdentity, certificates, private_key, read_certificates};

use crate::house::Tier;

/// A certificate of an authority for a division, from so many hours from now until so many.
pub fn issued(authority: &Authority, tier: &Tier, division: &str, hours: (i64, i64)) -> ClientIdentity {
    let key_file = tier.folder.path().join(format!("made/{division}-{}-{}.key", hours.0, hours.1));
    let request = request_certificate(&key_file, division).unwrap();
    let at = |hours: i64| tier.service.clock.now() + SignedDuration::from_hours(hours);
    let issued = authority.issue(&request, division, at(hours.0), at(hours.1)).unwrap();
    ClientIdentity { chain: certificates(issued.chain.as_bytes()).unwrap(), key: private_key(&key_file).unwrap() }
}

/// What lies in two files.
pub fn of_files(certificate: &Path, key: &Path) -> ClientIdentity {
    ClientIdentity { chain: read_certificates(certificate).unwrap(), key: private_key(key).unwrap() }
}

/// The certificate by which a tier is known to its parent.
pub fn own(tier: &Tier, chain: &str) -> ClientIdentity {
    let chain = certificates(chain.as_bytes()).unwrap();
    let folder = std::fs::read_dir(tier.folder.path().join("parent")).unwrap();
    let fits = |path: std::path::PathBuf| {
        let key = private_key(&path).ok()?;
        let identity = ClientIdentity { chain: chain.clone(), key: key.clone_key() };
        let clock = std::sync::Arc::new(tier.clock.clone());
        let fits = minsheng_kit::tls::client_config(Default::default(), Some(identity), clock).is_ok();
        fits.then_some(key)
    };
    let key = folder.flatten().find_map(|entry| fits(entry.path())).expect("the key of the certificate");
    ClientIdentity { chain, key }
}
