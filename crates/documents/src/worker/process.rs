//! The worker's side: binds itself first, reads one job, answers, ends. Whatever a hostile file does, it does here.

use std::io::{self, Read, Write};

use prost::Message;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Answer, AnswerMessage, Form, Job, JobMessage, MAX_MESSAGE, Refusals, RenderBulletin};
use crate::bulletin::{BulletinError, render_docx, render_html, render_pdf, render_xlsx};
use crate::extract::extract_text;
use crate::workbook::{
    WorkbookError, mark_errors, read_catalogue, read_month, read_sheet, write_catalogue_template, write_month_template,
};

/// Address space of a worker, in bytes.
const MEMORY: u64 = 256 << 20;
/// That of one that sets a PDF from what the product itself composed: fonts and pages take more than a file from outside may.
const PRINT_MEMORY: u64 = 768 << 20;
/// Processor time of a worker, in seconds; the kernel ends it one second later.
const SECONDS: u64 = 10;

/// Does one job from `input` and writes its answer to `output`, bound to 256 MiB of address space (768 MiB for a PDF), ten
/// seconds of processor time, and no file written. To be called before any thread starts. Errors are those of input, output and the bounds.
pub fn run_worker(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    bind()?;
    let message = read_message(&mut input)?;
    let answer = match JobMessage::decode(message.as_slice()) {
        Ok(JobMessage { job: Some(job) }) => {
            settle(&job)?;
            answer(job)
        }
        Ok(JobMessage { job: None }) => Answer::Failed("the message names no job".to_owned()),
        Err(error) => Answer::Failed(format!("the message is no job: {error}")),
    };
    let encoded = AnswerMessage { answer: Some(answer) }.encode_to_vec();
    let length = u32::try_from(encoded.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(&encoded)?;
    output.flush()
}

fn bind() -> io::Result<()> {
    let limit = |most: u64, hard: u64| Rlimit { current: Some(most), maximum: Some(hard) };
    setrlimit(Resource::Core, limit(0, 0))?;
    setrlimit(Resource::Fsize, limit(0, 0))?;
    setrlimit(Resource::Cpu, limit(SECONDS, SECONDS + 1))?;
    setrlimit(Resource::As, limit(MEMORY, PRINT_MEMORY))?;
    Ok(())
}

/// Gives a PDF its room, and everything else no more than it has, for good.
fn settle(job: &Job) -> io::Result<()> {
    let prints = matches!(job, Job::RenderBulletin(job) if job.form() == Form::Pdf);
    let most = if prints { PRINT_MEMORY } else { MEMORY };
    setrlimit(Resource::As, Rlimit { current: Some(most), maximum: Some(most) })?;
    Ok(())
}

fn read_message(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > MAX_MESSAGE {
        return Err(io::Error::other("the job is too long"));
    }
    let mut message = vec![0; length];
    input.read_exact(&mut message)?;
    Ok(message)
}

fn answer(job: Job) -> Answer {
    match job {
        Job::RenderBulletin(job) => render(*job),
        Job::ReadCatalogue(bytes) => {
            read_catalogue(&bytes).map_or_else(failed, |programme| Answer::Catalogue(Box::new(programme)))
        }
        Job::ReadMonth(bytes) => read_month(&bytes).map_or_else(failed, Answer::Month),
        Job::WriteCatalogueTemplate(programme) => {
            write_catalogue_template(&programme).map_or_else(failed, Answer::File)
        }
        Job::ReadSheet(job) => read_sheet(&job.workbook, &job.sheet).map_or_else(failed, Answer::Sheet),
        Job::MarkErrors(job) => mark_errors(&job.workbook, &job.errors).map_or_else(failed, Answer::File),
        Job::ExtractText(bytes) => match extract_text(&bytes) {
            Ok(text) => Answer::Text(text),
            Err(error) => Answer::Refused(Refusals { errors: vec![error] }),
        },
        Job::WriteMonthTemplate(month) => write_month_template(&month).map_or_else(failed, Answer::File),
    }
}

fn render(job: RenderBulletin) -> Answer {
    let form = job.form();
    let Some(material) = job.material else {
        return Answer::Failed("a bulletin needs material".to_owned());
    };
    let rendered = match form {
        Form::Html => render_html(&material),
        Form::Xlsx => render_xlsx(&material),
        Form::Docx => render_docx(&material),
        Form::Pdf => match job.fonts {
            Some(fonts) => render_pdf(&material, &fonts),
            None => return Answer::Failed("a PDF needs fonts".to_owned()),
        },
        Form::Unspecified => return Answer::Failed("a bulletin needs a form".to_owned()),
    };
    match rendered {
        Ok(bytes) => Answer::File(bytes),
        Err(BulletinError::Template(error)) => Answer::Template(error),
        Err(error) => Answer::Failed(error.to_string()),
    }
}

fn failed(error: WorkbookError) -> Answer {
    match error {
        WorkbookError::Refused(errors) => Answer::Refused(Refusals { errors }),
        WorkbookError::Write(error) => Answer::Failed(error.to_string()),
    }
}
