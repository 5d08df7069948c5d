//! Who leads, takes part, is in charge, certifies: names of offices and of persons told by their form, and the duties that
//! brackets and labelled lines give: （某局牵头，某局参与）, 牵头单位：…；责任单位：….

use std::ops::Range;

use crate::words::{OFFICE_ENDS, begins, ends};

/// Family names, single and double.
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丛华车冉房边净阴闫娄揭皮滕占言符屠吉饶瞿戚芮涵储宫栾匡寇桑蒲敖冷宗鄢茅满阙雍巫晏习沙楚苟帅卓麻母麦都封农银宣刁官扶郗覃储呼延全尚欧阳上官司马诸葛司徒";

/// Labels of duties, and whose they are.
const LABELS: &[(&str, Duty)] = &[
    ("数据评估认定单位", Duty::Certifier),
    ("数据认定单位", Duty::Certifier),
    ("评估认定单位", Duty::Certifier),
    ("认定单位", Duty::Certifier),
    ("考核单位", Duty::Certifier),
    ("验收单位", Duty::Certifier),
    ("牵头责任单位", Duty::Lead),
    ("责任牵头单位", Duty::Lead),
    ("牵头单位", Duty::Lead),
    ("牵头部门", Duty::Lead),
    ("主要责任单位", Duty::Lead),
    ("第一责任单位", Duty::Lead),
    ("主办单位", Duty::Lead),
    ("主责单位", Duty::Lead),
    ("主管部门", Duty::Lead),
    ("主管单位", Duty::Lead),
    ("承办单位", Duty::Responsible),
    ("实施单位", Duty::Responsible),
    ("落实单位", Duty::Responsible),
    ("建设单位", Duty::Responsible),
    ("责任单位", Duty::Responsible),
    ("责任部门", Duty::Responsible),
    ("责任主体", Duty::Responsible),
    ("负责单位", Duty::Responsible),
    ("配合责任单位", Duty::Participant),
    ("配合单位", Duty::Participant),
    ("配合部门", Duty::Participant),
    ("参与单位", Duty::Participant),
    ("参加单位", Duty::Participant),
    ("协办单位", Duty::Participant),
    ("协同单位", Duty::Participant),
    ("协助单位", Duty::Participant),
    ("分管市领导", Duty::Leader),
    ("分管县领导", Duty::Leader),
    ("分管区领导", Duty::Leader),
    ("分管领导", Duty::Leader),
    ("责任领导", Duty::Leader),
    ("牵头领导", Duty::Leader),
    ("包抓领导", Duty::Leader),
    ("联系领导", Duty::Leader),
    ("责任人", Duty::Leader),
    ("完成时限", Duty::Due),
    ("完成时间", Duty::Due),
    ("时限要求", Duty::Due),
    ("完成期限", Duty::Due),
];

/// Whose duty a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Duty {
    Lead,
    /// 责任单位: leads where nobody else does, else takes part.
    Responsible,
    Participant,
    Leader,
    Certifier,
    Due,
}

/// A text's duties with the places of the names.
pub(crate) type Duties = Vec<(Duty, Range<usize>)>;

/// Whether a text has the form of an office's name.
pub(crate) fn is_office(text: &str) -> bool {
    let name = bare(text);
    let length = name.chars().count();
    (2..=30).contains(&length)
        && (ends(name, OFFICE_ENDS).is_some() || begins(name, &["各", "国网"]).is_some() && length <= 14)
        && !name.contains(['。', ';', '!', '%', '“'])
        && !name.bytes().any(|byte| byte.is_ascii_digit())
        && begins(
            name,
            &["完成", "新建", "建成", "建设", "改造", "推进", "实施", "开展", "新增", "提升", "加强", "序号"],
        )
        .is_none()
}

/// Whether a text is one or more offices' names.
pub(crate) fn are_offices(text: &str) -> bool {
    let names = names(text, 0..text.len());
    !names.is_empty() && names.iter().all(|range| is_office(&text[range.clone()]))
}

/// Whether a text has the form of persons' names, with or without a post before them.
pub(crate) fn are_persons(text: &str) -> bool {
    let names = names(text, 0..text.len());
    !names.is_empty() && names.iter().all(|range| is_person(&text[range.clone()]))
}

fn is_person(text: &str) -> bool {
    let name = post(text.trim());
    let length = name.chars().count();
    let han = name.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) || c == '·' || c == '\u{3007}');
    han && (2..=4).contains(&length)
        && name.chars().next().is_some_and(|first| SURNAMES.contains(first))
        && ![
            "时间", "时限", "方式", "安全", "方案", "程序", "金额", "成效", "管理", "任务", "全年", "全县", "康复",
            "常年", "单位", "项目", "万元", "向上", "明确", "高度",
        ]
        .contains(&name)
        && (length <= 3 && ends(name, &["局", "委", "办", "镇", "乡", "县", "市", "区", "村"]).is_none()
            || length == 4 && (name.contains('·') || double(name)))
}

