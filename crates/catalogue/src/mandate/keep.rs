//! What an answer of the parent's changes here, whether it came over a line or in a bundle: entries are kept, an alarm is
//! noted, and that all is well again.

use minsheng_kit::error::Refusal;
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::tier::v1::{ListMandateEntriesRequest, ListMandateEntriesResponse};
use tracing::{debug, error, info, warn};

use super::pull::{Alarm, Meaning, Pull};
use crate::command::{NoteAlarm, ReceiveMandates};
use crate::store;

/// What came of an answer.
#[derive(Debug)]
pub(crate) enum Heard {
    /// So many entries are kept.
    Taken(usize),
    /// There was nothing new.
    Nothing,
    /// It answers another question than the next one.
    Again,
    /// Nothing is taken before the parent answers otherwise.
    Stopped(Alarm),
    /// It could not be kept now.
    Unkept(Refusal),
}

/// Takes an answer to a question.
pub(crate) async fn hear(
    service: &Service,
    pull: &mut Pull,
    asked: &ListMandateEntriesRequest,
    answer: &ListMandateEntriesResponse,
) -> Heard {
    match pull.hear(asked, answer) {
        Meaning::Again => Heard::Again,
        Meaning::Nothing => noted(service, Heard::Nothing).await,
        Meaning::Stop(alarm) => {
            if let Err(refusal) = note(service, Some(alarm.clone())).await {
                warn!(%refusal, "the alarm is not noted yet");
            }
            Heard::Stopped(alarm)
        }
        Meaning::Take(batch) => {
            let (origin, count) = (batch.feed.origin.clone(), batch.entries.len());
            let call = Call::internal(service.caller.clone(), "receive mandates");
            match service.writer.run(ReceiveMandates(batch.clone()), call).await {
                Ok(_) => {
                    info!(origin, count, "mandates received");
                    pull.took(&batch);
                    noted(service, Heard::Taken(count)).await
                }
                Err(refusal) => {
                    debug!(%refusal, "mandates not kept");
                    pull.failed();
                    Heard::Unkept(refusal)
                }
            }
        }
    }
}

async fn noted(service: &Service, heard: Heard) -> Heard {
    note(service, None).await.map_or_else(Heard::Unkept, |()| heard)
}

/// Notes why nothing is taken, or that all is well again; what is noted already changes nothing.
async fn note(service: &Service, alarm: Option<Alarm>) -> Result<(), Refusal> {
    metrics::gauge!("minsheng_mandates_stopped").set(if alarm.is_some() { 1.0 } else { 0.0 });
    let noted = store::alarm(service.database.reader()).await?.map(|noted| (noted.code, noted.en));
    let wanted = alarm.as_ref().map(|alarm| (alarm.code.to_owned(), alarm.en.clone()));
    if noted.filter(|(code, _)| !code.is_empty()) == wanted {
        return Ok(());
    }
    match &alarm {
        Some(Alarm { code, origin, en, .. }) => {
            metrics::counter!("minsheng_verification_failures_total", "service" => crate::NAME, "of" => "mandate")
                .increment(1);
            error!(code, origin, why = en, "the parent's mandates are not taken");
        }
        None => info!("the parent's mandates are taken again"),
    }
    let call = Call::internal(service.caller.clone(), "note alarm");
    service.writer.run(NoteAlarm(alarm), call).await?;
    Ok(())
}
