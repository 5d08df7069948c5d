//! The structs of a programme document, as the contract's message holds them. They keep what was printed; what follows from
//! it is computed in `summary` and `check`.

use super::allocation::Allocation;
use crate::quantity::Quantity;
use crate::target::Basis;
use jiff::civil::Date;

/// A year's list of projects in one division, with its source document.
#[derive(Debug, Clone, PartialEq)]
pub struct Programme {
    /// Code of the division whose programme it is, for example 430923.
    pub division: String,
    /// Name of the division, as printed.
    pub division_name: String,
    /// The year it covers.
    pub year: i16,
    /// Title, in Chinese.
    pub title: String,
    /// The document that it is taken from.
    pub source: Source,
    /// How many projects and indicators the document says it has, by group.
    pub stated_counts: Vec<StatedCount>,
    /// Key projects, then monitored ones, in the document's order.
    pub projects: Vec<Project>,
    /// The table that divides measures' targets among divisions (任务分解).
    pub allocation_table: Allocation,
    /// What only readers can see: wordings, readings and tasks that stand in one place and not in another.
    pub claims: Vec<Claim>,
    /// When and how progress is reported.
    pub reporting_rules: ReportingRules,
}

/// A document that a programme rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Title of the document.
    pub title: String,
    /// Day of its publication.
    pub published: Option<Date>,
    /// Who published it.
    pub publisher: String,
    /// Number of the parent's document that it rests on, for example 益办发电〔2023〕22号.
    pub based_on: String,
    /// Its own number, where it has one.
    pub document_number: String,
}

/// Key projects are ranked; monitored ones are shown (field rules §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectKind {
    /// 重点
    Key,
    /// 重点监测
    Monitored,
}

impl ProjectKind {
    /// As it is written in a document.
    pub fn label(self) -> &'static str {
        match self {
            Self::Key => "重点",
            Self::Monitored => "重点监测",
        }
    }
}

/// What the document itself says about how much it holds, for example 10 projects with 22 indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedCount {
    /// The projects that it speaks of.
    pub kind: ProjectKind,
    /// Number of projects stated.
    pub projects: u32,
    /// Number of indicators stated.
    pub indicators: u32,
}

/// One numbered item of a programme.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Key or monitored.
    pub kind: ProjectKind,
    /// Its number in its list, from 1.
    pub number: u32,
    /// Title, as printed.
    pub title: String,
    /// What is assigned under it.
    pub indicators: Vec<Indicator>,
}

/// What is assigned, reported, certified and ranked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Indicator {
    /// Code within the programme: 10.4, or m1.1 when monitored.
    pub code: String,
    /// Short title by which bulletins name it.
    pub title: String,
    /// Id of the lead unit (牵头单位).
    pub lead_unit: String,
    /// Name of the lead unit, as printed.
    pub lead_unit_name: String,
    /// Participating units (参与单位).
    pub participating_units: Vec<ParticipatingUnit>,
    /// Leaders in charge (分管领导) with their dates. Empty means unknown, never "none" (field rules §5).
    pub leaders_in_charge: Vec<Leader>,
    /// Id of the certifier (数据评估认定单位).
    pub certifier: String,
    /// Name of the certifier, as printed.
    pub certifier_name: String,
    /// The certifier is inferred from a cell merged over several rows.
    pub certifier_inferred: bool,
    /// The numbers inside it.
    pub measures: Vec<Measure>,
    /// The five statements on its figure.
    pub statements: Statements,
    /// Remark, as printed.
    pub remark: String,
    /// What the parent asks.
    pub mandates: Vec<Mandate>,
    /// Division of the lower tier that reports it; empty for what this tier reports itself.
    pub tier: String,
}

/// A participating unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParticipatingUnit {
    /// Its id; empty when it has no account here.
    pub id: String,
    /// Its name, as printed.
    pub name: String,
}

/// A leader in charge with the days on which it was so, both ends counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// Name, as published.
    pub name: String,
    /// First day, or from the beginning.
    pub from: Option<Date>,
    /// Last day, or open.
    pub to: Option<Date>,
}

/// What the parent asks by a measure of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Resource name of the parent's measure.
    pub measure: String,
    /// The share asked of this division.
    pub target: Quantity,
    /// Unit of measure that the parent uses.
    pub unit: String,
    /// Number of the parent's document.
    pub document_number: String,
    /// Code of the measure here that answers it; empty where none does yet.
    pub own_measure: String,
}

/// The five statements of an indicator (field rules §6): empty means not yet given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statements {
    /// How the figure is verified.
    pub verification: String,
    /// Where it comes from.
    pub source: String,
    /// How exact it is.
    pub accuracy: String,
    /// What limits it has.
    pub limits: String,
    /// How the limits are made up for.
    pub remedy: String,
}

