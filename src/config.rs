//! The one configuration: a TOML file, overridden by flags; and the only reader of the environment.
//! Unknown keys are refused, defaults are the safe values, and what weakens them begins with
//! `danger_`. Everything is checked here once, so the rest of the server gets types that cannot be
//! wrong.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use axum::http::HeaderName;
use serde::Deserialize;

use crate::{
    cli::ServeArgs,
    collection::CollectionDays,
    error::Advice,
    limits::{FILES_PER_HOUR_MIB, MAX_CONNECTIONS, REPORT_LIMIT_MIB},
    listen::ListenAt,
    process::Allowances,
    telemetry::Verbosity,
};

/// The configuration in force, complete and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder of the server's data.
    pub data: PathBuf,
    /// File of the signed key bundle.
    pub keys: PathBuf,
    /// Fingerprint words the bundle must match (the anchor), if the operator gave them.
    pub office: Option<String>,
    /// Where to listen.
    pub listen: ListenAt,
    /// Where tor connects, each connection behind its PROXY line.
    pub onion_socket: Option<PathBuf>,
    /// Where a watcher of this machine asks how the server is.
    pub health_socket: Option<PathBuf>,
    /// The header in which the proxy on the Unix socket of `listen` names the client's address.
    pub client_address_header: Option<HeaderName>,
    /// Permissions of a Unix socket, as in `0o660`.
    pub socket_mode: u32,
    /// Where reports are kept.
    pub store: StoreAt,
    /// Largest report in MiB.
    pub report_limit_mib: u64,
    /// What the store may grow to, in MiB; without it, what the disk holds.
    pub disk_budget_mib: Option<u64>,
    /// MiB of files that are taken in an hour.
    pub files_per_hour_mib: u64,
    /// Connections served at once.
    pub max_connections: usize,
    /// The site is reached over the clear web, through a proxy that ends TLS.
    pub clear_web: bool,
    /// After how many days without an acknowledgement something is done.
    pub collection: CollectionDays,
    /// Every day has at least so many records, decoys among them; 0 for none.
    pub decoys_a_day: u32,
    /// Program and arguments that are given the daily notice, if there is one.
    pub notice_command: Option<Vec<String>>,
    /// File of the signed manifest of what the site serves, if one is published.
    pub site_manifest: Option<PathBuf>,
    /// Protections the operator gave up in writing.
    pub allowances: Allowances,
}

/// Where reports are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAt {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database behind the Unix socket in a folder.
    Postgres {
        /// Folder of the socket.
        socket_dir: PathBuf,
        /// Name of the database.
        database: String,
    },
}

impl fmt::Display for StoreAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres {
                socket_dir,
                database,
            } => {
                write!(f, "postgres:{}/{database}", socket_dir.display())
            }
        }
    }
}

impl Config {
    /// Builds the configuration from flags and, where they name one, the file.
    ///
    /// # Errors
    /// Two sentences that name the flag, or the file's line and key.
    pub fn load(args: &ServeArgs) -> Result<Self, Advice> {
        let (file, source) = match &args.config {
            Some(path) => File::read(path)?,
            None => (File::default(), Source::none()),
        };
        Self::merge(args, file, &source)
    }

