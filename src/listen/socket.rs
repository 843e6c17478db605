//! Listening sockets, bound before the runtime exists so that the sandbox can close behind them. A
//! Unix socket replaces a stale one at its path; anything else at the path, or a live server, is
//! refused.

use std::{
    fs::{self, Permissions},
    io,
    net::SocketAddr,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use super::{Cleanup, ListenAt, Stream};
use crate::error::Advice;

/// A bound socket that accepts nothing yet.
pub struct Socket(Bound);

enum Bound {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener, PathBuf),
}

/// The same socket within the runtime.
pub(super) enum Listener {
    Tcp(tokio::net::TcpListener),
    Unix(tokio::net::UnixListener),
}

impl Socket {
    /// Binds; `unix_mode` are the permissions of a Unix socket (`0o660` lets a proxy of the same
    /// group in). `Ok(None)` for [`ListenAt::Nowhere`].
    ///
    /// # Errors Two sentences for the operator.
    pub fn bind(at: &ListenAt, unix_mode: u32) -> Result<Option<Self>, Advice> {
        let bound = match at {
            ListenAt::Nowhere => return Ok(None),
            ListenAt::Tcp(address) => bind_tcp(*address)
                .map_err(|error| refused(at, &error, "Choose a free port with --listen"))?,
            ListenAt::Unix(path) => bind_unix(path, unix_mode).map_err(|error| {
                refused(
                    at,
                    &error,
                    "Choose another path with --listen, or move away what is there",
                )
            })?,
        };
        Ok(Some(Self(bound)))
    }

    /// Where it listens; with port 0 asked for, the port that the kernel chose.
    pub fn at(&self) -> ListenAt {
        match &self.0 {
            Bound::Tcp(listener) => {
                let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
                ListenAt::Tcp(listener.local_addr().unwrap_or(unknown))
            }
            Bound::Unix(_, path) => ListenAt::Unix(path.clone()),
        }
    }

    pub(super) fn into_listener(self) -> io::Result<(Listener, Cleanup)> {
        Ok(match self.0 {
            Bound::Tcp(listener) => (
                Listener::Tcp(tokio::net::TcpListener::from_std(listener)?),
                Cleanup(None),
            ),
            Bound::Unix(listener, path) => (
                Listener::Unix(tokio::net::UnixListener::from_std(listener)?),
                Cleanup(Some(path)),
            ),
        })
    }
}

impl Listener {
    /// The next connection; the peer's address is dropped here and known to nobody.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<Bound> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(Bound::Tcp(listener))
}

fn bind_unix(path: &Path, mode: u32) -> io::Result<Bound> {
    make_way(path)?;
    // The process's umask is 0077, so nobody else reaches the socket before its mode is set.
    let listener = std::os::unix::net::UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    listener.set_nonblocking(true)?;
    Ok(Bound::Unix(listener, path.to_owned()))
}

/// Removes a socket that nobody listens on any more, and nothing else.
fn make_way(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the path is taken by something else",
        ));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another program listens there",
        )),
    }
}

fn refused(at: &ListenAt, error: &io::Error, advice: &str) -> Advice {
    Advice::failed(format!("Listening on {at} failed: {error}"), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_the_mode_is_set() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a first socket"));
        assert!(path.exists(), "dropping leaves the file");
        let at = ListenAt::Unix(path.clone());
        let socket = Socket::bind(&at, 0o660)
            .expect("replaces")
            .expect("a socket");
        let mode = fs::metadata(&path)
            .expect("the socket's file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o660);
        assert_eq!(socket.at(), at);
        let second = Socket::bind(&at, 0o660)
            .err()
            .expect("a live server is not replaced");
        assert!(
            second.to_string().contains("another program listens there"),
            "{second}"
        );
    }

    #[test]
    fn a_file_at_the_path_is_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("notes.txt");
        fs::write(&path, "keep").expect("writes");
        let error = Socket::bind(&ListenAt::Unix(path.clone()), 0o660)
            .err()
            .expect("refused");
        assert!(
            error.to_string().contains("taken by something else"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&path).expect("still there"), "keep");
    }
}