fn double(name: &str) -> bool {
    begins(
        name,
        &["欧阳", "上官", "司马", "诸葛", "司徒", "呼延", "皇甫", "尉迟", "公孙", "慕容", "长孙", "令狐", "夏侯"],
    )
    .is_some()
}

/// A name without the post before it: 副县长某某.
fn post(text: &str) -> &str {
    let posts = [
        "副县长",
        "副市长",
        "副区长",
        "县长",
        "市长",
        "区长",
        "常务副县长",
        "副书记",
        "常委",
        "主任",
        "副主任",
        "局长",
        "同志",
        "部长",
        "书记",
        "党组成员",
    ];
    let text = text.strip_suffix("同志").unwrap_or(text);
    let found = posts.iter().filter_map(|post| text.rfind(post).map(|at| at + post.len())).max();
    found.filter(|at| *at < text.len()).map_or(text, |at| &text[at..])
}

/// Names in a part of a text, divided by 、 commas, blanks or lines.
pub(crate) fn names(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = within.start;
    let mut depth = 0_u32;
    let part = text.get(within.clone()).unwrap_or_default();
    for (offset, character) in part.char_indices() {
        let at = within.start + offset;
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '、' | ',' | '，' | ';' | '。' | '\n' | '/' if depth == 0 => {
                found.push(from..at);
                from = at + character.len_utf8();
            }
            _ => {}
        }
    }
    found.push(from..within.end);
    found.into_iter().filter_map(|range| trimmed(text, range)).collect()
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = text.get(range.clone())?;
    let start = range.start + (part.len() - part.trim_start_matches([' ', ':']).len());
    let name = part.trim_matches([' ', ':']);
    let name = name.strip_suffix('等').filter(|name| is_office(name)).unwrap_or(name);
    (!name.is_empty()).then(|| start..start + name.len())
}

fn bare(text: &str) -> &str {
    let text = text.trim();
    // 高新园(某镇): what stands in brackets at the end explains the name.
    match text.find('(') {
        Some(at) if text.ends_with(')') && at > 0 => &text[..at],
        _ => text,
    }
}

/// The duties that a text gives; empty where it is none of duties.
pub(crate) fn duties(text: &str) -> Duties {
    let labelled = labelled(text);
    if !labelled.is_empty() {
        return labelled;
    }
    let verbs = by_verbs(text);
    if !verbs.is_empty() {
        return verbs;
    }
    let names = names(text, 0..text.len());
    if names.is_empty() || !names.iter().all(|range| is_office(&text[range.clone()])) {
        return Vec::new();
    }
    names.into_iter().map(|range| (Duty::Responsible, range)).collect()
}

fn labelled(text: &str) -> Duties {
    let mut marks: Vec<(usize, usize, Duty)> = Vec::new();
    for (label, duty) in LABELS {
        for (at, _) in text.match_indices(label) {
            let after = at + label.len();
            let colon = text[after..].starts_with(':');
            let covered = marks.iter().any(|(start, end, _)| *start <= at && at < *end);
            if colon && !covered {
                marks.push((at, after + 1, *duty));
            }
        }
    }
    marks.sort_unstable_by_key(|(start, _, _)| *start);
    let mut found = Vec::new();
    for (index, (_, from, duty)) in marks.iter().enumerate() {
        let next = marks.get(index + 1).map_or(text.len(), |(start, _, _)| *start);
        let upto = text[*from..next].find('。').map_or(next, |stop| from + stop);
        if *duty == Duty::Due {
            found.extend(trimmed(text, *from..upto).map(|range| (*duty, range)));
        } else {
            found.extend(names(text, *from..upto).into_iter().map(|range| (*duty, range)));
        }
    }
    found
}

fn by_verbs(text: &str) -> Duties {
    let mut found = Vec::new();
    let mut from = 0;
    let verbs: [(&str, Duty); 9] = [
        ("牵头负责", Duty::Lead),
        ("牵头", Duty::Lead),
        ("负责", Duty::Responsible),
        ("参与", Duty::Participant),
        ("配合", Duty::Participant),
        ("协助", Duty::Participant),
        ("协同", Duty::Participant),
        ("参加", Duty::Participant),
        ("落实", Duty::Responsible),
    ];
    while let Some((at, verb, duty)) = verbs
        .iter()
        .filter_map(|(verb, duty)| text[from..].find(verb).map(|at| (from + at, *verb, *duty)))
        .min_by_key(|(at, verb, _)| (*at, usize::MAX - verb.len()))
    {
        let names = names(text, from..at);
        let names: Vec<Range<usize>> = names
            .into_iter()
            .filter_map(|range| {
                let lead = begins(&text[range.clone()], &["由", "分别由"]).map_or(0, str::len);
                trimmed(text, range.start + lead..range.end)
            })
            .collect();
        if names.is_empty() || !names.iter().all(|range| is_office(&text[range.clone()])) {
            return Vec::new();
        }
        found.extend(names.into_iter().map(|range| (duty, range)));
        from = at + verb.len();
    }
    let rest = text[from..].trim_matches(|c: char| !c.is_alphanumeric());
    if rest.is_empty() { found } else { Vec::new() }
}