    fn merge(args: &ServeArgs, file: File, source: &Source) -> Result<Self, Advice> {
        let collection = file.collection_days(source)?;
        let notice_command = file.notice_command(source)?;
        let decoys_a_day = file.decoys_a_day.unwrap_or_default();
        let data = args
            .data
            .clone()
            .or(file.data)
            .ok_or_else(|| missing("data folder", "--data DIR"))?;
        let keys = args.keys.clone().or(file.keys).ok_or_else(no_keys)?;
        let listen = listen_at(text(&args.listen, file.listen, "listen", source))?;
        let store = text(&args.store, file.store, "store", source);
        let number = |key, value: Option<u64>, default, (least, most)| {
            within(value.unwrap_or(default), least, most)
                .ok_or_else(|| source.refuse(key, &format!("it is not between {least} and {most}")))
        };
        let (limit, budget) = (file.report_limit_mib, file.disk_budget_mib);
        let connections = file.max_connections;
        Ok(Self {
            office: args.office.clone().or(file.office),
            client_address_header: client_address_header(
                file.client_address_header.as_deref(),
                &listen,
                source,
            )?,
            listen,
            onion_socket: args.onion_socket.clone().or(file.onion_socket),
            health_socket: file.health_socket,
            disk_budget_mib: budget
                .map(|budget| number("disk_budget_mib", Some(budget), 0, (64, MOST_MIB)))
                .transpose()?,
            files_per_hour_mib: number(
                "files_per_hour_mib",
                file.files_per_hour_mib,
                FILES_PER_HOUR_MIB,
                (1, MOST_MIB),
            )?,
            socket_mode: socket_mode(file.socket_mode.as_deref(), source)?,
            store: match store {
                Some(given) => parse_store(&given.value).map_err(|why| given.refuse(why))?,
                None => StoreAt::Sqlite(data.join(DEFAULT_DATABASE)),
            },
            report_limit_mib: number("report_limit_mib", limit, REPORT_LIMIT_MIB, (1, 65_536))?,
            max_connections: number("max_connections", connections, MAX_CONNECTIONS, (8, 65_536))?
                .try_into()
                .unwrap_or(usize::MAX),
            clear_web: file.clear_web,
            collection,
            site_manifest: file.site_manifest,
            allowances: Allowances {
                swap: file.danger_swap,
                unlocked_memory: file.danger_unlocked_memory,
            },
            decoys_a_day: within(decoys_a_day, 0, DECOYS_MOST)
                .ok_or_else(|| source.refuse("decoys_a_day", "it is not between 0 and 1000"))?,
            notice_command,
            data,
            keys,
        })
    }
}

/// The command of the daily notice, if the configuration file names one.
///
/// # Errors
/// Two sentences that name the file's line and key.
pub fn notice_command(path: Option<&Path>) -> Result<Option<Vec<String>>, Advice> {
    match path {
        Some(path) => {
            let (file, source) = File::read(path)?;
            file.notice_command(&source)
        }
        None => Ok(None),
    }
}

/// The days of a configuration file, or the defaults without one.
///
/// # Errors
/// Two sentences that name the file's line and key.
pub fn collection_days(path: Option<&Path>) -> Result<CollectionDays, Advice> {
    match path {
        Some(path) => {
            let (file, source) = File::read(path)?;
            file.collection_days(&source)
        }
        None => Ok(CollectionDays::default()),
    }
}

/// Where a configuration file lets tor connect.
///
/// # Errors
/// Two sentences that name the file's line and key.
pub fn onion_socket(path: Option<&Path>) -> Result<Option<PathBuf>, Advice> {
    match path {
        Some(path) => Ok(File::read(path)?.0.onion_socket),
        None => Ok(None),
    }
}

/// Where the store of a data folder is: as given, or in the folder.
///
/// # Errors
/// Two sentences for what is no address.
pub fn store_at(given: Option<&str>, data: &Path) -> Result<StoreAt, Advice> {
    match given {
        Some(text) => parse_store(text).map_err(|why| {
            let failed = format!("The value of --store was not accepted: {why}");
            Advice::usage(failed, "Run the verb with --help to see its forms")
        }),
        None => Ok(StoreAt::Sqlite(data.join(DEFAULT_DATABASE))),
    }
}

/// Reads `ASYLIA_LOG`, the one environment variable: how much the program says about itself.
///
/// # Errors
/// Two sentences, if it is set to something that is no level.
pub fn verbosity_from_environment() -> Result<Verbosity, Advice> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is the reader of the environment"
    )]
    let given = std::env::var("ASYLIA_LOG");
    match given {
        Err(std::env::VarError::NotPresent) => Ok(Verbosity::default()),
        given => given
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| {
                Advice::usage(
                    "ASYLIA_LOG is set to something that is not a level",
                    "Set it to off, error, warn, info, debug or trace, or unset it",
                )
            }),
    }
}

