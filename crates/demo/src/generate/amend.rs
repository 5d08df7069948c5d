//! The amendment that the demonstration makes of the real document: planned curves, stages and evidence that it does not
//! have. All invented, marked in the words of who approved them and over the whole programme.

use minsheng_proto::catalogue::v1::{CurvePoint, Measure, PlannedCurve, Programme, Stage, TargetKind};

use crate::data::MARK;

/// Days with the share planned by then, or stages with the share that each gives.
type Points = &'static [(&'static str, &'static str)];

/// Works that run over the building season.
const SEASON: Points = &[("2023-03-31", "0.1"), ("2023-06-30", "0.45"), ("2023-09-30", "0.8"), ("2023-11-30", "1")];
/// Standards: in force and paid by the end of July.
const STANDARD: Points = &[("2023-07-31", "1")];
/// The school: from stage to stage.
const SCHOOL: Points = &[("2023-05-31", "0.3"), ("2023-08-10", "0.6"), ("2023-10-31", "1")];
/// The hospital for women and children.
const HOSPITAL: Points = &[("2023-05-31", "0.2"), ("2023-07-10", "0.5"), ("2023-09-30", "0.8"), ("2023-12-15", "1")];

/// One school, two measures: they count as one as long as their stages are the same.
const SCHOOL_STAGES: Points = &[("立项批复", "0.3"), ("招标完成", "0.6"), ("启动", "1"), ("全面建成", "1")];

/// Stages with their shares, by measure; the one required where the document names none.
const STAGES: &[(&str, Points, &str)] = &[
    ("1.1-1", SCHOOL_STAGES, "启动"),
    ("1.1-2", SCHOOL_STAGES, "全面建成"),
    ("4.1-1", &[("方案批复", "0.2"), ("业务用房改造", "0.5"), ("设备配置", "0.8"), ("评审通过", "1")], "评审通过"),
    ("9.1-1", &[("开工", ""), ("完工", "")], "开工"),
    ("10.5-1", &[("制定方案", ""), ("开工整治", ""), ("完成整治", "")], "完成整治"),
];

/// Measures for whose figures evidence is asked for.
const EVIDENCE: &[&str] = &["9.1-1", "10.4-1"];

/// The programme with a curve for each of these measures, which need one, and with what else the demonstration adds.
pub fn amended(programme: &Programme, without_curve: &[&str]) -> Programme {
    let mut programme = programme.clone();
    programme.demo_mark = MARK.to_owned();
    let indicators = programme.projects.iter_mut().flat_map(|project| &mut project.indicators);
    for measure in indicators.flat_map(|indicator| &mut indicator.measures) {
        let code = measure.code.clone();
        if without_curve.contains(&code.as_str()) && measure.curve.is_none() {
            measure.curve = Some(curve(measure));
        }
        if let Some((_, stages, required)) = STAGES.iter().find(|(of, _, _)| *of == code) {
            let stage =
                |(title, share): &(&str, &str)| Stage { title: (*title).to_owned(), share: (*share).to_owned() };
            measure.stages = stages.iter().map(stage).collect();
            measure.required_stage = (*required).to_owned();
        }
        measure.evidence_required |= EVIDENCE.contains(&code.as_str());
    }
    programme
}

/// The curve that a measure of its kind gets.
pub(super) fn curve(measure: &Measure) -> PlannedCurve {
    let (points, stepped) = match (measure.kind(), measure.code.as_str()) {
        (TargetKind::StandardRaised, _) => (STANDARD, true),
        (TargetKind::Milestone, "1.1-1") => (SCHOOL, true),
        (TargetKind::Milestone, _) => (HOSPITAL, true),
        _ => (SEASON, false),
    };
    let point = |(date, share): &(&str, &str)| CurvePoint { date: (*date).to_owned(), share: (*share).to_owned() };
    PlannedCurve {
        points: points.iter().map(point).collect(),
        stepped,
        approved_by: format!("{MARK}：县实事办2023年6月5日计划安排（虚构）"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_domain::finding::Severity;
    use minsheng_domain::programme::check::{Context, check};
    use minsheng_kit::convert::programme::to_domain;

    use super::*;
    use crate::data::Documents;

    #[test]
    fn after_the_amendment_no_curve_is_missing_and_everything_added_is_marked() {
        let real = Documents::read().unwrap().programme;
        let findings = check(&to_domain(&real).unwrap(), &Context::default());
        let missing = findings.iter().find(|finding| finding.code == "curve_missing").unwrap();
        let codes = &missing.facts.iter().find(|(name, _)| *name == "measures").unwrap().1;
        let codes: Vec<&str> = codes.split('、').collect();
        let amended = amended(&real, &codes);
        assert_eq!(amended.demo_mark, MARK);
        let findings = check(&to_domain(&amended).unwrap(), &Context::default());
        assert!(findings.iter().all(|finding| finding.code != "curve_missing"));
        assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{findings:?}");
        let counts = |programme| minsheng_domain::programme::summarise(&to_domain(programme).unwrap());
        assert_eq!(counts(&amended), counts(&real));
        let measures = amended.projects.iter().flat_map(|project| &project.indicators).flat_map(|one| &one.measures);
        let curves: Vec<&PlannedCurve> = measures.filter_map(|measure| measure.curve.as_ref()).collect();
        assert_eq!(curves.len(), codes.len());
        assert!(curves.iter().all(|curve| curve.approved_by.contains(MARK)));
    }
}
