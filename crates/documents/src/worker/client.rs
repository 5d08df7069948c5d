//! The caller's side: starts a worker for each job, a few at a time, ends it when it takes too long, and says in words what
//! became of it. The worker inherits no environment, so its bytes depend on the job alone.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use minsheng_proto::catalogue::v1::Programme;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::{Answer, AnswerMessage, Form, Job, JobMessage, MAX_MESSAGE, MarkErrors, ReadSheet, RenderBulletin};
use crate::bulletin::Material;
use crate::extract::ExtractedText;
use crate::typeset::FontSet;
use crate::words::TemplateError;
use crate::workbook::{CellError, MonthForm, MonthReports, SheetRows};

/// Workers at once; each may take 256 MiB, one that sets a PDF 768 MiB.
const AT_ONCE: usize = 4;
/// Wall clock of a job; processor time is bounded to ten seconds by the worker itself.
const TIME: Duration = Duration::from_secs(20);
/// Allocators, the program's and the system's, would reserve more address space at once than a worker may have; so they take
/// what they need.
const ALLOCATOR: [(&str, &str); 2] = [("MIMALLOC_ARENA_RESERVE", "0"), ("MALLOC_ARENA_MAX", "1")];
/// Bytes of the worker's own complaint that are kept.
const COMPLAINT: u64 = 4 << 10;

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The workbook is refused, with everything that is wrong with it.
    #[error("the workbook is refused: {} error(s)", .0.len())]
    Refused(Vec<CellError>),
    /// The worker needed more memory than it may have; with a file from outside, the file is at fault.
    #[error("the document needs more memory than a worker may take")]
    Memory,
    /// The worker took too long; with a file from outside, the file is at fault.
    #[error("the document takes longer than a worker may run")]
    Time,
    /// The job itself was wrong, for example a snapshot without a basis.
    #[error("the document could not be made: {0}")]
    Failed(String),
    /// A template of the document is wrong.
    #[error("a template is wrong: {0}")]
    Template(TemplateError),
    /// The worker ended otherwise.
    #[error("the document worker ended unexpectedly: {0}")]
    Crashed(String),
    /// The worker could not be started.
    #[error("the document worker could not be started: {0}")]
    Start(std::io::Error),
}

/// Starts workers. Cheap to clone; clones share the bound on workers at once.
#[derive(Debug, Clone)]
pub struct Client {
    program: PathBuf,
    permits: Arc<Semaphore>,
    time: Duration,
}

impl Client {
    /// A client whose workers are `program worker`.
    pub fn new(program: impl Into<PathBuf>) -> Client {
        Client { program: program.into(), permits: Arc::new(Semaphore::new(AT_ONCE)), time: TIME }
    }

    /// A client whose workers are this very program.
    pub fn this_program() -> std::io::Result<Client> {
        Ok(Client::new(std::env::current_exe()?))
    }

    /// The same client with another bound on a job's wall clock; 20 seconds without it.
    pub fn with_time_limit(self, time: Duration) -> Client {
        Client { time, ..self }
    }

    /// A bulletin as a file; a PDF needs fonts.
    pub async fn render_bulletin(
        &self,
        material: Material,
        form: Form,
        fonts: Option<FontSet>,
    ) -> Result<Vec<u8>, WorkerError> {
        let job = RenderBulletin { material: Some(material), form: form.into(), fonts };
        self.file(Job::RenderBulletin(Box::new(job))).await
    }

    /// A programme from a filled catalogue template.
    pub async fn read_catalogue(&self, workbook: Vec<u8>) -> Result<Programme, WorkerError> {
        match self.run(Job::ReadCatalogue(workbook)).await? {
            Answer::Catalogue(programme) => Ok(*programme),
            _ => Err(other_answer()),
        }
    }

    /// Reports from a filled month's template.
    pub async fn read_month(&self, workbook: Vec<u8>) -> Result<MonthReports, WorkerError> {
        match self.run(Job::ReadMonth(workbook)).await? {
            Answer::Month(reports) => Ok(reports),
            _ => Err(other_answer()),
        }
    }

    /// A sheet of any workbook as texts; an empty name means the first that holds anything.
    pub async fn read_sheet(&self, workbook: Vec<u8>, sheet: String) -> Result<SheetRows, WorkerError> {
        match self.run(Job::ReadSheet(ReadSheet { workbook, sheet })).await? {
            Answer::Sheet(rows) => Ok(rows),
            _ => Err(other_answer()),
        }
    }

