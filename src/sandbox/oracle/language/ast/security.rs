//! Users, roles and privileges.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's clauses")]

use super::{Ident, Name, Span};

/// How a user or role proves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// IDENTIFIED BY; the password's case counts.
    Password {
        password: Ident,
        replace: Option<Ident>,
    },
    /// IDENTIFIED BY VALUES 'verifier'.
    Values(String),
    External,
    Global(Option<String>),
    /// NO AUTHENTICATION (a user) or NOT IDENTIFIED (a role).
    None,
}

/// One clause of CREATE USER or ALTER USER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserOption {
    Identified(Authentication),
    DefaultTablespace(Ident),
    TemporaryTablespace(Ident),
    Quota {
        amount: Quota,
        tablespace: Ident,
    },
    Profile(Ident),
    PasswordExpire,
    /// True for LOCK.
    AccountLock(bool),
    DefaultRole(DefaultRoles),
    EnableEditions,
    /// GRANT (true) or REVOKE CONNECT THROUGH user.
    ConnectThrough {
        grant: bool,
        user: Ident,
    },
}

/// How much a user may store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quota {
    Unlimited,
    Bytes(u64),
}

/// Which granted roles are on after logon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultRoles {
    All { except: Vec<Ident> },
    None,
    These(Vec<Ident>),
}

/// SET ROLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChoice {
    All {
        except: Vec<Ident>,
    },
    None,
    /// Roles with their passwords.
    These(Vec<(Ident, Option<Ident>)>),
}

/// GRANT. `on` is present for object privileges, absent for system privileges and roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub privileges: Vec<Privilege>,
    pub on: Option<GrantObject>,
    pub grantees: Vec<Grantee>,
    /// WITH GRANT OPTION, or WITH ADMIN OPTION without `on`.
    pub with_option: bool,
    /// WITH HIERARCHY OPTION.
    pub with_hierarchy: bool,
}

/// REVOKE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    pub privileges: Vec<Privilege>,
    pub on: Option<GrantObject>,
    pub grantees: Vec<Grantee>,
    pub cascade_constraints: bool,
    pub force: bool,
}

/// A privilege or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privilege {
    /// Words in upper case with single spaces (`CREATE TABLE`, `SELECT`, `ALL`); a quoted role keeps its case.
    /// `ALL PRIVILEGES` on an object is `ALL`.
    pub name: String,
    pub quoted: bool,
    /// Known as a system privilege (never so with an object).
    pub system: bool,
    /// Columns of INSERT, UPDATE and REFERENCES.
    pub columns: Vec<Ident>,
    pub span: Span,
}

/// What an object privilege is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantObject {
    Object(Name),
    Directory(Ident),
    User(Vec<Ident>),
}

/// Who receives or loses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    Public,
    Named(Ident),
}

/// CONNECT TO of a database link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLinkUser {
    Current,
    Fixed { user: Ident, password: Ident },
}
