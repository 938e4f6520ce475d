//! APEX's pages as a visitor without a session sees them.

use crate::model::clock;
use crate::sandbox::http::Answer;
use crate::sandbox::ords::{ApexPage, page_with};

/// An application as far as a visitor is concerned.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its number.
    pub id: i64,
    /// Its alias, where it has one.
    pub alias: Option<String>,
    /// The code of its availability, such as `UNAVAILABLE`.
    pub status: String,
    /// What is shown, or where visitors are sent, while it is not available.
    pub unavailable_text: Option<String>,
    /// The path prefix of its workspace.
    pub prefix: String,
    /// Its workspace has its parsing schema.
    pub mapped: bool,
    /// The alias or number of the page that is asked for, where it has that page.
    pub page: Option<String>,
}

/// What a visitor gets. `ords` ends in `/ords/`; `application` is what the address names, if it is there.
pub(super) fn answer(ords: &str, page: &ApexPage, application: Option<&Application>) -> Answer {
    match page {
        ApexPage::Builder => moved(&format!("{ords}r/apex/workspace-sign-in/oracle-apex-sign-in")),
        ApexPage::Administration => moved(&format!("{ords}f?p=4550:10")),
        ApexPage::SignIn => page_with(200, "Oracle APEX Sign In", "<h1>Sign In</h1>"),
        ApexPage::Application { in_session, .. } => match application.filter(|found| found.mapped) {
            Some(found) => visit(ords, found, *in_session),
            None => page_with(404, "Not Found", "Application ID or alias not found."),
        },
    }
}

fn visit(ords: &str, application: &Application, in_session: bool) -> Answer {
    let text = application.unavailable_text.as_deref();
    let page = application.page.as_deref();
    match application.status.as_str() {
        "AVAILABLE" | "AVAILABLE_W_EDIT_LINK" if in_session && page.is_some() => {
            page_with(200, "Oracle APEX application", "<h1>Sign In</h1>")
        }
        "AVAILABLE" | "AVAILABLE_W_EDIT_LINK" if in_session => {
            page_with(404, "Not Found", "Application page does not exist.")
        }
        "AVAILABLE" | "AVAILABLE_W_EDIT_LINK" => {
            let name = application.alias.clone().unwrap_or_else(|| application.id.to_string());
            let session = clock::now().as_microsecond();
            moved(&format!(
                "{ords}r/{}/{}/{}?session={session}",
                application.prefix.to_lowercase(),
                name.to_lowercase(),
                page.unwrap_or("home").to_lowercase(),
            ))
        }
        "UNAVAILABLE_URL" => moved(text.unwrap_or("/")),
        "UNAVAILABLE_PLSQL" => page_with(
            501,
            "Application Unavailable",
            "the sandbox cannot run the PL/SQL that shows why the application is unavailable",
        ),
        _ => page_with(
            404,
            "Application Unavailable",
            text.unwrap_or("This application is currently unavailable at this time."),
        ),
    }
}

fn moved(to: &str) -> Answer {
    Answer::empty(302).header("location", to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: &str, text: Option<&str>, mapped: bool, in_session: bool) -> (u16, String) {
        visited(status, text, mapped, in_session, Some("HOME"))
    }

    fn visited(
        status: &str,
        text: Option<&str>,
        mapped: bool,
        in_session: bool,
        page: Option<&str>,
    ) -> (u16, String) {
        let application = Application {
            id: 100,
            alias: Some("DESK".to_owned()),
            status: status.to_owned(),
            unavailable_text: text.map(str::to_owned),
            prefix: "WS".to_owned(),
            mapped,
            page: page.map(str::to_owned),
        };
        let page = ApexPage::Application { prefix: None, name: "100".to_owned(), page: None, in_session };
        let answer = answer("https://host/ords/", &page, Some(&application));
        let location = answer.headers.iter().find(|(name, _)| name == "location");
        let said = location
            .map_or_else(|| String::from_utf8_lossy(&answer.body).into_owned(), |(_, place)| place.clone());
        (answer.status, said)
    }

    #[test]
    fn a_visitor_is_let_in_or_told_why_not() {
        fn check(found: &(u16, String), status: u16, said: &str) {
            assert!(found.0 == status && found.1.contains(said), "{found:?}");
        }
        check(&answered("AVAILABLE", None, true, false), 302, "https://host/ords/r/ws/desk/home?session=");
        check(&answered("AVAILABLE_W_EDIT_LINK", None, true, true), 200, "Sign In");
        check(&answered("AVAILABLE", None, false, true), 404, "not found");
        check(&visited("AVAILABLE", None, true, true, None), 404, "page does not exist");
        check(&answered("UNAVAILABLE", Some("Back at noon"), true, true), 404, "Back at noon");
        check(&answered("DEVELOPERS_ONLY", None, true, true), 404, "currently unavailable");
        check(&answered("UNAVAILABLE_URL", Some("https://example.com/"), true, true), 302, "example.com");
        check(&answered("UNAVAILABLE_PLSQL", Some("null;"), true, true), 501, "the sandbox cannot");
    }
}
