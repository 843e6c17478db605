//! The ways a request ends without being accepted, as a visitor meets them: a status and a page,
//! nothing else. A `Refusal` is small, `Copy`, and holds no byte of what was sent, so no page built
//! from it can echo a visitor. Errors become refusals in [`crate::error`]; [`crate::headers`] turns
//! refusals into pages through a [`RenderRefusal`], so that this side knows no page text and no
//! language.

use std::sync::Arc;

use axum::http::StatusCode;

/// Why a request was not accepted. Every kind has its own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// 404: no such page.
    NotFound,
    /// 405: the page exists, but not for this method.
    MethodNotAllowed,
    /// 403: the form was sent from a page of another site.
    OtherSite,
    /// 413: larger than the limit, given in MiB for the page.
    TooLarge {
        /// The report limit in MiB.
        limit_mib: u64,
    },
    /// 415: what was sent is not a multipart form.
    NotMultipart,
    /// 422: the story is empty or white space only.
    EmptyStory,
    /// 422: a text field, all text, the number of attachments or of parts is over its limit.
    FormLimit,
    /// 400: the form is damaged or was cut off before its end.
    BadForm,
    /// 408: nothing arrived for too long.
    Stalled,
    /// 429: too many at the moment; the same report will be taken later.
    TooMany,
    /// 503: the form is closed (key bundle missing, forged or expired; nobody collects).
    Closed,
    /// 503: the store or a disk cannot take a report now.
    Unavailable,
    /// 500: a fault of the server.
    Internal,
}

impl Refusal {
    /// The HTTP status that goes with the page.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotMultipart => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::EmptyStory | Self::FormLimit => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Closed | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The kind for an error status that came from a library and not from us; its text is never
    /// shown.
    pub fn from_status(status: StatusCode, limit_mib: u64) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::FORBIDDEN => Self::OtherSite,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge { limit_mib },
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::NotMultipart,
            StatusCode::REQUEST_TIMEOUT => Self::Stalled,
            StatusCode::TOO_MANY_REQUESTS => Self::TooMany,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            other if other.is_client_error() => Self::BadForm,
            _ => Self::Internal,
        }
    }

    /// One of each, for the test that renders every page.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::OtherSite,
            Self::TooLarge { limit_mib: 1024 },
            Self::NotMultipart,
            Self::EmptyStory,
            Self::FormLimit,
            Self::BadForm,
            Self::Stalled,
            Self::TooMany,
            Self::Closed,
            Self::Unavailable,
            Self::Internal,
        ]
    }
}

/// Renders the whole HTML page of a refusal. It must not fail and must not depend on what the
/// visitor sent.
pub type RenderRefusal = Arc<dyn Fn(Refusal) -> String + Send + Sync>;
