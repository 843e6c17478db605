//! The ways a request ends without being accepted, as a visitor meets them: a status and a page,
//! nothing else. A `Refusal` is small, `Copy`, and holds no byte of what was sent, so no page built
//! built from it can echo a visitor. Errors become refusals in [`crate::error`]; [`crate::router`] turns
//! refusals into pages, or into JSON for programs, through a [`RenderRefusal`], so that this side knows no
//! page text and no language.

use std::sync::Arc;

use asylia_envelope::return_code::BadCode;
use axum::http::StatusCode;

use crate::limits::{FILES_AFTER_S, RETRY_AFTER_S};

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
    /// 403: sent without JavaScript over the clear web, where a proxy would see it.
    ClearWeb,
    /// 413: larger than the limit, given in MiB for the page.
    TooLarge {
        /// The report limit in MiB.
        limit_mib: u64,
    },
    /// 413: one text field is over its limit.
    FieldTooLong,
    /// 413: all text together is over its limit.
    TextTooLong,
    /// 413: more files than a report may have.
    TooManyFiles,
    /// 415: what was sent is not a multipart form.
    NotMultipart,
    /// 422: the story is empty or white space only.
    EmptyStory,
    /// 400: the form is damaged.
    BadForm,
    /// 400, not 408, which browsers take as leave to send again unasked: it broke off or stood still.
    CutOff,
    /// 431: the head of the request is over its limit.
    HeadTooLarge,
    /// 503: the form is closed (key bundle missing, forged or expired; nobody collects).
    Closed,
    /// 503: too many at the moment, or the store cannot take a report now.
    Busy,
    /// 429: too much by the same way in a short time.
    TooMany,
    /// 413: the store has room for text only.
    TextOnly,
    /// 503: this hour's files have come; text goes through.
    FilesLater,
    /// 400: this is no sealed file at all.
    NotASealedFile,
    /// 400: a sealed file, or a part of an upload, is not built as it must be.
    Malformed,
    /// 422: a compartment of a sealed file is not sealed at all, or damaged where it begins.
    NotSealed,
    /// 422: a compartment of a sealed file is sealed to others than an office.
    ForeignRecipients,
    /// 422: a compartment of a sealed file begins with more than any of ours, as if to keep a reader busy.
    LongAgeHeader,
    /// 422: a sealed file is for another office.
    WrongOffice,
    /// 422: a sealed file names keys that are not, or no longer, in force here.
    WindowClosed,
    /// 422: the form of sealed files came without any.
    NoSealedFile,
    /// 409: another part of the upload is expected.
    OutOfOrder {
        /// The number expected next.
        next: u64,
    },
    /// 409: a part that was sent before came with other bytes.
    OtherBytes,
    /// 409: the upload is complete.
    Complete,
    /// 404: no such upload is open here.
    UnknownUpload,
    /// 413: one part of an upload is over its limit.
    PartTooLarge,
    /// 400: the form with a return code did not come from our page, or not whole.
    BadCodeForm,
    /// 422: what was typed is neither ten words nor 34 digits.
    CodeLength,
    /// 422: one word of a typed code is in no list.
    CodeWord {
        /// Its place, from 1.
        place: usize,
    },
    /// 422: the check bits of a typed code do not fit.
    CodeMistyped,
    /// 422: a form with a return code says nothing and brings no file.
    EmptyFollowUp,
    /// 500: a fault of the server.
    Internal,
}

impl From<BadCode> for Refusal {
    fn from(bad: BadCode) -> Self {
        match bad {
            BadCode::Word(place) => Self::CodeWord { place },
            BadCode::Check => Self::CodeMistyped,
            _ => Self::CodeLength,
        }
    }
}

