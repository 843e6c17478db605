//! Every URL of the server, and the one layer around all of them. The layer decides from the head,
//! lends the body, turns a panic into a page (JSON below `/api/`), keeps refusals readable and puts the
//! headers on.
//! Routes are connected by [`build`], which asks for a handler for each [`Endpoint`], so a URL
//! without a handler does not compile.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use futures_util::FutureExt;

use crate::{
    admission::{Admission, Asked, What},
    body::{self, Progress},
    drain::Drains,
    error::AppError,
    guard,
    headers::ResponseHeaders,
    limits::{
        BODY_PROGRESS_BYTES, BODY_STALL, BodyLimits, CODE_FORM_BYTES, DRAINS, PART_BYTES,
        TOKEN_BYTES,
    },
    listen::Peer,
    refusal::{Reader, Refusal, RenderRefusal},
    static_files::{MAILBOX_SCRIPT_PATH, SCRIPT_PATH},
};

/// What a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The form.
    Home,
    /// Takes a report; answers with the receipt.
    Report,
    /// The signed key bundle as text.
    Keys,
    /// How to stay safe.
    Safety,
    /// Who runs this, and how it works.
    About,
    /// The script of the form page.
    Static,
    /// The script of the mailbox.
    MailboxStatic,
    /// The signed list of what the site serves, as text.
    SiteManifest,
    /// The form for sealed files.
    SealedForm,
    /// Takes sealed files; answers what became of each.
    SealedFiles,
    /// The form for a return code.
    MailboxForm,
    /// Opens a mailbox in memory and shows its replies.
    Mailbox,
    /// Deletes replies.
    MailboxDelete,
    /// The form for what somebody sends later, with a return code.
    FollowUpForm,
    /// Takes it; answers with a page, and with a new code where one was asked for.
    FollowUp,
    /// What a program needs to know before it seals, as JSON.
    ApiIntake,
    /// Takes a part of an upload.
    UploadPart,
    /// Gives an upload up.
    UploadCancel,
    /// The sealed replies of a mailbox, for a program that opens them itself.
    ApiMailbox,
    /// Deletes replies, for a program.
    ApiMailboxDelete,
}

/// One line of the route table.
#[derive(Clone, Debug)]
pub struct Route {
    /// The handler's name.
    pub endpoint: Endpoint,
    /// The method it answers (HEAD comes with GET).
    pub method: Method,
    /// The path; a segment in braces stands for any one segment.
    pub path: &'static str,
    body: Accepts,
}

/// Every URL with its methods. GET changes nothing; every other method must come from our own page.
pub const ROUTES: &[Route] = &[
    Route::get(Endpoint::Home, "/"),
    Route::new(Endpoint::Report, Method::POST, "/report", Accepts::Report),
    Route::get(Endpoint::Keys, "/keys"),
    Route::get(Endpoint::Safety, "/safety"),
    Route::get(Endpoint::About, "/about"),
    Route::get(Endpoint::Static, SCRIPT_PATH),
    Route::get(Endpoint::MailboxStatic, MAILBOX_SCRIPT_PATH),
    Route::get(Endpoint::SiteManifest, "/site-manifest"),
    Route::get(Endpoint::SealedForm, "/sealed"),
    Route::new(
        Endpoint::SealedFiles,
        Method::POST,
        "/sealed",
        Accepts::SealedFiles,
    ),
    Route::get(Endpoint::MailboxForm, "/mailbox"),
    Route::new(Endpoint::Mailbox, Method::POST, "/mailbox", Accepts::Code),
    Route::new(
        Endpoint::MailboxDelete,
        Method::POST,
        "/mailbox/delete",
        Accepts::Code,
    ),
    Route::get(Endpoint::FollowUpForm, "/mailbox/send"),
    Route::new(
        Endpoint::FollowUp,
        Method::POST,
        "/mailbox/send",
        Accepts::Report,
    ),
    Route::get(Endpoint::ApiIntake, "/api/v1/intake"),
    Route::new(
        Endpoint::UploadPart,
        Method::PUT,
        "/api/v1/uploads/{token}/{number}",
        Accepts::Part,
    ),
    Route::new(
        Endpoint::UploadCancel,
        Method::DELETE,
        "/api/v1/uploads/{token}",
        Accepts::Nothing,
    ),
    Route::new(
        Endpoint::ApiMailbox,
        Method::POST,
        "/api/v1/mailbox",
        Accepts::Token,
    ),
    Route::new(
        Endpoint::ApiMailboxDelete,
        Method::POST,
        "/api/v1/mailbox/delete",
        Accepts::Token,
    ),
];

/// What a route takes besides its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// No body.
    Nothing,
    /// The multipart form of a report, or of what follows it.
    Report,
    /// A multipart form of sealed files.
    SealedFiles,
    /// A part of an upload: bytes, with a declared length.
    Part,
    /// A multipart form with a return code.
    Code,
    /// A mailbox's lookup token, as JSON or as bytes.
    Token,
}

impl Route {
    const fn get(endpoint: Endpoint, path: &'static str) -> Self {
        Self::new(endpoint, Method::GET, path, Accepts::Nothing)
    }

    const fn new(endpoint: Endpoint, method: Method, path: &'static str, body: Accepts) -> Self {
        Self {
            endpoint,
            method,
            path,
            body,
        }
    }

    /// Whether `path` is one of this route's.
    pub fn matches(&self, path: &str) -> bool {
        let mut asked = path.split('/');
        let here = self.path.split('/').all(|own| match asked.next() {
            Some(segment) if own.starts_with('{') => !segment.is_empty(),
            segment => segment == Some(own),
        });
        here && asked.next().is_none()
    }

