//! The command line: every command, and which of them need the gateway.

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::command::{
    account, article, audit, bulletin, bundle, calendar, cases, divisions, duties, error, evidence, filings, items,
    keys, login, mandates, month, openapi, parent, period, programme, rank, read, report, scheme, table, tier, trace,
    units, verify,
};
use crate::doctor::Doctor;
use crate::failure::{EXIT_CODES, Outcome};
use crate::help;
use crate::output::Output;
use crate::session::{Options, Session};

const EXAMPLES: &str = "\
示例：
  minsheng login ssb.office --gateway https://127.0.0.1:50443 --ca gateway-certificate.pem
  minsheng programme import programme.json --validate-only
  minsheng duties --period 2023-06
  minsheng report file 3.2/2023-06 --values 3.2-1=1475/310 --filled-by 张三 --reviewed-by 李四 --head 王五
  minsheng certify --all --period 2023-06
  minsheng trace 2023-06-1 --indicator 3.2
  minsheng bundle export --out 上报.bundle
  minsheng table check yueyanglou-2022-06.csv --period 2022-06
  minsheng read 实施意见.docx --divisions divisions-hunan.csv --out programme.json
";

/// 民生：重点民生实事项目的下达、报送、认定、排名、通报，全程留痕，可逐数核验。
#[derive(Debug, Parser)]
#[command(name = "minsheng", version, disable_version_flag = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Everything that can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Offline(Offline),
    #[command(flatten)]
    Online(Online),
    #[command(flatten)]
    Operate(crate::serve::Operate),
    #[command(flatten)]
    Safekeeping(crate::backup::Safekeeping),
    Config(crate::config::Config),
    Demo(crate::demo::Demo),
    #[command(hide = true)]
    DemoTier(crate::demo::DemoTier),
    /// 文档处理进程：由服务和命令自行启动
    #[command(hide = true)]
    Worker,
}

/// What needs no gateway.
#[derive(Debug, Subcommand)]
pub(crate) enum Offline {
    Login(login::LogIn),
    Table(table::Table),
    Read(read::Read),
    Verify(verify::Verify),
    Error(error::ErrorPage),
    Keys(keys::Keys),
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApi),
    Doctor(Doctor),
}

/// What goes through the gateway.
#[derive(Debug, Subcommand)]
pub(crate) enum Online {
    Logout(login::LogOut),
    Whoami(login::WhoAmI),
    Divisions(divisions::Divisions),
    Units(units::Units),
    Calendar(calendar::Calendar),
    Programme(programme::Programme),
    Mandates(mandates::Mandates),
    Filings(filings::Filings),
    Duties(duties::Duties),
    Report(report::Report),
    Month(month::Month),
    Evidence(evidence::Evidence),
    Items(items::Items),
    Article(article::Article),
    Period(period::PeriodCommand),
    Cases(cases::Cases),
    Certify(cases::Certify),
    Scheme(scheme::Scheme),
    Rank(rank::Rank),
    Bulletin(bulletin::Bulletin),
    Trace(trace::Trace),
    Account(account::Account),
    Tier(tier::Tier),
    Parent(parent::Parent),
    Bundle(bundle::Bundle),
    Audit(audit::Audit),
}

impl Cli {
    /// Reads the arguments; a wrong use, `--help` and `--version` come back as clap's own answer.
    pub(crate) fn read(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, clap::Error> {
        let command = help::localise(Self::command().after_help(format!("{EXAMPLES}\n{EXIT_CODES}")));
        let command = command.arg(help::version());
        let mut matches = command.try_get_matches_from(arguments)?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

impl Offline {
    /// Runs without a session.
    pub(crate) async fn run(self, options: Options) -> Outcome {
        let output = Output::new(options.output);
        match self {
            Self::Login(command) => command.run(options).await,
            Self::Table(command) => command.run(output).await,
            Self::Read(command) => command.run(output).await,
            Self::Verify(command) => command.run(options).await,
            Self::Error(command) => command.run(output),
            Self::Keys(command) => command.run(output),
            Self::OpenApi(command) => command.run(output),
            Self::Doctor(command) => command.run(options).await,
        }
    }
}

impl Online {
    /// Runs with the stored session.
    pub(crate) async fn run(self, mut options: Options) -> Outcome {
        if matches!(self, Self::Bundle(_)) {
            // A bundle may hold the work of weeks.
            options.deadline = options.deadline.max(bundle::PATIENCE);
        }
        let mut session = Session::open(options).await?;
        let done = self.dispatch(&mut session).await;
        done.map_err(|failure| session.advise(failure))
    }

    async fn dispatch(self, session: &mut Session) -> Outcome {
        match self {
            Self::Logout(command) => command.run(session).await,
            Self::Whoami(command) => command.run(session).await,
            Self::Divisions(command) => command.run(session).await,
            Self::Units(command) => command.run(session).await,
            Self::Calendar(command) => command.run(session).await,
            Self::Programme(command) => command.run(session).await,
            Self::Mandates(command) => command.run(session).await,
            Self::Filings(command) => command.run(session).await,
            Self::Duties(command) => command.run(session).await,
            Self::Report(command) => command.run(session).await,
            Self::Month(command) => command.run(session).await,
            Self::Evidence(command) => command.run(session).await,
            Self::Items(command) => command.run(session).await,
            Self::Article(command) => command.run(session).await,
            Self::Period(command) => command.run(session).await,
            Self::Cases(command) => command.run(session).await,
            Self::Certify(command) => command.run(session).await,
            Self::Scheme(command) => command.run(session).await,
            Self::Rank(command) => command.run(session).await,
            Self::Bulletin(command) => command.run(session).await,
            Self::Trace(command) => command.run(session).await,
            Self::Account(command) => command.run(session).await,
            Self::Tier(command) => command.run(session).await,
            Self::Parent(command) => command.run(session).await,
            Self::Bundle(command) => command.run(session).await,
            Self::Audit(command) => command.run(session).await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(line.split(' ').map(Into::into))
    }

    #[test]
    fn every_command_is_well_formed_and_its_help_is_chinese() {
        help::localise(Cli::command()).debug_assert();
        let help = read("minsheng --help").unwrap_err().to_string();
        assert!(help.contains("用法：") && help.contains("退出码") && !help.contains("Usage"), "{help}");
        assert!(!help.contains("worker") && !help.contains("demo-tier"), "{help}");
        let help = help::text(&read("minsheng report file --help").unwrap_err());
        assert!(help.contains("显示帮助") && help.contains("--values") && help.contains("[选项]"), "{help}");
    }

    #[test]
    fn no_help_has_an_english_word_of_claps() {
        fn each(command: &clap::Command, words: &str) {
            let help = help::text(&read(&format!("{words} --help")).unwrap_err());
            for english in ["[default", "[env", "[possible", "[aliases", "OPTIONS", "Usage", "Options:", "Commands:"] {
                assert!(!help.contains(english), "{words}: {help}");
            }
            for child in command.get_subcommands() {
                each(child, &format!("{words} {}", child.get_name()));
            }
        }
        each(&Cli::command(), "minsheng");
    }

    #[test]
    fn the_examples_of_the_help_are_valid() {
        for line in EXAMPLES.lines().filter(|line| line.contains("minsheng ")) {
            read(line.trim()).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn a_period_has_one_form() {
        assert!(read("minsheng duties --period 2023-06").is_ok());
        for wrong in ["2023-13", "2023-00", "25-1", "2023-6", "9999-01", "2023-Q2"] {
            assert!(read(&format!("minsheng duties --period {wrong}")).is_err(), "{wrong}");
        }
    }
}
