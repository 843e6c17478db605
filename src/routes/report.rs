//! `POST /report`: takes a report, answers with the receipt once it is durable.

use asylia_envelope::words::WordList;
use axum::{
    extract::{Request, State},
    response::Response,
};
use multer::Multipart;
use zeroize::Zeroizing;

use super::boundary;
use crate::{app::AppState, error::AppError, intake, pages, refusal::Refusal, stack};

/// Reads the form as a stream, seals it, stores it, shows the code once.
pub(super) async fn post(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    stack::cleared(take(state, request)).await
}

async fn take(state: AppState, request: Request) -> Result<Response, AppError> {
    if state.config.clear_web {
        return Err(Refusal::ClearWeb.into());
    }
    let site = state.site();
    let keys = state.taking().ok_or(Refusal::Closed)?;
    let boundary = boundary(&request).ok_or(Refusal::NotMultipart)?;
    let form = Multipart::new(request.into_body().into_data_stream(), boundary);
    let language = site.language.tag();
    let intake = state.intake(&keys, language).ok_or(Refusal::Closed)?;
    let receipt = intake::take_report(&intake, form, &mut state.rng.clone()).await?;
    let list = WordList::for_language(language);
    let [one, two, three] = &receipt.proof_words;
    let proof_words = Zeroizing::new([one.as_str(), two.as_str(), three.as_str()].join(" "));
    let shown = pages::Receipt::new(
        receipt.code.to_words(list),
        receipt.code.to_digits(),
        proof_words,
    );
    Ok(pages::respond(pages::receipt(&site, &shown)))
}
