//! `GET /`, `/safety`, `/about`: the pages that only say something.

use asylia_envelope::ids::PageNumber;
use axum::{extract::State, response::Response};

use crate::{app::AppState, pages};

/// The form, with a fresh page number; a closed form says so and names no way to send.
pub(super) async fn home(State(state): State<AppState>) -> Response {
    let number = PageNumber::generate(&mut state.rng.clone());
    pages::respond(pages::home(&state.site(), &number.to_string()))
}

/// How to stay safe, and who answers at night.
pub(super) async fn safety(State(state): State<AppState>) -> Response {
    pages::respond(pages::safety(&state.site()))
}

/// Who reads, how sealing works, what cannot be promised.
pub(super) async fn about(State(state): State<AppState>) -> Response {
    pages::respond(pages::about(&state.site()))
}
