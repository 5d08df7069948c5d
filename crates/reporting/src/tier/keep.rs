//! What becomes of a set. Every one is kept with an entry of its own; the newest of its mark becomes the next version of the
//! report, a certified one before any fast one. What is certified here stands until two persons open a correction: it is
//! asked for in the tier's name, and the newest set is submitted when it is opened.

use minsheng_domain::check::find_personal_data;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::witness::without_proofs;
use minsheng_kit::writer::Context;
use minsheng_proto::common::v1::Value;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::reporting::v1::{CorrectionRequested, MeasureValue, ReportContent, ReportState};
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FigureSetReceived, ReceivedSet, Unread};
use minsheng_proto::verification::v1::ReportCertified;
use prost::Message;
use tracing::warn;

use super::prove::Proved;
use super::{line, set};
use crate::command::filing::{self, Way, tier_person};
use crate::command::{Desk, Pending, Rules};
use crate::content::{self, Wholeness};
use crate::entity::{report, tier_set};
use crate::names::ReportName;
use crate::programme::internal;
use crate::report::Filed;

/// Longest reason of a correction, in characters.
const REASON_CHARS: usize = 1_000;

/// Rows that a tier's report is decided by.
pub(crate) fn wants(name: &ReportName, wants: &mut Wants) {
    Desk::wants(name, wants);
    wants_sets(name, wants);
}

/// The sets of a tier's report.
pub(crate) fn wants_sets(name: &ReportName, wants: &mut Wants) {
    wants.group::<tier_set::Entity>(name.name.as_str());
}

/// Keeps a set and gives the number of the entry that holds it; of one that is kept already the number it got then.
///
/// # Errors
/// What the contract says of a set; nothing is left of one that is refused.
pub(crate) fn keep(proved: &Proved, rules: &Rules, context: &mut Context<'_>) -> Result<u64, Refusal> {
    let name = &proved.name;
    let sequence = i64::try_from(proved.sequence).map_err(|_| Refusal::new(Reason::SetProofInvalid))?;
    let key = line::set_key(proved);
    let kept: Vec<tier_set::Model> = context.group::<tier_set::Entity>(&name.name).into_iter().cloned().collect();
    if let Some(known) = kept.iter().find(|row| row.key == key) {
        return u64::try_from(known.entry).map_err(|_| internal("the entry of a set"));
    }
    line::check(proved, context)?;
    let age = (line::line(proved, context), sequence);
    let behind = is_ahead(proved, rules, context)?;
    let later = |refusal: Refusal| if behind { Refusal::new(Reason::FiguresBehind) } else { refusal };
    let desk = Desk::open(name, rules, context)?;
    let indicator = desk
        .in_force
        .indicator(&name.indicator)
        .ok_or_else(|| later(Refusal::new(Reason::MandateUnknown).with("indicator", &proved.set.indicator)))?;
    let (content, findings) = set::content(&proved.set, proved.unread, indicator, &desk.in_force).map_err(later)?;
    content::read(&content, indicator, Wholeness::Submission).map_err(|refusal| later(in_the_set(refusal)))?;
    no_personal_data(&content)?;
    let mut row = desk.report(name, &Pending::default(), context)?;
    let mut new = tier_set::Model {
        key,
        report: name.name.clone(),
        division: proved.division.clone(),
        programme: name.programme.clone(),
        period: name.period.to_string(),
        mark: proved.mark.into(),
        line: age.0,
        sequence,
        leaf_hash: proved.leaf_hash.clone(),
        origin: proved.origin.clone(),
        receive_time: context.now().as_millisecond(),
        entry: -1,
        version: 0,
        waits: false,
        newest: !kept.iter().any(|row| row.mark == i32::from(proved.mark) && row.age() > age),
        unread: proved.unread.into(),
        composed: proved.set.submission.is_none(),
        figures: without_proofs(&proved.bytes).ok_or_else(|| internal("the figures of a set"))?,
    };
    let (mut version, mut pending) = (None, Pending::default());
    let mut asks = None;
    if acts(&kept, proved.mark, age) {
        if row.state() == ReportState::Certified {
            let standing = row.filed()?.values;
            new.waits = kept.iter().any(|row| row.waits) || !says_the_same(&content.values, &standing);
            if new.waits && !row.correction_asked {
                asks = Some(why(&standing, &content.values));
            }
        } else {
            let judged = filing::judge(name, Way::Tier { content, findings }, rules, &mut pending, context);
            let judged = judged.map_err(in_the_set)?;
            new.version = judged.row.version;
            version = Some(judged);
        }
    }

    let event =
        FigureSetReceived { division: proved.division.clone(), report: name.name.clone(), set: proved.bytes.clone() };
    let entry = context.record(&name.name, &event);
    new.entry = i64::try_from(entry).map_err(|_| internal("a sequence number"))?;
    let set = received(&new)?;
    filing::write(version.map(|version| version.made_of(&set)), pending, context)?;
    if let Some(reason) = asks {
        ask(&mut row, reason, context)?;
        context.put::<report::Entity>(row);
    }
    let is_answered = new.waits || new.version > 0;
    for mut older in kept {
        let (newest, waits) = (older.newest, older.waits);
        older.newest = newest && !(new.newest && older.mark == new.mark);
        older.waits = waits && !is_answered;
        if (older.newest, older.waits) != (newest, waits) {
            context.put::<tier_set::Entity>(older);
        }
    }
    context.put::<tier_set::Entity>(new);
    line::note(proved, context);
    Ok(entry)
}

