//! `GET /health` on a Unix socket of its own, for a watcher on this machine: whether reports are taken. It moves
//! with keys, room and collection, and with no visitor; the onion service and the clear web have no such page.

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::{app::AppState, storage::Store};

/// The router of that socket.
pub fn router(state: &AppState) -> Router {
    Router::new()
        .route("/health", get(health))
        .with_state(state.clone())
}

async fn health(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let stored = state.store.transfer_state().await.is_ok();
    match (stored, state.taking().is_some()) {
        (true, true) => (StatusCode::OK, "taking reports\n"),
        (true, false) => (StatusCode::SERVICE_UNAVAILABLE, "the form is closed\n"),
        (false, _) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        ),
    }
}
