//! tor's PROXY v1 line, which begins every connection of the onion socket and names its circuit
//! (`HiddenServiceExportCircuitID haproxy`). Required there and read nowhere else: where it were optional, a
//! visitor of the clear web could forge a circuit. Trusts the socket, so the form of the address is not looked at
//! beyond being one.

use std::{io, net::Ipv6Addr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

use super::peer::Peer;

/// Reads the line and not a byte more; one that is bad, missing or late is an error, and the connection ends.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Peer> {
    timeout(PATIENCE, read_line(stream)).await?
}

async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Peer> {
    let mut line = Vec::with_capacity(LONGEST);
    while !line.ends_with(b"\r\n") {
        if line.len() == LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(stream.read_u8().await?);
    }
    parse(&line).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// `PROXY TCP6 SOURCE DESTINATION PORT PORT`; the circuit is the low half of the source's interface id.
fn parse(line: &[u8]) -> Option<Peer> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix("\r\n")?;
    let mut fields = line.split(' ');
    if (fields.next()?, fields.next()?) != ("PROXY", "TCP6") {
        return None;
    }
    let source: Ipv6Addr = fields.next()?.parse().ok()?;
    fields.next()?.parse::<Ipv6Addr>().ok()?;
    fields.next()?.parse::<u16>().ok()?;
    fields.next()?.parse::<u16>().ok()?;
    let [.., a, b, c, d] = source.octets();
    fields
        .next()
        .is_none()
        .then_some(Peer::Circuit(u32::from_be_bytes([a, b, c, d])))
}

/// The longest line of the protocol, its end included.
const LONGEST: usize = 107;

/// tor writes the line with the first bytes of a connection, so this is time for a busy machine only.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn circuit(line: &str) -> Option<u32> {
        match parse(line.as_bytes())? {
            Peer::Circuit(id) => Some(id),
            _ => None,
        }
    }

    #[test]
    fn the_circuit_is_read_from_tor_s_line() {
        for (line, id) in [
            ("PROXY TCP6 fc00:dead:beef:4dad::0:50 ::1 80 80\r\n", 80),
            (
                "PROXY TCP6 fc00:dead:beef:4dad::ffff:ffff ::1 65535 42\r\n",
                u32::MAX,
            ),
            ("PROXY TCP6 fc00:dead:beef:4dad::1:2 ::1 1 80\r\n", 0x1_0002),
        ] {
            assert_eq!(circuit(line), Some(id), "{line}");
        }
    }

    #[test]
    fn every_other_line_is_refused() {
        for line in [
            "",
            "\r\n",
            "GET / HTTP/1.1\r\n",
            "PROXY UNKNOWN\r\n",
            "PROXY TCP4 127.0.0.1 127.0.0.1 1 1\r\n",
            "PROXY TCP6 fc00::1 ::1 80\r\n",
            "PROXY TCP6 fc00::1 ::1 80 80 80\r\n",
            "PROXY TCP6 fc00::1 ::1 80 80 \r\n",
            "PROXY  TCP6 fc00::1 ::1 80 80\r\n",
            "PROXY TCP6 fc00::1 ::1 65536 80\r\n",
            "PROXY TCP6 127.0.0.1 ::1 80 80\r\n",
            "proxy TCP6 fc00::1 ::1 80 80\r\n",
            "PROXY TCP6 fc00::1 ::1 80 80\n",
        ] {
            assert_eq!(circuit(line), None, "{line:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_never_ends_or_never_comes_is_given_up() {
        let mut endless: &[u8] = &[b'P'; 200];
        assert!(read(&mut endless).await.is_err());
        assert_eq!(endless.len(), 200 - LONGEST);
        let (mut silent, _other) = tokio::io::duplex(1);
        let begin = tokio::time::Instant::now();
        assert!(read(&mut silent).await.is_err());
        assert_eq!(begin.elapsed(), PATIENCE);
    }

    #[tokio::test]
    async fn not_a_byte_behind_the_line_is_taken() {
        let mut sent: &[u8] = b"PROXY TCP6 fc00::1:2 ::1 9 80\r\nGET / HTTP/1.1\r\n";
        let peer = read(&mut sent).await.expect("a line");
        assert!(peer == Peer::Circuit(0x1_0002));
        assert_eq!(sent, b"GET / HTTP/1.1\r\n");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(line in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = parse(&line);
        }
    }
}
