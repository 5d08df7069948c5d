//! Tiers: a tier with its people and its programme, joining its parent, the mandates that come down, and the county's answer
//! to them.

use minsheng_proto::catalogue::v1::{GetProgrammeRequest, ListMandatesRequest, Mandate, Programme, SourceDocument};
use minsheng_proto::common::v1::Finding;
use minsheng_proto::identity::v1::{CreateEnrolmentCodeRequest, JoinParentRequest};

use super::OFFICER;
use super::catalogue::{change, import, issue, known_to_reporting, take_calendar, take_divisions, take_units};
use crate::accounts::{SECURITY_ADMIN, tier_posts};
use crate::data::{Documents, MARK};
use crate::error::DemoError;
use crate::generate::{Place, answering};
use crate::world::World;

/// Makes a tier that has no document of its own here: people, divisions, units, calendar and its programme in force; gives
/// what the check of the programme finds.
///
/// # Errors
/// When a call is refused.
pub async fn found_tier(
    world: &World,
    place: &Place,
    documents: &Documents,
    programme: &Programme,
) -> Result<Vec<Finding>, DemoError> {
    world.create_accounts(&tier_posts()).await?;
    take_divisions(world, &documents.around(place.division)).await?;
    take_units(world, &place.units()).await?;
    take_calendar(world, &documents.calendar).await?;
    let imported = import(world, programme).await?;
    let draft = imported.draft.ok_or(DemoError::Answer("draft"))?;
    let version = issue(world, &place.programme(), draft.etag).await?;
    known_to_reporting(world, &place.programme(), programme, version.version).await?;
    Ok(imported.findings)
}

/// Joins a tier to its parent with a one-time code, over an address that leads there.
///
/// # Errors
/// When it is refused.
pub async fn join_parent(child: &World, division: &str, parent: &World, url: &str) -> Result<(), DemoError> {
    let refused = |what: &'static str| move |status| DemoError::call(format!("{what}（{division}）"), status);
    let above = parent.as_account(SECURITY_ADMIN).await?;
    let request = CreateEnrolmentCodeRequest { division: division.to_owned() };
    let code = above.tiers().create_enrolment_code(request).await.map_err(refused("生成登记码"))?.into_inner();
    let below = child.as_account(SECURITY_ADMIN).await?;
    let request = JoinParentRequest { url: url.to_owned(), code: code.code, fingerprint: code.fingerprint };
    below.tiers().join_parent(request).await.map_err(refused("接入上级"))?;
    Ok(())
}

/// Waits until a tier's mandates have come down; gives them.
///
/// # Errors
/// When they do not come.
pub async fn mandates(world: &World, programme: &str) -> Result<Vec<Mandate>, DemoError> {
    let office = world.as_account(OFFICER).await?;
    world
        .wait("上级任务下达到本级", async || {
            let request = ListMandatesRequest { programme: programme.to_owned() };
            let listed = office.mandates().list_mandates(request).await;
            let listed = listed.map_err(|status| DemoError::call("列出上级任务", status))?.into_inner();
            Ok(match (listed.alarm, listed.mandates.is_empty()) {
                (Some(alarm), _) => Err(alarm.message),
                (None, true) => Err("还没有".to_owned()),
                (None, false) => Ok(listed.mandates),
            })
        })
        .await
}

/// The county writes down which of its measures answers which mandate, and says what its check finds of them before and after.
///
/// # Errors
/// When a call is refused.
pub async fn answer_mandates(
    world: &World,
    programme: &Programme,
    above: &Place,
    source: &SourceDocument,
) -> Result<(), DemoError> {
    let name = format!("programmes/{}-{}", programme.division, programme.year);
    let office = world.as_account(OFFICER).await?;
    let asked = mandates(world, &name).await?;
    let current = office.programmes().get_programme(GetProgrammeRequest { name: name.clone(), which: None }).await;
    let current = current.map_err(|status| DemoError::call("读取实事项目", status))?.into_inner().version;
    let answering = answering(programme, above, source);
    let reason = format!("【{MARK}】对照{}写明各项任务由哪个计量项回答", source.document_number);
    let (version, findings) =
        change(world, &name, &answering, reason, current.ok_or(DemoError::Answer("version"))?.etag).await?;
    known_to_reporting(world, &name, &answering, version.version).await?;
    let about: Vec<&Finding> = findings.iter().filter(|finding| finding.code.starts_with("MANDATE")).collect();
    let answered = mandates(world, &name).await?.iter().filter(|mandate| !mandate.answers.is_empty()).count();
    world.voice.say(format!(
        "县级收到{}下达的任务{}项（依据{}），修订为第{}版后{answered}项有了回答；对照上级任务再核对，发现{}条{}。",
        above.name,
        asked.len(),
        source.document_number,
        version.version,
        about.len(),
        about.iter().map(|finding| format!("\n    {}", finding.message)).collect::<String>(),
    ));
    Ok(())
}
