//! A session: from the first packet to the last, one call after the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::execute::Cursor;
use super::house::{House, Open, REFUSED, UNKNOWN_SERVICE, UNKNOWN_SID};
use super::link::Link;
use super::lobs::Lobs;
use super::logon::{self, Ask, Attempt};
use super::packet::{self, CONNECT, END_MARKS, FAST_LOGON, REFUSE};
use super::reply::{self, End};
use super::request::{self, Aside, Execute, FAST_AUTH, LobCall, PROTOCOL};
use super::wire::{Reader, Stop, Writer};
use crate::model::clock;
use crate::sandbox::faults::Action;
use crate::sandbox::sql::{Cell, Logon, LogonError, SqlError, SqlSession, Watch};

const REEXECUTE: u8 = 4;
const FETCH: u8 = 5;
const LOGOFF: u8 = 9;
const COMMIT: u8 = 14;
const ROLLBACK: u8 = 15;
const REEXECUTE_AND_FETCH: u8 = 78;
const EXECUTE: u8 = 94;
const LOB: u8 = 96;
const PASSWORD: u8 = 115;
const PING: u8 = 147;

/// Errors after which there is no session any more.
const FATAL: &[u32] = &[28, 1012, 1089, 3106, 3113, 3114];

/// How a version of the database speaks.
struct Profile {
    protocol: u16,
    flags: u32,
    fields: u8,
    number: u32,
}

fn profile(version: &str) -> Profile {
    if version.starts_with("23") || version.starts_with("26") {
        Profile {
            protocol: 319,
            flags: FAST_LOGON | END_MARKS,
            fields: request::V23_4,
            number: 23 << 24 | 26 << 16 | 1 << 12,
        }
    } else {
        Profile { protocol: 318, flags: 0, fields: 13, number: 19 << 24 | 28 << 16 }
    }
}

/// What a client asks for.
pub(super) enum Call {
    Run(Execute, Vec<Result<Vec<Bound>, SqlError>>),
    Fetch { cursor: u64, rows: usize },
    Commit,
    Rollback,
    Lob(LobCall),
    Password(Ask),
    Ping,
    Logoff,
    Unknown(u8),
}

/// The values of one bind: several in an array.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    One(Cell),
    Many(Vec<Cell>),
}

/// A session that is logged on.
pub(super) struct Session<'a> {
    pub(super) house: &'a dyn House,
    pub(super) open: Open,
    pub(super) service: String,
    pub(super) user: String,
    attempt: Attempt,
    /// The version of the layouts.
    pub(super) version: u8,
    pub(super) sql: Box<dyn SqlSession>,
    pub(super) cursors: HashMap<u64, Cursor>,
    pub(super) last_cursor: u64,
    pub(super) lobs: Lobs,
    schema: Option<String>,
}

/// Talks to a client until one of the two has enough.
pub(super) fn talk(link: &mut Link, house: &dyn House) -> Stop {
    match talk_until(link, house) {
        Ok(()) => Stop::Gone,
        Err(stop) => stop,
    }
}

fn talk_until(link: &mut Link, house: &dyn House) -> Result<(), Stop> {
    let Some((open, service, fields, number, faults)) = connect(link, house)? else { return Ok(()) };
    let Some(mut session) = enter(link, house, open, service, (fields, number), faults)? else {
        return Ok(());
    };
    link.common.inside.store(true, Ordering::Relaxed);
    loop {
        let served = session.serve(link);
        match served {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(Stop::Marker(kind)) => link.settle_break(kind, &session.cancelled())?,
            Err(Stop::Garbled(why)) => {
                let text = format!("fatal two-task communication protocol error ({why})");
                link.reply(&session.failed(&SqlError::new(3106, &text), 0, 0))?;
                return Err(Stop::Garbled(why));
            }
            Err(Stop::Gone) => return Err(Stop::Gone),
        }
    }
}

