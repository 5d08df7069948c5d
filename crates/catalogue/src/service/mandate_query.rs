//! MandateQueryService: what the parent asks of this tier, and what answers it.

use jiff::Timestamp;
use minsheng_domain::finding::Finding;
use minsheng_kit::clock;
use minsheng_kit::convert::finding;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::Refusal;
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::policy::{Action, Resource};
use minsheng_proto::catalogue::v1::mandate_query_service_server::MandateQueryService;
use minsheng_proto::catalogue::v1::{
    ListMandatesRequest, ListMandatesResponse, Mandate, MandateAnswer, MandateFeed, Programme,
};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::tier::v1::Unread;
use tonic::{Request, Response, Status};

use super::MandateQuery;
use crate::entity::{mandate, mandate_alarm, mandate_entry, mandate_feed};
use crate::mandate::asked::{is_for, measure_name, measures};
use crate::mandate::pull::Feed;
use crate::store;

impl MandateQuery {
    async fn list(&self, caller: &Caller, request: ListMandatesRequest) -> Result<ListMandatesResponse, Refusal> {
        let may_read = |issued| {
            self.0.policies.check(caller, Action::ReadProgramme, &Resource::new("programme").published(issued))
        };
        may_read(true)?;
        let name = ProgrammeName::parse("programme", &request.programme)?;
        let connection = self.0.database.reader();
        let head = store::programme(&request.programme, connection).await?;
        let own = match head.filter(|head| may_read(head.newest > 0).is_ok()) {
            Some(head) => store::version(&head.name, head.newest, connection).await?,
            None => None,
        };
        let own = own.map(|version| version.read()).transpose()?;
        let mut mandates = Vec::new();
        for received in store::mandates(connection).await? {
            list(&received, &name, own.as_ref(), &mut mandates);
        }
        let unread = store::unread_entries(connection).await?;
        Ok(ListMandatesResponse {
            mandates,
            findings: unread.iter().map(|entry| finding::to_proto(&passed_over(entry))).collect(),
            feeds: store::feeds(connection).await?.iter().filter_map(mandate_feed::Model::shown).collect(),
            alarm: store::alarm(connection).await?.and_then(mandate_alarm::Model::shown),
        })
    }
}

/// The mandates of one of the parent's programmes, if it is of this division and year.
fn list(received: &mandate::Model, own_name: &ProgrammeName, own: Option<&Programme>, mandates: &mut Vec<Mandate>) {
    let given = received.read();
    if !is_for(&given, &own_name.division, own_name.year.into()) {
        return;
    }
    for (indicator, measure) in measures(&given) {
        let name = measure_name(&given.programme, &indicator.code, &measure.code);
        mandates.push(Mandate {
            answers: own.map(|own| answers(&name, own)).unwrap_or_default(),
            measure: name,
            indicator_title: indicator.title.clone(),
            definition: Some(measure.clone()),
            source: given.source.clone(),
            programme_version: given.programme_version,
            origin: received.origin.clone(),
            sequence: u64::try_from(received.sequence).unwrap_or_default(),
            receive_time: Timestamp::from_millisecond(received.time).ok().map(clock::to_proto),
            demo_mark: given.demo_mark.clone(),
        });
    }
}

/// What names the mandate in the own programme.
fn answers(mandate: &str, own: &Programme) -> Vec<MandateAnswer> {
    let indicators = own.projects.iter().flat_map(|project| &project.indicators);
    let answers = indicators.flat_map(|indicator| {
        let references = indicator.mandates.iter().filter(|reference| reference.measure == mandate);
        references.map(move |reference| {
            let measure = indicator.measures.iter().find(|measure| measure.code == reference.own_measure);
            let target = measure.filter(|measure| !measure.target.is_empty());
            MandateAnswer {
                indicator: indicator.code.clone(),
                indicator_title: indicator.title.clone(),
                lead_unit: indicator.lead_unit.clone(),
                measure: reference.own_measure.clone(),
                target: target.map(|measure| Quantity { value: measure.target.clone(), unit: measure.unit.clone() }),
            }
        })
    });
    answers.collect()
}

/// An entry of which something is not understood.
fn passed_over(entry: &mandate_entry::Model) -> Finding {
    let mandate_entry::Model { origin, sequence, kind, .. } = entry;
    let found = match entry.unread() {
        Unread::Kind => Finding::warning(
            "mandate_kind_unknown",
            "",
            format!("上级第{sequence}号条目的类型本版软件不认识，已留存，暂不采用：{kind}"),
            format!("entry {sequence} is a {kind}, which this version does not know: kept and passed over"),
        ),
        Unread::Fields | Unread::Unspecified => Finding::note(
            "mandate_fields_unknown",
            "",
            format!("上级第{sequence}号条目含有本版软件不认识的内容，已留存，其余内容照用"),
            format!("entry {sequence} has fields that this version does not know: kept, the others count"),
        ),
    };
    found.fact("origin", origin).fact("sequence", sequence).fact("kind", kind)
}

impl mandate_feed::Model {
    fn shown(&self) -> Option<MandateFeed> {
        let Feed { origin, verifier_key, last } = self.feed()?;
        Some(MandateFeed { origin, verifier_key, last })
    }
}

#[tonic::async_trait]
impl MandateQueryService for MandateQuery {
    async fn list_mandates(
        &self,
        request: Request<ListMandatesRequest>,
    ) -> Result<Response<ListMandatesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }
}
