//! BundleService: files in and out, in chunks.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{self, Stream};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, caller};
use minsheng_kit::policy::{Action, Resource};
use minsheng_proto::tier::v1::bundle_service_server::BundleService;
use minsheng_proto::tier::v1::{
    BundleSummary, ExportBundleRequest, ExportBundleResponse, ImportBundleRequest, ImportBundleResponse,
    export_bundle_response, import_bundle_response,
};
use tonic::{Request, Response, Status, Streaming};

use crate::bundle::{Bundles, MOST_BYTES, Made, More};
use crate::tier_form as form;

/// Bytes of a message.
const CHUNK: usize = 1 << 20;

/// Serves bundles.
#[derive(Debug)]
pub(crate) struct BundleFiles(pub(crate) Arc<Bundles>);

type Parts<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl BundleFiles {
    fn may<T>(&self, request: &Request<T>) -> Result<Caller, Refusal> {
        let caller = caller(request)?;
        self.0.service.policies.check(&caller, Action::CarryBundle, &Resource::new("bundle"))?;
        Ok(caller)
    }
}

/// Bundles on their way out, one made after the other.
struct Outgoing {
    bundles: Arc<Bundles>,
    caller: Caller,
    ready: VecDeque<export_bundle_response::Part>,
    more: Option<More>,
}

impl Outgoing {
    fn put(&mut self, made: Made) {
        use export_bundle_response::Part;
        self.ready.push_back(Part::Summary(made.summary));
        self.ready.extend(made.file.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec())));
    }

    async fn next(mut self) -> Result<Option<(ExportBundleResponse, Self)>, Status> {
        if self.ready.is_empty()
            && let Some(from) = self.more.take()
        {
            let (made, more) = self.bundles.up(&self.caller, Some(from)).await?;
            self.more = more;
            self.put(made);
        }
        let part = self.ready.pop_front();
        Ok(part.map(|part| (ExportBundleResponse { part: Some(part) }, self)))
    }
}

fn answered(summary: BundleSummary, answer: Option<Made>) -> Vec<Result<ImportBundleResponse, Status>> {
    use import_bundle_response::Part;
    let mut parts = vec![Part::Summary(summary)];
    if let Some(made) = answer {
        parts.push(Part::Summary(made.summary));
        parts.extend(made.file.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec())));
    }
    parts.into_iter().map(|part| Ok(ImportBundleResponse { part: Some(part) })).collect()
}

#[tonic::async_trait]
impl BundleService for BundleFiles {
    type ExportBundleStream = Parts<ExportBundleResponse>;
    type ImportBundleStream = Parts<ImportBundleResponse>;

    async fn export_bundle(
        &self,
        request: Request<ExportBundleRequest>,
    ) -> Result<Response<Self::ExportBundleStream>, Status> {
        let caller = self.may(&request)?;
        let to = &request.get_ref().to;
        let (made, more) = match to.as_str() {
            "" => self.0.up(&caller, None).await?,
            to => (self.0.down(&caller, &form::read_division("to", to)?).await?, None),
        };
        let mut outgoing = Outgoing { bundles: self.0.clone(), caller, ready: VecDeque::new(), more };
        outgoing.put(made);
        Ok(Response::new(Box::pin(stream::try_unfold(outgoing, Outgoing::next))))
    }

    async fn import_bundle(
        &self,
        request: Request<Streaming<ImportBundleRequest>>,
    ) -> Result<Response<Self::ImportBundleStream>, Status> {
        let caller = self.may(&request)?;
        let mut coming = request.into_inner();
        let mut file = Vec::new();
        while let Some(part) = coming.message().await? {
            if file.len() + part.chunk.len() > MOST_BYTES {
                let most = MOST_BYTES >> 20;
                let refusal = Refusal::new(Reason::TooLarge)
                    .because(format!("文件超过{most} MiB"), format!("the file is larger than {most} MiB"));
                return Err(refusal.into());
            }
            file.extend_from_slice(&part.chunk);
        }
        let (summary, answer) = self.0.take(&caller, &file).await?;
        Ok(Response::new(Box::pin(stream::iter(answered(summary, answer)))))
    }
}
