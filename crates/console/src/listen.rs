//! The one listener: a loopback address, and an accept loop of our own (time-out for headers, no `Date`).
//!
//! Behind it the kernel refuses every further socket ([`crate::lockdown`]).
#![expect(
    clippy::disallowed_types,
    reason = "the pages are served to the browser on this computer; this file alone listens"
)]

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// Why nothing listens. Two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Another computer could reach it.
    #[error(
        "The pages are served on this computer only, and {0} is not a loopback address. Use `--listen 127.0.0.1:0`."
    )]
    NotLoopback(SocketAddr),
    /// The port is taken, or not allowed.
    #[error(
        "Nothing can listen on {0} ({1}). Use `--listen 127.0.0.1:0`, which finds a free port."
    )]
    Bind(SocketAddr, io::ErrorKind),
}

/// A listener on loopback.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on `address`; port 0 finds a free one.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub async fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        if !address.ip().is_loopback() {
            return Err(ListenError::NotLoopback(address));
        }
        let failed = |error: io::Error| ListenError::Bind(address, error.kind());
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `pages` for ever; dropping the future ends it.
    pub async fn serve(self, pages: Router) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_LIMIT));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match self.socket.accept().await {
                Ok((stream, _)) => {
                    let pages = pages.clone();
                    tokio::spawn(async move {
                        connection(stream, pages).await;
                        drop(place);
                    });
                }
                // Out of descriptors, most likely: give the open connections time to end.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn connection(stream: TcpStream, pages: Router) {
    // A browser that went away is the only error here, and nobody's concern.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .auto_date_header(false)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages))
        .await;
}

const CONNECTIONS_LIMIT: usize = 64;
/// Also how long an idle connection of the browser is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const BUFFER_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_other_computer_can_reach_it() {
        for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
            let refused = Listener::bind(address.parse().unwrap()).await.err();
            assert!(
                matches!(refused, Some(ListenError::NotLoopback(_))),
                "{address}"
            );
        }
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        assert_ne!(listener.address().port(), 0);
    }
}
