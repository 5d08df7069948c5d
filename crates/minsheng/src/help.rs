//! The help in Chinese: headings, standard options, defaults and environment variables of clap's texts, for every command
//! alike.

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
            let argument = described(argument);
            if headed { argument } else { argument.help_heading(heading) }
        })
        .arg(Arg::new("帮助").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项"));
    if with_children { command.mut_subcommands(localise) } else { command }
}

/// Default, environment variable and possible values of an argument, said in its own text instead of by clap.
fn described(argument: Arg) -> Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    let mut notes = Vec::new();
    let join = |words: Vec<String>| words.join("、");
    let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned());
    let defaults: Vec<String> = defaults.filter(|value| !value.is_empty()).collect();
    if !argument.is_hide_default_value_set() && !defaults.is_empty() {
        notes.push(format!("默认 {}", join(defaults)));
    }
    if let Some(variable) = argument.get_env().filter(|_| !argument.is_hide_env_set()) {
        notes.push(format!("环境变量 {}", variable.to_string_lossy()));
    }
    let possible: Vec<String> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !argument.is_hide_possible_values_set() && !possible.is_empty() {
        notes.push(format!("可填 {}", join(possible)));
    }
    let argument = argument.hide_default_value(true).hide_env(true).hide_possible_values(true);
    match argument.get_help().map(ToString::to_string) {
        Some(help) if !notes.is_empty() => argument.help(format!("{help}［{}］", notes.join("；"))),
        _ => argument,
    }
}

/// `--version`, in Chinese.
pub(crate) fn version() -> Arg {
    let version = Arg::new("版本").short('V').long("version").action(ArgAction::Version);
    version.help("显示版本").help_heading("通用选项")
}

/// The help or version that was asked for.
pub(crate) fn text(answer: &clap::Error) -> String {
    chinese(&answer.to_string())
}

/// A usage line without clap's own English word.
pub(crate) fn chinese(text: &str) -> String {
    text.replace("[OPTIONS]", "[选项]")
}
