//! What a document says of itself: title, year, division, number, day, what it rests on, how many projects and indicators
//! it states, and when is reported.

mod counts;

use jiff::civil::Date;
use minsheng_domain::programme::ProjectKind;

use crate::document::{Block, Document};
use crate::number::{Role, numbers};
use crate::span::{Piece, Span};
use crate::words::holds;

pub(crate) use counts::counts;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
    pub(crate) confidence: u8,
}

/// What a document says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) title: Option<At<String>>,
    pub(crate) year: Option<At<i16>>,
    pub(crate) division: Option<At<String>>,
    pub(crate) published: Option<At<Date>>,
    pub(crate) publisher: Option<At<String>>,
    pub(crate) number: Option<At<String>>,
    pub(crate) based_on: Option<At<String>>,
    pub(crate) counts: Vec<At<Count>>,
    pub(crate) due_day: Option<At<u8>>,
    pub(crate) articles: Option<At<u32>>,
    pub(crate) certified: Option<At<&'static str>>,
}

/// A count stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) kind: ProjectKind,
    pub(crate) projects: u32,
    pub(crate) indicators: Option<u32>,
}

/// Reads a document's facts.
pub(crate) fn read(document: &Document) -> Facts {
    let mut facts = Facts::default();
    let lines: Vec<Piece> = document
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Paragraph(span) => Some(document.piece(*span)),
            Block::Table(_) => None,
        })
        .filter(|piece| !piece.text.is_empty())
        .collect();
    facts.title = title(&lines);
    let title_text = facts.title.as_ref().map(|title| title.value.clone()).unwrap_or_default();
    let headers = document.blocks.iter().filter_map(|block| match block {
        Block::Table(grid) => Some(grid.rows.iter().take(2).flatten().map(|cell| document.piece(cell.span))),
        Block::Paragraph(_) => None,
    });
    let headers: Vec<Piece> = headers.flatten().collect();
    facts.year = year(lines.iter().chain(&headers), &title_text, facts.title.as_ref().map(|title| title.span));
    facts.division = division(&lines, facts.title.as_ref());
    for (index, piece) in lines.iter().enumerate() {
        about_page(&mut facts, piece, &lines, index);
        for (range, count) in counts(&piece.text) {
            let known = facts.counts.iter().any(|known| {
                known.value.kind == count.kind && (known.value.indicators.is_some() || count.indicators.is_none())
            });
            if !known {
                facts.counts.retain(|known| known.value.kind != count.kind);
                facts.counts.push(At { value: count, span: piece.span(&range), confidence: 85 });
            }
        }
        rules(&mut facts, piece);
    }
    facts
}

/// The first line that names such a document.
fn title(lines: &[Piece]) -> Option<At<String>> {
    let kinds = [
        "意见",
        "通知",
        "方案",
        "计划",
        "清单",
        "公告",
        "分解表",
        "责任表",
        "任务表",
        "要点",
        "一览表",
        "项目表",
        "实事",
    ];
    let about = ["实事", "民生工程", "民心工程", "惠民", "民生项目", "重点工作", "目标任务"];
    let is_title = |text: &str| {
        let length = text.chars().count();
        (6..=80).contains(&length)
            && holds(text, &about)
            && !text.ends_with(['。', ';', ',', '，', ':'])
            && !text.contains('。')
    };
    let found = lines
        .iter()
        .take(30)
        .position(|piece| is_title(&piece.text) && holds(&piece.text, &kinds))
        .or_else(|| lines.iter().take(30).position(|piece| is_title(&piece.text)))?;
    let piece = &lines[found];
    // A title over two lines begins with 关于 or ends with 的.
    let before = found
        .checked_sub(1)
        .and_then(|before| lines.get(before))
        .filter(|before| before.text.ends_with("关于印发") || before.text.ends_with("关于"));
    let text = piece.text.trim_start_matches("索引号").to_owned();
    let (value, span) = match before {
        Some(before) => (format!("{}{text}", before.text), Span::new(before.place().start, piece.place().end)),
        None => (text, piece.place()),
    };
    Some(At { value, span, confidence: 85 })
}

fn year<'a>(lines: impl Iterator<Item = &'a Piece>, title: &str, title_span: Option<Span>) -> Option<At<i16>> {
    let years = |text: &str| -> Vec<(i16, std::ops::Range<usize>)> {
        let found = numbers(text).into_iter().filter(|number| number.role == Role::Year);
        found
            .filter_map(|number| {
                text[number.at.clone()].parse().ok().map(|year| (year, number.at.start..number.at.end))
            })
            .collect()
    };
    if let (Some((year, _)), Some(span)) = (years(title).first(), title_span) {
        return Some(At { value: *year, span, confidence: 95 });
    }
    let mut tally: std::collections::BTreeMap<i16, (usize, Span)> = std::collections::BTreeMap::new();
    for piece in lines {
        for (year, range) in years(&piece.text) {
            tally.entry(year).or_insert_with(|| (0, piece.span(&range))).0 += 1;
        }
    }
    let (year, (_, span)) = tally
        .into_iter()
        .filter(|(year, _)| (2000..=2099).contains(year))
        .max_by_key(|(year, (count, _))| (*count, -*year))?;
    Some(At { value: year, span, confidence: 70 })
}

