//! What every subcommand works with.

use std::net::SocketAddr;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::exit::{Exit, Failure};
use crate::cli::{Cli, Command, Global};
use crate::model::SecretSource;
use crate::oci::{AuthKind, Oci, OciOptions};
use crate::report::Out;
use crate::secret::Resolver;
use crate::settings::{self, Inputs, Settings};

/// What every subcommand works with: settings, output, and the way to the cloud.
pub struct Surroundings {
    /// The global options.
    pub global: Global,
    /// The door to the terminal.
    pub out: Out,
    /// The settings; those of the sandbox where one is used.
    pub settings: Settings,
    /// The options that a printed command must repeat to mean the same: `--sandbox`, `--config`.
    pub repeat: String,
    /// Keeps an embedded sandbox alive.
    pub sandbox: Option<super::sandbox::Embedded>,
}

impl Surroundings {
    /// Decides settings, and starts the sandbox where one is asked for.
    ///
    /// # Errors
    /// The settings are wrong, or the sandbox does not start.
    pub async fn of(cli: &Cli, out: Out) -> Result<Self, Failure> {
        let global = cli.global.clone();
        let mut inputs = Inputs::of_process(&global)?;
        let mut repeat = String::new();
        let mut sandbox = None;
        // These commands need no configuration, and must work where one is broken.
        let bare = matches!(
            cli.command,
            Command::Runbook(_)
                | Command::Explain(_)
                | Command::Completions(_)
                | Command::Man(_)
                | Command::Init(_)
                | Command::Sandbox(_)
        );
        if let (Some(asked), false) = (&global.sandbox, bare) {
            let dir = match asked {
                Some(dir) => dir.clone(),
                None => Settings::load(&inputs.without_files())?.state_dir()?.join("sandbox"),
            };
            repeat =
                asked.as_ref().map_or_else(|| " --sandbox".to_owned(), |dir| format!(" --sandbox={dir}"));
            let embedded = super::sandbox::embed(&dir).await?;
            inputs = inputs.only(embedded.config()?);
            if global.state_dir.is_none() {
                // Runs of the sandbox stay with the sandbox.
                inputs.state_dir = Some(dir.join("state"));
            }
            sandbox = Some(embedded);
        } else if let Some(config) = &global.config {
            repeat = format!(" --config {config}");
        }
        if let Some(dir) = &global.state_dir {
            repeat.push_str(&format!(" --state-dir {dir}"));
        }
        if !bare {
            // A process that was killed may have left a wallet's files behind.
            crate::db::wallet::room::sweep();
        }
        let settings = Settings::load(&if bare { inputs.without_files() } else { inputs })?;
        crate::db::driver::client::configure(settings.client_libraries());
        Ok(Self { global, out, settings, repeat, sandbox })
    }

    /// The state directory, made if it is not there.
    ///
    /// # Errors
    /// None is known, or it cannot be made.
    pub fn state_dir(&self) -> Result<Utf8PathBuf, Failure> {
        let dir = self.settings.state_dir()?.to_owned();
        make_private_dir(&dir)?;
        Ok(dir)
    }

    /// The way to the cloud, and to secrets.
    ///
    /// # Errors
    /// The configuration or the key is wrong.
    pub async fn cloud(&self) -> Result<(Oci, Arc<dyn SecretSource>), Failure> {
        let oci = Oci::new(&self.cloud_options().await?)?;
        let secrets: Arc<dyn SecretSource> = Arc::new(Resolver::new(Some(oci.clone())));
        Ok((oci, secrets))
    }

    /// What the settings say about the way to the cloud.
    ///
    /// # Errors
    /// A pinned address is none, or the passphrase of the key cannot be had.
    pub async fn cloud_options(&self) -> Result<OciOptions, Failure> {
        let oci = &self.settings.oci;
        let mut options = OciOptions {
            config_file: oci.config_file.as_ref().map(|s| s.value.clone()),
            profile: oci.profile.as_ref().map(|s| s.value.clone()),
            auth: oci.auth.as_ref().map(|s| match s.value {
                settings::AuthKind::ApiKey => AuthKind::ApiKey,
                settings::AuthKind::SecurityToken => AuthKind::SecurityToken,
                settings::AuthKind::InstancePrincipal => AuthKind::InstancePrincipal,
                settings::AuthKind::ResourcePrincipal => AuthKind::ResourcePrincipal,
            }),
            region: oci.region.as_ref().map(|s| s.value.clone()),
            endpoint: oci.endpoint.as_ref().map(|s| s.value.to_string()),
            proxy: oci.proxy.as_ref().map(|s| s.value.to_string()),
            pinned: Vec::new(),
            ca_bundle: oci.ca_bundle.as_ref().map(|s| s.value.clone()),
            ..OciOptions::default()
        };
        for (host, address) in &oci.resolve {
            options.pinned.push((host.clone(), pinned(host, &address.value)?));
        }
        if let Some(reference) = &oci.key_passphrase {
            options.passphrase = Some(Resolver::new(None).resolve(&reference.value).await?);
        }
        Ok(options)
    }
}

fn pinned(host: &str, address: &str) -> Result<SocketAddr, Failure> {
    let with_port = if address.contains(':') { address.to_owned() } else { format!("{address}:443") };
    with_port.parse().map_err(|_| {
        Failure::new(Exit::Wrong, format!("the pinned address of {host}, {address:?}, is no address"))
            .help("write it as 10.0.0.5 or 127.0.0.1:8443")
    })
}

/// Makes a directory that only its owner can enter.
pub(super) fn make_private_dir(dir: &camino::Utf8Path) -> Result<(), Failure> {
    if dir.is_dir() {
        return Ok(());
    }
    fs_err::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}
