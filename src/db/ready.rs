//! Waiting until a new database answers: the service calls it available a while before its ORDS is there.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::driver::Session;
use super::error::DbError;
use crate::model::act::{Connection, Returns, SqlCall};
use crate::model::{Category, clock};

/// The question that any database answers.
pub fn question(connection: Connection) -> SqlCall {
    SqlCall {
        connection,
        text: "select 1 as one from dual".into(),
        returns: Returns::Rows,
        binds: Vec::new(),
        limit_seconds: 30,
        consented: false,
    }
}

/// Whether waiting can help after this failure. A refused password never passes, and asking again locks the account.
pub fn passes(error: &DbError) -> bool {
    match error.category {
        Category::Transient | Category::Throttled | Category::NotFound | Category::TimedOut => true,
        // A database that starts refuses logins for a moment with these.
        _ => error.codes.iter().any(|code| {
            matches!(code.as_str(), "ORA-01033" | "ORA-01034" | "ORA-01035" | "ORA-12514" | "ORA-12528")
        }),
    }
}

/// The pause before the next question: 4 % of the time waited so far, at least a second, at most 30.
pub fn pause(waited: Duration) -> Duration {
    (waited / 25).clamp(Duration::from_secs(1), Duration::from_secs(30))
}

/// Asks until the database answers or `limit` is over. Gives the number of questions.
///
/// # Errors
/// A failure that waiting does not mend, the last failure when the time is over, or a cancel.
///
/// # Cancel safety
/// It only reads.
pub async fn wait(
    session: &mut dyn Session,
    connection: &Connection,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<u32, DbError> {
    let call = question(connection.clone());
    let begun = clock::instant();
    let mut questions = 0;
    loop {
        questions += 1;
        let error = match session.execute(&call, cancel).await {
            Ok(reply) if reply.value["rows"][0]["one"] == json!(1) => return Ok(questions),
            Ok(reply) => {
                return Err(DbError::new(
                    Category::Unknown,
                    format!("{} answers, but not with the row that was asked for", connection.database),
                )
                .because(reply.value)
                .advise("check that the address is that of ORDS and not of a page in front of it"));
            }
            Err(error) => error,
        };
        let waited = begun.elapsed();
        if !passes(&error) {
            return Err(error);
        }
        let pause = pause(waited);
        if waited + pause > limit {
            let mut late = DbError::new(
                Category::TimedOut,
                format!("{} did not answer within {}", connection.database, clock::spoken(limit)),
            )
            .because(&error);
            late.advice = error.advice;
            return Err(late);
        }
        tokio::select! {
            () = cancel.cancelled() => {
                return Err(DbError::new(Category::Cancelled, format!("waiting for {} was broken off on request", connection.database)));
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses() {
        fn check(waited: u64, pause_wanted: u64) {
            assert_eq!(pause(Duration::from_secs(waited)).as_secs(), pause_wanted, "{waited}");
        }
        check(0, 1);
        check(100, 4);
        check(3600, 30);
    }
}
