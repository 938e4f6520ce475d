//! Users, roles, grants.

use std::collections::BTreeMap;

use crate::sandbox::oracle::catalogue::{Kind, ObjectGrant, SystemGrant, User};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{
    AlterSystem, Authentication, Grant, GrantObject, Grantee, Ident, Quota, Revoke, Statement, StatementKind,
    UserOption,
};
use crate::sandbox::oracle::run::Machine;

/// Rules every password on the service has to meet.
pub(crate) fn check_password(user: &str, password: &str) -> Outcome<()> {
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let weak = password.chars().count() < 12
        || password.chars().count() > 60
        || !has(char::is_uppercase)
        || !has(char::is_lowercase)
        || !has(|c| c.is_ascii_digit())
        || password.contains('"')
        || password.to_uppercase().contains(&user.to_uppercase());
    if weak {
        return Err(OracleError::new(28003, &[]).below(
            "ORA-20000: password must be 12 to 60 characters long, with upper and lower case letters and a digit, and without the user name",
        ));
    }
    Ok(())
}

const ON_TABLES: &[&str] =
    &["SELECT", "READ", "INSERT", "UPDATE", "DELETE", "ALTER", "INDEX", "REFERENCES", "DEBUG", "FLASHBACK"];

fn suits(kind: Kind, privilege: &str) -> bool {
    match kind {
        Kind::Table => ON_TABLES.contains(&privilege),
        Kind::View => ["SELECT", "READ", "INSERT", "UPDATE", "DELETE", "DEBUG", "REFERENCES", "FLASHBACK"]
            .contains(&privilege),
        Kind::Sequence => ["SELECT", "ALTER", "KEEP SEQUENCE"].contains(&privilege),
        Kind::Directory => ["READ", "WRITE", "EXECUTE"].contains(&privilege),
        _ => ["EXECUTE", "DEBUG"].contains(&privilege),
    }
}

impl Machine {
    fn apply_options(&mut self, mut user: User, options: &[UserOption]) -> Outcome<User> {
        let now = self.now();
        for option in options {
            match option {
                UserOption::Identified(Authentication::Password { password, .. }) => {
                    if self.facts.session_user != "SYS" {
                        check_password(&user.name, &password.text)?;
                    }
                    user = user.with_password(&password.text);
                    user.expired = false;
                    user.expires = None;
                }
                UserOption::Identified(Authentication::None) => (user.verifier, user.exchange) = (None, None),
                UserOption::Identified(_) => {
                    return Err(OracleError::unsupported("authenticate users other than by password"));
                }
                UserOption::DefaultTablespace(name) => {
                    if !["DATA", "SYSTEM", "SYSAUX"].contains(&name.text.as_str()) {
                        return fail(959, &[&name.text]);
                    }
                    user.tablespace.clone_from(&name.text);
                }
                UserOption::TemporaryTablespace(name) => {
                    if name.text != "TEMP" {
                        return fail(959, &[&name.text]);
                    }
                }
                UserOption::Quota { amount, tablespace } => {
                    let bytes = match amount {
                        Quota::Unlimited => -1,
                        Quota::Bytes(bytes) => i64::try_from(*bytes).unwrap_or(i64::MAX),
                    };
                    user.quotas.insert(tablespace.text.clone(), bytes);
                }
                UserOption::Profile(name) => user.profile.clone_from(&name.text),
                UserOption::PasswordExpire => user.expired = true,
                UserOption::AccountLock(true) => user.locked = Some(now),
                UserOption::AccountLock(false) => {
                    user.locked = None;
                    self.store.put_document(&format!("l/{}", user.name), None)?;
                }
                UserOption::DefaultRole(_) | UserOption::EnableEditions => {}
                UserOption::ConnectThrough { .. } => {
                    return Err(OracleError::unsupported("connect through another user"));
                }
            }
        }
        Ok(user)
    }

    pub(super) fn create_user(&mut self, name: &Ident, options: &[UserOption]) -> Outcome<String> {
        self.require_system("CREATE USER")?;
        if name.text.starts_with("C##") && self.facts.session_user != "SYS" {
            return fail(65096, &[]);
        }
        self.define(|machine, catalogue| {
            if catalogue.user(&name.text).is_some() {
                return fail(1920, &[&name.text]);
            }
            let user = User {
                id: catalogue.new_id(),
                name: name.text.clone(),
                role: false,
                verifier: None,
                exchange: None,
                locked: None,
                expired: false,
                expires: None,
                created: machine.now(),
                profile: "DEFAULT".into(),
                tablespace: "DATA".into(),
                quotas: BTreeMap::new(),
                maintained: name.text != "ADMIN"
                    && machine.facts.session_user == "SYS"
                    && catalogue.settings.get("$SEEDING").is_some_and(|s| s == "DICTIONARY"),
            };
            let user = machine.apply_options(user, options)?;
            catalogue.put_user(&machine.store, user)
        })?;
        Ok("User created.".into())
    }