/// Whether a set was made under a version of the programme that this service has not heard of yet.
fn is_ahead(proved: &Proved, rules: &Rules, context: &Context<'_>) -> Result<bool, Refusal> {
    match rules.programmes.in_force(&proved.name.programme, None, context) {
        Ok(newest) => Ok(newest.is_none_or(|newest| proved.set.programme_version > newest.version)),
        Err(refusal) if refusal.reason == Reason::ProgrammeUnknown && proved.set.programme_version > 0 => {
            Err(Refusal::new(Reason::FiguresBehind))
        }
        Err(refusal) => Err(refusal),
    }
}

/// Whether a set is news: no newer one of its mark is kept. After what is certified below, a fast figure is none: it waits
/// there for its own certification.
fn acts(kept: &[tier_set::Model], mark: FigureMark, age: (i64, i64)) -> bool {
    let certified = i32::from(FigureMark::Certified);
    let rivals = kept.iter().filter(|row| row.mark == i32::from(mark) || row.mark == certified);
    let mut rivals = rivals.filter(|row| row.age() > age || mark == FigureMark::Fast && row.mark == certified);
    rivals.next().is_none()
}

/// The version that was certified here lost against nothing: a newer one came while it was decided on, which the certified
/// one keeps out. What that one says is asked for as a correction.
///
/// # Errors
/// INTERNAL for rows that cannot be read.
pub(crate) fn settle_certified(
    row: &mut report::Model,
    certified: &ReportCertified,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let sets: Vec<tier_set::Model> = context.group::<tier_set::Entity>(&row.name).into_iter().cloned().collect();
    let Some(mut newest) = sets.into_iter().find(|set| set.version == row.version) else {
        return Ok(());
    };
    let newer = row.filed()?.values;
    let mut standing = certified.values.clone();
    for value in &mut standing {
        if let Some(adjusted) = certified.adjusted.iter().find(|adjusted| adjusted.measure == value.measure) {
            value.value.clone_from(&adjusted.reported);
        }
    }
    if !says_the_same(&newer, &standing) {
        newest.waits = true;
        context.put::<tier_set::Entity>(newest);
        ask(row, why(&standing, &newer), context)?;
    }
    Ok(())
}

/// A correction of a tier's report was opened: what waits for it is submitted. What cannot be submitted any more is logged,
/// and the report waits for the tier's next set.
pub(crate) fn settle_opened(name: &ReportName, rules: &Rules, context: &mut Context<'_>) -> Result<(), Refusal> {
    let waiting = context.group::<tier_set::Entity>(&name.name).into_iter().filter(|set| set.waits);
    let Some(mut waiting) = waiting.max_by_key(|set| (set.mark, set.age())).cloned() else {
        return Ok(());
    };
    let set = FigureSet::decode(waiting.figures.as_slice()).map_err(|_| internal("a set that waits"))?;
    let mut pending = Pending::default();
    match version_of(name, &set, waiting.unread(), rules, &mut pending, context) {
        Ok(version) => {
            waiting.version = version.row.version;
            waiting.waits = false;
            let version = version.made_of(&received(&waiting)?);
            context.put::<tier_set::Entity>(waiting);
            filing::write([version], pending, context)
        }
        Err(refusal) => {
            warn!(report = name.name, %refusal, "what waits for the correction cannot be submitted");
            Ok(())
        }
    }
}

