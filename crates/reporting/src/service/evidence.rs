//! EvidenceService: files in and out, chunk by chunk, with bounded memory.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Call;
use minsheng_proto::reporting::v1::evidence_service_server::EvidenceService;
use minsheng_proto::reporting::v1::upload_evidence_request::Part;
use minsheng_proto::reporting::v1::{
    DownloadEvidenceRequest, DownloadEvidenceResponse, EvidenceHeader, UploadEvidenceRequest, UploadEvidenceResponse,
};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use super::Parts;
use crate::command::StoreEvidence;
use crate::evidence::{EvidenceStore, Incoming};
use crate::store;

/// Bytes of one chunk, in and out.
const CHUNK: usize = 1024 * 1024;
const MAX_LABEL: usize = 200;

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    parts: Parts,
    store: EvidenceStore,
}

type Chunks = Pin<Box<dyn Stream<Item = Result<DownloadEvidenceResponse, Status>> + Send>>;

impl Evidence {
    /// Over a store of files.
    pub(crate) fn new(parts: Parts, store: EvidenceStore) -> Self {
        Self { parts, store }
    }

    /// The next part of an upload; an upload in which nothing comes is given up.
    async fn next(
        &self,
        upload: &mut (impl Stream<Item = Result<UploadEvidenceRequest, Status>> + Unpin),
    ) -> Result<Option<Part>, Status> {
        let idle = Duration::from_secs(u64::from(self.store.settings().idle_seconds));
        let next = timeout(idle, futures_util::StreamExt::next(upload)).await;
        match next {
            Err(_) => Err(Refusal::new(Reason::DeadlineExceeded).into()),
            Ok(None) => Ok(None),
            Ok(Some(message)) => {
                let part = message?.part;
                part.map(Some).ok_or_else(|| Refusal::required("part").into())
            }
        }
    }

    fn check(&self, header: &EvidenceHeader) -> Result<(), Refusal> {
        let most = self.store.settings().max_bytes;
        if header.size > most {
            return Err(Refusal::new(Reason::EvidenceTooLarge)
                .because(format!("文件至多{most}字节。"), format!("A file may have {most} bytes at most."))
                .with("maximum", most));
        }
        let mut faults = Faults::default();
        if header.sha256.len() != 32 {
            faults.add("header.sha256", "须为32字节的SHA-256", "must be a SHA-256 of 32 bytes");
        }
        if header.size == 0 {
            faults.add("header.size", "文件不得为空", "must not be zero");
        }
        faults.text("header.label", &header.label, MAX_LABEL);
        faults.check(Reason::FieldInvalid)?;
        match minsheng_domain::check::find_personal_data(&header.label) {
            Some(_) => {
                Err(Refusal::new(Reason::PersonalData).field("header.label", "含有个人信息", "holds personal data"))
            }
            None => Ok(()),
        }
    }

    /// Takes an upload from its parts on.
    pub(crate) async fn take(
        &self,
        caller: Caller,
        mut upload: impl Stream<Item = Result<UploadEvidenceRequest, Status>> + Unpin + Send,
    ) -> Result<UploadEvidenceResponse, Status> {
        let policies = &self.parts.service.policies;
        policies.check(&caller, Action::UploadEvidence, &Resource::new("evidence"))?;
        let Some(Part::Header(header)) = self.next(&mut upload).await? else {
            return Err(Refusal::required("header").into());
        };
        self.check(&header)?;
        let mut incoming = self.store.begin().await.map_err(broken)?;
        while let Some(part) = self.next(&mut upload).await? {
            let Part::Chunk(chunk) = part else {
                return Err(
                    Refusal::invalid("header", "只在第一条消息中给出", "comes in the first message only").into()
                );
            };
            if chunk.len() > CHUNK {
                return Err(Refusal::invalid("chunk", "每块至多1 MiB", "must be at most 1 MiB").into());
            }
            if incoming.size() + chunk.len() as u64 > header.size {
                return Err(not_what_was_said().into());
            }
            incoming.write(&chunk).await.map_err(broken)?;
        }
        self.finish(caller, header, incoming).await
    }

    async fn finish(
        &self,
        caller: Caller,
        header: EvidenceHeader,
        incoming: Incoming,
    ) -> Result<UploadEvidenceResponse, Status> {
        if incoming.size() != header.size || incoming.sha256() != header.sha256 {
            return Err(not_what_was_said().into());
        }
        let content_type = incoming.content_type().ok_or_else(|| Refusal::new(Reason::EvidenceType))?;
        self.store.keep(incoming).await.map_err(broken)?;
        let command = StoreEvidence { sha256: header.sha256, size: header.size, content_type, label: header.label };
        let call = Call::internal(caller, "EvidenceService/UploadEvidence");
        Ok(self.parts.service.writer.run(command, call).await?.answer)
    }

    /// Opens a file for whoever may read it: its unit, the unit whose report names it, office and certifier.
    pub(crate) async fn open(&self, caller: &Caller, sha256: &[u8]) -> Result<Chunks, Status> {
        if sha256.len() != 32 {
            return Err(Refusal::invalid("sha256", "须为32字节的SHA-256", "must be a SHA-256 of 32 bytes").into());
        }
        let key = hex::encode(sha256);
        let rows = store::evidence(std::slice::from_ref(&key), self.parts.service.database.reader()).await?;
        let row = rows.into_iter().next().ok_or_else(|| Refusal::new(Reason::EvidenceUnknown).with("sha256", &key))?;
        let policies = &self.parts.service.policies;
        let of_unit =
            |unit: &str| policies.check(caller, Action::ReadEvidence, &Resource::new("evidence").of_unit(unit));
        let refused = of_unit(&row.unit).err();
        if let Some(refusal) = refused.filter(|_| row.used_by.is_empty() || of_unit(&row.used_by).is_err()) {
            return Err(refusal.into());
        }
        let file = self.store.read(&key).await.map_err(broken)?;
        Ok(Box::pin(stream::try_unfold((file, row.content_type), next_chunk)))
    }
}

async fn next_chunk(
    (mut file, content_type): (File, String),
) -> Result<Option<(DownloadEvidenceResponse, (File, String))>, Status> {
    let mut chunk = Vec::with_capacity(CHUNK);
    (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await.map_err(broken)?;
    if chunk.is_empty() {
        return Ok(None);
    }
    Ok(Some((DownloadEvidenceResponse { chunk, content_type }, (file, String::new()))))
}

fn not_what_was_said() -> Refusal {
    Refusal::new(Reason::EvidenceHash)
}

/// What the disk says stays here.
fn broken(error: io::Error) -> Status {
    tracing::error!(%error, "evidence store");
    Refusal::new(Reason::StorageUnavailable).into()
}

#[tonic::async_trait]
impl EvidenceService for Evidence {
    type DownloadEvidenceStream = Chunks;

    async fn upload_evidence(
        &self,
        request: Request<Streaming<UploadEvidenceRequest>>,
    ) -> Result<Response<UploadEvidenceResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.take(caller, request.into_inner()).await?))
    }

    async fn download_evidence(
        &self,
        request: Request<DownloadEvidenceRequest>,
    ) -> Result<Response<Self::DownloadEvidenceStream>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.open(&caller, &request.get_ref().sha256).await?))
    }
}
