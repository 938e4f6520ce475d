//! One round of the thin driver's side of `benches/thin.sh`: sessions opened, statements sent and rows fetched against a
//! sandbox that another process serves. Each line it prints is a measure's name and seconds.

use std::io::{self, Write as _};
use std::ops::ControlFlow;

use adbctl::db::driver::Credentials;
use adbctl::db::driver::long::LongFailure;
use adbctl::db::driver::rows::{Column, Row, Rows};
use adbctl::db::{Drivers, Session, SessionOptions};
use adbctl::model::act::{Connection, Returns, SqlCall};
use adbctl::model::{NoSecrets, Secret, clock};
use adbctl::oci::{CallContext, Oci, OciOptions, database};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Sessions that are opened and closed.
const SESSIONS: u32 = 40;
/// Statements in one session.
const TRIPS: u32 = 1000;
/// Rows that one query gives.
const ROWS: usize = 100_000;

/// ADMIN's way to the sandbox's dev, with the wallet.
struct Way {
    connection: Connection,
    credentials: Credentials,
}

impl Way {
    fn of(database: &Value) -> anyhow::Result<Self> {
        let text = |key: &str| {
            database[key]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("the sandbox does not say {key}"))
        };
        Ok(Self {
            connection: Connection {
                database: "dev".to_owned(),
                ocid: database["ocid"].clone(),
                driver: "thin".to_owned(),
                address: json!("dev_low"),
                user: json!("ADMIN"),
                password: Value::Null,
                wallet: json!({ "path": text("wallet_dir")?, "password": null }),
                results: Value::Null,
            },
            credentials: Credentials {
                password: Secret::new(text("admin_password")?),
                wallet_password: Some(Secret::new(text("wallet_password")?)),
            },
        })
    }

    async fn open(&self, drivers: &Drivers) -> anyhow::Result<Box<dyn Session>> {
        let connector = drivers.connector("thin")?;
        Ok(connector.open(&self.connection, self.credentials.clone(), &SessionOptions::default()).await?)
    }

    /// Asks for rows, and counts them as they come.
    async fn rows(&self, session: &mut dyn Session, text: &str) -> anyhow::Result<usize> {
        let call = SqlCall {
            connection: self.connection.clone(),
            text: text.to_owned(),
            returns: Returns::Rows,
            binds: Vec::new(),
            limit_seconds: 60,
            consented: false,
        };
        let mut counted = Counted(0);
        match session.rows(&call, &mut counted, &CancellationToken::new()).await {
            Ok(_) => Ok(counted.0),
            Err(LongFailure::Database(error)) => Err(error.into()),
            Err(LongFailure::Taker(error)) => Err(error.into()),
        }
    }
}

/// Counts rows.
struct Counted(usize);

impl Rows for Counted {
    fn columns(&mut self, _: Vec<Column>) -> io::Result<()> {
        Ok(())
    }

    fn take(&mut self, rows: Vec<Row>) -> io::Result<ControlFlow<()>> {
        self.0 += rows.len();
        Ok(ControlFlow::Continue(()))
    }
}

fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

async fn timed<T>(name: &str, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let begun = clock::instant();
    let outcome = work.await?;
    line(&format!("{name}\t{}", begun.elapsed().as_secs_f64()))?;
    Ok(outcome)
}

async fn round(way: &Way) -> anyhow::Result<()> {
    let drivers = Drivers::new(reqwest::Client::new(), None);
    for _ in 0..SESSIONS {
        let session = timed("open", way.open(&drivers)).await?;
        session.close().await;
    }
    let mut session = way.open(&drivers).await?;
    timed("trips", async {
        for _ in 0..TRIPS {
            way.rows(&mut *session, "select 1 from dual").await?;
        }
        Ok(())
    })
    .await?;
    let rows = timed("rows", way.rows(&mut *session, "select * from bench_rows order by id")).await?;
    ensure!(rows == ROWS, "{rows} rows came");
    session.close().await;
    Ok(())
}

/// Gives dev another version.
async fn upgrade(description: &Value, version: &str) -> anyhow::Result<()> {
    let oci = Oci::new(&OciOptions {
        config_file: description["oci_config"].as_str().map(Into::into),
        endpoint: description["oci_endpoint"].as_str().map(str::to_owned),
        ..OciOptions::default()
    })?;
    let ocid = &description["databases"]["dev"]["ocid"];
    let call = database::update(ocid.clone(), json!({ "dbVersion": version }), Value::Null);
    oci.send(&call, &CallContext::default(), &NoSecrets).await?;
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let Some(description) = words.first() else {
        return line("benches/thin.sh compares sessions of the thin driver with those of python-oracledb");
    };
    let description: Value = serde_json::from_slice(&fs_err::read(description)?)?;
    let way = Way::of(&description["databases"]["dev"])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match words.get(1) {
        Some(version) => runtime.block_on(upgrade(&description, version)),
        None => runtime.block_on(round(&way)),
    }
}
