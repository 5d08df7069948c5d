//! `evidence`: files by their hash, up in chunks and down again, checked against the hash both ways.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use minsheng_proto::reporting::v1::upload_evidence_request::Part;
use minsheng_proto::reporting::v1::{
    DownloadEvidenceRequest, EvidenceHeader, UploadEvidenceRequest, UploadEvidenceResponse,
};
use sha2::{Digest, Sha256};
use tokio_stream::wrappers::ReceiverStream;

use super::report::content::sha256;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::session::Session;

/// Bytes a message; the contract takes at most 1 MiB.
const CHUNK: usize = 256 << 10;
/// Largest file the contract takes.
const MAX_EVIDENCE: u64 = 50 << 20;

/// 佐证材料
#[derive(Args, Debug)]
pub(crate) struct Evidence {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 上传文件；报送时用所得的SHA-256引用
    ///
    /// 示例：minsheng evidence upload 验收表.pdf --label 验收表
    Upload {
        /// 文件，不超过50 MiB
        file: PathBuf,
        /// 名称；省略为文件名
        #[arg(long)]
        label: Option<String>,
    },
    /// 下载文件并核对SHA-256
    Download {
        /// 文件的SHA-256
        sha256: String,
        /// 写到哪个文件
        out: PathBuf,
    },
}

impl Evidence {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Upload { file, label } => {
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
                let label = label.or(name).unwrap_or_default();
                let answer = upload(session, &file, &label).await?;
                session.output.answer(&answer, |answer| {
                    let known = if answer.known { "（早已存有）" } else { "" };
                    let hash = hex::encode(&answer.sha256);
                    format!("{hash}  {}  {}字节{known}\n", answer.content_type, answer.size)
                })
            }
            Command::Download { sha256: hash, out } => {
                let content = download(session, &sha256(&hash)?).await?;
                file::write(&out, &content, 0o644)?;
                session.output.remark(&format!("已写出{}，{}字节，与SHA-256相符", out.display(), content.len()));
                Ok(())
            }
        }
    }
}

/// Uploads a file; its hash goes ahead of it.
pub(crate) async fn upload(session: &Session, path: &Path, label: &str) -> Outcome<UploadEvidenceResponse> {
    let failed = |error: std::io::Error| Failure::file(path, error);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_EVIDENCE {
        return Err(Failure::refused(format!("文件{}超过{} MiB", path.display(), MAX_EVIDENCE >> 20)));
    }
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path).map_err(failed)?, &mut hash).map_err(failed)?;
    let header = EvidenceHeader { sha256: hash.finalize().to_vec(), size, label: label.to_owned() };

    let bar = session.output.bar("上传", size);
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let mut file = File::open(path).map_err(failed)?;
    let progress = bar.clone();
    let send = async move {
        let mut part = Part::Header(header);
        // The receiver is gone when the server has refused: its answer says why.
        while sender.send(UploadEvidenceRequest { part: Some(part) }).await.is_ok() {
            let mut chunk = Vec::with_capacity(CHUNK);
            let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
            (&mut file).take(limit).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                break;
            }
            progress.inc(u64::try_from(chunk.len()).unwrap_or(0));
            part = Part::Chunk(chunk);
        }
        Ok::<(), std::io::Error>(())
    };
    let mut client = session.gateway.evidence();
    let (sent, answer) = tokio::join!(send, client.upload_evidence(ReceiverStream::new(receiver)));
    bar.finish_and_clear();
    let answer = answer?.into_inner();
    sent.map_err(failed)?;
    Ok(answer)
}

/// Downloads a file and checks its hash.
pub(crate) async fn download(session: &Session, sha256: &[u8]) -> Outcome<Vec<u8>> {
    let request = DownloadEvidenceRequest { sha256: sha256.to_vec() };
    let mut stream = session.gateway.evidence().download_evidence(request).await?.into_inner();
    let mut content = Vec::new();
    while let Some(part) = stream.message().await? {
        content.write_all(&part.chunk)?;
        if u64::try_from(content.len()).unwrap_or(u64::MAX) > MAX_EVIDENCE {
            return Err(Failure::refused("下载的文件超过上限"));
        }
    }
    if file::sha256(&content) != sha256 {
        return Err(Failure::verification(format!("下载的文件与SHA-256不符：{}", hex::encode(sha256))));
    }
    Ok(content)
}
