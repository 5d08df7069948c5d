//! Words: what a document says is written by a template over figures, so that an office changes its wording without code.
//! A template sees the figures of sealed snapshots and nothing else, includes only files of its own set, and stops when it
//! runs too long; what is wrong with one is said with its file and line.

mod about;
pub(crate) mod figures;
mod filters;
mod markup;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

pub use about::{About, Basis};
pub(crate) use figures::Figures;
pub(crate) use markup::{Piece, Written};

/// Instructions that a template may take; the longest of ours takes a fiftieth.
const FUEL: u64 = 2_000_000;
/// How deep macros and includes may go.
const DEPTH: usize = 200;

/// The templates that come with the software.
const EMBEDDED: [(&str, &str); 6] = [
    ("annual.txt", include_str!("../../templates/words/annual.txt")),
    ("common.txt", include_str!("../../templates/words/common.txt")),
    ("monthly.txt", include_str!("../../templates/words/monthly.txt")),
    ("quarterly.txt", include_str!("../../templates/words/quarterly.txt")),
    ("tasks.txt", include_str!("../../templates/words/tasks.txt")),
    ("ten_day.txt", include_str!("../../templates/words/ten_day.txt")),
];

/// A set of templates: an immutable version that a document is written by.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Templates {
    /// Files by name, in order.
    #[prost(message, repeated, tag = "1")]
    pub files: Vec<TemplateFile>,
}

/// A file of a set.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TemplateFile {
    /// Name: monthly.txt.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Text.
    #[prost(string, tag = "2")]
    pub text: String,
}

/// What is wrong with a template.
#[derive(Clone, PartialEq, Eq, prost::Message, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct TemplateError {
    /// The file.
    #[prost(string, tag = "1")]
    pub file: String,
    /// The line, from 1.
    #[prost(uint32, tag = "2")]
    pub line: u32,
    /// What is wrong.
    #[prost(string, tag = "3")]
    pub message: String,
}

impl Templates {
    /// Those that come with the software.
    pub fn embedded() -> Templates {
        Templates::default().with(EMBEDDED.map(|(name, text)| (name.to_owned(), text.to_owned())))
    }

    /// The same with these files in place of those with their names, and beside the others.
    #[must_use]
    pub fn with(mut self, files: impl IntoIterator<Item = (String, String)>) -> Templates {
        for (name, text) in files {
            self.files.retain(|file| file.name != name);
            self.files.push(TemplateFile { name, text });
        }
        self.files.sort_by(|one, other| one.name.cmp(&other.name));
        self
    }

    /// What the template of a kind says of itself; none where there is no such template.
    ///
    /// # Errors
    /// What is wrong at its top.
    pub fn about(&self, kind: &str) -> Result<Option<About>, TemplateError> {
        let name = file_of(kind);
        let found = self.files.iter().find(|file| file.name == name);
        found.map(|file| About::read(&file.name, &file.text)).transpose()
    }

    /// Has the template of a kind write.
    ///
    /// # Errors
    /// What is wrong with a template, with its file and line.
    pub(crate) fn write(&self, kind: &str, figures: &Figures) -> Result<Written, TemplateError> {
        let name = file_of(kind);
        let text = self.render(&name, figures).map_err(|error| told(&name, &error))?;
        markup::read(&name, &text)
    }

    /// What is wrong with a name that the template of a kind writes, with the line where it stands.
    pub(crate) fn blame(&self, kind: &str, name: &str, message: &str) -> TemplateError {
        let holds = |file: &&TemplateFile| file.text.contains(name);
        let own = self.files.iter().find(|file| file.name == file_of(kind)).filter(holds);
        let found = own.or_else(|| self.files.iter().find(holds));
        let line = found.and_then(|file| file.text.lines().position(|line| line.contains(name)));
        TemplateError {
            file: found.map_or_else(|| file_of(kind), |file| file.name.clone()),
            line: line.and_then(|line| u32::try_from(line + 1).ok()).unwrap_or(1),
            message: message.to_owned(),
        }
    }

    fn render(&self, name: &str, figures: &Figures) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        // Macros give what they wrote as text that is safe: its marks stay marks, its values are preceded already.
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("words".into()));
        environment.set_formatter(|output, _, value| write_value(output, value));
        filters::put_in(&mut environment);
        for file in &self.files {
            environment.add_template_owned(file.name.as_str(), with_breaks(&file.text))?;
        }
        environment.get_template(name)?.render(Value::from(Serde(figures)))
    }
}

/// The file of a kind's template.
fn file_of(kind: &str) -> String {
    format!("{kind}.txt")
}

/// Empty lines of a template end paragraphs, whatever becomes of the lines around them.
fn with_breaks(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    for line in text.lines() {
        if line.trim().is_empty() {
            marked.push(markup::BREAK)
        } else {
            marked.push_str(line)
        }
        marked.push('\n');
    }
    marked
}

fn write_value(output: &mut minijinja::Output<'_>, value: &Value) -> Result<(), Error> {
    let written = match value.kind() {
        ValueKind::Number if !value.is_integer() => {
            return Err(Error::new(ErrorKind::BadEscape, "小数应作为文字给出，以免丢失精度"));
        }
        ValueKind::Number => write!(output, "{value}"),
        ValueKind::String if value.is_safe() => write!(output, "{value}"),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            let one_line = text.replace(['\n', '\r'], " ").replace([markup::VALUE, markup::BREAK], "");
            write!(output, "{}{one_line}", markup::VALUE)
        }
        ValueKind::Undefined => return Err(Error::new(ErrorKind::UndefinedError, "没有这个名称")),
        _ => return Err(Error::new(ErrorKind::BadEscape, "只能写出文字和整数；列表请用|顿号连成一句")),
    };
    written.map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

/// The innermost place that an error names.
fn told(name: &str, error: &Error) -> TemplateError {
    let mut innermost = error;
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<Error>().filter(|cause| cause.line().is_some()) {
            innermost = cause;
        }
        next = cause.source();
    }
    let kind = match innermost.kind() {
        ErrorKind::SyntaxError => "语法有误",
        ErrorKind::UndefinedError => "没有这个名称",
        ErrorKind::TemplateNotFound => "模板文件夹中没有这个文件",
        ErrorKind::UnknownFilter => "没有这个过滤器",
        ErrorKind::UnknownTest => "没有这个判断",
        ErrorKind::OutOfFuel => "运行过久",
        _ => "不能执行",
    };
    let detail = innermost.detail().map(|detail| format!("（{detail}）")).unwrap_or_default();
    TemplateError {
        file: innermost.name().unwrap_or(name).to_owned(),
        line: innermost.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1),
        message: format!("{kind}{detail}"),
    }
}