/// A number inside an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Code within the programme, for example 3.2-2.
    pub code: String,
    /// What it is called, in Chinese.
    pub title: String,
    /// 口径: one sentence on what is counted, when, from which system. Empty means not yet given.
    pub counted: String,
    /// Flow, stock, rate or one-off.
    pub basis: Basis,
    /// Unit of measure.
    pub unit: String,
    /// Decimals to which it is reported and shown.
    pub decimals: u8,
    /// The kind of its target.
    pub kind: TargetKind,
    /// Target; none where it is pending or where there is none.
    pub target: Option<Quantity>,
    /// For "at most": the value must lie below the target.
    pub strict: bool,
    /// Start value, for a stock or a raised standard.
    pub baseline: Option<Quantity>,
    /// First day of its schedule; none means 1 January.
    pub start: Option<Date>,
    /// Due day; none means 31 December and that the document gives none.
    pub due: Option<Date>,
    /// Codes of the measures that it consists of.
    pub parts: Vec<String>,
    /// For person-months: months that each head is owed.
    pub months_each: u32,
    /// Stages in their order (开工, 完工, 验收…).
    pub stages: Vec<Stage>,
    /// The stage that the target asks for.
    pub required_stage: String,
    /// Weight within its indicator; none means equal weights.
    pub weight: Option<Quantity>,
    /// The approved planned curve (计划曲线), by day; empty where there is none.
    pub curve: Vec<CurvePoint>,
    /// The curve's share stays until the next point, instead of running evenly towards it.
    pub curve_stepped: bool,
    /// An item list stands behind it, from which its count follows.
    pub item_list: bool,
    /// Evidence is asked for.
    pub evidence_required: bool,
    /// The target as printed, where it was printed otherwise, for example 33万.
    pub printed: String,
}

/// The kind of a measure's target, as a document names it; `spec` makes the rule of it (field rules §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// 不少于
    AtLeast,
    /// 超过、突破
    MoreThan,
    /// 不高于、低于
    AtMost,
    /// 全覆盖
    Coverage,
    /// 达标率
    Rate,
    /// 提标
    StandardRaised,
    /// 节点
    Milestone,
    /// 按阶段计数
    StageCount,
    /// 分项合计
    Parts,
    /// 人·月: its first part counts the heads.
    PersonMonths,
    /// 双条件: its two parts are the conditions.
    Both,
    /// 投入
    Money,
    /// 待下达
    Pending,
    /// 持续推进
    NoTarget,
}

/// A stage and the share of completion that it gives; none where the standard gives none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub title: String,
    /// Share, 0 to 1.
    pub share: Option<Quantity>,
}

/// One point of a planned curve: the share expected at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurvePoint {
    /// The day.
    pub day: Date,
    /// The share of the target expected by then, 0 to 1.
    pub share: Quantity,
}

/// Statements of the document that only readers can compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What kind of claim it is.
    pub kind: ClaimKind,
    /// Code of the indicator, number of the project, or another subject such as 乡镇.
    pub about: String,
    /// What each place says.
    pub statements: Vec<ClaimStatement>,
}

/// What one place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimStatement {
    /// Where it stands, for example 附件3表头.
    pub place: String,
    /// The words.
    pub says: String,
}

/// Kinds of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClaimKind {
    /// The same thing in several wordings.
    Wording,
    /// One text read in two ways that ask for different things.
    Reading,
    /// Tasks that stand in the text and in no table.
    TextOnly,
    /// A figure that one place states and another leaves out or states otherwise.
    Figure,
}

/// When and how progress is reported (field rules §1, §2): data of the programme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportingRules {
    /// Day of the month by whose end the month's report is due, 1 to 28.
    pub due_day: u8,
    /// Cut-off day of the month, 1 to 28; 0 means the due day.
    pub cut_off_day: u8,
    /// How many articles on experience a unit owes a month.
    pub experience_articles: u32,
    /// How often figures are certified.
    pub certified: CertificationFrequency,
    /// First month that is reported, 1 to 12; 0 means January.
    pub first_month: u8,
}

/// How often a programme's figures are certified (field rules §1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CertificationFrequency {
    /// Each month.
    Monthly,
    /// Each quarter's last month.
    Quarterly,
    /// June and December.
    HalfYearly,
    /// December.
    #[default]
    Yearly,
}

impl CertificationFrequency {
    /// Whether figures of a month are certified.
    pub fn covers(self, month: u8) -> bool {
        match self {
            Self::Monthly => true,
            Self::Quarterly => month.is_multiple_of(3),
            Self::HalfYearly => month.is_multiple_of(6),
            Self::Yearly => month == 12,
        }
    }
}

impl Indicator {
    /// The leader in charge on a day; a bulletin of March keeps March's.
    pub fn leader_on(&self, day: Date) -> Option<&str> {
        self.leaders_in_charge
            .iter()
            .rev()
            .find(|l| l.from.is_none_or(|from| from <= day) && l.to.is_none_or(|to| day <= to))
            .map(|l| l.name.as_str())
    }
}

impl Statements {
    /// Chinese names of the statements that are missing.
    pub fn missing(&self) -> Vec<&'static str> {
        [
            (&self.verification, "核验方法"),
            (&self.source, "数据来源"),
            (&self.accuracy, "准确程度"),
            (&self.limits, "局限"),
            (&self.remedy, "弥补办法"),
        ]
        .into_iter()
        .filter(|(text, _)| text.trim().is_empty())
        .map(|(_, name)| name)
        .collect()
    }
}

impl Programme {
    /// Every indicator with its project, in the document's order.
    pub fn indicators(&self) -> impl Iterator<Item = (&Project, &Indicator)> {
        self.projects.iter().flat_map(|project| project.indicators.iter().map(move |indicator| (project, indicator)))
    }

    /// Every measure with its indicator, in the document's order.
    pub fn measures(&self) -> impl Iterator<Item = (&Indicator, &Measure)> {
        self.indicators().flat_map(|(_, indicator)| indicator.measures.iter().map(move |measure| (indicator, measure)))
    }

    /// The measure of a code.
    pub fn measure(&self, code: &str) -> Option<&Measure> {
        self.measures().map(|(_, measure)| measure).find(|measure| measure.code == code)
    }
}
