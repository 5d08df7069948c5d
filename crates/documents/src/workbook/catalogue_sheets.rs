//! The sheets of the catalogue's template: the one place that both its writing and its reading go by.

use minsheng_proto::catalogue::v1::ProjectKind;

use super::form::{Column, Entry, Table};
use super::words::{BASIS, CLAIM_KIND, CUT_OFF, PROJECT_KIND, TARGET_KIND, YES_NO};

/// What the hidden sheet calls this template.
pub(crate) const KIND: &str = "catalogue";

const fn text(title: &'static str, width: u16) -> Column {
    Column::new(title, width, Entry::Text, "")
}

const fn code(title: &'static str, width: u16, hint: &'static str) -> Column {
    Column::new(title, width, Entry::Code, hint)
}

const DATE_HINT: &str = "写成2023-06-20的形式";
const INDICATOR_HINT: &str = "指标编码，如3.2；重点监测项目在前面加m，如m1.1";
const MEASURE_HINT: &str = "计量项编码，如3.2-1";

/// Programme's facts by name.
pub(crate) const FACTS: Table = Table {
    sheet: "基本情况",
    note: "每行一个事项，只填“内容”一列。",
    columns: &[
        Column::new("事项", 24, Entry::Given, ""),
        Column::new("内容", 50, Entry::Text, ""),
        Column::new("说明", 60, Entry::Given, ""),
    ],
};

/// Names in `FACTS` with what is to be filled in.
pub(crate) const FACT_ROWS: [(&str, &str); 17] = [
    ("区划代码", "统计用区划代码，6、9或12位"),
    ("区划名称", "与文件一致"),
    ("年度", "四位年份"),
    ("名称", "年度实事项目的名称"),
    ("文件标题", "来源文件的标题"),
    ("发布日期", DATE_HINT),
    ("发布单位", "来源文件的发布单位"),
    ("上级文号", "所依据的上级文件文号"),
    ("本级文号", "来源文件的文号，没有则留空"),
    ("报送日", "每月几日24时前报送，1至28"),
    ("截止日", "数据截至每月几日，1至28；留空与报送日相同"),
    ("逢休息日", "顺延、提前或不动；留空为顺延"),
    ("典型经验篇数", "每单位每月应报篇数"),
    ("认定频次", "每月、每季、半年或全年"),
    ("起报月份", "1至12；留空为1月"),
    ("黄灯界限", "完成率减应达比例的百分点，留空为-10"),
    ("红灯界限", "完成率减应达比例的百分点，留空为-30"),
];

/// Further names, for marks and notes.
pub(crate) const MARK_ROWS: [(&str, &str); 2] = [("演示数据标记", "真实数据留空"), ("乡镇任务表注", "附表下的注")];

/// What the document says of its own counts.
pub(crate) const COUNTS: Table = Table {
    sheet: "文件自述数",
    note: "文件正文自己写明的项目数、指标数，原样填写，供核对。",
    columns: &[
        Column::new("类别", 12, Entry::Choice(PROJECT_KIND), ""),
        Column::new("项目数", 12, Entry::Number, ""),
        Column::new("指标数", 12, Entry::Number, ""),
    ],
};

/// Projects.
pub(crate) const PROJECTS: Table = Table {
    sheet: "项目",
    note: "每行一个项目，按文件顺序，先重点、后重点监测。",
    columns: &[
        Column::new("类别", 12, Entry::Choice(PROJECT_KIND), ""),
        Column::new("序号", 8, Entry::Number, "在本类别中的序号，从1起"),
        text("名称", 70),
    ],
};

/// Indicators.
pub(crate) const INDICATORS: Table = Table {
    sheet: "指标",
    note: "每行一项指标任务。编码由项目序号和指标序号组成，如3.2；重点监测项目前加m。编码用后不得改作他用。",
    columns: &[
        code("指标编码", 12, INDICATOR_HINT),
        text("指标名称", 40),
        code("牵头单位编号", 16, "单位在系统中的编号，如rsj"),
        text("牵头单位", 20),
        code("认定单位编号", 16, "数据评估认定单位在系统中的编号"),
        text("认定单位", 16),
        Column::new("认定单位由合并格推定", 14, Entry::Choice(YES_NO), ""),
        text("备注", 30),
    ],
};

/// Participating units.
pub(crate) const PARTICIPANTS: Table = Table {
    sheet: "参与单位",
    note: "每行一个参与单位；没有账号的单位编号留空。",
    columns: &[code("指标编码", 12, INDICATOR_HINT), code("单位编号", 16, ""), text("单位", 24)],
};

/// Leaders in charge.
pub(crate) const LEADERS: Table = Table {
    sheet: "分管领导",
    note: "每行一位分管领导及任期；未知的不填，不要写“无”。",
    columns: &[
        code("指标编码", 12, INDICATOR_HINT),
        text("姓名", 14),
        code("起", 14, DATE_HINT),
        code("止", 14, DATE_HINT),
    ],
};

