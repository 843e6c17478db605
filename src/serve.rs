//! `asylia serve` from the configuration to the last answer, in the order the protections need:
//! process, sockets, files, runtime, then what reads keys and opens the store ([`AppState::open`]), then system
//! calls. Nobody is answered before.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

use crate::{
    app::AppState,
    clock::{Clock, Rng},
    config::{Config, StoreAt},
    data_folder::DataFolder,
    error::Advice,
    health,
    limits::THREAD_STACK_BYTES,
    listen::{self, Bounds, ClientAddress, Door, ListenAt, Socket},
    notice::Notifier,
    process,
    sandbox::{self, Reach},
    storage::{self, Store},
};

/// Serves until SIGTERM or SIGINT. Keys and store are opened inside the runtime, after the process is
/// protected and the socket bound.
///
/// # Errors
/// A missing protection, a socket that cannot be bound, a store that does not open.
pub fn run(config: Config) -> anyhow::Result<()> {
    // Started before anything is open: it gets none of it, and keeps the right to start programs.
    let notifier = config.notice_command.as_deref().map(Notifier::start);
    let _notifier = notifier
        .transpose()
        .context("the process of the daily notice does not start")?;
    process::harden(config.allowances)?;
    let sockets = Sockets::bind(&config)?;
    make_folders(&config)?;
    sandbox::confine_files(&Reach::of(&config))?;
    let config = Arc::new(config);
    runtime()?.block_on(async {
        let stop = listen::stop_signal().context("the stop signals cannot be caught")?;
        let state = AppState::open(Arc::clone(&config), Clock::System, Rng::System).await?;
        let bounds = Bounds::new(config.max_connections);
        let takeover = state.takeover()?;
        sandbox::confine_calls(sandbox::calls_for(&config.store))?;
        let (doors, watched) = sockets.open(&state);
        let looking = tokio::spawn(takeover.keep_looking(state.clock));
        let keeping = state.clone();
        let housekeeper = tokio::spawn(async move { keeping.keep_house().await });
        let stop = stop.shared();
        let watching = Bounds::new(WATCHERS);
        let (served, answered) = tokio::join!(
            listen::serve(doors, bounds, stop.clone()),
            listen::serve(watched, watching, stop),
        );
        served.and(answered).context("a socket failed")?;
        housekeeper.abort();
        looking.abort();
        state.uploads.close().await;
        state.store.close().await?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// Every socket, bound before files are confined.
struct Sockets {
    clear: Option<Socket>,
    onion: Option<Socket>,
    health: Option<Socket>,
}

impl Sockets {
    fn bind(config: &Config) -> Result<Self, Advice> {
        let unix = |path: &Option<PathBuf>| match path {
            Some(path) => Socket::bind(&ListenAt::Unix(path.clone()), config.socket_mode),
            None => Ok(None),
        };
        Ok(Self {
            clear: Socket::bind(&config.listen, config.socket_mode)?,
            onion: unix(&config.onion_socket)?,
            health: unix(&config.health_socket)?,
        })
    }

    /// The doors of the site, and the one of whoever watches over it.
    fn open(self, state: &AppState) -> (Vec<Door>, Vec<Door>) {
        for socket in [&self.clear, &self.onion].into_iter().flatten() {
            tracing::info!("serving on {}", socket.at());
        }
        if self.clear.is_none() && self.onion.is_none() {
            tracing::info!("serving on no socket");
        }
        let named = state.config.client_address_header.clone();
        let clear = |socket| match named {
            Some(header) => Door::proxied(socket, ClientAddress::new(header), state.router()),
            None => Door::clear(socket, state.router()),
        };
        let onion = |socket| Door::onion(socket, state.behind_tor().router());
        let watched = |socket| Door::clear(socket, health::router(state));
        let doors = self.clear.map(clear).into_iter();
        (
            doors.chain(self.onion.map(onion)).collect(),
            self.health.map(watched).into_iter().collect(),
        )
    }
}

/// Makes the folders that the server may write: once files are confined, none can be made.
fn make_folders(config: &Config) -> anyhow::Result<()> {
    DataFolder::create(&config.data)?;
    if let StoreAt::Sqlite(path) = &config.store {
        storage::prepare_folder(path)?;
    }
    Ok(())
}

/// The runtime of every verb that needs one.
///
/// # Errors
/// If the system starts no threads.
pub fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(THREAD_STACK_BYTES)
        .build()
        .context("the runtime cannot start")
}

/// Connections at once of whoever watches over the server.
const WATCHERS: usize = 4;
