//! Shell completions and manual pages, made from the same definitions as the help.

use std::io;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::root::Cli;

/// The completion script of a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "adbctl", &mut script);
    script
}

/// Every manual page as its name (`adbctl-runs-show`) and its roff text; the first one is adbctl's own.
///
/// # Errors
/// None in practice: the pages are written to memory.
pub fn manual_pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    render(&root, "adbctl", &mut pages)?;
    Ok(pages)
}

fn render(command: &clap::Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone()).title(name).render(&mut page)?;
    pages.push((name.to_owned(), page));
    for inner in command.get_subcommands().filter(|c| c.get_name() != "help") {
        render(inner, &format!("{name}-{}", inner.get_name()), pages)?;
    }
    Ok(())
}
