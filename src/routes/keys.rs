//! `GET /keys`: the signed key bundle as text, for whoever wants to check it elsewhere.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{app::AppState, error::AppError, refusal::Refusal};

/// The note as it was accepted, also after its last day; 503 where none was.
pub(super) async fn get(State(state): State<AppState>) -> Result<Response, AppError> {
    let keys = state.keys.current();
    let bundle = keys.bundle().ok_or(Refusal::Closed)?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, bundle.note().to_owned()).into_response())
}
