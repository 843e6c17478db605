//! The accept loop: sockets on loopback or in the file system, hyper's HTTP/1 on each connection.
//! Written by hand because the ready-made loop has no time-out for request heads and always sends
//! `Date`. Trusts no peer: heads, idle times, stalled writes and the number of connections are all
//! bounded. tor's socket is one of its own, where every connection first names its circuit (`proxy.rs`). A malformed head is answered by hyper with a bare status line that names nothing.

use std::{future::Future, io, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use futures_util::{FutureExt, future::join_all};
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
mod peer;
mod proxy;
mod socket;
mod write_stall;

pub use address::ListenAt;
pub use peer::{ClientAddress, Peer};
pub use socket::Socket;

use peer::{PeerOf, Seats};
use socket::Listener;

/// Bounds of the loop. Units are in the types; [`Bounds::new`] gives the ones in force.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections served at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Those of one circuit among them; more are closed.
    pub connections_of_a_circuit: usize,
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
            connections_of_a_circuit: limits::CONNECTIONS_OF_A_CIRCUIT,
            head: limits::HEAD_TIMEOUT,
            write_stall: limits::WRITE_STALL,
            grace: limits::SHUTDOWN_GRACE,
        }
    }
}

/// A socket, how its connections begin, and what is served there.
pub struct Door {
    socket: Socket,
    router: Router,
    beginning: Beginning,
}

/// How the peer of a connection is known.
enum Beginning {
    /// Not at all.
    Plain,
    /// By the PROXY line that tor writes.
    Onion(Seats),
    /// By what a proxy writes into each request.
    Named(Arc<ClientAddress>),
}

impl Door {
    /// A socket whose peers are not known: loopback, or a proxy that names nobody.
    #[must_use]
    pub fn clear(socket: Socket, router: Router) -> Self {
        Self {
            socket,
            router,
            beginning: Beginning::Plain,
        }
    }

    /// tor's socket: each connection begins with a PROXY line, or ends.
    #[must_use]
    pub fn onion(socket: Socket, router: Router) -> Self {
        Self {
            socket,
            router,
            beginning: Beginning::Onion(Seats::default()),
        }
    }

    /// A proxy's Unix socket; the proxy names the client's address in a header.
    #[must_use]
    pub fn proxied(socket: Socket, named: ClientAddress, router: Router) -> Self {
        Self {
            socket,
            router,
            beginning: Beginning::Named(Arc::new(named)),
        }
    }
}

/// Serves at every door until `stop` is ready, then finishes what is in progress, at most for the grace time.
/// Without a door it only waits for `stop`.
///
/// # Errors
/// If the runtime cannot take a socket over. Errors of single connections end these alone.
pub async fn serve(
    doors: Vec<Door>,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let stop = stop.shared();
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let serving = doors.into_iter().map(|door| {
        let (listener, cleanup) = door.socket.into_listener()?;
        let host = Host {
            router: door.router,
            bounds,
            slots: Arc::clone(&slots),
            beginners: Arc::new(Semaphore::new(limits::BEGINNERS)),
            beginning: door.beginning,
        };
        Ok(host.serve(listener, cleanup, stop.clone()))
    });
    let serving: io::Result<Vec<_>> = serving.collect();
    let serving = join_all(serving?);
    tokio::join!(serving, stop.clone());
    Ok(())
}

/// What a door's accept loop needs.
struct Host {
    router: Router,
    bounds: Bounds,
    /// Connections that are served, of all doors.
    slots: Arc<Semaphore>,
    /// Connections of this door that have not said who they are.
    beginners: Arc<Semaphore>,
    beginning: Beginning,
}

impl Host {
    async fn serve(self, listener: Listener, cleanup: Cleanup, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            // Where connections must first say who they are, they wait for a slot behind that.
            let first = match self.beginning {
                Beginning::Onion(_) => &self.beginners,
                Beginning::Plain | Beginning::Named(_) => &self.slots,
            };
            let next = async {
                let slot = slot(first).await;
                (listener.accept().await, slot)
            };
            tokio::select! {
                () = &mut stop => break,
                Some(_ended) = connections.join_next() => {}
                (accepted, slot) = next => match accepted {
                    Ok(stream) => {
                        connections.spawn(self.begin(stream, slot, stopped.clone()));
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
        let finished = timeout(self.bounds.grace, async {
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
        drop(cleanup);
    }

    /// One connection, from finding out who it is to its end.
    fn begin(
        &self,
        mut stream: Box<dyn Stream>,
        first: OwnedSemaphorePermit,
        stopped: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (router, bounds) = (self.router.clone(), self.bounds);
        let slots = Arc::clone(&self.slots);
        let (peer, seats) = match &self.beginning {
            Beginning::Plain => (PeerOf::Connection(Peer::Unknown), None),
            Beginning::Named(named) => (PeerOf::Header(Arc::clone(named)), None),
            Beginning::Onion(seats) => (PeerOf::Connection(Peer::Unknown), Some(seats.clone())),
        };
        async move {
            let Some(seats) = seats else {
                return converse(stream, first, router, peer, bounds, stopped).await;
            };
            let Ok(peer) = proxy::read(&mut stream).await else {
                return;
            };
            let Some(_seat) = seats.take(peer, bounds.connections_of_a_circuit) else {
                return;
            };
            let slot = slot(&slots).await;
            drop(first);
            converse(
                stream,
                slot,
                router,
                PeerOf::Connection(peer),
                bounds,
                stopped,
            )
            .await;
        }
    }
}

async fn slot(of: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let slot = Arc::clone(of).acquire_owned().await;
    slot.expect("the semaphore is never closed")
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
    peer: PeerOf,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    let io = TokioIo::new(write_stall::WriteStall::new(stream, bounds.write_stall));
    let service = router.map_request(move |mut request: Request<Incoming>| {
        let peer = peer.request(request.headers_mut());
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
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

/// Removes a socket file when the loop ends. Inside the sandbox that succeeds in the data folder only; a leftover
/// is recognised and replaced at the next start.
struct Cleanup(Option<PathBuf>);

impl Drop for Cleanup {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests;