/// The division whose document it is: the beginning of the title, else of the signature.
fn division(lines: &[Piece], title: Option<&At<String>>) -> Option<At<String>> {
    let leading = |text: &str| -> Option<String> {
        let start = text.trim_start_matches(|c: char| c.is_ascii_digit() || "年中共《关于印发".contains(c));
        let mut taken = String::new();
        for character in start.chars().take(12) {
            if !('\u{4e00}'..='\u{9fff}').contains(&character) {
                break;
            }
            taken.push(character);
            let more = start[taken.len()..].chars().next();
            let whole =
                taken.chars().count() >= 2 && matches!(character, '县' | '市' | '区' | '州' | '省' | '旗' | '盟');
            if whole
                && !more.is_some_and(|c| matches!(c, '直' | '级' | '定' | '委' | '列'))
                && !matches!(
                    taken.as_str(),
                    "全县" | "全市" | "全区" | "全省" | "我县" | "我市" | "我区" | "县区" | "各县" | "各市"
                )
            {
                // 某市某区: the last of them is whose it is.
                let rest = &start[taken.len()..];
                let deeper: String =
                    rest.chars().take_while(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).take(7).collect();
                let cut = deeper.find(['县', '区']).filter(|at| {
                    *at > 0 && !holds(&deeper[..*at], &["人民", "政府", "全", "年", "重", "民", "十", "委", "办"])
                });
                return Some(match cut {
                    Some(at) => format!("{taken}{}", &deeper[..at + '县'.len_utf8()]),
                    None => taken,
                });
            }
        }
        None
    };
    if let Some(title) = title
        && let Some(name) = leading(&title.value)
    {
        return Some(At { value: name, span: title.span, confidence: 90 });
    }
    // 某县第十届人民代表大会, 某市人民政府: what stands before names it.
    let mut named: Option<At<String>> = None;
    for piece in lines.iter().take(60) {
        for mark in ["人民政府", "人民代表大会", "政府工作报告", "十届", "重点民生实事", "民生实事"]
        {
            let Some(at) = piece.text.find(mark) else { continue };
            let before = &piece.text[..at];
            let start = before
                .char_indices()
                .rev()
                .take(16)
                .take_while(|(_, c)| ('\u{4e00}'..='\u{9fff}').contains(c))
                .last()
                .map_or(at, |(start, _)| start);
            if named.is_none()
                && let Some(name) = leading(&piece.text[start..])
            {
                named = Some(At { value: name, span: piece.span(&(start..at)), confidence: 60 });
            }
        }
    }
    let signature = lines.iter().filter(|piece| {
        piece.text.chars().count() <= 30 && (piece.text.contains("人民政府") || piece.text.contains("委员会"))
    });
    let mut found: Vec<(String, Span)> =
        signature.filter_map(|piece| Some((leading(&piece.text)?, piece.place()))).collect();
    found.pop().map(|(value, span)| At { value, span, confidence: 75 }).or(named)
}

/// What a page tells about the document: its number, its day, who published it, what it rests on.
fn about_page(facts: &mut Facts, piece: &Piece, lines: &[Piece], index: usize) {
    let text = &piece.text;
    if let Some((number, range)) = document_number(text, 0) {
        let span = piece.span(&range);
        let short = text.chars().count() <= 40 || holds(&text[..range.start], &["文号", "字号", "发文字号"]);
        let resting = holds(text, &["根据", "按照", "精神", "要求", "为贯彻"]);
        if resting {
            if facts.based_on.is_none() {
                facts.based_on = Some(At { value: number, span, confidence: 85 });
            }
        } else if short && facts.number.is_none() && index < 30 {
            facts.number = Some(At { value: number, span, confidence: 80 });
        }
    }
    if facts.published.is_none() {
        let labelled = holds(text, &["发布时间", "发布日期", "成文日期", "发文日期", "发布于", "印发日期"]);
        let alone =
            index > lines.len() / 3 && text.chars().count() <= 12 && text.contains('年') && text.ends_with('日');
        if (labelled || alone)
            && let Some((day, range)) = first_day(text, labelled)
        {
            facts.published =
                Some(At { value: day, span: piece.span(&range), confidence: if labelled { 92 } else { 80 } });
        }
    }
    if facts.publisher.is_none() {
        for label in ["信息来源:", "发布机构:", "发布机关:", "发文机关:", "发布单位:", "来源:"] {
            if let Some(at) = text.find(label) {
                let rest = &text[at + label.len()..];
                let end = rest.find(|c: char| !('\u{4e00}'..='\u{9fff}').contains(&c)).unwrap_or(rest.len());
                let cut = ["浏览", "发布", "发文", "字体", "成文", "组配", "主题", "文号"]
                    .iter()
                    .filter_map(|word| rest[..end].find(word))
                    .min()
                    .unwrap_or(end);
                if cut > 3 {
                    let start = at + label.len();
                    facts.publisher = Some(At {
                        value: rest[..cut].to_owned(),
                        span: piece.span(&(start..start + cut)),
                        confidence: 85,
                    });
                }
                break;
            }
        }
    }
}

