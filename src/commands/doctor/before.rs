//! The lists of what has to be in place before something large: which ones are asked for, and for which databases.

use super::super::surroundings::Surroundings;
use super::cloud::Reached;
use super::database::Patient;
use super::dumps::{self, Dumps};
use super::findings::Findings;
use super::{before_clone, before_standby, before_upgrade};
use crate::cli::{DoctorArgs, Undertaking};
use crate::settings::Role;

/// The lists that are asked for.
pub(super) struct Lists<'a> {
    args: &'a DoctorArgs,
    dumps: Option<Dumps>,
    gone_through: Vec<Undertaking>,
}

impl<'a> Lists<'a> {
    /// Looks at the bucket for dumps where a list needs it.
    pub(super) async fn of(
        args: &'a DoctorArgs,
        findings: &mut Findings,
        around: &Surroundings,
        reached: Option<&Reached>,
    ) -> Self {
        let needed = args.before.iter().any(|what| *what != Undertaking::Clone);
        let dumps = if needed { Some(dumps::look(findings, around, reached).await) } else { None };
        Self { args, dumps, gone_through: Vec::new() }
    }

    /// Goes through the lists that concern one database; all that are asked for, where it was named.
    pub(super) async fn go_through(
        &mut self,
        findings: &mut Findings,
        around: &Surroundings,
        name: &str,
        patient: Option<&Patient<'_>>,
    ) {
        let named = self.args.database.is_some();
        let role = around.settings.database(name).ok().map(|settings| settings.role.value);
        let unseen = Dumps::Unseen("it was not looked at");
        let dumps = self.dumps.as_ref().unwrap_or(&unseen);
        for what in &self.args.before {
            let concerned = match what {
                Undertaking::Clone => role != Some(Role::Production),
                Undertaking::Upgrade => patient.is_none_or(|p| before_upgrade::is_free(&p.located.record)),
                Undertaking::Standby => role == Some(Role::Production),
            };
            if !named && !concerned {
                continue;
            }
            self.gone_through.push(*what);
            match what {
                Undertaking::Clone => {
                    before_clone::list(findings, self.args, name, patient).await;
                }
                Undertaking::Upgrade => {
                    before_upgrade::list(findings, around, name, patient, dumps).await;
                }
                Undertaking::Standby => {
                    before_standby::list(findings, &around.repeat, name, patient, dumps).await;
                }
            }
        }
    }

    /// Says which lists concerned no database at all.
    pub(super) fn end(self, findings: &mut Findings) {
        for what in self.args.before.iter().filter(|what| !self.gone_through.contains(what)) {
            let (area, found) = match what {
                Undertaking::Clone => {
                    ("Before a clone", "every database of the configuration is a production one")
                }
                Undertaking::Upgrade => {
                    ("Before an upgrade", "no database of the configuration is an Always Free one")
                }
                Undertaking::Standby => {
                    ("Before a standby", "no database of the configuration is a production one")
                }
            };
            findings.begin(area);
            findings.note("databases", found, Some("name a database to go through the list for it".into()));
        }
    }
}
