//! Locking: the keys leave memory before the answer is written.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use tokio::task;

use super::{App, unlock};

/// Drops the keys and shows the unlock page.
pub(super) async fn post(State(app): State<Arc<App>>) -> Response {
    let blocking = Arc::clone(&app);
    // Waits for a page that is being made, which holds the vault; a panic there locks as well.
    let _ = task::spawn_blocking(move || blocking.lock()).await;
    unlock::page(&app, Some("console-locked"))
}
