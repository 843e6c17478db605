//! The accept loop: sockets on loopback or in the file system, hyper's HTTP/1 on each connection.
//! Written by hand because the ready-made loop has no time-out for request heads and always sends
//! `Date`. Trusts no peer: heads, idle times, stalled writes and the number of connections are all
//! bounded. A malformed head is answered by hyper with a bare status line that names nothing.

use std::{future::Future, io, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use crate::limits;

mod address;
mod socket;
mod write_stall;

pub use address::ListenAt;
pub use socket::Socket;

/// Bounds of the loop. Units are in the types; [`Bounds::new`] gives the ones in force.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections served at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Time for a complete head, and for the next request on a kept-alive connection.
    pub head: Duration,
    /// Time a client may take nothing of what is written to it.
    pub write_stall: Duration,
    /// Time that requests in progress get when the server stops.
    pub grace: Duration,
}

impl Bounds {
    /// The bounds of [`crate::limits`] with the configured number of connections.
    pub fn new(connections: usize) -> Self {
        Self {
            connections,
            head: limits::HEAD_TIMEOUT,
            write_stall: limits::WRITE_STALL,
            grace: limits::SHUTDOWN_GRACE,
        }
    }
}

/// Serves until `stop` is ready, then finishes what is in progress, at most for the grace time.
/// Without a socket it only waits for `stop`.
///
/// # Errors
/// If the runtime cannot take the socket over. Errors of single connections end these alone.
pub async fn serve(
    socket: Option<Socket>,
    router: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let Some(socket) = socket else {
        stop.await;
        return Ok(());
    };
    let (listener, _cleanup) = socket.into_listener()?;
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let slot = Arc::clone(&slots)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (listener.accept().await, slot)
        };
        tokio::select! {
            () = &mut stop => break,
            Some(_ended) = connections.join_next() => {}
            (accepted, slot) = next => match accepted {
                Ok(stream) => {
                    let (router, stopped) = (router.clone(), stopped.clone());
                    connections.spawn(converse(stream, slot, router, bounds, stopped));
                }
                Err(error) => {
                    tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                    sleep(limits::ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let finished = timeout(bounds.grace, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    if finished.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests did not finish in time and were cut off"
        );
        connections.shutdown().await;
    }
    Ok(())
}

/// Ready at the first SIGTERM or SIGINT.
///
/// # Errors
/// If the handlers cannot be installed.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Any connected stream.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One connection from its first to its last request. The slot is free again when it ends.
async fn converse(
    stream: Box<dyn Stream>,
    slot: OwnedSemaphorePermit,
    router: Router,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    let io = TokioIo::new(write_stall::WriteStall::new(stream, bounds.write_stall));
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut connection =
        pin!(protocol(bounds).serve_connection(io, TowerToHyperService::new(service)));
    // What went wrong with one connection tells about its client, so it is not logged.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    drop(slot);
}

fn protocol(bounds: Bounds) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .auto_date_header(false)
        .max_buf_size(limits::HEAD_BYTES)
        .max_headers(limits::HEAD_FIELDS)
        .keep_alive(true);
    builder
}

/// Removes a socket file when the loop ends.
struct Cleanup(Option<PathBuf>);

impl Drop for Cleanup {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // A leftover is recognised and replaced at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests;