/// 某办发〔2023〕22号 from a place on.
fn document_number(text: &str, from: usize) -> Option<(String, std::ops::Range<usize>)> {
    let open = text[from..].find('〔').map(|at| from + at)?;
    let rest = &text[open..];
    let close = rest.find('号').filter(|length| *length < 40)?;
    let end = open + close + '号'.len_utf8();
    let before = &text[..open];
    let start = before
        .char_indices()
        .rev()
        .take(12)
        .take_while(|(_, c)| ('\u{4e00}'..='\u{9fff}').contains(c))
        .last()
        .map(|(at, _)| at)?;
    let numbered = rest[..close].bytes().filter(u8::is_ascii_digit).count() >= 5;
    numbered.then(|| (text[start..end].to_owned(), start..end))
}

fn first_day(text: &str, labelled: bool) -> Option<(Date, std::ops::Range<usize>)> {
    let from = if labelled {
        ["发布时间", "发布日期", "发文日期", "成文日期", "发布于", "印发日期"]
            .iter()
            .filter_map(|label| text.find(label))
            .min()?
    } else {
        0
    };
    let part = &text[from..];
    let start = part.find(|c: char| c.is_ascii_digit())?;
    let mut fields = Vec::new();
    let mut end = start;
    let mut field = String::new();
    for character in part[start..].chars() {
        match character {
            c if c.is_ascii_digit() && field.len() < 4 && !(fields.len() == 2 && field.len() == 2) => field.push(c),
            '-' | '.' | '/' | '年' | '月' if !field.is_empty() && fields.len() < 2 => {
                fields.push(std::mem::take(&mut field))
            }
            _ => break,
        }
        end += character.len_utf8();
    }
    fields.push(field);
    let [year, month, day] = fields.as_slice() else { return None };
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (2000..2100).contains(&day.year()).then_some((day, from + start..from + end))
}

/// When is reported: 每月20日前, 1篇以上典型经验.
fn rules(facts: &mut Facts, piece: &Piece) {
    let text = &piece.text;
    if facts.due_day.is_none() {
        for (at, word) in text.match_indices("每月") {
            let rest = &text[at + word.len()..];
            let rest = rest.trim_start_matches(['的', '于', '在']);
            let start = text.len() - rest.len();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let day = rest[..digits].parse::<u8>().ok().filter(|day| (1..=28).contains(day));
            if let Some(day) = day.filter(|_| rest[digits..].starts_with(['日', '号'])) {
                let upto = start + digits + '日'.len_utf8();
                facts.due_day = Some(At { value: day, span: piece.span(&(at..upto)), confidence: 90 });
                break;
            }
        }
    }
    if facts.articles.is_none()
        && let Some(at) = text.find("典型经验")
    {
        let before = &text[..at];
        if let Some(unit) = before.rfind('篇') {
            let digits = before[..unit].bytes().rev().take_while(u8::is_ascii_digit).count();
            if let Ok(articles) = before[unit - digits..unit].parse() {
                facts.articles = Some(At {
                    value: articles,
                    span: piece.span(&(unit - digits..at + "典型经验".len())),
                    confidence: 85,
                });
            }
        }
    }
    if facts.certified.is_none() && text.contains("认定") {
        for (words, value) in [
            ("每月认定", "monthly"),
            ("按月认定", "monthly"),
            ("每季度认定", "quarterly"),
            ("按季认定", "quarterly"),
            ("半年认定", "half_yearly"),
            ("年终认定", "yearly"),
            ("年底认定", "yearly"),
        ] {
            if let Some(at) = text.find(words) {
                facts.certified = Some(At { value, span: piece.span(&(at..at + words.len())), confidence: 85 });
            }
        }
    }
}
