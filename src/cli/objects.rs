//! The arguments of `object`.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

/// The media type of objects for which none is named.
pub const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// Subcommands of `object`.
#[derive(Clone, Debug, Subcommand)]
pub enum ObjectCommand {
    /// Store a file, or standard input, as an object
    ///
    /// Larger files go in parts side by side, each with its checksum. An upload that was broken off goes on with the same
    /// command: parts that the service holds and that still fit the file are not sent again.
    Put(PutArgs),
    /// Fetch an object into a file, or to standard output
    ///
    /// The object is fetched in ranges side by side into FILE.part, which gets its name when it is whole and its checksum
    /// is right. A download that was broken off goes on with the same command, if the object is still the same.
    Get(GetArgs),
    /// List the objects whose names begin with PREFIX
    List(ListArgs),
    /// Remove objects, by name or by prefix
    Rm(RemoveArgs),
}

/// Which bucket.
#[derive(Clone, Debug, Args)]
pub struct BucketOptions {
    /// The bucket [default: the one of the configuration]
    #[arg(long, short = 'b', value_name = "BUCKET")]
    pub bucket: Option<String>,
    /// The bucket's namespace [default: the configured one, else the tenancy's own]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
}

/// Arguments of `object put`.
#[derive(Clone, Debug, Args)]
pub struct PutArgs {
    /// The file; `-` is standard input
    pub file: Utf8PathBuf,
    /// The object's name [default: the file's name without its directory]
    pub name: Option<String>,
    /// Where it goes.
    #[command(flatten)]
    pub place: BucketOptions,
    /// Replace an object of that name
    #[arg(long)]
    pub force: bool,
    /// The object's media type
    #[arg(long, value_name = "TYPE", default_value = DEFAULT_CONTENT_TYPE)]
    pub content_type: String,
    /// Size of the parts in MiB, from 10 on [default: 16, or as many as it takes; 10 for standard input]
    #[arg(long, value_name = "MIB")]
    pub part_size: Option<u64>,
    /// How many parts are sent at a time [default: 8; 3 for standard input]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub parallel: Option<u16>,
    /// Leave the parts in the bucket if it fails, so that the same command goes on with them
    #[arg(long)]
    pub keep_parts: bool,
}

/// Arguments of `object get`.
#[derive(Clone, Debug, Args)]
pub struct GetArgs {
    /// The object's name
    pub name: String,
    /// The file, or a directory for it; `-` is standard output [default: the last part of the object's name]
    pub file: Option<Utf8PathBuf>,
    /// Where it comes from.
    #[command(flatten)]
    pub place: BucketOptions,
    /// Replace a file of that name
    #[arg(long)]
    pub force: bool,
    /// Size of the parts in MiB that the object was stored in, to verify one that another tool stored
    #[arg(long, value_name = "MIB")]
    pub part_size: Option<u64>,
    /// How many ranges are asked for at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub parallel: u16,
}

/// Arguments of `object list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// What the names begin with
    #[arg(default_value = "", hide_default_value = true)]
    pub prefix: String,
    /// Which bucket.
    #[command(flatten)]
    pub place: BucketOptions,
}

/// Arguments of `object rm`.
#[derive(Clone, Debug, Args)]
pub struct RemoveArgs {
    /// The objects' names
    #[arg(value_name = "NAME", required_unless_present = "prefix")]
    pub names: Vec<String>,
    /// All objects whose names begin with this
    #[arg(long, value_name = "PREFIX", conflicts_with = "names")]
    pub prefix: Option<String>,
    /// Which bucket.
    #[command(flatten)]
    pub place: BucketOptions,
}
