//! Headers of every answer, refusals included.

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::{App, layout::STYLE};

/// Marks the pages as used, which puts the lock by itself off.
pub(super) async fn touch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    app.touch(Instant::now());
    next.run(request).await
}

/// Sets the headers of every answer.
pub(crate) async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, CSP.clone());
    response
}

/// The policy: one style by its hash, forms to ourselves, nothing else.
#[must_use]
pub fn content_security_policy() -> &'static str {
    CSP.to_str().unwrap_or_default()
}

static CSP: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; sandbox allow-forms allow-same-origin"
    );
    HeaderValue::try_from(policy).expect("the policy is visible ASCII")
});

const HEADERS: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Nothing of the machine is any page's business.
const PERMISSIONS: &str =
    "camera=(), clipboard-read=(), display-capture=(), geolocation=(), microphone=(), usb=()";