/// The parent's tasks that an indicator answers.
pub(crate) const MANDATES: Table = Table {
    sheet: "上级任务",
    note: "每行一项上级任务：上级计量项的名称、分给本级的数量和单位、文号，以及由本指标的哪个计量项回答。",
    columns: &[
        code("指标编码", 12, INDICATOR_HINT),
        code("上级计量项", 50, "如programmes/430900-2023/indicators/3.2/measures/3.2-1"),
        Column::new("数量", 14, Entry::Number, ""),
        text("单位", 10),
        text("文号", 24),
        code("本级计量项", 14, "回答它的计量项编码，如3.2-1；还没有的留空"),
    ],
};

/// Measures.
pub(crate) const MEASURES: Table = Table {
    sheet: "计量项",
    note: "每行一个计量项。目标只填半角数字，不带单位；待下达和无目标的留空。完成时限留空为当年12月31日，权重留空为1。",
    columns: &[
        code("计量项编码", 12, MEASURE_HINT),
        text("名称", 34),
        text("口径", 50),
        Column::new("基准", 10, Entry::Choice(BASIS), ""),
        text("单位", 10),
        Column::new("小数位", 8, Entry::Number, "0至4"),
        Column::new("目标类型", 12, Entry::Choice(TARGET_KIND), ""),
        Column::new("目标", 14, Entry::Number, ""),
        Column::new("须低于目标", 10, Entry::Choice(YES_NO), "只用于“不高于”：文件写“低于”的填是"),
        Column::new("基数", 12, Entry::Number, ""),
        code("起算日期", 14, DATE_HINT),
        code("完成时限", 14, DATE_HINT),
        code("组成计量项", 24, "分项合计、人月、双条件：各分项的编码，用顿号隔开"),
        Column::new("每人月数", 10, Entry::Number, "只用于人月"),
        text("要求阶段", 14),
        Column::new("权重", 8, Entry::Number, ""),
        Column::new("有台账", 8, Entry::Choice(YES_NO), ""),
        Column::new("需佐证", 8, Entry::Choice(YES_NO), ""),
        text("原文目标", 16),
        Column::new("数据截至", 10, Entry::Choice(CUT_OFF), "与项目整体不同的才填"),
        Column::new("曲线为阶梯", 10, Entry::Choice(YES_NO), "计划曲线在两点之间不变"),
        text("曲线批准依据", 30),
    ],
};

/// Stages.
pub(crate) const STAGES: Table = Table {
    sheet: "阶段",
    note: "每行一个阶段，按先后；份额为0至1的小数，没有份额的留空。",
    columns: &[code("计量项编码", 12, MEASURE_HINT), text("阶段", 20), Column::new("份额", 10, Entry::Number, "")],
};

/// Points of planned curves.
pub(crate) const CURVES: Table = Table {
    sheet: "计划曲线",
    note: "每行一个点：到该日日终应达到的份额，0至1的小数。",
    columns: &[
        code("计量项编码", 12, MEASURE_HINT),
        code("日期", 14, DATE_HINT),
        Column::new("份额", 10, Entry::Number, ""),
    ],
};

/// The five statements.
pub(crate) const STATEMENTS: Table = Table {
    sheet: "口径说明",
    note: "每项指标五句话：数怎么核实、从哪里来、有多准、不含什么、不足怎么弥补。缺的会列为问题，不要编造。",
    columns: &[
        code("指标编码", 12, INDICATOR_HINT),
        text("核实方式", 34),
        text("数据来源", 34),
        text("准确性", 34),
        text("局限", 34),
        text("弥补办法", 34),
    ],
};

/// Differing wordings and readings.
pub(crate) const CLAIMS: Table = Table {
    sheet: "异文记录",
    note: "文件内互相不一致的说法：同一序号的各行是同一处异文，各写位置和原话。",
    columns: &[
        Column::new("序号", 8, Entry::Number, "同一处异文用同一序号，从1起"),
        Column::new("类型", 12, Entry::Choice(CLAIM_KIND), ""),
        text("对象", 24),
        text("位置", 24),
        text("表述", 60),
    ],
};

/// Sheet of the township table; its measures follow after the columns that are always there.
pub(crate) const ALLOCATION_SHEET: &str = "乡镇任务";
/// Columns that are always there: division, name, and whether the row is a mandate to a lower tier.
pub(crate) const ALLOCATION_FIXED: usize = 3;
/// Their headings, one a heading row.
pub(crate) const ALLOCATION_HEADS: [[&str; ALLOCATION_FIXED]; 3] =
    [["区划代码", "名称", "下达"], ["", "表头", ""], ["", "单位", ""]];
/// Name of the printed total's row.
pub(crate) const TOTAL_ROW: &str = "合计";

/// Which list an indicator's code belongs to and its project's number; none where the code has another form.
pub(crate) fn project_of(code: &str) -> Option<(i32, i32)> {
    let (kind, numbers) = match code.strip_prefix('m') {
        Some(rest) => (ProjectKind::Monitored, rest),
        None => (ProjectKind::Key, code),
    };
    let (project, number) = numbers.split_once('.')?;
    number.parse::<i32>().ok().filter(|number| *number > 0)?;
    Some((kind as i32, project.parse().ok()?))
}