type Connected = (Open, String, u8, u32, Vec<(String, Value)>);

/// Finds the database that a client wants, and accepts or refuses.
fn connect(link: &mut Link, house: &dyn House) -> Result<Option<Connected>, Stop> {
    let first = link.packet()?;
    if first.kind != CONNECT {
        return Err(Stop::Garbled("the first packet does not connect"));
    }
    let ask = packet::connect(&first.body)
        .ok_or(Stop::Garbled("a packet that does not say to what it connects"))?;
    let text = if let Some(text) = ask.text {
        text
    } else {
        let more = link.packet()?.body;
        let end = more.len().min(ask.length.saturating_add(2));
        String::from_utf8_lossy(more.get(2..end).unwrap_or_default()).into_owned()
    };
    let service = packet::value(&text, "SERVICE_NAME");
    let Some(service) = service else {
        let sid = packet::value(&text, "SID").is_some();
        link.send(REFUSE, &packet::refuse(if sid { UNKNOWN_SID } else { UNKNOWN_SERVICE }))?;
        return Ok(None);
    };
    let service = service.to_ascii_lowercase();
    let mut faults = Vec::new();
    for action in house.faults("CONNECT", &format!("/sqlnet/{service}")) {
        match action {
            Action::Slow { seconds } => {
                std::thread::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 600.0)));
            }
            Action::Drop { .. } => return Err(link.cut()),
            Action::Refuse { error } => {
                link.send(REFUSE, &packet::refuse(error.unwrap_or(REFUSED)))?;
                return Ok(None);
            }
            Action::Engine { name, detail } => faults.push((name, detail)),
            _ => {}
        }
    }
    let open = match house.find(&service) {
        Ok(open) => open,
        Err(error) => {
            link.send(REFUSE, &packet::refuse(error))?;
            return Ok(None);
        }
    };
    let Profile { protocol, flags, fields, number } = profile(&open.database.version);
    let protocol = protocol.min(ask.version);
    link.open(&packet::accept(protocol, ask.unit, flags), ask.unit)?;
    link.marks = flags & END_MARKS != 0 && protocol >= 319;
    Ok(Some((open, service, fields, number, faults)))
}

/// Agrees on the layouts and reads the first request of the logon.
fn agree(link: &mut Link, fields: u8) -> Result<(u8, Ask, Writer), Stop> {
    let mut out = Writer::new();
    let mut reader = link.request()?;
    if reader.peek()? == FAST_AUTH {
        reader.skip(4)?;
        reader.skip(3)?;
        reader.until_zero()?;
        reader.skip(6)?;
        reader.u8()?;
        let (theirs, zone) = request::data_types(&mut reader)?;
        // The logon stands here in the layout of version 13, without a token.
        request::head(&mut reader, 13)?;
        let ask = logon::read(&mut reader)?;
        reply::protocol(&mut out, fields);
        reply::data_types(&mut out, zone);
        return Ok((theirs.min(fields), ask, out));
    }
    if reader.u8()? != PROTOCOL {
        return Err(Stop::Garbled("the first request is not about the protocol"));
    }
    // These two answers have no mark at their end, whatever was agreed on.
    let marks = std::mem::replace(&mut link.marks, false);
    reply::protocol(&mut out, fields);
    link.reply(&out)?;
    let mut reader = link.request()?;
    reader.u8()?;
    let (theirs, zone) = request::data_types(&mut reader)?;
    let version = theirs.min(fields);
    let mut out = Writer::new();
    reply::data_types(&mut out, zone);
    link.reply(&out)?;
    link.marks = marks;
    let mut reader = link.request()?;
    request::head(&mut reader, version)?;
    let ask = logon::read(&mut reader)?;
    Ok((version, ask, Writer::new()))
}

/// The user's name as the dictionary has it.
fn name_of(user: &str) -> String {
    user.strip_prefix('"')
        .and_then(|user| user.strip_suffix('"'))
        .map_or_else(|| user.to_uppercase(), str::to_owned)
}

