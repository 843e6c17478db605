//! `/api/v1`: what the browser's own program and `asylia-seal` users' programs talk to; described in
//! `docs/openapi.yaml`. JSON in clear, nothing secret in it.

use asylia_envelope::record::SealedBy;
use axum::{
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use serde::Serialize;

use crate::{
    app::AppState,
    body::BodyError,
    error::AppError,
    guard,
    intake::SealedDoor,
    limits::PART_BYTES,
    pages::{self, Site},
    refusal::Refusal,
    uploads::{Part, Token},
};

/// What a program needs to know before it seals; the keys themselves are at `/keys`.
#[derive(Serialize)]
struct IntakeJson<'a> {
    accepting: bool,
    office: Option<&'a str>,
    demo: bool,
    today: String,
    collected: &'static str,
    report_limit_mib: u64,
    part_bytes: u64,
}

#[derive(Serialize)]
struct TakenJson {
    next: u64,
    complete: bool,
}

#[derive(Serialize)]
struct RefusalJson<'a> {
    error: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// `GET /api/v1/intake`.
pub(super) async fn intake(State(state): State<AppState>) -> Response {
    let site = state.site();
    json(&IntakeJson {
        accepting: site.closed.is_none(),
        office: site.fingerprint.as_deref(),
        demo: site.demo,
        today: state.today().to_string(),
        collected: site.collected.name(),
        report_limit_mib: state.report_limit_mib(),
        part_bytes: PART_BYTES,
    })
}

/// `PUT /api/v1/uploads/{token}/{number}`: takes a part.
pub(super) async fn put(
    State(state): State<AppState>,
    Path((token, number)): Path<(String, String)>,
    request: Request,
) -> Result<Response, AppError> {
    let length = guard::declared_length(request.headers());
    let part = Part {
        token: Token::parse(&token).ok_or(Refusal::NotFound)?,
        number: decimal(&number).ok_or(Refusal::NotFound)?,
        length: length.ok_or(Refusal::Malformed)?,
    };
    if part.number == 0 {
        // What was begun before the form closed may still be ended.
        state.taking().ok_or(Refusal::Closed)?;
    }
    let body = request.into_body().into_data_stream();
    let body = body.map(|bytes| bytes.map_err(|_| BodyError::Cut));
    // A task of its own: a connection that breaks takes the handler along, in the middle of a write.
    let taking = tokio::spawn(async move {
        let keys = state.keys.current();
        let door = SealedDoor {
            store: &state.store,
            keys: &keys,
            day: state.today(),
            report_limit_mib: state.report_limit_mib(),
            path: SealedBy::Browser,
        };
        let mut rng = state.rng.clone();
        state.uploads.take(&door, part, body, &mut rng).await
    });
    let taken = taking.await.map_err(stopped)??;
    Ok(json(&TakenJson {
        next: taken.next,
        complete: taken.complete,
    }))
}

/// `DELETE /api/v1/uploads/{token}`: gives an upload up.
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<StatusCode, AppError> {
    let token = Token::parse(&token).ok_or(Refusal::NotFound)?;
    let cancelling = tokio::spawn(async move { state.uploads.cancel(token).await });
    cancelling.await.map_err(stopped)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body of a refusal for a program.
pub(crate) fn refusal(site: &Site, refusal: Refusal) -> String {
    // What only forms meet cannot be reached here; a library's refusal of the request may be.
    let kind = refusal.kind();
    let refusal = kind.map_or(Refusal::Malformed, |_| refusal);
    let body = RefusalJson {
        error: refusal.kind().unwrap_or("malformed"),
        message: &pages::sentences(site, refusal),
        next: match refusal {
            Refusal::OutOfOrder { next } => Some(next),
            _ => None,
        },
    };
    serde_json::to_string(&body).expect("texts and numbers are JSON")
}

fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("texts and numbers are JSON");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A number in its one spelling.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn stopped(_: tokio::task::JoinError) -> AppError {
    AppError::Internal(anyhow::anyhow!("the task of an upload stopped"))
}
