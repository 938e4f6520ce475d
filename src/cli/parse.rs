//! Reading the command line, with hints for the slips that its grammar invites.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::Parser as _;
use clap::error::ErrorKind;
use thiserror::Error;

use super::root::Cli;

/// The command line asks for help, for the version, or for something that does not exist.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct UsageError {
    /// What clap says; help and version arrive this way too.
    #[source]
    pub error: clap::Error,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl UsageError {
    /// Whether this is an answer that was asked for (help, version), which belongs on standard output with exit 0.
    pub fn is_answer(&self) -> bool {
        matches!(self.error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
    }

    /// The whole text for the terminal, hint included.
    pub fn text(&self) -> String {
        let mut text = self.error.to_string();
        if let Some(hint) = &self.hint {
            let _ = write!(text, "\nhint: {hint}\n");
        }
        text
    }
}

/// Reads the command line; the first word is the program's name.
///
/// # Errors
/// Help, version, or a mistake, with a hint where there is one to give.
pub fn parse<I, T>(words: I) -> Result<Cli, Box<UsageError>>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    Cli::try_parse_from(&words).map_err(|error| {
        let hint = hint(&words, &error);
        Box::new(UsageError { error, hint })
    })
}

fn hint(words: &[OsString], error: &clap::Error) -> Option<String> {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return None;
    }
    let text: Vec<&str> = words.iter().map(|w| w.to_str().unwrap_or_default()).collect();
    let next = |flag: &str| text.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1]);
    if let Some(word) = next("--dry-run").filter(|w| matches!(*w, "text" | "sql" | "json")) {
        return Some(format!("--dry-run takes its value after an equals sign: --dry-run={word}"));
    }
    // The word behind `--sandbox` is read as a subcommand, so only that complaint can come from a misplaced DIR.
    let word = next("--sandbox").filter(|w| !w.starts_with('-'))?;
    (error.kind() == ErrorKind::InvalidSubcommand || error.kind() == ErrorKind::UnknownArgument).then(|| {
        format!("--sandbox takes its directory after an equals sign: --sandbox={word}; a following word is the subcommand")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::{Command, DryRunForm, OutputForm, ReportFormat, manual_pages};
    use super::*;

    fn line(text: &str) -> Result<Cli, Box<UsageError>> {
        parse(text.split_whitespace())
    }

    #[test]
    fn definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_first_command_of_the_readme() {
        let cli = line("adbctl --sandbox refresh prod dev --yes --report json=report.json").unwrap();
        assert_eq!(cli.global.sandbox, Some(None));
        assert!(cli.global.yes);
        assert_eq!(cli.global.output, OutputForm::Text);
        assert_eq!(cli.global.report[0].format, ReportFormat::Json);
        let Command::Refresh(refresh) = cli.command else { panic!("not refresh") };
        assert_eq!((refresh.source.as_str(), refresh.target.as_str()), ("prod", "dev"));
    }

    #[test]
    fn all_commands_parse() {
        for text in [
            "refresh prod dev --order replace --confirm-terminate dev --set a=b --set c=d=e --dry-run=sql --out x",
            "run refresh prod dev --from a --until b --skip c --skip d",
            "run ./mine.toml",
            "plan refresh prod dev -o plan.json",
            "apply plan.json",
            "resume",
            "undo",
            "undo 20260519t211000-k3fa",
            "refresh-data prod dev --schema SALES:DEV --acknowledge-drift ORDERS,ORDERS.NOTE --end-sessions --orphans novalidate",
            "runs list",
            "runs export x y.zip",
            "runs prune --older-than 30d",
            "verify dev",
            "runbook schema",
            "show dev --sandbox=/tmp/box",
            "sql dev - --bind id:number=1 --format csv --rows 5 --continue --driver thin",
            "sql dev --file fix.sql --define a=b --limit-seconds 9 --yes",
            "wallet get dev --zip w.zip --directory w --force --prove",
            "wallet inspect w.zip --for dev --alias dev_low",
            "wallet repack w.zip --zip n.zip --for thin --password x --keep-as dev-app",
            "doctor",
            "doctor dev --output json",
            "doctor --for clone,upgrade dev --workspace SALES --schema SALES",
            "init --production prod=ocid1 --nonproduction dev=Dev",
            "lock release dev",
            "object put - name --bucket b --part-size 10 --keep-parts",
            "object get dir/name - --force",
            "object list dir/ -b b --output json",
            "object rm a b --yes",
            "object rm --prefix dir/",
            "sandbox serve --dir x --port 0 --speed 0",
            "sandbox fault throttle --times 2 --on /workRequests",
            "sandbox fault --clear",
            "explain ORA-02266",
            "completions bash",
            "man runs show",
        ] {
            if let Err(e) = line(&format!("adbctl {text}")) {
                panic!("{text}: {e}");
            }
        }
    }

    #[test]
    fn dry_run_without_a_value_is_text() {
        assert_eq!(line("adbctl refresh a b --dry-run").unwrap().global.dry_run, Some(DryRunForm::Text));
        assert_eq!(line("adbctl refresh a b").unwrap().global.dry_run, None);
    }

    #[test]
    fn slips_get_hints() {
        fn check(text: &str, wanted: Option<&str>) {
            let error = line(text).expect_err(text);
            match wanted {
                Some(wanted) => assert!(error.text().contains(wanted), "{text}: {}", error.text()),
                None => assert_eq!(error.hint, None, "{text}"),
            }
        }
        check("adbctl --sandbox /tmp/box refresh prod dev", Some("--sandbox=/tmp/box"));
        check("adbctl refresh prod dev --dry-run sql", Some("--dry-run=sql"));
        check("adbctl refresh prod", None);
        check("adbctl refresh prod dev --report xml=a", Some("json, junit, html and markdown"));
        check("adbctl refresh prod dev --set a", Some("KEY=VALUE"));
        check("adbctl clone-app prod dev", None);
        check("adbctl --help", None);
    }

    #[test]
    fn help_ends_with_the_exit_codes() {
        let help = line("adbctl --help").expect_err("help");
        assert!(help.is_answer());
        for (code, meaning) in super::super::EXIT_CODES {
            assert!(help.text().contains(&format!("{code:>2}  {}", &meaning[..8])), "{code}");
        }
    }

    #[test]
    fn every_command_has_a_manual_page() {
        let pages = manual_pages().unwrap();
        assert_eq!(pages[0].0, "adbctl");
        assert!(pages.iter().any(|(name, text)| name == "adbctl-runs-show" && text.len() > 100));
    }
}