/// The file as written; every key is optional there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    keys: Option<PathBuf>,
    office: Option<String>,
    listen: Option<String>,
    onion_socket: Option<PathBuf>,
    health_socket: Option<PathBuf>,
    client_address_header: Option<String>,
    socket_mode: Option<String>,
    store: Option<String>,
    report_limit_mib: Option<u64>,
    disk_budget_mib: Option<u64>,
    files_per_hour_mib: Option<u64>,
    max_connections: Option<u64>,
    site_manifest: Option<PathBuf>,
    decoys_a_day: Option<u32>,
    notice_command: Option<Vec<String>>,
    #[serde(default)]
    clear_web: bool,
    uncollected_warn_days: Option<i64>,
    uncollected_notice_days: Option<i64>,
    uncollected_close_days: Option<i64>,
    #[serde(default)]
    danger_swap: bool,
    #[serde(default)]
    danger_unlocked_memory: bool,
}

impl File {
    fn read(path: &Path) -> Result<(Self, Source), Advice> {
        let text = fs::read_to_string(path).map_err(|error| {
            Advice::usage(
                format!(
                    "The configuration file {} cannot be read: {error}",
                    path.display()
                ),
                "Give its path with --config FILE, or leave --config out",
            )
        })?;
        let source = Source {
            name: path.display().to_string(),
            text,
        };
        let file = Self::parse(&source)?;
        Ok((file, source))
    }

    /// Program and arguments: an absolute path, since there is no environment to search.
    fn notice_command(&self, source: &Source) -> Result<Option<Vec<String>>, Advice> {
        let Some(command) = &self.notice_command else {
            return Ok(None);
        };
        match command.first() {
            Some(program) if program.starts_with('/') => Ok(Some(command.clone())),
            _ => {
                let why = "it does not begin with the whole path of a program, as in [\"/usr/local/bin/notify\"]";
                Err(source.refuse("notice_command", why))
            }
        }
    }

    fn collection_days(&self, source: &Source) -> Result<CollectionDays, Advice> {
        let default = CollectionDays::default();
        let days = CollectionDays {
            warn: self.uncollected_warn_days.unwrap_or(default.warn),
            notice: self.uncollected_notice_days.unwrap_or(default.notice),
            close: self.uncollected_close_days.unwrap_or(default.close),
        };
        let (warn, notice, close) = (
            "uncollected_warn_days",
            "uncollected_notice_days",
            "uncollected_close_days",
        );
        for (key, value, least) in [
            (warn, days.warn, 1),
            (notice, days.notice, days.warn),
            (close, days.close, days.notice),
        ] {
            within(value, least, 3650).ok_or_else(|| {
                let why = format!("it is not between {least} and 3650 days, in the order {warn}, {notice}, {close}");
                source.refuse(key, &why)
            })?;
        }
        Ok(days)
    }

    fn parse(source: &Source) -> Result<Self, Advice> {
        toml::from_str(&source.text).map_err(|error| {
            let before = error
                .span()
                .and_then(|span| source.text.get(..span.start))
                .unwrap_or("");
            let line = before.matches('\n').count();
            let key = source
                .text
                .lines()
                .nth(line)
                .and_then(|line| line.split_once('='));
            source.refuse_at(line + 1, key.map(|(key, _)| key.trim()), error.message())
        })
    }
}

/// A configuration file's name and text, for messages.
struct Source {
    name: String,
    text: String,
}

impl Source {
    fn none() -> Self {
        Self {
            name: String::new(),
            text: String::new(),
        }
    }

    /// Refuses the value of a top-level key.
    fn refuse(&self, key: &str, why: &str) -> Advice {
        let is_of_key = |line: &str| {
            line.split_once('=')
                .is_some_and(|(name, _)| name.trim() == key)
        };
        let line = self
            .text
            .lines()
            .position(is_of_key)
            .map_or(0, |line| line + 1);
        self.refuse_at(line, Some(key), why)
    }

    fn refuse_at(&self, line: usize, key: Option<&str>, why: &str) -> Advice {
        let key = key.map(|key| format!(", key `{key}`")).unwrap_or_default();
        Advice::usage(
            format!(
                "{}, line {line}{key}: {}",
                self.name,
                why.trim_end().replace('\n', ", ")
            ),
            "Correct that line; packaging/asylia.example.toml explains every key",
        )
    }
}