/// The logon; nothing where it was refused.
fn enter<'a>(
    link: &mut Link,
    house: &'a dyn House,
    open: Open,
    service: String,
    (fields, number): (u8, u32),
    faults: Vec<(String, Value)>,
) -> Result<Option<Session<'a>>, Stop> {
    let (version, ask, mut out) = agree(link, fields)?;
    let user = ask.user;
    let verifier = open.backend.verifier(&open.database.ocid, &name_of(&user));
    let mut attempt = Attempt::new(verifier.unwrap_or_default());
    logon::parameters(&mut out, &attempt.challenge());
    reply::status(&mut out, false);
    link.reply(&out)?;
    let mut reader = link.request()?;
    request::head(&mut reader, version)?;
    let ask = logon::read(&mut reader)?;
    // What the client sets with its logon is no statement of anybody's.
    let inside = Arc::new(AtomicBool::new(false));
    let watch: Watch = {
        let (inside, watch) = (Arc::clone(&inside), Arc::clone(&open.watch));
        Arc::new(move |seen| {
            if inside.load(Ordering::Relaxed) {
                watch(seen);
            }
        })
    };
    let entered = prove(&open, &user, &mut attempt, &ask, watch, faults);
    let mut sql = match entered {
        Ok(sql) => sql,
        Err(error) => {
            let mut out = Writer::new();
            reply::end(&mut out, version, &End { error: Some(&error), ..End::default() });
            link.reply(&out)?;
            return Ok(None);
        }
    };
    sql.set_halt(link.common.halt.clone());
    if let Some(text) = ask.text("AUTH_ALTER_SESSION")
        && let Err(error) = sql.execute(&text, &mut [])
    {
        tracing::debug!(%error, text, "a client's setting is not taken");
    }
    inside.store(true, Ordering::Relaxed);
    let mut out = Writer::new();
    logon::parameters(&mut out, &facts(&open, &service, number, &attempt, sql.number()));
    reply::status(&mut out, false);
    link.reply(&out)?;
    let user = name_of(&user);
    Ok(Some(Session {
        house,
        open,
        service,
        user,
        attempt,
        version,
        sql,
        cursors: HashMap::new(),
        last_cursor: 0,
        lobs: Lobs::default(),
        schema: None,
    }))
}

/// Whether the password is the right one, and what the database says then.
fn prove(
    open: &Open,
    user: &str,
    attempt: &mut Attempt,
    ask: &Ask,
    watch: Watch,
    faults: Vec<(String, Value)>,
) -> Result<Box<dyn SqlSession>, SqlError> {
    // What cannot be read is a wrong password: the database has to count it.
    let password = attempt.password(ask).unwrap_or_else(|| crate::model::Secret::new("\u{0}".to_owned()));
    if ask.mode & logon::AS_SYSDBA != 0 {
        return Err(SqlError::new(1031, "insufficient privileges"));
    }
    if ask.pairs.contains_key("PROXY_CLIENT_NAME") {
        return Err(SqlError::new(28150, "proxy not authorized to connect as client"));
    }
    let renewed = attempt.hidden(ask, "AUTH_NEWPASSWORD");
    if let Some(renewed) = &renewed {
        open.backend.change_password(&open.database.ocid, &name_of(user), &password, renewed)?;
    }
    let logon = Logon {
        database: open.database.clone(),
        user: user.to_owned(),
        password: renewed.unwrap_or(password),
        read_only: open.read_only,
        watch,
        faults,
    };
    open.backend.logon(logon).map_err(|error| match error {
        LogonError::Refused(error) => error,
        LogonError::Lost(error) => SqlError::new(1034, &format!("ORACLE not available ({error})")),
    })
}

