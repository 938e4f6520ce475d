//! The values that options take.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::ValueEnum;

/// `key=value`, as in `--set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The parameter's name.
    pub key: String,
    /// Its value as typed.
    pub value: String,
}

impl FromStr for Assignment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Self { key: key.trim().to_owned(), value: value.to_owned() })
            }
            _ => Err("write it as KEY=VALUE, for example --set storage_tbs=2".into()),
        }
    }
}

/// `STEP=done` or `STEP=repeat`, as in `resume --unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The step, as typed.
    pub step: String,
    /// It happened. Else it is to be sent again.
    pub done: bool,
}

impl FromStr for Settlement {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "write it as STEP=done if it happened, or STEP=repeat to send it again";
        let (step, answer) = text.split_once('=').ok_or(wrong)?;
        match answer {
            "done" | "repeat" => Ok(Self { step: step.to_owned(), done: answer == "done" }),
            _ => Err(wrong.into()),
        }
    }
}

/// `FORMAT=FILE`, as in `--report`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRequest {
    /// The format.
    pub format: ReportFormat,
    /// Where the report goes.
    pub file: Utf8PathBuf,
}

impl FromStr for ReportRequest {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) =
            text.split_once('=').ok_or("write it as FORMAT=FILE, for example --report json=report.json")?;
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            format!("{format:?} is no report format; the formats are json, junit, html and markdown")
        })?;
        if file.is_empty() {
            return Err(format!("name the file: --report {format}=FILE"));
        }
        Ok(Self { format, file: file.into() })
    }
}

/// `NAME=OCID` or `NAME=DISPLAY-NAME`, as in `init --production`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDatabase {
    /// The name in the configuration.
    pub name: String,
    /// An OCID or a display name.
    pub identity: String,
}

impl FromStr for NamedDatabase {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, identity)) if !name.is_empty() && !identity.is_empty() => {
                Ok(Self { name: name.to_owned(), identity: identity.to_owned() })
            }
            _ => Err("write it as NAME=OCID or NAME=DISPLAY-NAME".into()),
        }
    }
}

macro_rules! word {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value = self.to_possible_value();
                f.write_str(value.as_ref().map_or("", |v| v.get_name()))
            }
        }
    };
}

/// How the old target makes room for the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// Clone beside the old database, validate, then exchange names and network; the old one is stopped and kept
    Swap,
    /// Terminate the old database first, where quota or subnet have no room for two
    Replace,
}

/// How a dry run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DryRunForm {
    /// For reading
    Text,
    /// Scripts for SQLcl, one for each database and user
    Sql,
    /// For programs
    Json,
}

/// How results are written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputForm {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// At a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The formats of the final report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One JSON document
    Json,
    /// JUnit XML, for build servers
    Junit,
    /// One self-contained page
    Html,
    /// Markdown
    Markdown,
}

/// The kinds of authentication with the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum AuthKind {
    /// An API key of the configuration file's profile
    ApiKey,
    /// A session token made by `oci session authenticate`
    SecurityToken,
    /// The compute instance this runs on
    InstancePrincipal,
    /// The function or job this runs in
    ResourcePrincipal,
}

word!(Order);
word!(DryRunForm);
word!(OutputForm);
word!(ColorChoice);
word!(ReportFormat);
word!(AuthKind);

/// Names with commas between them; inside double quotes a comma is part of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameList(pub Vec<String>);

impl FromStr for NameList {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut names, mut inside) = (vec![String::new()], false);
        for letter in text.chars() {
            if letter == '"' {
                inside = !inside;
            }
            match names.last_mut() {
                Some(last) if letter != ',' || inside => last.push(letter),
                _ => names.push(String::new()),
            }
        }
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        if inside || names.iter().any(String::is_empty) {
            return Err("write names with commas between them, such as SALES,HR".into());
        }
        Ok(Self(names))
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub enum $name {
            $($(#[$about])* $variant),+
        }

        impl $name {
            /// The word that runbooks use.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    };
}

words! {
    /// Which of the bucket's rules takes care of a dump.
    Retention {
        /// Deleted after some days
        Temp = "temp",
        /// Kept, and archived after some months
        Permanent = "permanent",
    }
}

words! {
    /// How strict an export is with its rules of masking.
    Masking {
        /// Only what has a rule is masked
        Off = "off",
        /// Stop before anything leaves
        Required = "required",
    }
}

words! {
    /// What of a dump is compressed.
    Compression {
        /// Rows and definitions
        All = "ALL",
        /// Rows
        DataOnly = "DATA_ONLY",
        /// Definitions
        MetadataOnly = "METADATA_ONLY",
        /// Nothing
        None = "NONE",
    }
}

words! {
    /// What an import does with tables that are there already.
    ExistingTables {
        /// Leave them as they are
        Skip = "SKIP",
        /// Add the dump's rows
        Append = "APPEND",
        /// Empty them and load the dump's rows
        Truncate = "TRUNCATE",
        /// Drop them and make them anew
        Replace = "REPLACE",
    }
}

words! {
    /// What becomes of a foreign key that finds rows without parent.
    Orphans {
        /// The run fails, and names them
        Fail = "fail",
        /// The key is enabled without validation, and the checklist names them
        Novalidate = "novalidate",
    }
}
