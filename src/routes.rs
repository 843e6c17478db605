//! One handler for every URL: extract, call one function of the domain, render.

use axum::routing::{MethodRouter, get, post};

use crate::{app::AppState, router::Endpoint};

mod keys;
mod pages;
mod report;
mod script;

/// The handler of an endpoint, with its state.
pub fn handler(state: &AppState, endpoint: Endpoint) -> MethodRouter {
    let routes: MethodRouter<AppState> = match endpoint {
        Endpoint::Home => get(pages::home),
        Endpoint::Report => post(report::post),
        Endpoint::Keys => get(keys::get),
        Endpoint::Safety => get(pages::safety),
        Endpoint::About => get(pages::about),
        Endpoint::Static => get(script::get),
    };
    routes.with_state(state.clone())
}
