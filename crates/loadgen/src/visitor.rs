//! A visitor without JavaScript: one connection a report, by loopback or by tor's socket.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// A connection of either kind.
pub(crate) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// Connects by loopback.
pub(crate) fn by_loopback(address: SocketAddr) -> io::Result<Box<dyn Wire>> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// Connects as tor does for a circuit.
pub(crate) fn by_circuit(socket: &Path, circuit: u32) -> io::Result<Box<dyn Wire>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (high, low) = (circuit >> 16, circuit & 0xffff);
    let line = format!("PROXY TCP6 fc00:dead:beef:4dad::{high:x}:{low:x} ::1 1 80\r\n");
    stream.write_all(line.as_bytes())?;
    Ok(Box::new(stream))
}

/// Posts a report with a story and, unless it is 0, a file of so many bytes; the status and the page.
pub(crate) fn report(
    wire: &mut dyn Wire,
    story: &str,
    file_bytes: u64,
) -> io::Result<(u16, String)> {
    let text = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"story\"\r\n\r\n{story}\r\n"
    );
    let file = match file_bytes {
        0 => String::new(),
        _ => format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"f\"\r\n\r\n"
        ),
    };
    let end = match file_bytes {
        0 => format!("--{BOUNDARY}--\r\n"),
        _ => format!("\r\n--{BOUNDARY}--\r\n"),
    };
    let length = (text.len() + file.len() + end.len()) as u64 + file_bytes;
    let head = format!(
        "POST /report HTTP/1.1\r\nHost: a.onion\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    );
    let sent = send(wire, &[head, text, file].concat(), file_bytes, &end);
    // Whoever is refused in the middle reads why.
    let answer = answer(wire);
    match (sent, answer) {
        (_, Ok(answer)) => Ok(answer),
        (Err(error), Err(_)) => Err(error),
        (Ok(()), Err(error)) => Err(error),
    }
}

fn send(wire: &mut dyn Wire, begin: &str, mut file_bytes: u64, end: &str) -> io::Result<()> {
    wire.write_all(begin.as_bytes())?;
    let some = [0x5a; 64 * 1024];
    while file_bytes > 0 {
        let now = usize::try_from(file_bytes)
            .unwrap_or(usize::MAX)
            .min(some.len());
        wire.write_all(some.get(..now).unwrap_or(&some))?;
        file_bytes -= now as u64;
    }
    wire.write_all(end.as_bytes())
}

/// Asks for the form; the bytes of the whole answer.
pub(crate) fn page(wire: &mut dyn Wire) -> io::Result<(u16, usize)> {
    wire.write_all(b"GET / HTTP/1.1\r\nHost: a.onion\r\nConnection: close\r\n\r\n")?;
    let (status, answer) = answer(wire)?;
    Ok((status, answer.len()))
}

fn answer(wire: &mut dyn Wire) -> io::Result<(u16, String)> {
    let mut answer = String::new();
    wire.read_to_string(&mut answer)?;
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((status, answer))
}

const BOUNDARY: &str = "asylia-loadgen";
const PATIENCE: Duration = Duration::from_secs(120);
