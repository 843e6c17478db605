//! Where the server listens, as the operator writes it: `127.0.0.1:8080`, `unix:PATH` or `none`.
//! Only loopback addresses are accepted: the server speaks plain HTTP, and reports must not cross a
//! wire so.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// A place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAt {
    /// A loopback address and port; port 0 lets the kernel choose.
    Tcp(SocketAddr),
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// Nowhere.
    Nowhere,
}

impl FromStr for ListenAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Nowhere);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let fits = !path.is_empty() && path.len() <= MAX_PATH_BYTES;
            return if fits {
                Ok(Self::Unix(path.into()))
            } else {
                Err(format!("a socket path has 1 to {MAX_PATH_BYTES} bytes"))
            };
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Self::Tcp(address)),
            Ok(_) => Err(
                "the address is not on loopback, and reports would cross the network \
                          unencrypted"
                    .to_owned(),
            ),
            Err(_) => Err("it is neither ADDRESS:PORT nor unix:PATH nor none".to_owned()),
        }
    }
}

impl fmt::Display for ListenAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Nowhere => f.write_str("none"),
        }
    }
}

/// `sun_path` has 108 bytes with its end mark.
const MAX_PATH_BYTES: usize = 107;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_read_and_written_back() {
        for text in [
            "127.0.0.1:8080",
            "[::1]:0",
            "unix:/run/asylia/clear.sock",
            "none",
        ] {
            assert_eq!(
                text.parse::<ListenAt>()
                    .expect("a form of the table")
                    .to_string(),
                text
            );
        }
    }

    #[test]
    fn what_leaves_the_machine_is_refused() {
        let long = format!("unix:{}", "x".repeat(108));
        for text in [
            "0.0.0.0:8080",
            "192.0.2.1:80",
            "[::]:80",
            "8080",
            "",
            "unix:",
            "localhost:80",
            &long,
        ] {
            assert!(text.parse::<ListenAt>().is_err(), "{text}");
        }
    }
}