fn version_of(
    name: &ReportName,
    set: &FigureSet,
    unread: Unread,
    rules: &Rules,
    pending: &mut Pending,
    context: &Context<'_>,
) -> Result<filing::Version, Refusal> {
    let desk = Desk::open(name, rules, context)?;
    let (content, findings) = set::content(set, unread, desk.indicator(name)?, &desk.in_force)?;
    filing::judge(name, Way::Tier { content, findings }, rules, pending, context)
}

/// Asks for a correction in the tier's name.
fn ask(row: &mut report::Model, reason: String, context: &mut Context<'_>) -> Result<(), Refusal> {
    let person = tier_person(&row.unit);
    row.correction_asked = true;
    row.add_person(&person);
    let (actor, now) = (context.caller().actor(), clock::to_proto(context.now()));
    row.add_step_because("CORRECTION_ASKED", &reason, &actor, now)?;
    row.become_state(ReportState::Certified);
    let event = CorrectionRequested { report: row.name.clone(), version: row.certified_version, reason, person };
    context.record(&row.name, &event);
    Ok(())
}

/// Whether two sets of values say the same of every measure.
fn says_the_same(one: &[MeasureValue], other: &[MeasureValue]) -> bool {
    one.len() == other.len() && one.iter().all(|value| value_of(other, &value.measure) == value.value.as_ref())
}

fn value_of<'a>(values: &'a [MeasureValue], measure: &str) -> Option<&'a Value> {
    values.iter().find(|value| value.measure == measure)?.value.as_ref()
}

/// Why a correction is asked for, with the figures before and after.
fn why(before: &[MeasureValue], after: &[MeasureValue]) -> String {
    let changed = after.iter().filter(|value| value_of(before, &value.measure) != value.value.as_ref());
    let changed = changed.map(|value| {
        let (was, is) = (shown(value_of(before, &value.measure)), shown(value.value.as_ref()));
        format!("{}由{was}更正为{is}", value.measure)
    });
    let reason = format!("下级更正：{}", changed.collect::<Vec<_>>().join("；"));
    reason.chars().take(REASON_CHARS).collect()
}

fn shown(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => format!("{}{}", quantity.value, quantity.unit),
        Some(State::NotApplicable(_)) => "不适用".to_owned(),
        Some(State::NoneHere(_)) => "本地无此项".to_owned(),
        Some(State::NotReported(_)) | None => "未报".to_owned(),
    }
}

/// The set as the version that is made of it names it.
fn received(row: &tier_set::Model) -> Result<ReceivedSet, Refusal> {
    let number = |number: i64| u64::try_from(number).map_err(|_| internal("the number of a set"));
    Ok(ReceivedSet {
        sequence: number(row.entry)?,
        origin: row.origin.clone(),
        decision_sequence: number(row.sequence)?,
        decision_leaf_hash: row.leaf_hash.clone(),
        composed: row.composed,
        set: row.figures.clone(),
    })
}

/// What was said of a content, said of the set that it was made of.
fn in_the_set(mut refusal: Refusal) -> Refusal {
    for violation in &mut refusal.violations {
        if let Some(field) = violation.field.strip_prefix("content.") {
            violation.field = field.to_owned();
        }
    }
    refusal
}

fn no_personal_data(content: &ReportContent) -> Result<(), Refusal> {
    for (place, value) in content.values.iter().enumerate() {
        let reason = match value.value.as_ref().and_then(|value| value.state.as_ref()) {
            Some(State::NotApplicable(why)) => why.reason.as_str(),
            Some(State::NoneHere(why)) => why.reason.as_str(),
            _ => "",
        };
        let mut words = value.not_covered.iter().map(String::as_str).chain([reason]);
        if words.any(|words| find_personal_data(words).is_some()) {
            return Err(Refusal::new(Reason::PersonalData).field(
                format!("values[{place}]"),
                "含有公民身份号码或手机号码，个人信息不得填入",
                "holds an ID or mobile number; personal data is not accepted",
            ));
        }
    }
    Ok(())
}

/// Values as rows keep them.
pub(super) fn filed(values: Vec<MeasureValue>) -> Vec<u8> {
    Filed { values, ..Filed::default() }.encode_to_vec()
}