/// What a client is told of its session.
fn facts(
    open: &Open,
    service: &str,
    number: u32,
    attempt: &Attempt,
    (sid, serial): (i64, i64),
) -> Vec<(&'static str, String, u64)> {
    let (name, domain) = service.split_once('.').unwrap_or((service, ""));
    let database = name.rsplit_once('_').map_or(name, |(database, _)| database).to_uppercase();
    vec![
        ("AUTH_VERSION_NO", number.to_string(), 0),
        ("AUTH_SESSION_ID", sid.to_string(), 0),
        ("AUTH_SERIAL_NUM", serial.to_string(), 0),
        ("AUTH_SVR_RESPONSE", attempt.proof(), 0),
        ("AUTH_SC_DBUNIQUE_NAME", open.database.name.to_lowercase(), 0),
        ("AUTH_SC_DB_DOMAIN", domain.to_owned(), 0),
        ("AUTH_SC_SERVICE_NAME", service.to_owned(), 0),
        ("AUTH_INSTANCENAME", open.database.name.to_lowercase(), 0),
        ("AUTH_DBNAME", database, 0),
        ("AUTH_MAX_OPEN_CURSORS", "1000".to_owned(), 0),
        ("AUTH_MAX_IDEN_LENGTH", "128".to_owned(), 0),
    ]
}

