//! `adbctl init`: a commented configuration file from flags or answers.

use super::exit::{Exit, Failure};
use super::store::write_private;
use super::surroundings::Surroundings;
use crate::cli::{self, InitArgs, NamedDatabase};
use crate::settings::{AnsweredDatabase, Answers, AuthKind, Role, render};

/// `adbctl init`.
pub(super) fn init(args: InitArgs, around: &Surroundings) -> Result<Exit, Failure> {
    if args.file.exists() && !args.force {
        return Err(Failure::refused(format!("{} exists", args.file))
            .help("write over it with --force, or name another with --file"));
    }
    let auth = args.auth.map(|kind| match kind {
        cli::AuthKind::ApiKey => AuthKind::ApiKey,
        cli::AuthKind::SecurityToken => AuthKind::SecurityToken,
        cli::AuthKind::InstancePrincipal => AuthKind::InstancePrincipal,
        cli::AuthKind::ResourcePrincipal => AuthKind::ResourcePrincipal,
    });
    let mut databases = Vec::new();
    for (list, role) in [(&args.production, Role::Production), (&args.nonproduction, Role::Nonproduction)] {
        databases.extend(list.iter().map(|NamedDatabase { name, identity }| AnsweredDatabase {
            name: name.clone(),
            identity: identity.clone(),
            compartment: args.compartment.clone(),
            role,
        }));
    }
    let mut answers =
        Answers { profile: args.profile, auth, region: args.region, databases, secrets: args.secrets };
    if around.out.screen().can_ask && answers.databases.is_empty() {
        ask(&mut answers, around)?;
    }
    write_private(&args.file, render(&answers).as_bytes())?;
    around
        .out
        .talk(&format!("wrote {}; look at it, then try: adbctl --config {} show NAME", args.file, args.file));
    Ok(Exit::Done)
}

fn ask(answers: &mut Answers, around: &Surroundings) -> Result<(), Failure> {
    let question = |text: &str| -> Result<Option<String>, Failure> {
        around.out.question(text);
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok(Some(line.trim().to_owned()).filter(|answer| !answer.is_empty()))
    };
    if answers.profile.is_none() {
        answers.profile = question("Profile in ~/.oci/config [DEFAULT]: ")?;
    }
    if answers.region.is_none() {
        answers.region = question("Region [the profile's]: ")?;
    }
    for (role, word) in [(Role::Production, "production"), (Role::Nonproduction, "non-production")] {
        let Some(name) = question(&format!("Name for the {word} database [none]: "))? else { continue };
        let Some(identity) = question("Its OCID: ")? else { continue };
        answers.databases.push(AnsweredDatabase { name, identity, compartment: None, role });
    }
    Ok(())
}
