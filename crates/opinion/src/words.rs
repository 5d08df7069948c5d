//! The field's words by which such documents are read: units of measure, action verbs, kinds of offices, headings. Nothing
//! here belongs to one place; a word missing here costs confidence, never a figure.

mod places;
mod units;

pub(crate) use places::{DIVISION_ENDS, OFFICE_ENDS, TOTALS};
pub(crate) use units::{MEASURED, OBJECTS, PER, UNITS};

/// Verbs that stand directly before what is to be done.
pub(crate) const ACTIONS: &[&str] = &[
    "改(新、扩)建",
    "新(改、扩)建",
    "新(改)建",
    "新建(改建)",
    "新改扩建",
    "新建改造",
    "提质改造",
    "提标改造",
    "维修改造",
    "升级改造",
    "改造提升",
    "提升改造",
    "改造完成",
    "新建成",
    "改扩建",
    "新改建",
    "扩建",
    "新建",
    "改建",
    "建成",
    "建设",
    "改造",
    "新增",
    "增加",
    "完成",
    "发放",
    "救助",
    "资助",
    "培训",
    "培育",
    "创建",
    "打造",
    "建立",
    "设立",
    "设置",
    "配备",
    "配置",
    "安装",
    "更新",
    "购置",
    "修建",
    "修缮",
    "修复",
    "整治",
    "治理",
    "加固",
    "开工",
    "竣工",
    "启动",
    "开展",
    "实施",
    "实现",
    "举办",
    "组织",
    "提供",
    "帮扶",
    "扶持",
    "安置",
    "开通",
    "优化",
    "提升",
    "打通",
    "投放",
    "布设",
    "种植",
    "解决",
    "筛查",
    "检查",
    "检测",
    "服务",
    "惠及",
    "覆盖",
    "减少",
    "消除",
    "清理",
    "拆除",
    "硬化",
    "招聘",
    "开发",
    "推广",
    "创办",
    "认定",
    "评选",
    "支持",
    "招募",
    "储备",
    "筹集",
    "供应",
    "维修",
    "改善",
    "建好",
    "完工",
    "延伸",
    "铺设",
    "栽植",
    "养护",
    "补贴",
    "选派",
    "建",
    "增设",
    "增殖放流",
    "接种",
    "为",
    "对",
];

/// Verbs that say little and are left out of a title.
pub(crate) const IDLE: &[&str] = &[
    "完成",
    "实现",
    "开展",
    "实施",
    "实行",
    "确保",
    "力争",
    "推进",
    "持续",
    "全面",
    "全年",
    "年内",
    "全县",
    "全市",
    "全省",
    "全区",
    "全州",
    "继续",
    "加快",
    "积极",
    "稳步",
    "努力",
    "进一步",
    "大力",
    "深入",
    "要",
    "计划",
    "预计",
    "并",
    "同时",
    "以及",
    "及",
    "和",
    "与",
    "共",
    "总",
    "累计",
    "不断",
    "深化",
    "今年",
    "其中",
    "年底前",
    "年底",
    "分别",
    "或",
    "还",
    "再",
    "达到",
    "约",
    "全部",
    "至少",
    "另",
];

/// Words before a number by which it must be reached or passed.
pub(crate) const AT_LEAST: &[&str] = &[
    "不低于",
    "不少于",
    "不小于",
    "不得低于",
    "不得少于",
    "不得小于",
    "至少",
    "达到",
    "达",
    "≥",
    ">=",
    "以上",
    "保持在",
    "稳定在",
    "力争",
    "完成",
    "最低",
];

/// Words by which it must be passed.
pub(crate) const MORE_THAN: &[&str] = &["超过", "突破", "多于", "高于", "大于", ">", "超"];

/// Words by which it must not be passed; `true` where it must lie below.
pub(crate) const AT_MOST: &[&str] = &["不超过", "不高于", "不多于", "不大于", "控制在", "限制在", "≤", "<="];

/// Words by which the value must lie below.
pub(crate) const BELOW: &[&str] = &["低于", "小于", "少于", "<"];

