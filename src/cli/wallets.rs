//! `wallet`: a database's wallet, fetched, looked at, and packed anew.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};

/// Subcommands of `wallet`.
#[derive(Clone, Debug, Subcommand)]
pub enum WalletCommand {
    /// Fetch a database's wallet; its password is made up and kept in the secret sink, unless one is there already
    Get(WalletGetArgs),
    /// Look at a wallet: services, certificates, which drivers it serves, and whether it is the database's present one
    Inspect(WalletInspectArgs),
    /// Pack a wallet anew: with another password, or with what one driver needs only
    Repack(WalletRepackArgs),
}

/// Arguments of `wallet get`.
#[derive(Clone, Debug, Args)]
pub struct WalletGetArgs {
    /// The database, by its name in the configuration
    pub database: String,
    /// Where the zip goes [default: DB-wallet.zip, unless a directory is given]
    #[arg(long, value_name = "FILE")]
    pub zip: Option<Utf8PathBuf>,
    /// Unpack the wallet into this directory, for its owner only
    #[arg(long, value_name = "DIR")]
    pub directory: Option<Utf8PathBuf>,
    /// The password of the wallet, by reference: '{ env = "VARIABLE" }', with file, vault, command or prompt as in the
    /// configuration
    #[arg(long, value_name = "REFERENCE")]
    pub password: Option<String>,
    /// Prove it by a TLS handshake with every address it names
    #[arg(long)]
    pub prove: bool,
    /// Write over a zip or a wallet that is there
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `wallet inspect`.
#[derive(Clone, Debug, Args)]
pub struct WalletInspectArgs {
    /// A zip, a directory, or a database of the configuration: its configured wallet, else its present one
    pub wallet: String,
    /// The database whose wallet this should be, by its name in the configuration
    #[arg(long = "for", value_name = "DB")]
    pub database: Option<String>,
    /// The password of the wallet, by reference
    #[arg(long, value_name = "REFERENCE")]
    pub password: Option<String>,
    /// Only this name of tnsnames.ora
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Prove it by a TLS handshake with every address it names; this needs the password
    #[arg(long)]
    pub prove: bool,
}

/// Arguments of `wallet repack`.
#[derive(Clone, Debug, Args)]
pub struct WalletRepackArgs {
    /// A zip or a directory
    pub wallet: Utf8PathBuf,
    /// Where the new zip goes
    #[arg(long, value_name = "FILE", required_unless_present = "directory")]
    pub zip: Option<Utf8PathBuf>,
    /// Write the files into this directory instead, for its owner only
    #[arg(long, value_name = "DIR", conflicts_with = "zip")]
    pub directory: Option<Utf8PathBuf>,
    /// Only the files that this driver needs
    #[arg(long = "for", value_name = "DRIVER")]
    pub driver: Option<WalletDriver>,
    /// The present password, by reference
    #[arg(long, value_name = "REFERENCE")]
    pub password: Option<String>,
    /// The new password, by reference
    #[arg(long, value_name = "REFERENCE", requires = "password", conflicts_with = "keep_as")]
    pub new_password: Option<String>,
    /// Make a new password up, and keep it in the secret sink under this name
    #[arg(long, value_name = "NAME", requires = "password")]
    pub keep_as: Option<String>,
    /// Write over what is there
    #[arg(long)]
    pub force: bool,
}

/// The drivers that need a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WalletDriver {
    /// ewallet.pem, with its password
    Thin,
    /// cwallet.sso, which opens without one
    Thick,
}