/// A text value and where it came from.
struct Given<'a> {
    value: String,
    key: &'static str,
    file: Option<&'a Source>,
}

impl Given<'_> {
    fn refuse(&self, why: &str) -> Advice {
        match self.file {
            Some(source) => source.refuse(self.key, why),
            None => Advice::usage(
                format!("The value of --{} was not accepted: {why}", self.key),
                "Run `asylia serve --help` to see its forms",
            ),
        }
    }
}

/// The flag, or else the file's value.
fn text<'a>(
    flag: &Option<String>,
    file: Option<String>,
    key: &'static str,
    source: &'a Source,
) -> Option<Given<'a>> {
    match (flag, file) {
        (Some(value), _) => Some(Given {
            value: value.clone(),
            key,
            file: None,
        }),
        (None, Some(value)) => Some(Given {
            value,
            key,
            file: Some(source),
        }),
        (None, None) => None,
    }
}

fn parse_store(text: &str) -> Result<StoreAt, &'static str> {
    let wrong = "it is neither sqlite:PATH nor postgres:SOCKET_DIR/DBNAME";
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(StoreAt::Sqlite(path.into())),
        Some(("postgres", path)) => match path.rsplit_once('/') {
            Some((folder, database)) if folder.starts_with('/') && !database.is_empty() => {
                Ok(StoreAt::Postgres {
                    socket_dir: folder.into(),
                    database: database.to_owned(),
                })
            }
            _ => Err(wrong),
        },
        _ => Err(wrong),
    }
}

fn listen_at(given: Option<Given<'_>>) -> Result<ListenAt, Advice> {
    match given {
        Some(given) => {
            let parsed = given.value.parse();
            parsed.map_err(|why: String| given.refuse(&why))
        }
        None => Ok(ListenAt::Tcp(([127, 0, 0, 1], DEFAULT_PORT).into())),
    }
}

fn socket_mode(given: Option<&str>, source: &Source) -> Result<u32, Advice> {
    let wrong = "it is not three octal digits as in \"660\"";
    match given {
        Some(mode) => parse_mode(mode).ok_or_else(|| source.refuse("socket_mode", wrong)),
        None => Ok(DEFAULT_SOCKET_MODE),
    }
}

/// A header that any client can write names nobody, so only a proxy on a Unix socket may be believed.
fn client_address_header(
    name: Option<&str>,
    listen: &ListenAt,
    source: &Source,
) -> Result<Option<HeaderName>, Advice> {
    let refuse = |why| source.refuse("client_address_header", why);
    let Some(name) = name else {
        return Ok(None);
    };
    if !matches!(listen, ListenAt::Unix(_)) {
        return Err(refuse(
            "it is believed on a Unix socket only, and `listen` names none",
        ));
    }
    let name = name.parse();
    name.map(Some).map_err(|_| refuse("it is no header's name"))
}

fn parse_mode(text: &str) -> Option<u32> {
    let digits = text
        .strip_prefix('0')
        .filter(|rest| rest.len() == 3)
        .unwrap_or(text);
    let octal = digits.len() == 3 && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten()
}

fn within<T: PartialOrd>(value: T, least: T, most: T) -> Option<T> {
    (least <= value && value <= most).then_some(value)
}

fn missing(what: &str, flag: &str) -> Advice {
    Advice::usage(
        format!("No {what} was given"),
        format!("Pass {flag}, or a file with --config FILE"),
    )
}

fn no_keys() -> Advice {
    Advice::usage(
        "No key bundle was given, so nothing could be sealed",
        "Pass the office's signed bundle with --keys FILE; for a trial, `asylia-keys demo --out DIR` \
         makes DIR/keys.note",
    )
}

/// As many bytes as 64 bits count.
const MOST_MIB: u64 = u64::MAX >> 20;
/// Each takes 66 KiB on the disk until the office has acknowledged it.
const DECOYS_MOST: u32 = 1000;
const DEFAULT_PORT: u16 = 8080;
const DEFAULT_SOCKET_MODE: u32 = 0o660;
const DEFAULT_DATABASE: &str = "intake.db";

#[cfg(test)]
mod tests;