/// Words by which something falls to a number.
pub(crate) const FALLS: &[&str] = &[
    "下降到",
    "下降至",
    "降低到",
    "降低至",
    "降到",
    "降至",
    "压减到",
    "压减至",
    "减少到",
    "减少至",
    "压缩到",
    "压缩至",
];

/// Words by which something rises to a number.
pub(crate) const RISES: &[&str] = &[
    "提高到",
    "提高至",
    "提高为",
    "提升到",
    "提升至",
    "提升为",
    "增加到",
    "增加至",
    "增至",
    "增长到",
    "增长至",
    "上调到",
    "上调至",
    "调整到",
    "调整为",
    "调整至",
    "扩大到",
    "扩大至",
    "提标到",
    "提标至",
    "提至",
    "升至",
    "涨到",
    "提到",
];

/// Stages of works in their order, as words in a text and as the stage's name.
pub(crate) const STAGES: &[(&[&str], &str)] = &[
    (&["启动"], "启动"),
    (&["开工", "动工"], "开工"),
    (&["主体完工", "主体封顶", "主体结构封顶", "主体建成"], "主体完工"),
    (&["全面建成", "建成", "竣工", "完工", "完成建设", "新建成"], "建成"),
    (&["通过验收", "完成验收", "验收合格", "竣工验收"], "验收"),
    (&["投入使用", "投用", "交付使用", "投入运营", "投入运行", "建成通车", "通车", "开园", "开放"], "投入使用"),
];

/// Works on objects, of which each passes through stages.
pub(crate) const WORKS: &[&str] = &[
    ")建", "改造", "整治", "新建", "建设", "建成", "修建", "扩建", "改建", "治理", "加固", "完工", "竣工", "开工",
    "修缮", "维修", "修复", "改厕", "拆除", "打造",
];

/// Headings under which a document speaks of how, and not of what is to be done.
pub(crate) const HOW: &[&str] = &[
    "工作要求",
    "有关要求",
    "相关要求",
    "几点要求",
    "总体要求",
    "保障措施",
    "工作保障",
    "组织保障",
    "组织领导",
    "组织实施",
    "加强领导",
    "指导思想",
    "总体思路",
    "基本原则",
    "工作原则",
    "工作措施",
    "推进措施",
    "监督检查",
    "督查督办",
    "督导检查",
    "附则",
    "工作机制",
    "实施步骤",
    "工作步骤",
    "责任落实",
    "压实责任",
    "加强组织",
    "资金保障",
    "考核验收",
    "验收考核",
    "考核办法",
    "严格考核",
    "严格督",
    "奖惩",
    "重要意义",
    "制定依据",
    "起草背景",
    "时间安排",
    "有关事项",
    "工作纪律",
    "宣传引导",
    "加强宣传",
    "的目的",
    "的保障措施",
    "进度安排",
    "报送要求",
    "组织机构",
];

/// Words that begin such headings, where nothing under them is to be reached.
pub(crate) const PERHAPS_HOW: &[&str] = &[
    "强化",
    "加强",
    "健全",
    "压实",
    "突出",
    "提高认识",
    "高度重视",
    "明确",
    "严格",
    "坚持",
    "落实责任",
    "密切配合",
    "抬高",
];

/// Headings under which a document lists what is to be done.
pub(crate) const WHAT: &[&str] = &[
    "工作任务",
    "目标任务",
    "主要任务",
    "重点任务",
    "实施内容",
    "主要内容",
    "任务目标",
    "工作内容",
    "项目内容",
    "工作目标",
    "实事内容",
    "项目安排",
    "年度任务",
    "重点工作",
];

/// The beginning of a text with one of the words, the longest of them.
pub(crate) fn begins<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    words.iter().copied().filter(|word| text.starts_with(word)).max_by_key(|word| word.len())
}

/// The end of a text with one of the words, the longest of them.
pub(crate) fn ends<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    words.iter().copied().filter(|word| text.ends_with(word)).max_by_key(|word| word.len())
}

/// Whether a text holds one of the words.
pub(crate) fn holds(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}