impl Session<'_> {
    /// Serves one call; false when it was the last one.
    fn serve(&mut self, link: &mut Link) -> Result<bool, Stop> {
        let (call, asides) = {
            let mut reader = link.request()?;
            self.read(&mut reader)?
        };
        let last = matches!(call, Call::Logoff);
        let in_place = self.meet_faults(link, &call)?.or_else(|| self.ended(link));
        let done = match in_place {
            Some(error) => Err(error),
            None => self.beside(asides).and_then(|()| self.perform(call)),
        };
        let fatal = done.as_ref().is_err_and(|error| FATAL.contains(&error.code));
        let reply = match done {
            Ok(reply) => reply,
            Err(error) => self.failed(&error, 0, 0),
        };
        if link.common.halt.is_cancelled() {
            let kind = link.awaited_marker()?;
            link.settle_break(kind, &self.cancelled())?;
            return Ok(true);
        }
        link.reply(&reply)?;
        if fatal { Err(Stop::Gone) } else { Ok(!last) }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(Call, Vec<Aside>), Stop> {
        let (code, asides) = request::head(reader, self.version)?;
        let call = match code {
            EXECUTE => {
                let ask = request::execute(reader, self.version)?;
                self.read_rows(reader, ask)?
            }
            REEXECUTE | REEXECUTE_AND_FETCH => {
                let ask = request::again(reader, code == REEXECUTE_AND_FETCH)?;
                self.read_rows(reader, ask)?
            }
            FETCH => Call::Fetch { cursor: reader.ub()?, rows: reader.count()? },
            LOB => Call::Lob(request::lob(reader)?),
            PASSWORD => Call::Password(logon::read(reader)?),
            COMMIT => Call::Commit,
            ROLLBACK => Call::Rollback,
            PING => Call::Ping,
            LOGOFF => Call::Logoff,
            other => Call::Unknown(other),
        };
        Ok((call, asides))
    }

    /// What goes wrong with a call because somebody asked for it: an error in place of it, if any.
    fn meet_faults(&mut self, link: &mut Link, call: &Call) -> Result<Option<SqlError>, Stop> {
        let name = match call {
            Call::Run(..) => "execute",
            Call::Fetch { .. } => "fetch",
            Call::Commit => "commit",
            Call::Rollback => "rollback",
            Call::Lob(_) => "lob",
            Call::Password(_) => "password",
            Call::Ping => "ping",
            Call::Logoff => "logoff",
            Call::Unknown(_) => return Ok(None),
        };
        for action in self.house.faults("CALL", &format!("/sqlnet/{}/{name}", self.service)) {
            match action {
                Action::Slow { seconds } => {
                    let end = clock::instant() + Duration::from_secs_f64(seconds.clamp(0.0, 3600.0));
                    while clock::instant() < end && !link.common.halt.is_cancelled() {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                }
                Action::Drop { after: false } => return Err(link.cut()),
                Action::Drop { after: true } => link.cut_next = true,
                Action::Engine { name, detail } if name == "kill-session" => {
                    if detail["late"].as_bool() == Some(true) {
                        // It runs, and nobody hears of it.
                        link.cut_next = true;
                    } else {
                        return Ok(Some(SqlError::new(28, "your session has been killed")));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Why there is no session any more, if there is none.
    fn ended(&self, link: &Link) -> Option<SqlError> {
        if link.common.halt.is_killed() {
            return Some(SqlError::new(28, "your session has been killed"));
        }
        let closed = !self.house.is_open(&self.open.database.ocid);
        let text = "immediate shutdown or close in progress - no operations are permitted";
        closed.then(|| SqlError::new(1089, text))
    }

    /// Carries out what the client says beside a call.
    fn beside(&mut self, asides: Vec<Aside>) -> Result<(), SqlError> {
        for aside in asides {
            match aside {
                Aside::Close(cursors) => cursors.iter().for_each(|id| drop(self.cursors.remove(id))),
                // Clients say it again with every request.
                Aside::Schema(schema) if self.schema.as_ref() != Some(&schema) => {
                    self.sql.set_schema(&schema)?;
                    self.schema = Some(schema);
                }
                Aside::Attributes(list) => {
                    for (attribute, value) in list {
                        self.sql.set_attribute(attribute, value);
                    }
                }
                Aside::FreeLobs(locators) => locators.iter().for_each(|locator| self.lobs.free(locator)),
                Aside::Schema(_) | Aside::Nothing => {}
            }
        }
        Ok(())
    }

    fn perform(&mut self, call: Call) -> Result<Writer, SqlError> {
        let mut out = match call {
            Call::Run(ask, rows) => return Ok(self.run(&ask, rows)),
            Call::Fetch { cursor, rows } => return Ok(self.fetch(cursor, rows)),
            Call::Lob(call) => self.lobs.call(&call)?,
            Call::Commit => {
                self.sql.commit()?;
                Writer::new()
            }
            Call::Rollback => {
                self.sql.rollback()?;
                Writer::new()
            }
            Call::Password(ask) => {
                let (Some(old), Some(renewed)) = (
                    self.attempt.hidden(&ask, "AUTH_PASSWORD"),
                    self.attempt.hidden(&ask, "AUTH_NEWPASSWORD"),
                ) else {
                    return Err(SqlError::new(28008, "invalid old password"));
                };
                if ask.mode & logon::CHANGES_PASSWORD == 0 {
                    return Err(SqlError::new(3115, "unsupported network datatype or representation"));
                }
                let Open { backend, database, .. } = &self.open;
                backend.change_password(&database.ocid, &self.user, &old, &renewed)?;
                let mut out = Writer::new();
                logon::parameters(&mut out, &[]);
                out
            }
            Call::Ping | Call::Logoff => Writer::new(),
            Call::Unknown(code) => {
                let text = format!(
                    "unsupported network datatype or representation (the sandbox has no call {code})"
                );
                return Err(SqlError::new(3115, &text));
            }
        };
        reply::status(&mut out, self.sql.in_transaction());
        Ok(out)
    }

    /// The end of a call that failed.
    pub(super) fn failed(&self, error: &SqlError, cursor: u64, rows: u64) -> Writer {
        let mut out = Writer::new();
        let transaction = self.sql.in_transaction();
        let end = End { error: Some(error), cursor, rows, transaction, ..End::default() };
        reply::end(&mut out, self.version, &end);
        out
    }

    fn cancelled(&self) -> Writer {
        self.failed(&SqlError::new(1013, "user requested cancel of current operation"), 0, 0)
    }
}
