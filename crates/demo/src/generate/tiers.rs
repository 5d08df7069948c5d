//! What the tiers above the county hold: of the real document only what it says was given to the county, and beside it
//! invented lower tiers with invented shares, so that there is something to add up and to rank. What cannot be added up
//! (standards, rates, coverage, milestones) is left out.

use std::collections::BTreeMap;

use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, CertificationFrequency, DeadlineMove, Indicator,
    MandateReference, Measure, PlannedCurve, Programme, Project, ReportingRules, SourceDocument, TargetKind, Unit,
    UnitKind,
};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::reporting::v1::MeasureValue;

use super::amend::curve;
use super::paths::{MONTHS, paths, quantity, steps};
use super::plan::Figure;
use crate::data::MARK;

/// A division with a tier of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Code.
    pub division: &'static str,
    /// Name.
    pub name: &'static str,
    /// Size of its invented shares, in percent of the county's; 0 where nothing is invented.
    size: i64,
}

/// The province.
pub const PROVINCE: Place = Place { division: "430000", name: "湖南省", size: 0 };
/// The municipality.
pub const MUNICIPALITY: Place = Place { division: "430900", name: "益阳市", size: 0 };
/// The county.
pub const COUNTY: Place = Place { division: "430923", name: "安化县", size: 0 };
/// Invented lower tiers of the municipality.
pub const BESIDE_COUNTY: [Place; 2] =
    [Place { division: "430922", name: "桃江县", size: 88 }, Place { division: "430981", name: "沅江市", size: 76 }];
/// Invented lower tiers of the province.
pub const BESIDE_MUNICIPALITY: [Place; 2] =
    [Place { division: "430700", name: "常德市", size: 310 }, Place { division: "431300", name: "娄底市", size: 205 }];

/// Id of the unit that leads everything in the tiers that have no document of their own here.
pub const LEAD: &str = "qt";
/// Last day on which lower tiers are on time.
const DUE: i32 = 27;
/// Day that all figures are as at.
const CUT_OFF: i32 = 20;

/// Indicators that were given to the county and whose figures add up, with their titles without the county's number.
const GIVEN: [(&str, &str); 14] = [
    ("2.3", "“湘易办”超级服务端用户数"),
    ("3.1", "城镇新增就业"),
    ("3.2", "补贴性职业培训"),
    ("4.2", "“两癌”免费检查"),
    ("6.1", "困难老年人居家适老化改造"),
    ("8.1", "康复救助残疾儿童"),
    ("8.2", "困难残疾人家庭无障碍改造"),
    ("9.1", "开工改造城镇老旧小区"),
    ("9.2", "“一户一表”改造接收"),
    ("10.1", "农村公路提质改造与安防设施"),
    ("10.2", "农村电网供电能力提升投入"),
    ("10.3", "农村新增基站与千兆光纤端口"),
    ("10.4", "新增蓄水能力"),
    ("10.5", "饮用水水源地突出环境问题整治"),
];
/// Titles of projects that hold the county's number.
const PROJECTS: [(i32, &str); 1] = [(2, "推广“湘易办”超级服务端")];

/// Shares of the measures, in steps, by measure.
pub type Shares = BTreeMap<String, i64>;

impl Place {
    /// Name of its programme.
    pub fn programme(&self) -> String {
        format!("programmes/{}-2023", self.division)
    }

    /// Whether everything of it is invented.
    pub fn is_invented(&self) -> bool {
        self.size > 0
    }

    /// Its office, its statistics bureau and the unit that leads everything; invented all.
    pub fn units(&self) -> Vec<Unit> {
        let unit = |(id, name, kind): (&str, &str, UnitKind)| Unit {
            id: id.to_owned(),
            display_name: format!("{}{name}（{MARK}）", self.name),
            kind: kind.into(),
            division: self.division.to_owned(),
            ..Unit::default()
        };
        let units = [
            ("ssb", "实事办", UnitKind::Office),
            ("tjj", "统计局", UnitKind::Certifier),
            (LEAD, "牵头单位", UnitKind::Bureau),
        ];
        units.into_iter().map(unit).collect()
    }

    /// Its name as a row says it.
    fn row_name(&self) -> String {
        if self.is_invented() { format!("{}（{MARK}）", self.name) } else { self.name.to_owned() }
    }
}

