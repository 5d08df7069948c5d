//! Wrong uses of the command line in Chinese: clap says what kind of mistake it is and which words are at fault, the
//! sentence is ours.

use std::num::ParseIntError;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Failure;
use crate::help;

/// A wrong use as people read it: the mistake, what may have been meant, and how the command is used.
pub(crate) fn text(error: &Error) -> String {
    let mut text = format!("{}。\n", sentence(error));
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return format!("{text}\n{}", help::text(error));
    }
    let meant = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let meant: Vec<String> = meant.iter().flat_map(|kind| words(error, *kind)).collect();
    if !meant.is_empty() {
        text.push_str(&format!("  是不是：{}\n", meant.join("、")));
    }
    if let Some(usage) = words(error, ContextKind::Usage).first() {
        let usage = usage.trim().trim_start_matches("Usage:").trim();
        text.push_str(&format!("用法：{}\n", help::chinese(usage)));
    }
    text.push_str("用 --help 看说明。\n");
    text
}

/// The same as other failures are printed for programs.
pub(crate) fn failure(error: &Error) -> Failure {
    Failure::usage(sentence(error))
}

fn sentence(error: &Error) -> String {
    format!("命令用法有误：{}", mistake(error))
}

fn mistake(error: &Error) -> String {
    let argument = quoted(words(error, ContextKind::InvalidArg));
    let value = words(error, ContextKind::InvalidValue).join("、");
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument}后面缺少值"),
        ErrorKind::InvalidValue => {
            let known = words(error, ContextKind::ValidValue);
            let known = if known.is_empty() { String::new() } else { format!("，可填：{}", known.join("、")) };
            format!("{argument}的值“{value}”不对{known}")
        }
        ErrorKind::ValueValidation => format!("{argument}的值“{value}”不对：{}", why(error)),
        ErrorKind::UnknownArgument => format!("没有{argument}这个选项或参数"),
        ErrorKind::InvalidSubcommand => {
            format!("没有{}这个命令", quoted(words(error, ContextKind::InvalidSubcommand)))
        }
        ErrorKind::MissingSubcommand => {
            let known = words(error, ContextKind::ValidSubcommand);
            let known = if known.is_empty() { String::new() } else { format!("，可用：{}", known.join("、")) };
            format!("缺少下级命令{known}")
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "缺少命令".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("缺少{argument}"),
        ErrorKind::ArgumentConflict => {
            let prior = quoted(words(error, ContextKind::PriorArg));
            match prior.as_str() {
                "" => format!("{argument}不能与别的选项同时给出"),
                same if same == argument => format!("{argument}只能给一次"),
                other => format!("{argument}不能与{other}同时给出"),
            }
        }
        ErrorKind::NoEquals => format!("{argument}的值要用“=”接在后面"),
        ErrorKind::TooManyValues => format!("{argument}多给了值“{value}”"),
        ErrorKind::TooFewValues => {
            let [least, given] = [ContextKind::MinValues, ContextKind::ActualNumValues].map(|kind| number(error, kind));
            format!("{argument}至少要{least}个值，只给了{given}个")
        }
        ErrorKind::WrongNumberOfValues => {
            let [wanted, given] =
                [ContextKind::ExpectedNumValues, ContextKind::ActualNumValues].map(|kind| number(error, kind));
            format!("{argument}要{wanted}个值，给了{given}个")
        }
        ErrorKind::InvalidUtf8 => "参数不是UTF-8文本".to_owned(),
        _ => "参数不能读懂".to_owned(),
    }
}

/// Why a value was refused: our own parsers say it in Chinese, those of numbers do not.
fn why(error: &Error) -> String {
    let Some(source) = std::error::Error::source(error) else {
        return "不合要求".to_owned();
    };
    let said = source.to_string();
    if !said.is_ascii() {
        return said;
    }
    match said.split_once(" is not in ") {
        Some((_, range)) => format!("应为{}之间的整数", range.replace("..=", "至").replace("..", "至")),
        None if source.is::<ParseIntError>() => "应为整数".to_owned(),
        None => "不合要求".to_owned(),
    }
}

fn words(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn number(error: &Error, kind: ContextKind) -> isize {
    match error.get(kind) {
        Some(ContextValue::Number(number)) => *number,
        _ => 0,
    }
}

fn quoted(words: Vec<String>) -> String {
    words.into_iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::cli::Cli;

    fn told(line: &str) -> String {
        super::text(&Cli::read(line.split(' ').map(Into::into)).unwrap_err())
    }

    #[test]
    fn every_kind_of_wrong_use_is_told_in_chinese() {
        for (line, mistake) in [
            ("minsheng nonsense", "没有“nonsense”这个命令"),
            ("minsheng report", "缺少命令"),
            ("minsheng", "缺少命令"),
            ("minsheng report --receipt a.json", "缺少下级命令，可用：show、list"),
            ("minsheng report file --nonsense", "没有“--nonsense”这个选项或参数"),
            ("minsheng report show", "缺少“<NAME>”"),
            ("minsheng duties", "缺少“--period <MONTH>”"),
            ("minsheng duties --period 2023-13", "“--period <MONTH>”的值“2023-13”不对：月份写作 2023-06"),
            ("minsheng duties --period", "“--period <MONTH>”后面缺少值"),
            ("minsheng duties --period 2023-06 --period 2023-07", "“--period <MONTH>”只能给一次"),
            ("minsheng duties --period 2023-06 --output xml", "的值“xml”不对，可填：table、json"),
            ("minsheng duties --period 2023-06 --deadline 0", "的值“0”不对：应为1至600之间的整数"),
            ("minsheng duties --period 2023-06 --deadline x", "的值“x”不对：应为整数"),
            ("minsheng calendar show 70000", "的值“70000”不对：应为0至65535之间的整数"),
            ("minsheng report show a b", "没有“b”这个选项或参数"),
            (
                "minsheng report file 3.2/2023-06 --json a --workbook b",
                "“--json <FILE>”不能与“--workbook <FILE>”同时给出",
            ),
            ("minsheng serve nothing", "的值“nothing”不对，可填：all、catalogue"),
        ] {
            let told = told(line);
            assert!(told.starts_with(&format!("命令用法有误：{mistake}")) || told.contains(mistake), "{line}: {told}");
            for english in ["error:", "tip:", "Usage", "For more", "required", "argument", "OPTIONS", "possible"] {
                assert!(!told.contains(english), "{line}: {told}");
            }
        }
    }

    #[test]
    fn what_may_have_been_meant_and_the_usage_stand_below() {
        let near = told("minsheng duties --perod 2023-06");
        assert!(near.contains("是不是：--period"), "{near}");
        assert!(near.contains("用法：minsheng duties --period <MONTH>"), "{near}");
        assert!(near.ends_with("用 --help 看说明。\n"), "{near}");
        let near = told("minsheng dutes");
        assert!(near.contains("是不是：") && near.contains("duties"), "{near}");
    }
}
