//! `GET /site-manifest`: the signed list of what this site serves, for whoever wants to check a saved copy elsewhere.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{app::AppState, error::AppError, refusal::Refusal};

/// The manifest as its makers signed it; 404 where the operator publishes none.
pub(super) async fn get(State(state): State<AppState>) -> Result<Response, AppError> {
    let note = state.site_manifest.as_ref().ok_or(Refusal::NotFound)?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, note.text().to_owned()).into_response())
}
