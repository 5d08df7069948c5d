//! Ranking: scoring schemes, standings, bulletins. It follows the catalogue, reporting and verification, seals a month's
//! snapshot at a cut of their ledgers, and makes everything it publishes of sealed snapshots and of nothing else.

mod bulletin;
mod command;
mod config;
mod entity;
mod files;
mod follow;
mod freshness;
mod migration;
mod names;
mod render;
mod scheme;
mod service;
mod snapshot;
mod store;
mod stored;
mod templates;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use minsheng_documents::worker::Client;
use minsheng_kit::server::Services;
use minsheng_kit::service::{Service, StartError};
use minsheng_kit::writer::Call;
use minsheng_proto::ranking::v1::bulletin_service_server::BulletinServiceServer;
use minsheng_proto::ranking::v1::scheme_service_server::SchemeServiceServer;
use minsheng_proto::ranking::v1::standing_service_server::StandingServiceServer;

pub use config::{BriefSettings, BulletinSettings, FileSettings, FontSettings, Settings, WorkerSettings};
pub use migration::Migrator;

use command::EmbedSchemes;
use files::Files;
use follow::{Facts, SOURCES};
use freshness::Freshness;
use render::Renderer;
use service::{Bulletins, Schemes, Standings};
use templates::TemplateFolder;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "ranking";

/// Makes the schemes that come with the software, starts the followers and gives the gRPC services. The server's door
/// bounds the messages.
///
/// # Errors
/// When a followed service's address or ledger key is missing, or the folder of issued files cannot be made, or a
/// font is missing.
pub async fn start(service: Service, settings: &Settings) -> Result<Services, StartError> {
    let call = Call::internal(service.caller.clone(), "EmbedSchemes");
    service.writer.run(EmbedSchemes::new()?, call).await?;
    let facts = Arc::new(Facts);
    let mut followers = Vec::new();
    for source in SOURCES {
        followers.push((source, service.follow(source, facts.clone())?));
    }
    let folder = settings.files_dir(&service.folder);
    let files = Files::open(&folder).await;
    let files = files.map_err(|source| StartError::Folder { key: "files.dir", path: folder, source })?;
    let program = &settings.worker.program;
    let worker = if program.as_os_str().is_empty() { Client::this_program() } else { Ok(Client::new(program)) };
    let worker = worker.map_err(|error| StartError::Other(format!("this program's own path is not known: {error}")))?;
    let fonts = settings.fonts.find().map_err(|error| StartError::Other(format!("no PDF can be set: {error}")))?;
    let renderer = Renderer::new(worker, files, fonts, settings.bulletin.clone());
    let templates = TemplateFolder::new(&settings.bulletin.templates, settings.bulletin.agency_words.clone());
    let schemes = SchemeServiceServer::new(Schemes::new(service.clone())).max_decoding_message_size(usize::MAX);
    let standings = StandingServiceServer::new(Standings::new(service.clone(), Freshness::of(followers)))
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let bulletins = BulletinServiceServer::new(Bulletins::new(service, renderer, templates))
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    Ok(Services::new().with(schemes).with(standings).with(bulletins))
}
