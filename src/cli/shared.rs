//! Options that several procedures share.

use clap::Args;

use super::values::{Assignment, Masking};

/// How values are masked on their way into a dump.
#[derive(Clone, Debug, Args)]
pub struct MaskOptions {
    /// Mask a column on its way: SCHEMA.TABLE.COLUMN=email, or another rule of the parameter masks, or
    /// OWNER.PACKAGE.FUNCTION of your own; can be given several times
    #[arg(long = "mask", value_name = "COLUMN=RULE")]
    pub masks: Vec<Assignment>,
    /// With `required`: stop before anything leaves when a column that looks sensitive has no rule [default: off]
    #[arg(long, value_name = "WHEN")]
    pub masking: Option<Masking>,
}

/// Who is to be able to read a dump.
#[derive(Clone, Debug, Args)]
pub struct ReaderOptions {
    /// Make a dump that this database of the configuration can read
    #[arg(long = "for", value_name = "DB")]
    pub reader: Option<String>,
    /// Encrypt the dump; the password is the configured one, or made up and kept in the secret sink
    #[arg(long)]
    pub encrypt: bool,
}

/// As what applications are installed.
#[derive(Clone, Debug, Args)]
pub struct InstallOptions {
    /// `keep` the numbers, take `new` ones, or a number for one application [default: keep]
    #[arg(long, value_name = "keep|new|NUMBER")]
    pub id: Option<String>,
    /// The alias, for one application
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
    /// Replace applications that have the numbers; they are exported first
    #[arg(long)]
    pub overwrite: bool,
}
