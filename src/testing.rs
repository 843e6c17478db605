//! The real router behind the real accept loop on a loopback socket, and a client that speaks
//! bytes. Its routes stand for those of the product: they read a form with the same parser, refuse
//! in the middle of it, panic, fail, and set headers they must not set.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, delete, get, post, put},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    admission::Admission,
    body::Progress,
    drain::Drains,
    error::AppError,
    headers::ResponseHeaders,
    limits::{self, BodyLimits, MIB},
    listen::{self, Bounds, Door, ListenAt, Socket},
    refusal::{Reader, Refusal},
    room::Room,
    router::{self, Endpoint, FrontDoor},
};

/// Report limit of the test site in MiB.
pub(crate) const LIMIT_MIB: u64 = 1;

/// What a test can change about the site.
pub(crate) struct Setup {
    pub(crate) bounds: Bounds,
    pub(crate) drain_slots: usize,
    pub(crate) limits: BodyLimits,
    pub(crate) admission: Admission,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            bounds: Bounds::new(64),
            drain_slots: limits::DRAINS,
            limits: BodyLimits::for_reports_of(LIMIT_MIB),
            admission: Admission::new(Room::default(), limits::FILES_PER_HOUR_MIB),
        }
    }
}

/// A running site; it stops when asked, or with its runtime.
pub(crate) struct TestSite {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl TestSite {
    pub(crate) fn start(setup: Setup) -> Self {
        let bounds = setup.bounds;
        Self::start_with(router(setup), bounds)
    }

    pub(crate) fn start_with(router: Router, bounds: Bounds) -> Self {
        let at = ListenAt::Tcp(([127, 0, 0, 1], 0).into());
        let socket = Socket::bind(&at, 0o600)
            .expect("loopback")
            .expect("a socket");
        let ListenAt::Tcp(address) = socket.at() else {
            panic!("a TCP socket was asked for")
        };
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let server = tokio::spawn(listen::serve(
            vec![Door::clear(socket, router)],
            bounds,
            stopped,
        ));
        Self {
            address,
            stop,
            server,
        }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address)
            .await
            .expect("the site listens")
    }

    /// Sends bytes, reads to the end of the connection.
    pub(crate) async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream
            .write_all(request)
            .await
            .expect("a short request fits the buffers");
        read_all(&mut stream)
            .await
            .expect("the site closes in order")
    }

    pub(crate) fn ask_to_stop(self) -> JoinHandle<io::Result<()>> {
        self.stop.send(()).expect("the server runs");
        self.server
    }
}

/// Everything until the server closes; an error is a reset.
pub(crate) async fn read_all(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(String::from_utf8(bytes).expect("answers are UTF-8"))
}

/// One answer with its body, on a connection that stays open.
pub(crate) async fn read_one(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).await.expect("no reset");
        assert_ne!(count, 0, "closed before the answer was whole");
        bytes.extend_from_slice(&some[..count]);
        let text = String::from_utf8(bytes.clone()).expect("answers are UTF-8");
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length
            .expect("answers declare a length")
            .parse()
            .expect("a number");
        if body.len() >= length {
            return text;
        }
    }
}

/// The head of a `POST /report` with these extra lines.
pub(crate) fn post_head(extra: &str) -> String {
    format!(
        "POST /report HTTP/1.1\r\nhost: a.onion\r\ncontent-type: multipart/form-data; boundary=B\r\n\
         {extra}\r\n\r\n"
    )
}

/// A form of one part with this name and this many bytes.
pub(crate) fn form(name: &str, size: usize) -> Vec<u8> {
    let mut bytes =
        format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes();
    bytes.resize(bytes.len() + size, b'x');
    bytes.extend_from_slice(b"\r\n--B--\r\n");
    bytes
}

/// The router with the test routes.
pub(crate) fn router(setup: Setup) -> Router {
    let headers = ResponseHeaders::new(&["sha256-AAAA".to_owned()]);
    let render = Arc::new(|refusal: Refusal, reader| match reader {
        Reader::Person => format!("<h1>refused: {refusal:?}</h1>"),
        Reader::Program => format!("{{\"refused\":\"{refusal:?}\"}}"),
    });
    let progress = Progress {
        window: limits::BODY_STALL,
        least_bytes: limits::BODY_PROGRESS_BYTES,
    };
    let drains = Drains::new(setup.drain_slots, setup.limits.drain_bytes);
    let front = FrontDoor::new(headers, render, LIMIT_MIB, setup.admission).with(
        setup.limits,
        progress,
        drains,
    );
    router::build(handler, front)
}

fn handler(endpoint: Endpoint) -> MethodRouter {
    match endpoint {
        Endpoint::Home => get(async || Html("<h1>home</h1>")),
        Endpoint::Report => post(take_form),
        Endpoint::Keys => get(with_foreign_headers),
        Endpoint::Safety => get(panicking),
        Endpoint::About => get(async || AppError::from(anyhow::anyhow!("disk of MARKER"))),
        Endpoint::Static | Endpoint::MailboxStatic => {
            get(async || ([(header::CACHE_CONTROL, "immutable")], "script"))
        }
        Endpoint::SiteManifest => get(with_foreign_headers),
        Endpoint::SealedForm => get(async || Html("<h1>sealed</h1>")),
        Endpoint::SealedFiles => post(take_form),
        Endpoint::ApiIntake => get(with_foreign_headers),
        Endpoint::UploadPart => put(async || AppError::from(Refusal::Busy)),
        Endpoint::UploadCancel => delete(async || StatusCode::NO_CONTENT),
        Endpoint::MailboxForm | Endpoint::FollowUpForm => get(async || Html("<h1>mailbox</h1>")),
        Endpoint::Mailbox | Endpoint::MailboxDelete | Endpoint::FollowUp => post(take_form),
        Endpoint::ApiMailbox | Endpoint::ApiMailboxDelete => post(async || StatusCode::NO_CONTENT),
    }
}

async fn with_foreign_headers() -> Response {
    let foreign = [
        (header::SERVER, "x/1"),
        (header::ETAG, "\"1\""),
        (header::SET_COOKIE, "a=b"),
        (header::CACHE_CONTROL, "public"),
    ];
    (foreign, "note").into_response()
}

async fn panicking() -> StatusCode {
    panic!("the payload holds MARKER")
}

/// Counts the bytes of a form; a part named `stop` refuses and one named `panic` panics, unread.
async fn take_form(request: Request) -> Result<String, AppError> {
    let kind = request.headers()[header::CONTENT_TYPE]
        .to_str()
        .expect("checked at the door");
    let boundary = multer::parse_boundary(kind).expect("checked at the door");
    let mut form = multer::Multipart::new(request.into_body().into_data_stream(), boundary);
    let failed = |error: multer::Error| AppError::from_reading(&error, LIMIT_MIB);
    let mut total = 0;
    while let Some(mut field) = form.next_field().await.map_err(failed)? {
        match field.name() {
            Some("stop") => return Err(Refusal::EmptyStory.into()),
            Some("panic") => panic!("in the middle of MARKER"),
            _ => {}
        }
        while let Some(chunk) = field.chunk().await.map_err(failed)? {
            total += chunk.len();
        }
    }
    Ok(total.to_string())
}

/// A form that is larger than the site accepts and smaller than it discards.
pub(crate) const TOO_LARGE: usize = 40 * MIB as usize;
