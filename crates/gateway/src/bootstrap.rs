//! The first start: a tier without accounts gets a security administrator, who makes all others.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minsheng_kit::identity::Role;
use minsheng_kit::service::{Service, StartError};
use minsheng_kit::writer::Call;
use rand_core::{OsRng, RngCore};

use crate::command::FirstAccount;
use crate::config::BootstrapSettings;
use crate::form::{self, Content};
use crate::password::{Hasher, Lane, check_strength};
use crate::store;

/// Name of the file with the password that was made.
const FILE: &str = "first-password";
const PASSWORD_BYTES: usize = 18;

/// Makes the first account when there is none at all and the settings name one.
pub(crate) async fn first_account(
    service: &Service,
    settings: &BootstrapSettings,
    hasher: &Hasher,
    folder: &Path,
) -> Result<(), StartError> {
    if settings.account.is_empty() || !store::is_empty(service.database.reader()).await? {
        return Ok(());
    }
    let wrong = |key, zh, en| StartError::Value { key, zh, en };
    let id = form::parse_id(&settings.account);
    let id = id
        .ok_or_else(|| {
            let (zh, en) = ("须为2至40个小写字母、数字、“-”、“.”", "must be 2 to 40 of a–z, 0–9, \"-\", \".\"");
            wrong("bootstrap.account", zh, en)
        })?
        .to_owned();
    if settings.person.is_empty() {
        return Err(wrong("bootstrap.person", "不能为空", "is missing"));
    }
    let password = match settings.password.as_str() {
        "" => {
            let file = folder.join(FILE);
            let password = made_password(&file)?;
            tracing::info!(account = id, file = %file.display(), "first account: its password lies in the file; change it and delete the file");
            password
        }
        given => given.to_owned(),
    };
    check_strength("password", &password, &id).map_err(|_| {
        let (zh, en) = ("须为12至200个字符，且不易猜到", "must be 12 to 200 characters and hard to guess");
        wrong("bootstrap.password", zh, en)
    })?;
    let change = [service.division.as_str(), &id, "first account"];
    let password_hash = hasher.turn(Lane::Known).await?.hash(password, &change).await?;
    let content = Content {
        display_name: "安全管理员".to_owned(),
        person: settings.person.clone(),
        unit: String::new(),
        roles: [Role::SecurityAdmin].into(),
        disabled: false,
    };
    let call = Call::internal(service.caller.clone(), "AccountService/FirstAccount");
    service.writer.run(FirstAccount { id, content, password_hash }, call).await?;
    Ok(())
}

/// The password in the file, made if there is none: a start that was cut off goes on with the one it made.
fn made_password(file: &Path) -> Result<String, StartError> {
    let failed = |source| StartError::Folder { key: FILE, path: file.to_owned(), source };
    let mut bytes = [0; PASSWORD_BYTES];
    OsRng.fill_bytes(&mut bytes);
    let password = URL_SAFE_NO_PAD.encode(bytes);
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(mut made) => {
            made.write_all(format!("{password}\n").as_bytes()).and_then(|()| made.sync_all()).map_err(failed)?;
            Ok(password)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(fs::read_to_string(file).map_err(failed)?.trim().to_owned())
        }
        Err(error) => Err(failed(error)),
    }
}
