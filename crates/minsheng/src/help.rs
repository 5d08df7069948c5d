//! The help in Chinese: headings and standard options of clap's texts, for every command alike.

use clap::{Arg, ArgAction, Command};

const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The command and all below it, with Chinese headings and a Chinese `--help`.
pub(crate) fn localise(command: Command) -> Command {
    let with_children = command.get_subcommands().next().is_some();
    let command = command
        .help_template(TEMPLATE)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .mut_args(|argument| {
            let headed = argument.get_help_heading().is_some();
            let heading = if argument.is_positional() { "参数" } else { "选项" };
            if headed { argument } else { argument.help_heading(heading) }
        })
        .arg(Arg::new("帮助").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项"));
    if with_children { command.mut_subcommands(localise) } else { command }
}

/// `--version`, in Chinese.
pub(crate) fn version() -> Arg {
    let version = Arg::new("版本").short('V').long("version").action(ArgAction::Version);
    version.help("显示版本").help_heading("通用选项")
}