    /// The text of a document, tables kept.
    pub async fn extract_text(&self, document: Vec<u8>) -> Result<ExtractedText, WorkerError> {
        match self.run(Job::ExtractText(document)).await? {
            Answer::Text(text) => Ok(text),
            _ => Err(other_answer()),
        }
    }

    /// A catalogue template, filled from the programme.
    pub async fn write_catalogue_template(&self, programme: Programme) -> Result<Vec<u8>, WorkerError> {
        self.file(Job::WriteCatalogueTemplate(programme)).await
    }

    /// A month's template.
    pub async fn write_month_template(&self, month: MonthForm) -> Result<Vec<u8>, WorkerError> {
        self.file(Job::WriteMonthTemplate(month)).await
    }

    /// The same workbook with its errors marked in it and listed on a sheet.
    pub async fn mark_errors(&self, workbook: Vec<u8>, errors: Vec<CellError>) -> Result<Vec<u8>, WorkerError> {
        self.file(Job::MarkErrors(MarkErrors { workbook, errors })).await
    }

    async fn file(&self, job: Job) -> Result<Vec<u8>, WorkerError> {
        match self.run(job).await? {
            Answer::File(bytes) => Ok(bytes),
            _ => Err(other_answer()),
        }
    }

    /// Does a job in a worker of its own. The answer is never `Refused`, `Failed` or `Template`: those are errors.
    pub async fn run(&self, job: Job) -> Result<Answer, WorkerError> {
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(WorkerError::Crashed("no worker is given out any more".to_owned()));
        };
        let mut command = Command::new(&self.program);
        command.arg("worker").env_clear().envs(ALLOCATOR).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(WorkerError::Start)?;
        let talk = tokio::time::timeout(self.time, exchange(&mut child, JobMessage { job: Some(job) }.encode_to_vec()));
        let Ok(talked) = talk.await else {
            child.kill().await.map_err(WorkerError::Start)?;
            return Err(WorkerError::Time);
        };
        let (status, output, complaint) = talked.map_err(|error| WorkerError::Crashed(error.to_string()))?;
        if !status.success() {
            return Err(ended(status, &complaint));
        }
        match decode(&output) {
            Some(Answer::Refused(refusals)) => Err(WorkerError::Refused(refusals.errors)),
            Some(Answer::Failed(why)) => Err(WorkerError::Failed(why)),
            Some(Answer::Template(error)) => Err(WorkerError::Template(error)),
            Some(answer) => Ok(answer),
            None => Err(WorkerError::Crashed("its answer is incomplete".to_owned())),
        }
    }
}

fn other_answer() -> WorkerError {
    WorkerError::Crashed("it answered another question".to_owned())
}

/// Writes the job while reading answer and complaint, so that neither side waits on a full pipe.
async fn exchange(child: &mut Child, job: Vec<u8>) -> std::io::Result<(ExitStatus, Vec<u8>, String)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            let length = u32::try_from(job.len()).map_err(std::io::Error::other)?;
            stdin.write_all(&length.to_be_bytes()).await?;
            stdin.write_all(&job).await?;
            stdin.shutdown().await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let read = async {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            let most = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX) + 4;
            stdout.take(most).read_to_end(&mut output).await?;
        }
        Ok::<Vec<u8>, std::io::Error>(output)
    };
    let complain = async {
        let mut complaint = Vec::new();
        if let Some(mut stderr) = stderr {
            (&mut stderr).take(COMPLAINT).read_to_end(&mut complaint).await?;
            tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await?;
        }
        Ok::<String, std::io::Error>(String::from_utf8_lossy(&complaint).into_owned())
    };
    // A worker that dies early closes its input: that shows in its status, not here.
    let (_, output, complaint) = tokio::join!(write, read, complain);
    Ok((child.wait().await?, output?, complaint?))
}

fn decode(output: &[u8]) -> Option<Answer> {
    let (length, message) = output.split_first_chunk::<4>()?;
    if usize::try_from(u32::from_be_bytes(*length)).ok()? != message.len() {
        return None;
    }
    AnswerMessage::decode(message).ok()?.answer
}

fn ended(status: ExitStatus, complaint: &str) -> WorkerError {
    const KILLED: i32 = 9;
    const PROCESSOR_TIME: i32 = 24;
    match status.signal() {
        Some(PROCESSOR_TIME | KILLED) => WorkerError::Time,
        _ if complaint.contains("memory allocation of") => WorkerError::Memory,
        _ => WorkerError::Crashed(format!("{status}: {}", complaint.trim())),
    }
}
