//! Every URL of the server, and the one layer around all of them. The layer decides from the head,
//! lends the body, turns a panic into a page, keeps refusals readable and puts the headers on.
//! Routes are connected by [`build`], which asks for a handler for each [`Endpoint`], so a URL
//! without a handler does not compile.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use futures_util::FutureExt;

use crate::{
    body::{self, Progress},
    drain::Drains,
    error::AppError,
    guard,
    headers::ResponseHeaders,
    limits::{BODY_PROGRESS_BYTES, BODY_STALL, BodyLimits, DRAINS},
    refusal::{Refusal, RenderRefusal},
    static_files::SCRIPT_PATH,
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
}

/// One line of the route table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The handler's name.
    pub endpoint: Endpoint,
    /// The path, exact.
    pub path: &'static str,
    body: Accepts,
}

/// Every URL. Only what takes a body changes state, and only by POST.
pub const ROUTES: [Route; 6] = [
    Route {
        endpoint: Endpoint::Home,
        path: "/",
        body: Accepts::Nothing,
    },
    Route {
        endpoint: Endpoint::Report,
        path: "/report",
        body: Accepts::Report,
    },
    Route {
        endpoint: Endpoint::Keys,
        path: "/keys",
        body: Accepts::Nothing,
    },
    Route {
        endpoint: Endpoint::Safety,
        path: "/safety",
        body: Accepts::Nothing,
    },
    Route {
        endpoint: Endpoint::About,
        path: "/about",
        body: Accepts::Nothing,
    },
    Route {
        endpoint: Endpoint::Static,
        path: SCRIPT_PATH,
        body: Accepts::Nothing,
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accepts {
    /// Answers GET and HEAD.
    Nothing,
    /// Answers POST of a multipart form.
    Report,
}

impl Route {
    /// The method it answers (HEAD comes with GET).
    pub fn method(&self) -> Method {
        if self.takes_body() {
            Method::POST
        } else {
            Method::GET
        }
    }

    /// Whether it reads a body, and so may change state.
    pub fn takes_body(&self) -> bool {
        self.body != Accepts::Nothing
    }

    /// Most bytes of a body it reads.
    pub fn limit_bytes(&self, limits: BodyLimits) -> u64 {
        match self.body {
            Accepts::Nothing => 0,
            Accepts::Report => limits.report_bytes,
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
}

impl FrontDoor {
    /// Sets up the layer for reports of at most `limit_mib` MiB.
    pub fn new(headers: ResponseHeaders, render: RenderRefusal, limit_mib: u64) -> Self {
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
        }
    }

    /// The same with other sizes and times, so that a test can reach them.
    #[cfg(test)]
    pub(crate) fn with(mut self, limits: BodyLimits, progress: Progress, drains: Drains) -> Self {
        (self.limits, self.progress, self.drains) = (limits, progress, drains);
        self
    }

    /// Puts the page into a refusal, and the headers on everything.
    fn dress(&self, mut response: Response) -> Response {
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
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
            *response.body_mut() = Body::from((self.render)(refusal));
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
        .find(|route| route.path == head.uri.path() && route.method() == head.method);
    let limit_bytes = route.map_or(0, |route| route.limit_bytes(front.limits));
    let verdict = route.map_or(Ok(()), |route| {
        guard::check(&head, route, front.limits, front.limit_mib)
    });
    let waits_for_100 = guard::waits_for_100(&head.headers);
    let (lent, owner) = body::lend(body, limit_bytes, front.progress);
    let response = match verdict {
        Ok(()) => run(next, Request::from_parts(head, Body::new(lent))).await,
        Err(refusal) => AppError::from(refusal).into_response(),
    };
    front.dress(front.drains.settle(owner, waits_for_100, response))
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

#[cfg(test)]
mod tests;
