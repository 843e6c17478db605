//! `asylia serve` from the configuration to the last answer, in the order the protections need:
//! process, sockets, runtime, then what reads keys and opens the store ([`AppState::open`]).

use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::{
    app::AppState,
    clock::{Clock, Rng},
    config::Config,
    limits::THREAD_STACK_BYTES,
    listen::{self, Bounds, Socket},
    notice::Notifier,
    process,
    storage::Store,
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
    let socket = Socket::bind(&config.listen, config.socket_mode)?;
    let config = Arc::new(config);
    runtime()?.block_on(async {
        let stop = listen::stop_signal().context("the stop signals cannot be caught")?;
        let state = AppState::open(Arc::clone(&config), Clock::System, Rng::System).await?;
        match &socket {
            Some(socket) => tracing::info!("serving on {}", socket.at()),
            None => tracing::info!("serving on no socket"),
        }
        let bounds = Bounds::new(config.max_connections);
        let takeover = state.takeover()?;
        let looking = tokio::spawn(takeover.keep_looking(state.clock));
        let keeping = state.clone();
        let housekeeper = tokio::spawn(async move { keeping.keep_house().await });
        listen::serve(socket, state.router(), bounds, stop)
            .await
            .context("the socket failed")?;
        housekeeper.abort();
        looking.abort();
        state.uploads.close().await;
        state.store.close().await?;
        tracing::info!("stopped");
        Ok(())
    })
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
