//! What stands above a programme's projects: division, year, title, source, stated counts, and when is reported.

use minsheng_domain::programme::{Allocation, CertificationFrequency, Programme, ReportingRules, Source, StatedCount};

use crate::assemble;
use crate::draft::{Fields, Known};
use crate::facts::Facts;

/// Day by which a month's report is due where the document says none: the field's custom.
const DUE_DAY: u8 = 20;

/// What stands above the projects: division, year, title, source, stated counts, rules.
pub(crate) fn head(facts: &Facts, known: &Known, year: i16, fields: &mut Fields) -> Programme {
    let name = facts.division.as_ref().map(|division| division.value.clone()).unwrap_or_default();
    let by_code = known.divisions.iter().find(|it| it.code.to_string() == known.division);
    let division_name = by_code.map_or(name.clone(), |it| it.name.clone());
    let named: Vec<_> = known.divisions.iter().filter(|it| !name.is_empty() && it.name == name).collect();
    let division = match (known.division.as_str(), named.as_slice()) {
        ("", [one]) => one.code.to_string(),
        (given, _) => given.to_owned(),
    };
    let place = facts.division.as_ref();
    fields.add(
        "division_name",
        division_name.clone(),
        place.map_or(0, |it| it.confidence),
        place.map(|it| it.span),
        "",
    );
    let doubt = if division.is_empty() { "文件不印区划代码，请用 --division 指定" } else { "" };
    fields.add("division", division.clone(), if division.is_empty() { 0 } else { 90 }, place.map(|it| it.span), doubt);
    let at = facts.year.as_ref();
    fields.add(
        "year",
        year.to_string(),
        if known.year.is_some() { 100 } else { at.map_or(0, |it| it.confidence) },
        at.map(|it| it.span),
        "",
    );
    let title = facts.title.as_ref();
    let words = title.map(|it| it.value.clone()).unwrap_or_default();
    fields.add("source.title", words.clone(), title.map_or(0, |it| it.confidence), title.map(|it| it.span), "");
    let short = short_title(&words);
    let short = if short.is_empty() { format!("{division_name}{year}年重点民生实事项目") } else { short };
    fields.add(
        "title",
        short.clone(),
        title.map_or(40, |it| it.confidence.min(75)),
        title.map(|it| it.span),
        "由文件标题截取",
    );
    let mut source = Source { title: words, ..Source::default() };
    if let Some(it) = &facts.published {
        source.published = Some(it.value);
        fields.add("source.published", it.value.to_string(), it.confidence, Some(it.span), "");
    }
    for (path, it, to) in [
        ("source.publisher", &facts.publisher, &mut source.publisher),
        ("source.based_on", &facts.based_on, &mut source.based_on),
        ("source.document_number", &facts.number, &mut source.document_number),
    ] {
        if let Some(it) = it {
            to.clone_from(&it.value);
            fields.add(path, it.value.clone(), it.confidence, Some(it.span), "");
        }
    }
    let mut stated_counts = Vec::new();
    for it in &facts.counts {
        if let Some(indicators) = it.value.indicators {
            let path = format!("stated_counts[{}]", stated_counts.len());
            fields.add(
                path,
                format!("{}项目{}个、指标{indicators}个", it.value.kind.label(), it.value.projects),
                it.confidence,
                Some(it.span),
                "",
            );
            stated_counts.push(StatedCount { kind: it.value.kind, projects: it.value.projects, indicators });
        }
    }
    Programme {
        division,
        division_name,
        year,
        title: short,
        source,
        stated_counts,
        projects: Vec::new(),
        allocation_table: Allocation::default(),
        claims: Vec::new(),
        reporting_rules: rules(facts, fields),
    }
}

fn rules(facts: &Facts, fields: &mut Fields) -> ReportingRules {
    let due = facts.due_day.as_ref();
    let due_day = due.map_or(DUE_DAY, |it| it.value);
    let custom = if due.is_none() { "文件没有写明，按惯例" } else { "" };
    fields.add(
        "reporting_rules.due_day",
        due_day.to_string(),
        due.map_or(30, |it| it.confidence),
        due.map(|it| it.span),
        custom,
    );
    let articles = facts.articles.as_ref();
    if let Some(it) = articles {
        fields.add("reporting_rules.experience_articles", it.value.to_string(), it.confidence, Some(it.span), "");
    }
    let certified = match facts.certified.as_ref().map(|it| it.value) {
        Some("monthly") => CertificationFrequency::Monthly,
        Some("quarterly") => CertificationFrequency::Quarterly,
        Some("half_yearly") => CertificationFrequency::HalfYearly,
        _ => CertificationFrequency::Yearly,
    };
    let at = facts.certified.as_ref();
    let label = if certified == CertificationFrequency::Yearly && at.is_none() {
        "文件没有写明，按年度认定"
    } else {
        ""
    };
    fields.add(
        "reporting_rules.certification_frequency",
        format!("{certified:?}"),
        at.map_or(30, |it| it.confidence),
        at.map(|it| it.span),
        label,
    );
    let first = facts.published.as_ref();
    let first_month = first.map_or(0, |it| u8::try_from(it.value.month()).unwrap_or(0));
    if let Some(it) = first {
        fields.add("reporting_rules.first_month", first_month.to_string(), 50, Some(it.span), "由发布日期推定");
    }
    ReportingRules {
        due_day,
        cut_off_day: 0,
        experience_articles: articles.map_or(0, |it| it.value),
        certified,
        first_month,
    }
}

/// The programme's title: the document's, without what kind of document it is.
fn short_title(words: &str) -> String {
    let start = words.find("关于印发").map_or(0, |at| at + "关于印发".len());
    let mut text = words[start..].trim_matches(['《', '》', '〈', '〉', '"', ' ']);
    for end in [
        "的通知",
        "的意见",
        "的公告",
        "实施意见",
        "实施方案",
        "工作方案",
        "任务分解表",
        "责任分解表",
        "责任分解",
        "分解表",
        "》",
        "工作",
    ] {
        text = text.strip_suffix(end).unwrap_or(text).trim_end_matches(['》', '〉', '的']);
    }
    assemble::cut(text, 200)
}