    pub(super) fn alter_user(&mut self, name: &Ident, options: &[UserOption]) -> Outcome<String> {
        let own_password = name.text == self.authority.user
            && options.iter().all(|o| matches!(o, UserOption::Identified(_)));
        if !own_password {
            self.require_system("ALTER USER")?;
        }
        self.define(|machine, catalogue| {
            let Some(user) = catalogue.schema(&name.text).cloned() else { return fail(1918, &[&name.text]) };
            if user.maintained && user.name != "ADMIN" && machine.facts.session_user != "SYS" {
                return fail(1031, &[]);
            }
            let user = machine.apply_options((*user).clone(), options)?;
            catalogue.put_user(&machine.store, user)
        })?;
        Ok("User altered.".into())
    }

    pub(super) fn create_role(&mut self, name: &Ident) -> Outcome<String> {
        self.require_system("CREATE ROLE")?;
        self.define(|machine, catalogue| {
            if catalogue.user(&name.text).is_some() {
                return fail(1921, &[&name.text]);
            }
            let role = User {
                id: catalogue.new_id(),
                name: name.text.clone(),
                role: true,
                verifier: None,
                exchange: None,
                locked: None,
                expired: false,
                expires: None,
                created: machine.now(),
                profile: String::new(),
                tablespace: String::new(),
                quotas: BTreeMap::new(),
                maintained: machine.facts.session_user == "SYS"
                    && catalogue.settings.get("$SEEDING").is_some_and(|s| s == "DICTIONARY"),
            };
            catalogue.put_user(&machine.store, role)
        })?;
        Ok("Role created.".into())
    }

    fn grantee(&self, grantee: &Grantee) -> Outcome<String> {
        match grantee {
            Grantee::Public => Ok("PUBLIC".into()),
            Grantee::Named(name) if self.catalogue.user(&name.text).is_some() => Ok(name.text.clone()),
            Grantee::Named(name) => fail(1917, &[&name.text]),
        }
    }

    fn grant_target(
        &mut self,
        on: &GrantObject,
    ) -> Outcome<std::sync::Arc<crate::sandbox::oracle::catalogue::Object>> {
        match on {
            GrantObject::Directory(name) => {
                match self.catalogue.find_exactly("SYS", Kind::Directory, &name.text) {
                    Some(object) => Ok(object.clone()),
                    None => fail(22930, &["directory does not exist"]),
                }
            }
            GrantObject::User(_) => Err(OracleError::unsupported("grant on a user")),
            GrantObject::Object(name) => {
                let missing = || OracleError::new(942, &[]).at(name.span.line, name.span.column);
                let owners = match name.qualifier() {
                    Some(owner) => vec![owner.text.clone()],
                    None => vec![self.facts.current_schema.clone(), "PUBLIC".into()],
                };
                for owner in owners {
                    if let Some(object) = self.catalogue.find(&owner, Kind::Table, &name.last().text).cloned()
                    {
                        let object = self.binder("").through_synonyms(object).ok_or_else(missing)?;
                        if !self.catalogue.can_see(&self.authority, &object) {
                            return Err(missing());
                        }
                        return Ok(object);
                    }
                }
                Err(missing())
            }
        }
    }

    /// Whether the current user may give a privilege on an object away.
    fn may_grant(&self, object: &crate::sandbox::oracle::catalogue::Object, privilege: &str) -> bool {
        if object.owner == self.authority.user || self.authority.user == "SYS" {
            return true;
        }
        let grantees = self.catalogue.grantees_of(&self.authority);
        let with_option = self.catalogue.object_grants.iter().any(|grant| {
            grant.object == object.id
                && grant.grantable
                && grantees.contains(&grant.grantee)
                && (grant.privilege == privilege || (privilege == "READ" && grant.privilege == "SELECT"))
        });
        let maintained = self.catalogue.user(&object.owner).is_some_and(|user| user.maintained);
        with_option
            || (!maintained && self.catalogue.has_system(&self.authority, "GRANT ANY OBJECT PRIVILEGE"))
    }

