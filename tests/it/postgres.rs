//! A throwaway PostgreSQL cluster, shared by the tests of one run: Unix socket only, removed afterwards.
//!
//! A shell waits at the end of a pipe from this process and stops the cluster when the pipe closes, so
//! nothing is left running whether the tests pass, panic or are killed.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Connection as _};

use asylia::storage::PostgresOptions;

/// A running cluster.
pub(crate) struct Cluster {
    folder: PathBuf,
    // Holds the pipe open; dropped with the process.
    _watch: Child,
}

/// The cluster of this run; `None` if PostgreSQL is not installed and that was allowed in words.
///
/// # Panics
/// If PostgreSQL is absent and `ASYLIA_ALLOW_MISSING=1` is not set, or does not start.
pub(crate) fn shared() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let start = || match programs() {
        Some(programs) => Some(Cluster::start(&programs).expect("the throwaway cluster starts")),
        None if std::env::var_os("ASYLIA_ALLOW_MISSING").is_some_and(|value| value == "1") => {
            // Past the capture of test output: a skipped engine must be seen.
            drop(writeln!(
                std::io::stderr(),
                "SKIPPED: store contract on PostgreSQL, not installed"
            ));
            None
        }
        None => panic!(
            "PostgreSQL is not installed, so half of the store contract cannot run. \
             Install the package `postgresql`, or set ASYLIA_ALLOW_MISSING=1 to skip it."
        ),
    };
    CLUSTER.get_or_init(start).as_ref()
}

impl Cluster {
    /// Makes an empty database and returns how to reach it.
    pub(crate) async fn new_database(&self) -> Result<PostgresOptions> {
        static COUNTER: AtomicU32 = AtomicU32::new(1);
        let database = format!("contract_{}", COUNTER.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.connect("postgres").await?;
        for create in [
            format!("CREATE ROLE {database} LOGIN"),
            format!("CREATE DATABASE {database} OWNER {database}"),
        ] {
            sqlx::query(AssertSqlSafe(create))
                .execute(&mut connection)
                .await?;
        }
        connection.close().await?;
        Ok(PostgresOptions {
            socket_dir: self.folder.clone(),
            database,
        })
    }

    /// A connection of the test's own, past the store.
    pub(crate) async fn connect(&self, database: &str) -> Result<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&self.folder)
            .port(5432)
            .username(SUPERUSER)
            .database(database)
            .ssl_mode(PgSslMode::Disable);
        Ok(PgConnection::connect_with(&options).await?)
    }

    fn start(programs: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("asylia-pg")
            .tempdir()?
            .keep();
        // PostgreSQL refuses to run as root; the cluster then belongs to its package's own user.
        let drop_root = rustix::process::geteuid().is_root();
        if drop_root {
            output(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let data = folder.join("data");
        let initdb = [
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
            "-U",
        ];
        output(
            as_owner(drop_root, programs.join("initdb"))
                .args(initdb)
                .arg(SUPERUSER)
                .arg("-D")
                .arg(&data),
        )
        .context("initdb")?;
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=200",
            folder.display()
        );
        output(
            as_owner(drop_root, programs.join("pg_ctl"))
                .args(["start", "-w", "-s", "-l"])
                .arg(folder.join("log"))
                .arg("-o")
                .arg(settings)
                .arg("-D")
                .arg(&data),
        )
        .context("pg_ctl start")?;
        let watch = watch(as_owner(drop_root, "sh".into()), programs, &folder)?;
        Ok(Self {
            folder,
            _watch: watch,
        })
    }
}

/// Starts the shell that outlives this process by the time it takes to stop the cluster.
fn watch(mut shell: Command, programs: &Path, folder: &Path) -> Result<Child> {
    shell
        .args([
            "-c",
            "trap '' INT TERM HUP; cat; \"$1\" stop -m immediate -s -D \"$2/data\"; rm -rf \"$2\"",
        ])
        .arg("sh")
        .arg(programs.join("pg_ctl"))
        .arg(folder)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(shell.spawn()?)
}

fn as_owner(drop_root: bool, program: PathBuf) -> Command {
    let mut command = if drop_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

/// Runs a program to its end. Its output goes to a file-less pipe except for `pg_ctl`, whose server
/// would keep the pipe open: that one logs to its own file.
fn output(command: &mut Command) -> Result<String> {
    let is_server = command.get_args().any(|argument| argument == "start");
    if is_server {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = command.status()?;
        if !status.success() {
            bail!("the program ended with {status}");
        }
        return Ok(String::new());
    }
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!(
            "{}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The folder of the newest installed server programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version_of = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| version_of(path));
    Some(newest?.join("bin"))
}

/// The cluster's administrator; the stores under test connect as ordinary roles.
const SUPERUSER: &str = "asylia_test";
