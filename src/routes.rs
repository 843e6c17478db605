//! One handler for every URL: extract, call one function of the domain, render.

use axum::{
    extract::Request,
    http::header,
    routing::{MethodRouter, delete, get, post, put},
};

use crate::{app::AppState, router::Endpoint};

pub(crate) mod api;
mod keys;
mod mailbox;
mod pages;
mod report;
mod script;
mod sealed;
mod site;

/// The handler of an endpoint, with its state.
pub fn handler(state: &AppState, endpoint: Endpoint) -> MethodRouter {
    let routes: MethodRouter<AppState> = match endpoint {
        Endpoint::Home => get(pages::home),
        Endpoint::Report => post(report::post),
        Endpoint::Keys => get(keys::get),
        Endpoint::Safety => get(pages::safety),
        Endpoint::About => get(pages::about),
        Endpoint::Static => get(script::form),
        Endpoint::MailboxStatic => get(script::mailbox),
        Endpoint::SiteManifest => get(site::get),
        Endpoint::SealedForm => get(sealed::get),
        Endpoint::SealedFiles => post(sealed::post),
        Endpoint::ApiIntake => get(api::intake),
        Endpoint::UploadPart => put(api::put),
        Endpoint::UploadCancel => delete(api::delete),
        Endpoint::MailboxForm => get(mailbox::get),
        Endpoint::Mailbox => post(mailbox::post),
        Endpoint::MailboxDelete => post(mailbox::delete),
        Endpoint::FollowUpForm => get(mailbox::send_form),
        Endpoint::FollowUp => post(mailbox::send),
        Endpoint::ApiMailbox => post(mailbox::api),
        Endpoint::ApiMailboxDelete => post(mailbox::api_delete),
    };
    routes.with_state(state.clone())
}

/// The boundary of a multipart form.
fn boundary(request: &Request) -> Option<String> {
    let kind = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(kind).ok()
}
