//! Help: what an officer meets here, and what is not built yet.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::{App, layout};
use crate::{
    l10n::Texts,
    lockdown::{Lock, Refused},
};

/// The help page.
pub(super) async fn get(State(app): State<Arc<App>>) -> Markup {
    let texts = Texts::english();
    let off = Refused::now().is_off_the_network(Lock::Pages);
    let content = html! {
        h1 { (texts.get("console-help-heading")) }
        h2 { (texts.get("console-help-network-heading")) }
        @if off {
            p { (texts.get("console-help-network")) }
        } @else {
            div.alarm role="alert" { p { (texts.get("console-help-network-open")) } }
        }
        @for part in ["import", "quarantine", "marks", "limits"] {
            h2 { (texts.get(&format!("console-help-{part}-heading"))) }
            p { (texts.get(&format!("console-help-{part}"))) }
        }
    };
    layout::page(
        texts,
        layout::Frame::of(&app),
        "console-help-title",
        &content,
    )
}
