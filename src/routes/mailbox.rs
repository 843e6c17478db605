//! `/mailbox` and `/api/v1/mailbox`: reading and deleting replies, and sending something more. Codes and tokens come in bodies only.
//!
//! A typed code is a secret and its replies are plaintext, so the handlers run inside [`stack::cleared`]; a program
//! sends the token that its code derives, and gets ciphertext.

use asylia_envelope::{
    ids::PageNumber,
    return_code::{MailboxKeys, lookup_id},
    words::WordList,
};
use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use multer::Multipart;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::boundary;
use crate::{
    app::AppState,
    error::AppError,
    guard, intake,
    limits::TOKEN_BYTES,
    mailbox::{self, CodeForm, Which},
    pages::{self, MailboxFault, NewCode},
    refusal::Refusal,
    stack,
    storage::{SLOTS, Store},
};

/// A program's request. The token is a secret of the submitter: no `Debug`.
struct Asked {
    token: Zeroizing<[u8; 32]>,
    which: Vec<Which>,
}

/// The form, with a program's JSON in its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedJson {
    token: String,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    slots: Vec<String>,
}

impl Drop for AskedJson {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

/// `GET /mailbox`.
pub(super) async fn get(State(state): State<AppState>) -> Response {
    pages::respond(pages::mailbox(&state.site(), None))
}

/// `POST /mailbox`: opens the mailbox of a code in memory.
pub(super) async fn post(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    stack::cleared(read(state, request)).await
}

/// `POST /mailbox/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    stack::cleared(forget(state, request)).await
}

/// `GET /mailbox/send`.
pub(super) async fn send_form(State(state): State<AppState>) -> Response {
    let number = PageNumber::generate(&mut state.rng.clone()).to_string();
    pages::respond(pages::follow_up(&state.site(), &number))
}

/// `POST /mailbox/send`: seals and signs a follow-up in memory.
pub(super) async fn send(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    stack::cleared(take(state, request)).await
}

/// `POST /api/v1/mailbox`: four slots, whatever the token.
pub(super) async fn api(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    stack::cleared(async move {
        let asked = ask(request).await?;
        let mut rng = state.rng.clone();
        let slots = mailbox::levelled(async {
            let _turn = state.turns.take().await?;
            mailbox::slots(&state.store, &asked.token, &mut rng).await
        });
        let slots = slots.await?;
        let body: Vec<u8> = slots.into_iter().flat_map(|slot| slot.bytes).collect();
        let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
        Ok((kind, body).into_response())
    })
    .await
}

/// `POST /api/v1/mailbox/delete`.
pub(super) async fn api_delete(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, AppError> {
    stack::cleared(async move {
        let asked = ask(request).await?;
        if asked.which.is_empty() {
            return Err(Refusal::Malformed.into());
        }
        for which in &asked.which {
            delete_replies(&state, &asked.token, *which).await?;
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

async fn read(state: AppState, request: Request) -> Result<Response, AppError> {
    let site = state.site();
    let (_, keys) = match typed(&state, request).await? {
        Ok(typed) => typed,
        Err(fault) => return Ok(pages::respond(pages::mailbox(&site, Some(fault)))),
    };
    let office = state.keys.current();
    let bundle = office.bundle().ok_or(Refusal::Closed)?.content();
    let mut rng = state.rng.clone();
    mailbox::levelled(async {
        let _turn = state.turns.take().await?;
        let slots = mailbox::slots(&state.store, &keys.lookup_token, &mut rng.clone()).await?;
        let opened = mailbox::open(&slots, &keys, bundle.instance, &bundle.office_keys);
        let number = PageNumber::generate(&mut rng).to_string();
        Ok(pages::respond(pages::answers(&site, &opened, &number)))
    })
    .await
}

/// Takes what somebody sends later, like a report; a new code is shown once.
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
    let sent = intake::take_follow_up(&intake, form, &mut state.rng.clone()).await?;
    let list = WordList::for_language(language);
    let new_code = sent
        .new_code
        .map(|code| NewCode::new(code.to_words(list), code.to_digits()));
    Ok(pages::respond(pages::follow_up_sent(
        &site,
        new_code.as_ref(),
    )))
}

async fn forget(state: AppState, request: Request) -> Result<Response, AppError> {
    let site = state.site();
    let fault = match typed(&state, request).await? {
        Ok((Some(which), keys)) => {
            delete_replies(&state, &keys.lookup_token, which).await?;
            return Ok(pages::respond(pages::mailbox_deleted(&site)));
        }
        Ok((None, _)) => MailboxFault::NothingChosen,
        Err(fault) => fault,
    };
    Ok(pages::respond(pages::mailbox(&site, Some(fault))))
}

/// Reads the form and derives the keys; a slip in the code is named before any work.
async fn typed(
    state: &AppState,
    request: Request,
) -> Result<Result<(Option<Which>, MailboxKeys), MailboxFault>, AppError> {
    if state.config.clear_web {
        return Err(Refusal::ClearWeb.into());
    }
    let office = state.keys.current();
    let bundle = office.bundle().ok_or(Refusal::Closed)?;
    let boundary = boundary(&request).ok_or(Refusal::BadCodeForm)?;
    let form = Multipart::new(request.into_body().into_data_stream(), boundary);
    let form = CodeForm::read(form).await?;
    let code = match form.code() {
        Ok(code) => code,
        Err(bad) => return Ok(Err(bad.into())),
    };
    let keys = code.derive_mailbox(bundle.content().instance);
    Ok(Ok((form.which(), keys)))
}

async fn delete_replies(state: &AppState, token: &[u8; 32], which: Which) -> Result<(), AppError> {
    let only = match which {
        Which::All => None,
        Which::One(digest) => Some(digest),
    };
    let deleting = state.store.delete_replies(lookup_id(token).0, only);
    let deleted = mailbox::levelled(deleting).await;
    deleted.map_err(anyhow::Error::from)?;
    state.scrubber.ask();
    Ok(())
}

/// Reads a token as 32 bytes, or as JSON with what is to be done.
async fn ask(request: Request) -> Result<Asked, AppError> {
    let json = guard::is_json(request.headers());
    let limit = usize::try_from(TOKEN_BYTES).unwrap_or(usize::MAX);
    let body = to_bytes(request.into_body(), limit)
        .await
        .map_err(|_| Refusal::Malformed)?;
    let malformed = || AppError::from(Refusal::Malformed);
    if !json {
        let token = <[u8; 32]>::try_from(&*body).map_err(|_| malformed())?;
        return Ok(Asked {
            token: Zeroizing::new(token),
            which: Vec::new(),
        });
    }
    let asked: AskedJson = serde_json::from_slice(&body).map_err(|_| malformed())?;
    let mut token = Zeroizing::new([0; 32]);
    hex::decode_to_slice(&asked.token, &mut *token).map_err(|_| malformed())?;
    let one = |text: &String| {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(Which::One(digest))
    };
    let which: Option<Vec<Which>> = match (asked.all, asked.slots.len()) {
        (true, 0) => Some(vec![Which::All]),
        (false, ..=SLOTS) => asked.slots.iter().map(one).collect(),
        _ => None,
    };
    let which = which.ok_or_else(malformed)?;
    Ok(Asked { token, which })
}