/// Codes of the indicators that were given to the county and whose figures add up.
pub fn given_codes() -> impl Iterator<Item = &'static str> {
    GIVEN.iter().map(|(code, _)| *code)
}

/// What the county's document says was given to it.
pub fn county_shares(county: &Programme) -> Shares {
    let measures = given(county).into_iter().flat_map(|indicator| indicator.measures);
    measures.map(|measure| (measure.code.clone(), steps(&measure.target, measure.decimals))).collect()
}

/// Shares of an invented tier, by its size.
pub fn invented_shares(place: &Place, county: &Programme) -> Shares {
    let mut shares = Shares::new();
    for indicator in given(county) {
        for measure in &indicator.measures {
            let own = steps(&measure.target, measure.decimals) * place.size / 100;
            shares.insert(measure.code.clone(), own.max(1));
        }
        for whole in indicator.measures.iter().filter(|measure| !measure.parts.is_empty()) {
            let parts: i64 = whole.parts.iter().filter_map(|part| shares.get(part)).sum();
            let months = if whole.kind() == TargetKind::PersonMonths { i64::from(whole.months_each) } else { 1 };
            shares.insert(whole.code.clone(), parts * months);
        }
    }
    shares
}

/// What several shares make together.
pub fn total(rows: &[(Place, Shares)]) -> Shares {
    let mut total = Shares::new();
    for (code, share) in rows.iter().flat_map(|(_, shares)| shares) {
        *total.entry(code.clone()).or_default() += share;
    }
    total
}

/// The programme of a tier: its targets, what of them it gives to which lower tier, and the tier above that asks for them.
pub fn tier_programme(
    place: &Place,
    county: &Programme,
    targets: &Shares,
    rows: &[(Place, Shares)],
    above: Option<(&Place, &SourceDocument)>,
    source: SourceDocument,
) -> Programme {
    let mut indicators = given(county);
    for indicator in &mut indicators {
        for measure in &mut indicator.measures {
            measure.target = text(targets, measure);
        }
        indicator.lead_unit_name = format!("{}牵头单位（{MARK}）", place.name);
        indicator.certifier_name = format!("{}统计局（{MARK}）", place.name);
        if let Some((above, source)) = above {
            indicator.mandates = mandates(indicator, above, source);
        }
    }
    let measures: Vec<&Measure> = indicators.iter().flat_map(|indicator| &indicator.measures).collect();
    let column = |measure: &&Measure| AllocationColumn {
        measure: measure.code.clone(),
        heading: measure.title.clone(),
        unit: measure.unit.clone(),
    };
    let row = |(place, shares): &(Place, Shares)| AllocationRow {
        division: place.division.to_owned(),
        display_name: place.row_name(),
        cells: measures.iter().map(|measure| text(shares, measure)).collect(),
        mandate: true,
    };
    let table = AllocationTable {
        columns: measures.iter().map(column).collect(),
        rows: rows.iter().map(row).collect(),
        printed_totals: measures.iter().map(|measure| measure.target.clone()).collect(),
        note: format!("{MARK}：标注的行及合计为虚构，只用于演示汇总和排名。"),
    };
    Programme {
        division: place.division.to_owned(),
        division_name: place.name.to_owned(),
        year: county.year,
        title: format!("{}2023年重点民生实事项目（{MARK}）", place.name),
        source: Some(source),
        allocation_table: (!rows.is_empty()).then_some(table),
        projects: projects(county, &indicators),
        reporting_rules: Some(ReportingRules {
            due_day: DUE,
            cut_off_day: CUT_OFF,
            deadline_move: DeadlineMove::NextWorkingDay.into(),
            experience_articles: 0,
            certification_frequency: CertificationFrequency::Monthly.into(),
            first_month: 6,
        }),
        demo_mark: MARK.to_owned(),
        ..Programme::default()
    }
}

/// The county's programme with the mandates that its indicators answer.
pub fn answering(county: &Programme, above: &Place, source: &SourceDocument) -> Programme {
    let mut county = county.clone();
    let indicators = county.projects.iter_mut().flat_map(|project| &mut project.indicators);
    for indicator in indicators.filter(|indicator| GIVEN.iter().any(|(code, _)| *code == indicator.code)) {
        indicator.mandates = mandates(indicator, above, source);
    }
    county
}