impl Refusal {
    /// The HTTP status that goes with the page.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::OtherSite | Self::ClearWeb => StatusCode::FORBIDDEN,
            Self::UnknownUpload => StatusCode::NOT_FOUND,
            Self::TooLarge { .. }
            | Self::FieldTooLong
            | Self::TextTooLong
            | Self::TooManyFiles
            | Self::TextOnly
            | Self::PartTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotMultipart => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::EmptyStory
            | Self::CodeLength
            | Self::CodeWord { .. }
            | Self::CodeMistyped
            | Self::EmptyFollowUp
            | Self::NotSealed
            | Self::ForeignRecipients
            | Self::LongAgeHeader
            | Self::WrongOffice
            | Self::WindowClosed
            | Self::NoSealedFile => StatusCode::UNPROCESSABLE_ENTITY,
            Self::OutOfOrder { .. } | Self::OtherBytes | Self::Complete => StatusCode::CONFLICT,
            Self::BadForm
            | Self::CutOff
            | Self::NotASealedFile
            | Self::Malformed
            | Self::BadCodeForm => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Closed | Self::Busy | Self::FilesLater => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The name by which programs know it, as `docs/openapi.yaml` lists them; `None` for what only forms meet.
    #[must_use]
    pub fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::OtherSite => "other_site",
            Self::TooLarge { .. } | Self::TextOnly => "too_large",
            Self::CutOff => "cut_off",
            Self::Closed => "closed",
            Self::Busy | Self::TooMany | Self::FilesLater => "busy",
            Self::NotASealedFile | Self::Malformed => "malformed",
            Self::NotSealed => "not_sealed",
            Self::ForeignRecipients => "foreign_recipients",
            Self::LongAgeHeader => "long_age_header",
            Self::WrongOffice => "wrong_office",
            Self::WindowClosed => "window_closed",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::OtherBytes => "other_bytes",
            Self::Complete => "complete",
            Self::UnknownUpload => "unknown_upload",
            Self::PartTooLarge => "part_too_large",
            Self::Internal => "internal",
            Self::ClearWeb
            | Self::FieldTooLong
            | Self::TextTooLong
            | Self::TooManyFiles
            | Self::NotMultipart
            | Self::EmptyStory
            | Self::BadForm
            | Self::HeadTooLarge
            | Self::BadCodeForm
            | Self::CodeLength
            | Self::CodeWord { .. }
            | Self::CodeMistyped
            | Self::EmptyFollowUp
            | Self::NoSealedFile => return None,
        })
    }

    /// The kind for an error status that came from a library and not from us; its text is never
    /// shown.
    #[must_use]
    pub fn from_status(status: StatusCode, limit_mib: u64) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::FORBIDDEN => Self::OtherSite,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge { limit_mib },
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::NotMultipart,
            StatusCode::REQUEST_TIMEOUT => Self::CutOff,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeadTooLarge,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            other if other.is_client_error() => Self::BadForm,
            _ => Self::Internal,
        }
    }

    /// Seconds after which the same may be asked again, where waiting helps.
    #[must_use]
    pub fn retry_after_s(self) -> Option<&'static str> {
        match self {
            Self::Busy | Self::TooMany => Some(RETRY_AFTER_S),
            Self::FilesLater => Some(FILES_AFTER_S),
            _ => None,
        }
    }

    /// Whether the visitor has just sent a form; the others may come from a mistyped address as well.
    #[must_use]
    pub fn follows_a_form(self) -> bool {
        !matches!(
            self,
            Self::Closed | Self::NotFound | Self::MethodNotAllowed | Self::HeadTooLarge
        )
    }

    /// One of each, for the test that renders every page.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::OtherSite,
            Self::ClearWeb,
            Self::TooLarge { limit_mib: 1024 },
            Self::FieldTooLong,
            Self::TextTooLong,
            Self::TooManyFiles,
            Self::NotMultipart,
            Self::EmptyStory,
            Self::BadForm,
            Self::CutOff,
            Self::HeadTooLarge,
            Self::Closed,
            Self::Busy,
            Self::TooMany,
            Self::TextOnly,
            Self::FilesLater,
            Self::NotASealedFile,
            Self::Malformed,
            Self::NotSealed,
            Self::ForeignRecipients,
            Self::LongAgeHeader,
            Self::WrongOffice,
            Self::WindowClosed,
            Self::NoSealedFile,
            Self::OutOfOrder { next: 7 },
            Self::OtherBytes,
            Self::Complete,
            Self::UnknownUpload,
            Self::PartTooLarge,
            Self::BadCodeForm,
            Self::CodeLength,
            Self::CodeWord { place: 3 },
            Self::CodeMistyped,
            Self::EmptyFollowUp,
            Self::Internal,
        ]
    }
}

/// Who reads the answer, which follows from the address that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A person: the whole HTML page.
    Person,
    /// A program, below `/api/`: JSON.
    Program,
}

/// Renders the whole body of a refusal. It must not fail and must not depend on what the visitor sent.
pub type RenderRefusal = Arc<dyn Fn(Refusal, Reader) -> String + Send + Sync>;
