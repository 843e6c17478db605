//! The door of the pages while they are served on loopback: who may come in.
//!
//! Other programs of this computer and pages of other sites can reach a loopback port. So: the host must be
//! ours to the letter (DNS rebinding), a cookie of random name and value must be there, and requests must come
//! from our own pages. The cookie is given once, for a launch secret that travels in a file only its owner can
//! read; that one POST comes from `file:` and so from nowhere that could be checked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Form, Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rand_core::{CryptoRng, RngCore};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::{
    l10n::Texts,
    ui::{
        layout::{self, Frame},
        secure,
    },
};

/// One launch of the pages on one loopback address.
pub struct Door {
    host: String,
    cookie_name: String,
    cookie: SecretString,
    launch: Mutex<Option<SecretString>>,
    demo: bool,
}

/// The launch form's one field.
#[derive(Deserialize)]
struct Enter {
    secret: String,
}

impl Door {
    /// Draws cookie and launch secret for pages served at `address`.
    pub fn new(address: SocketAddr, demo: bool, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self {
            host: address.to_string(),
            cookie_name: format!("asylia-{}", random_hex(8, rng)),
            cookie: random_hex(32, rng).into(),
            launch: Mutex::new(Some(random_hex(32, rng).into())),
            demo,
        }
    }

    /// The launch page; it works once. `None` after it was used.
    #[must_use]
    pub fn launch_page(&self) -> Option<String> {
        let launch = self.launch.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = launch.as_ref()?.expose_secret();
        let texts = Texts::english();
        let title = texts.get("console-launch-title");
        let page = html! {
            (DOCTYPE)
            html lang="en" dir="ltr" {
                head {
                    meta charset="utf-8";
                    meta name="referrer" content="no-referrer";
                    title { (texts.with("console-title", &[("page", (&title).into())])) }
                    style { (PreEscaped(layout::STYLE)) }
                }
                body {
                    header { p.name { (texts.get("console-name")) } }
                    main {
                        h1 { (texts.get("console-launch-heading")) }
                        p { (texts.get("console-launch-text")) }
                        form method="post" action={ "http://" (self.host) "/enter" } {
                            input type="hidden" name="secret" value=(secret);
                            button type="submit" autofocus { (texts.get("console-launch-button")) }
                        }
                    }
                }
            }
        };
        Some(page.into_string())
    }

    /// Takes the launch secret; each works once, and a wrong one does not use it up.
    fn take_launch(&self, given: &str) -> bool {
        let mut launch = self.launch.lock().unwrap_or_else(PoisonError::into_inner);
        let right = launch.as_ref().is_some_and(|secret| same(secret, given));
        if right {
            *launch = None;
        }
        right
    }

    /// Why a request is refused: status and text; `None` for one that may pass.
    fn refusal(&self, request: &Request) -> Option<(StatusCode, &'static str)> {
        let headers = request.headers();
        if text(headers, header::HOST) != Some(&self.host) {
            return Some((StatusCode::MISDIRECTED_REQUEST, "console-refused-host"));
        }
        if request.method() == Method::POST && request.uri().path() == "/enter" {
            return None;
        }
        if !self.has_cookie(headers) {
            return Some((StatusCode::UNAUTHORIZED, "console-refused-session"));
        }
        let from_here = self.comes_from_here(request.method(), headers);
        (!from_here).then_some((StatusCode::FORBIDDEN, "console-refused-origin"))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split("; "))
            .filter_map(|cookie| cookie.split_once('='))
            .any(|(name, value)| name == self.cookie_name && same(&self.cookie, value))
    }

    /// A GET may also come from the address line (`none`); whatever changes something must be our own form's.
    fn comes_from_here(&self, method: &Method, headers: &HeaderMap) -> bool {
        let reading = method == Method::GET || method == Method::HEAD;
        let site = match text(headers, header::HeaderName::from_static("sec-fetch-site")) {
            None | Some("same-origin") => true,
            Some("none") => reading,
            Some(_) => false,
        };
        let ours = format!("http://{}", self.host);
        let origin = match headers.get(header::ORIGIN) {
            None => reading,
            Some(origin) => origin.as_bytes() == ours.as_bytes(),
        };
        site && origin
    }
}

/// The pages behind the door.
pub fn guarded(pages: Router, door: Arc<Door>) -> Router {
    let enter = Router::new()
        .route("/enter", post(enter))
        .with_state(Arc::clone(&door));
    pages
        .merge(enter)
        .layer(middleware::from_fn_with_state(door, guard))
        .layer(middleware::map_response(secure))
}

async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    match door.refusal(&request) {
        None => next.run(request).await,
        Some((status, why)) => (
            status,
            notice(&door, "console-refused-title", &refused(why)),
        )
            .into_response(),
    }
}

/// Answers with a page and a link: a redirect would be part of the navigation from `file:`, and so lose the cookie.
async fn enter(State(door): State<Arc<Door>>, Form(form): Form<Enter>) -> Response {
    if !door.take_launch(&form.secret) {
        let page = notice(
            &door,
            "console-refused-title",
            &refused("console-refused-launch"),
        );
        return (StatusCode::UNAUTHORIZED, page).into_response();
    }
    let texts = Texts::english();
    let cookie = format!(
        "{}={}; HttpOnly; SameSite=Strict; Path=/",
        door.cookie_name,
        door.cookie.expose_secret()
    );
    let content = html! {
        h1 { (texts.get("console-entered-title")) }
        p { (texts.get("console-entered-text")) }
        p { a href="/" { (texts.get("console-entered-link")) } }
    };
    let page = notice(&door, "console-entered-title", &content);
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

fn refused(why: &str) -> Markup {
    let texts = Texts::english();
    html! {
        h1 { (texts.get("console-refused-title")) }
        p { (texts.get(why)) }
    }
}

fn notice(door: &Door, title: &str, content: &Markup) -> Markup {
    let frame = Frame::locked(door.demo);
    layout::page(Texts::english(), frame, title, content)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok();
    // A header that stands twice is nobody's honest request.
    first.filter(|_| values.next().is_none())
}

fn same(secret: &SecretString, given: &str) -> bool {
    secret
        .expose_secret()
        .as_bytes()
        .ct_eq(given.as_bytes())
        .into()
}

fn random_hex(bytes: usize, rng: &mut (impl RngCore + CryptoRng)) -> String {
    let mut random = vec![0; bytes];
    rng.fill_bytes(&mut random);
    hex::encode(random)
}