/// An indicator that an invented tier reports, with its figures month by month.
#[derive(Clone, Debug, PartialEq)]
pub struct InventedReport {
    /// Code of the indicator.
    pub indicator: String,
    /// Its values.
    pub values: [Vec<MeasureValue>; MONTHS],
}

/// What an invented tier reports in the four months.
pub fn invented_reports(programme: &Programme, seed: u64) -> Vec<InventedReport> {
    let seed = seed ^ programme.division.parse::<u64>().unwrap_or_default();
    let indicators = programme.projects.iter().flat_map(|project| &project.indicators);
    let report = |indicator: &Indicator| {
        let paths = paths(indicator, seed);
        let figure = |measure: &Measure, month: usize| {
            let path = paths.get(&measure.code).copied().unwrap_or_default();
            let value = quantity(path.get(month).copied().unwrap_or_default(), measure.decimals);
            Figure::plain(&measure.code, &measure.unit, value).wire()
        };
        let values =
            std::array::from_fn(|month| indicator.measures.iter().map(|measure| figure(measure, month)).collect());
        InventedReport { indicator: indicator.code.clone(), values }
    };
    indicators.map(report).collect()
}

/// The given indicators as a tier without units of its own holds them.
fn given(county: &Programme) -> Vec<Indicator> {
    let indicators = county.projects.iter().flat_map(|project| &project.indicators);
    let bare = |indicator: &Indicator| {
        let (_, title) = GIVEN.iter().find(|(code, _)| *code == indicator.code)?;
        let measure = |measure: &Measure| Measure {
            item_list: false,
            evidence_required: false,
            printed: String::new(),
            curve: (measure.kind() == TargetKind::StageCount)
                .then(|| PlannedCurve {
                    approved_by: format!("{MARK}：本级计划安排（虚构）"), ..curve(measure)
                }),
            ..measure.clone()
        };
        Some(Indicator {
            code: indicator.code.clone(),
            title: (*title).to_owned(),
            lead_unit: LEAD.to_owned(),
            certifier: indicator.certifier.clone(),
            measures: indicator.measures.iter().map(measure).collect(),
            ..Indicator::default()
        })
    };
    indicators.filter_map(bare).collect()
}

fn projects(county: &Programme, indicators: &[Indicator]) -> Vec<Project> {
    let project = |of: &Project| {
        let holds = |code: &str| of.indicators.iter().any(|indicator| indicator.code == code);
        let title = PROJECTS.iter().find(|(number, _)| *number == of.number).map(|(_, title)| (*title).to_owned());
        Project {
            kind: of.kind,
            number: of.number,
            title: title.unwrap_or_else(|| of.title.clone()),
            indicators: indicators.iter().filter(|indicator| holds(&indicator.code)).cloned().collect(),
        }
    };
    county.projects.iter().map(project).filter(|project| !project.indicators.is_empty()).collect()
}

fn mandates(indicator: &Indicator, above: &Place, source: &SourceDocument) -> Vec<MandateReference> {
    let mandate = |measure: &Measure| MandateReference {
        measure: format!("{}/indicators/{}/measures/{}", above.programme(), indicator.code, measure.code),
        target: Some(Quantity { value: measure.target.clone(), unit: measure.unit.clone() }),
        document_number: source.document_number.clone(),
        own_measure: measure.code.clone(),
    };
    indicator.measures.iter().map(mandate).collect()
}

fn text(shares: &Shares, measure: &Measure) -> String {
    quantity(shares.get(&measure.code).copied().unwrap_or_default(), measure.decimals).to_string()
}

/// The municipality's document, as the county's names it. Its day of publication is not known.
pub fn municipal_source() -> SourceDocument {
    SourceDocument {
        title: "2023年全市重点民生实事项目实施意见".to_owned(),
        publisher: "中共益阳市委办公室、益阳市人民政府办公室".to_owned(),
        document_number: "益办发电〔2023〕22号".to_owned(),
        ..SourceDocument::default()
    }
}

/// A document that does not exist.
pub fn invented_source(place: &Place) -> SourceDocument {
    SourceDocument {
        title: format!("{}2023年重点民生实事项目任务（{MARK}）", place.name),
        publisher: format!("{}（{MARK}）", place.name),
        document_number: format!("{MARK}〔2023〕{}号", place.division),
        published: "2023-04-03".to_owned(),
        ..SourceDocument::default()
    }
}
