//! `adbctl explain`, `completions` and `man`: texts.

use super::exit::{Exit, Failure};
use super::surroundings::Surroundings;
use crate::cli::{self, CompletionsArgs, ExplainArgs, ManArgs};
use crate::db;

/// `adbctl explain CODE`.
pub(super) fn explain(args: &ExplainArgs, around: &Surroundings) -> Result<Exit, Failure> {
    let text = db::codes::explain(&args.code).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("the catalogue has no {}", args.code))
            .help("it knows ORA-, PLS-, DPY- and DPI- codes of the work that adbctl does")
    })?;
    around.out.result(text.trim_end())?;
    Ok(Exit::Done)
}

/// `adbctl completions SHELL`.
pub(super) fn completions(args: &CompletionsArgs, around: &Surroundings) -> Result<Exit, Failure> {
    around.out.bytes(&cli::completions(args.shell))?;
    Ok(Exit::Done)
}

/// `adbctl man [COMMAND …]`.
pub(super) fn manual(args: &ManArgs, around: &Surroundings) -> Result<Exit, Failure> {
    let wanted = std::iter::once("adbctl")
        .chain(args.command.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("-");
    let pages = cli::manual_pages()?;
    let page = pages
        .iter()
        .find(|(name, _)| name.trim_end_matches(".1") == wanted)
        .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no manual page {wanted}")))?;
    around.out.bytes(&page.1)?;
    Ok(Exit::Done)
}