    /// What it takes besides its head.
    pub fn body(&self) -> Accepts {
        self.body
    }

    /// Whether it may change what the server holds.
    pub fn changes_state(&self) -> bool {
        self.method != Method::GET
    }

    /// What a request to it wants to send; `None` for one without a body.
    fn asks(&self, head: &Parts) -> Option<Asked> {
        let what = match self.body {
            Accepts::Nothing => return None,
            Accepts::Report | Accepts::SealedFiles => What::Report,
            Accepts::Part if head.uri.path().ends_with("/0") => What::Report,
            Accepts::Part => What::Part,
            Accepts::Code | Accepts::Token => What::Word,
        };
        let peer = head.extensions.get().copied();
        Some(Asked {
            peer: peer.unwrap_or(Peer::Unknown),
            declared: guard::declared_length(&head.headers),
            what,
        })
    }

    /// Most bytes of a body it reads.
    pub fn limit_bytes(&self, limits: BodyLimits) -> u64 {
        match self.body {
            Accepts::Nothing => 0,
            Accepts::Report => limits.report_bytes,
            Accepts::SealedFiles => limits.sealed_bytes,
            Accepts::Part => PART_BYTES,
            Accepts::Code => CODE_FORM_BYTES,
            Accepts::Token => TOKEN_BYTES,
        }
    }
}

/// What the layer around all routes needs.
pub struct FrontDoor {
    headers: ResponseHeaders,
    render: RenderRefusal,
    limits: BodyLimits,
    limit_mib: u64,
    progress: Progress,
    drains: Drains,
    admission: Admission,
}

impl FrontDoor {
    /// Sets up the layer for reports of at most `limit_mib` MiB.
    pub fn new(
        headers: ResponseHeaders,
        render: RenderRefusal,
        limit_mib: u64,
        admission: Admission,
    ) -> Self {
        let limits = BodyLimits::for_reports_of(limit_mib);
        let progress = Progress {
            window: BODY_STALL,
            least_bytes: BODY_PROGRESS_BYTES,
        };
        let drains = Drains::new(DRAINS, limits.drain_bytes);
        Self {
            headers,
            render,
            limits,
            limit_mib,
            progress,
            drains,
            admission,
        }
    }

    /// The same with other sizes and times, so that a test can reach them.
    #[cfg(test)]
    pub(crate) fn with(mut self, limits: BodyLimits, progress: Progress, drains: Drains) -> Self {
        (self.limits, self.progress, self.drains) = (limits, progress, drains);
        self
    }

    /// Puts the page, or the JSON, into a refusal, and the headers on everything.
    fn dress(&self, mut response: Response, reader: Reader) -> Response {
        let refusal = response.extensions_mut().remove::<Refusal>().or_else(|| {
            // What a library refused has a text of its own, not meant for visitors.
            let foreign =
                response.status().is_client_error() || response.status().is_server_error();
            (foreign && !is_page(&response))
                .then(|| Refusal::from_status(response.status(), self.limit_mib))
        });
        if let Some(refusal) = refusal {
            let headers = response.headers_mut();
            headers.remove(header::CONTENT_LENGTH);
            let kind = match reader {
                Reader::Person => HTML,
                Reader::Program => JSON,
            };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            if let Some(seconds) = refusal.retry_after_s() {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
            }
            *response.body_mut() = Body::from((self.render)(refusal, reader));
        }
        self.headers.apply(response.headers_mut());
        response
    }
}

/// Builds the server's router: `handler` gives the handler of each endpoint, state included.
pub fn build(handler: impl Fn(Endpoint) -> MethodRouter, front: FrontDoor) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, route| {
            router.route(route.path, handler(route.endpoint))
        })
        .fallback(async || AppError::from(Refusal::NotFound))
        .method_not_allowed_fallback(async || AppError::from(Refusal::MethodNotAllowed))
        // Sizes are the layer's affair, per route and while bytes arrive.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::new(front), pass_through_the_door))
}

async fn pass_through_the_door(
    State(front): State<Arc<FrontDoor>>,
    request: Request,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let route = ROUTES
        .iter()
        .find(|route| route.method == head.method && route.matches(head.uri.path()));
    let reader = match head.uri.path().starts_with(API) {
        true => Reader::Program,
        false => Reader::Person,
    };
    let limit_bytes = route.map_or(0, |route| route.limit_bytes(front.limits));
    let verdict = route.map_or(Ok(()), |route| {
        guard::check(&head, route, front.limits, front.limit_mib)
    });
    let waits_for_100 = guard::waits_for_100(&head.headers);
    let (lent, owner) = body::lend(body, limit_bytes, front.progress);
    let verdict = verdict.and_then(|()| {
        if let Some(asked) = route.and_then(|route| route.asks(&head)) {
            owner.hold(front.admission.admit(asked)?);
        }
        Ok(())
    });
    let response = match verdict {
        Ok(()) => run(next, Request::from_parts(head, Body::new(lent))).await,
        Err(refusal) => AppError::from(refusal).into_response(),
    };
    front.dress(front.drains.settle(owner, waits_for_100, response), reader)
}

/// Runs a handler; a panic in it becomes the 500 page, and the hook of [`crate::telemetry`] names
/// the place.
async fn run(next: Next, request: Request) -> Response {
    AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| AppError::from(Refusal::Internal).into_response())
}

fn is_page(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
/// Where programs ask.
const API: &str = "/api/";

#[cfg(test)]
mod tests;
