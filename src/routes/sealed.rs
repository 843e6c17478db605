//! `GET /sealed` and `POST /sealed`: reports that were sealed on another computer, by a form that works with
//! JavaScript on and off, since only ciphertext is sent.

use asylia_envelope::record::SealedBy;
use axum::{
    extract::{Request, State},
    response::Response,
};
use multer::Multipart;

use super::boundary;
use crate::{
    app::AppState,
    error::AppError,
    intake::{self, SealedDoor},
    pages,
    refusal::Refusal,
    stack,
};

/// The form; a closed site says so instead.
pub(super) async fn get(State(state): State<AppState>) -> Response {
    pages::respond(pages::sealed(&state.site()))
}

/// Takes the files one after the other, and says of each what became of it.
pub(super) async fn post(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    // What somebody chose by mistake may be readable.
    stack::cleared(take(state, request)).await
}

async fn take(state: AppState, request: Request) -> Result<Response, AppError> {
    let day = state.today();
    let keys = state.taking().ok_or(Refusal::Closed)?;
    let boundary = boundary(&request).ok_or(Refusal::NotMultipart)?;
    let form = Multipart::new(request.into_body().into_data_stream(), boundary);
    let door = SealedDoor {
        store: &state.store,
        keys: &keys,
        day,
        report_limit_mib: state.report_limit_mib(),
        path: SealedBy::SealedFile,
    };
    let verdicts = intake::take_sealed_files(&door, form, &mut state.rng.clone()).await?;
    Ok(pages::respond(pages::sealed_result(
        &state.site(),
        &verdicts,
    )))
}