    pub(super) fn grant(&mut self, grant: &Grant) -> Outcome<String> {
        let grantees =
            grant.grantees.iter().map(|grantee| self.grantee(grantee)).collect::<Outcome<Vec<_>>>()?;
        if let Some(on) = &grant.on {
            let object = self.grant_target(on)?;
            let mut privileges = Vec::new();
            for privilege in &grant.privileges {
                if privilege.name == "ALL" {
                    privileges.extend(
                        ON_TABLES
                            .iter()
                            .chain(&["EXECUTE", "WRITE"])
                            .filter(|word| suits(object.kind, word))
                            .map(|word| (*word).to_owned()),
                    );
                } else if suits(object.kind, &privilege.name) {
                    privileges.push(privilege.name.clone());
                } else {
                    return fail(
                        if object.kind == Kind::Table || object.kind == Kind::View { 2224 } else { 2225 },
                        &["only EXECUTE and DEBUG privileges are valid for procedures"],
                    );
                }
            }
            for privilege in &privileges {
                if !self.may_grant(&object, privilege) {
                    return fail(1031, &[]);
                }
            }
            if grantees.contains(&object.owner)
                || (grantees.contains(&self.authority.user) && object.owner == self.authority.user)
            {
                return fail(1749, &[]);
            }
            let grantor = if self.authority.user == object.owner
                || self.catalogue.has_system(&self.authority, "GRANT ANY OBJECT PRIVILEGE")
            {
                object.owner.clone()
            } else {
                self.authority.user.clone()
            };
            self.define(|machine, catalogue| {
                for grantee in &grantees {
                    for privilege in &privileges {
                        let made = ObjectGrant {
                            grantee: grantee.clone(),
                            object: object.id,
                            privilege: privilege.clone(),
                            grantor: grantor.clone(),
                            grantable: grant.with_option,
                            hierarchy: grant.with_hierarchy,
                        };
                        catalogue.grant_object(&machine.store, made)?;
                    }
                }
                Ok(())
            })?;
            return Ok("Grant succeeded.".into());
        }
        let mut list = Vec::new();
        for privilege in &grant.privileges {
            let role = self.catalogue.user(&privilege.name).is_some_and(|user| user.role);
            if !role && !privilege.system {
                return fail(1919, &[&privilege.name]);
            }
            let own_grantees = self.catalogue.grantees_of(&self.authority);
            let with_admin = self
                .catalogue
                .system_grants
                .iter()
                .any(|g| g.privilege == privilege.name && g.admin && own_grantees.contains(&g.grantee));
            let any = if role { "GRANT ANY ROLE" } else { "GRANT ANY PRIVILEGE" };
            if !with_admin && !self.catalogue.has_system(&self.authority, any) {
                return if role { fail(1932, &[&privilege.name]) } else { fail(1031, &[]) };
            }
            if role
                && grantees.iter().any(|grantee| {
                    grantee == &privilege.name || self.catalogue.has_role(&privilege.name, grantee)
                })
            {
                return fail(1934, &[]);
            }
            list.push((privilege.name.clone(), role));
        }
        self.define(|machine, catalogue| {
            for grantee in &grantees {
                for (privilege, role) in &list {
                    let made = SystemGrant {
                        grantee: grantee.clone(),
                        privilege: privilege.clone(),
                        admin: grant.with_option,
                        role: *role,
                    };
                    catalogue.grant_system(&machine.store, made)?;
                }
            }
            Ok(())
        })?;
        Ok("Grant succeeded.".into())
    }

    pub(super) fn revoke(&mut self, revoke: &Revoke) -> Outcome<String> {
        let grantees =
            revoke.grantees.iter().map(|grantee| self.grantee(grantee)).collect::<Outcome<Vec<_>>>()?;
        if let Some(on) = &revoke.on {
            let object = self.grant_target(on)?;
            self.define(|machine, catalogue| {
                for grantee in &grantees {
                    for privilege in &revoke.privileges {
                        if !machine.may_grant(&object, &privilege.name) && privilege.name != "ALL" {
                            return fail(1031, &[]);
                        }
                        let words: Vec<String> = if privilege.name == "ALL" {
                            catalogue
                                .object_grants
                                .iter()
                                .filter(|g| g.object == object.id && g.grantee == *grantee)
                                .map(|g| g.privilege.clone())
                                .collect()
                        } else {
                            vec![privilege.name.clone()]
                        };
                        for word in words {
                            if !catalogue.revoke_object(&machine.store, grantee, object.id, &word)? {
                                return fail(1927, &[]);
                            }
                        }
                    }
                }
                Ok(())
            })?;
            return Ok("Revoke succeeded.".into());
        }
        self.define(|machine, catalogue| {
            for grantee in &grantees {
                for privilege in &revoke.privileges {
                    let role = catalogue.user(&privilege.name).is_some_and(|user| user.role);
                    let any = if role { "GRANT ANY ROLE" } else { "GRANT ANY PRIVILEGE" };
                    machine.require_system(any)?;
                    if !catalogue.revoke_system(&machine.store, grantee, &privilege.name)? {
                        return if role {
                            fail(1951, &[&privilege.name, grantee])
                        } else {
                            fail(1952, &[grantee])
                        };
                    }
                }
            }
            Ok(())
        })?;
        Ok("Revoke succeeded.".into())
    }

    pub(super) fn alter_system(&mut self, statement: &Statement) -> Outcome<String> {
        self.require_system("ALTER SYSTEM")?;
        match &statement.kind {
            StatementKind::AlterSystem(AlterSystem::KillSession { session, .. }) => {
                // There is one instance, number 1.
                let session = session.trim().strip_suffix(",@1").unwrap_or(session);
                let mut parts = session.split(',').map(|part| part.trim().parse::<i64>());
                let (Some(Ok(sid)), Some(Ok(serial))) = (parts.next(), parts.next()) else {
                    return fail(26, &["missing or invalid session ID"]);
                };
                if sid == self.facts.session_id {
                    return fail(27, &["cannot kill current session"]);
                }
                if !self.shared.live().iter().any(|live| live.sid == sid && live.serial == serial) {
                    return fail(30, &["User session ID does not exist."]);
                }
                self.shared.kill(sid);
                Ok("System altered.".into())
            }
            _ => Err(OracleError::unsupported("change system parameters")),
        }
    }
}
