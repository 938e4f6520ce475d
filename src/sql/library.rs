//! The templates by name: those that are part of the program, or those that a frozen plan carries.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use super::error::SqlError;
use super::template::Template;
use crate::model::diagnostic::suggestion;

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sql");

/// Templates by name. A name is the path under `sql/` without the ending: `jobs/record`.
#[derive(Clone, Debug, Default)]
pub struct Library {
    texts: BTreeMap<String, String>,
}

impl Library {
    /// The templates that are part of the program. They are checked when they are asked for, and all by a test.
    pub fn shipped() -> Self {
        let mut texts = BTreeMap::new();
        collect(&SHIPPED, &mut texts);
        Self { texts }
    }

    /// Templates from elsewhere, by name.
    pub fn of_texts(texts: BTreeMap<String, String>) -> Self {
        Self { texts }
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The text of a template, for a frozen plan.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// The template of this name, checked.
    ///
    /// # Errors
    /// There is none of this name, or it holds mistakes.
    pub fn get(&self, name: &str) -> Result<Template, SqlError> {
        let text = self.texts.get(name).ok_or_else(|| SqlError::Unknown {
            name: name.to_owned(),
            advice: suggestion(name, self.names().collect::<Vec<_>>())
                .unwrap_or_else(|| "there are none".into()),
        })?;
        Template::load(name, text)
    }
}

fn collect(directory: &Dir<'static>, texts: &mut BTreeMap<String, String>) {
    for file in directory.files() {
        let name = file.path().to_str().and_then(|path| path.strip_suffix(".sql"));
        if let (Some(name), Some(text)) = (name, file.contents_utf8()) {
            texts.insert(name.replace('\\', "/"), text.to_owned());
        }
    }
    for inner in directory.dirs() {
        collect(inner, texts);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::guard::{DATABASE_BIND, Guard};
    use super::super::lexer::binds;
    use super::*;
    use crate::model::Effect;

    #[test]
    fn every_shipped_template_loads_and_renders() {
        let library = Library::shipped();
        assert!(library.names().count() > 10);
        let guard = Guard::new(
            json!("ocid1.autonomousdatabase.oc1.uk-london-1.dev.example"),
            vec!["ocid1.autonomousdatabase.oc1.uk-london-1.prod.example".parse().unwrap()],
            "20260519t211000-k3fa".parse().unwrap(),
            "step".parse().unwrap(),
        );
        for name in library.names().filter(|name| *name != "guard/identity") {
            let template = library.get(name).unwrap_or_else(|e| panic!("{e}"));
            let rendered =
                template.render(&template.samples(), Some(&guard)).unwrap_or_else(|e| panic!("{e}"));
            let declared: Vec<String> = rendered.binds.iter().map(|b| b.name.clone()).collect();
            assert_eq!(declared, binds(&rendered.text), "{name}");
            assert!(!rendered.text.contains("{{") && !rendered.text.contains("-- purpose"), "{name}");
            if template.header().effect == Effect::Read {
                assert!(template.render(&template.samples(), None).is_ok(), "{name}");
            } else {
                assert_eq!(rendered.binds[0].name, DATABASE_BIND, "{name}");
                assert!(rendered.text.starts_with("declare\n  adbctl_here"), "{name}");
                assert!(template.render(&template.samples(), None).is_err(), "{name} goes without a guard");
            }
        }
    }

    #[test]
    fn names_have_suggestions() {
        let error = Library::shipped().get("jobs/record_enable").unwrap_err().to_string();
        assert!(error.contains("jobs/record"), "{error}");
    }
}
