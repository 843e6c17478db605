//! `asylia serve` from the configuration to the last answer, in the order the protections need:
//! process, sockets, runtime, then what reads keys and opens the store. What the routes need is put
//! together by the caller's `assemble`, so this file knows no page and no database.

use std::{future::Future, sync::Arc};

use anyhow::Context;
use axum::Router;
use tokio::runtime::{Builder, Runtime};

use crate::{
    config::Config,
    limits::THREAD_STACK_BYTES,
    listen::{self, Bounds, Socket},
    process,
};

/// Serves until SIGTERM or SIGINT. `assemble` opens keys and store and builds the router; it runs
/// inside the runtime, after the process is protected and the socket bound.
///
/// # Errors A missing protection, a socket that cannot be bound, or what `assemble` reports.
pub fn run<A, F>(config: Config, assemble: A) -> anyhow::Result<()>
where
    A: FnOnce(Arc<Config>) -> F,
    F: Future<Output = anyhow::Result<Router>>,
{
    process::harden(config.allowances)?;
    let socket = Socket::bind(&config.listen, config.socket_mode)?;
    let config = Arc::new(config);
    runtime()?.block_on(async {
        let stop = listen::stop_signal().context("the stop signals cannot be caught")?;
        let router = assemble(Arc::clone(&config)).await?;
        match &socket {
            Some(socket) => tracing::info!("serving on {}", socket.at()),
            None => tracing::info!("serving on no socket"),
        }
        let bounds = Bounds::new(config.max_connections);
        listen::serve(socket, router, bounds, stop)
            .await
            .context("the socket failed")?;
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