/// The brackets of a text that give duties: where each stands, brackets included, and its duties with places in the text.
pub(crate) fn bracketed(text: &str) -> Vec<(Range<usize>, Duties)> {
    let mut found = Vec::new();
    let mut stack = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => stack.push(at),
            ')' | ']' => {
                let Some(open) = stack.pop() else { continue };
                let inside = open + 1..at;
                let duties = duties(&text[inside.clone()]);
                let is_list = duties.iter().all(|(duty, _)| *duty == Duty::Responsible);
                // A bare office in brackets is a duty only at a sentence's end: 县妇幼保健院(分院) is a name.
                let closes = text[at + 1..].trim_start().chars().next().is_none_or(|c| !c.is_alphanumeric());
                if !duties.is_empty() && (!is_list || closes && at - open > 9) {
                    let moved =
                        duties.into_iter().map(|(duty, range)| (duty, range.start + open + 1..range.end + open + 1));
                    // An outer bracket takes the place of those inside it.
                    found.retain(|(range, _): &(Range<usize>, Duties)| range.start < open);
                    found.push((open..at + character.len_utf8(), moved.collect()));
                }
            }
            _ => {}
        }
    }
    found
}

/// Where labelled duties begin that stand behind a text, outside brackets, and those duties with places in the text.
pub(crate) fn trailing(text: &str) -> Option<(usize, Duties)> {
    let mut depth = 0_i32;
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ if depth <= 0 && at > 0 && is_duty_line(&text[at..]) && !is_duty_line(text) => {
                let duties = labelled(&text[at..]);
                let moved = duties.into_iter().map(|(duty, range)| (duty, range.start + at..range.end + at));
                return Some((at, moved.collect()));
            }
            _ => {}
        }
    }
    None
}

/// Whether a line gives duties and nothing else, such as 责任单位：….
pub(crate) fn is_duty_line(text: &str) -> bool {
    let text = text.trim_start_matches(['(', '[', ' ']);
    if text.starts_with([':', '、']) {
        return false;
    }
    LABELS.iter().any(|(label, _)| text.strip_prefix(label).is_some_and(|rest| rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Duty, &str)> {
        duties(text).into_iter().map(|(duty, range)| (duty, &text[range])).collect()
    }

    #[test]
    fn duties_are_told_by_labels_and_by_verbs() {
        assert_eq!(read("县人社局牵头,县税务局参与"), [(Duty::Lead, "县人社局"), (Duty::Participant, "县税务局")]);
        assert_eq!(
            read("牵头单位:市住建局、市城管局;责任单位:各县(市、区)人民政府"),
            [(Duty::Lead, "市住建局"), (Duty::Lead, "市城管局"), (Duty::Responsible, "各县(市、区)人民政府")]
        );
        assert_eq!(read("省民政厅、省残联等"), [(Duty::Responsible, "省民政厅"), (Duty::Responsible, "省残联")]);
        assert!(read("含改扩建").is_empty() && read("由各地统筹负责落实好资金").is_empty());
    }

    #[test]
    fn brackets_with_duties_are_told_from_others() {
        let text = "新(改)建学校5所(区教体局牵头)，妇幼保健院(分院)建设";
        let found = bracketed(text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].0.clone()], "(区教体局牵头)");
        assert_eq!(&text[found[0].1[0].1.clone()], "区教体局");
    }

    #[test]
    fn persons_and_offices_have_their_forms() {
        for name in ["何海", "欧阳明德", "副县长陈一", "张三、李四"] {
            assert!(are_persons(name), "{name}");
        }
        for name in ["区教育局", "国网某县供电公司", "市生态环境局某分局", "各乡镇、街道", "县妇联", "高新园(某镇)"]
        {
            assert!(are_offices(name) && !are_persons(name), "{name}");
        }
        for text in ["完成改造30个", "城镇新增就业", "1", "时间", "建设学校"] {
            assert!(!are_persons(text) && !are_offices(text) || text == "建设学校" && !are_offices(text), "{text}");
        }
    }
}
