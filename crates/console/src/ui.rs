//! The pages: a `Router` over an application that holds the vault, open or locked. It does not know how it is
//! served; [`crate::door`] guards it on loopback. Server-rendered, no script, texts from Fluent; what a submitter
//! wrote is escaped, isolated and freed of characters that steer.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::task;

use crate::{
    access::{Page, Roles},
    l10n::Texts,
    machine::Machine,
    search::prepare,
    sticks::USUAL_FOLDERS,
    ui::running::Running,
    vault::{Credentials, Vault, VaultError},
};

mod audit;
mod casework;
mod export;
mod headers;
mod help;
mod identities;
mod import;
mod inbox;
pub(crate) mod layout;
mod letters;
mod lock;
mod pair;
mod passphrase;
mod people;
mod report;
mod running;
mod search;
mod unlock;

pub use headers::content_security_policy;
pub(crate) use headers::secure;

/// What the pages share: the vault's place, and the vault itself while it is unlocked.
pub struct App {
    machine: Machine,
    directory: PathBuf,
    vault: Mutex<Option<Vault>>,
    demo: AtomicBool,
    last_used: Mutex<Instant>,
    /// The head that was signed at the last lock, as text.
    last_head: Mutex<Option<String>>,
    /// Where sticks are mounted.
    sticks: Vec<PathBuf>,
    /// Whether somebody named these folders.
    sticks_given: bool,
    /// The import that goes on, or the last one.
    import: Mutex<Option<Arc<Running>>>,
}

impl App {
    /// The pages of the vault in `directory`, locked; `now` begins the time until it locks by itself.
    #[must_use]
    pub fn new(machine: Machine, directory: PathBuf, now: Instant) -> Self {
        Self {
            machine,
            directory,
            vault: Mutex::new(None),
            demo: AtomicBool::new(false),
            last_used: Mutex::new(now),
            last_head: Mutex::new(None),
            sticks: USUAL_FOLDERS.map(PathBuf::from).to_vec(),
            sticks_given: false,
            import: Mutex::new(None),
        }
    }

    /// Looks for bundles below these folders, and not where sticks are usually mounted.
    #[must_use]
    pub fn with_sticks(mut self, folders: Vec<PathBuf>) -> Self {
        self.sticks = folders;
        self.sticks_given = true;
        self
    }

    /// Unlocks the vault. Blocks for as long as the passphrase's stretching takes.
    ///
    /// # Errors
    /// Those of [`Vault::open`].
    pub fn unlock(&self, who: &Credentials) -> Result<(), VaultError> {
        let vault = Vault::open(self.machine.clone(), &self.directory, who)?;
        self.demo.store(vault.contents().demo(), Ordering::Relaxed);
        *self.vault() = Some(vault);
        Ok(())
    }

    /// The import that goes on, if there is one: the vault answers nobody else until it is over.
    fn importing(&self) -> Option<Arc<Running>> {
        self.last_import()
            .filter(|running| running.outcome().is_none())
    }

    /// The import that goes on, or the last one since the vault was unlocked.
    fn last_import(&self) -> Option<Arc<Running>> {
        let import = self.import.lock().unwrap_or_else(PoisonError::into_inner);
        import.clone()
    }

    /// Takes an import's place; returns whether it was free.
    fn begin_import(&self, running: &Arc<Running>) -> bool {
        let mut import = self.import.lock().unwrap_or_else(PoisonError::into_inner);
        let free = import.as_ref().is_none_or(|last| last.outcome().is_some());
        if free {
            *import = Some(Arc::clone(running));
        }
        free
    }

    /// The roles of whoever unlocked the vault; `None` while it is locked.
    fn roles(&self) -> Option<Roles> {
        if let Some(running) = self.importing() {
            return Some(running.roles.clone());
        }
        self.vault().as_ref().map(|vault| vault.roles().clone())
    }

    /// Reads up to `limit` reports for the search, if the person's role has one; returns whether more are left.
    pub fn prepare_search(&self, limit: usize) -> bool {
        let mut vault = self.vault();
        let vault = vault.as_mut();
        let vault = vault.filter(|vault| Page::Search.allows_any(vault.roles()));
        // What failed here is said by the search itself, which tries again.
        vault.is_some_and(|vault| prepare(vault, limit).unwrap_or(false))
    }

    /// Closes the vault and drops all its keys; keeps the signed head to be shown. Blocks while a page is being
    /// made; stops an import that goes on, after the piece that it reads.
    pub fn lock(&self) {
        if let Some(running) = self.importing() {
            running.stop();
        }
        let vault = self.vault().take();
        if let Some(vault) = vault {
            let head = vault.close().map(|head| head.to_text());
            *self
                .last_head
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = head;
        }
        *self.import.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The head that was signed at the last lock: numbers and a signature, nothing of what the vault holds.
    fn last_head(&self) -> Option<String> {
        let head = self.last_head.lock();
        head.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Locks when nobody used the pages for `limit`; returns whether it did.
    pub fn lock_if_idle(&self, now: Instant, limit: Duration) -> bool {
        let last_used = *self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // An import is work that somebody waits for; the time counts from its end, as the next look sees it.
        if self.importing().is_some() {
            self.touch(now);
            return false;
        }
        let idle = now.saturating_duration_since(last_used) >= limit;
        let lock = idle && self.vault().is_some();
        if lock {
            self.lock();
        }
        lock
    }

    /// Whether the vault is one of demo keys, as far as is known: from the first unlock on.
    #[must_use]
    pub fn demo(&self) -> bool {
        self.demo.load(Ordering::Relaxed)
    }

    fn touch(&self, now: Instant) {
        *self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// The vault's place in memory. A panic while it was held locks the vault: what it was doing is unknown.
    fn vault(&self) -> MutexGuard<'_, Option<Vault>> {
        self.vault.lock().unwrap_or_else(|poisoned| {
            self.vault.clear_poison();
            let mut vault = poisoned.into_inner();
            *vault = None;
            vault
        })
    }
}

/// The pages of `app`.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(inbox::get))
        .route("/unlock", post(unlock::post))
        .route("/lock", post(lock::post))
        .route("/report/{id}", get(report::get))
        .route("/report/{id}/reply", post(letters::post))
        .route("/export", get(export::get).post(export::post))
        .route("/pair", get(pair::get).post(pair::post))
        .route("/report/{id}/identity", post(report::identity))
        .route("/identities", get(identities::get))
        .route("/report/{id}/case", post(casework::make_of_report))
        .merge(of_cases())
        .route("/help", get(help::get))
        .route("/search", get(search::get).post(search::post))
        .route("/audit", get(audit::get))
        .route("/people", get(people::get))
        .route("/people/add", post(people::add))
        .route("/people/{id}", get(people::one))
        .route("/people/{id}/roles", post(people::roles))
        .route("/people/{id}/remove", post(people::remove))
        .route("/import", get(import::get).post(import::post))
        .route("/import/stop", post(import::stop))
        .route("/passphrase", get(passphrase::get).post(passphrase::post))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(FORM_LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            headers::touch,
        ))
        .layer(middleware::map_response(secure))
        .with_state(app)
}

/// The pages of casework; their texts may be as long as a field of the form.
fn of_cases() -> Router<Arc<App>> {
    Router::new()
        .route("/cases", get(casework::list).post(casework::make))
        .route("/case/{number}", get(casework::case))
        .route("/case/{number}/consent", get(casework::consent))
        .route(
            "/case/{number}/consent/{what}",
            post(casework::consent_entry),
        )
        .route("/case/{number}/routing", get(casework::routing))
        .route("/case/{number}/routing/{what}", post(casework::routing_act))
        .route("/case/{number}/{what}", post(casework::change))
        .layer(DefaultBodyLimit::max(TEXT_FORM_LIMIT_BYTES))
}

/// Runs `take` on the open vault, with its entries as fresh as the file, if the page is one of the person's role;
/// the answer to give instead otherwise. In a thread that may block.
async fn take<T: Send + 'static>(
    app: &Arc<App>,
    page: Page,
    take: impl FnOnce(&mut Vault) -> T + Send + 'static,
) -> Result<T, Response> {
    if let Some(running) = app.importing() {
        return Err(import::progress(app, &running));
    }
    let blocking = Arc::clone(app);
    let taken = task::spawn_blocking(move || match &mut *blocking.vault() {
        None => Err(Closed::Locked),
        Some(vault) if !page.allows_any(vault.roles()) => Err(Closed::Denied),
        Some(vault) => match vault.refresh() {
            Ok(()) => Ok(take(vault)),
            Err(_) => Err(Closed::Failed),
        },
    });
    let taken = taken.await.unwrap_or(Err(Closed::Failed));
    taken.map_err(|closed| match closed {
        Closed::Locked => unlock::page(app, None),
        Closed::Denied => denied(app),
        Closed::Failed => failed(app),
    })
}

/// Why a page gets nothing of the vault.
enum Closed {
    Locked,
    Denied,
    Failed,
}

fn denied(app: &App) -> Response {
    refusal(
        app,
        StatusCode::FORBIDDEN,
        "console-denied-title",
        "console-denied",
    )
}

async fn not_found(axum::extract::State(app): axum::extract::State<Arc<App>>) -> Response {
    refusal(
        &app,
        StatusCode::NOT_FOUND,
        "console-not-found-title",
        "console-not-found",
    )
}

fn failed(app: &App) -> Response {
    refusal(
        app,
        StatusCode::INTERNAL_SERVER_ERROR,
        "console-failed-title",
        "console-failed",
    )
}

fn refusal(app: &App, status: StatusCode, title: &str, text: &str) -> Response {
    let texts = Texts::english();
    let body = maud::html! {
        h1 { (texts.get(title)) }
        p { (texts.get(text)) }
    };
    let page = layout::page(texts, layout::Frame::of(app), title, &body);
    (status, page).into_response()
}

/// Most bytes of a form: names, passphrases, words, and nothing else.
const FORM_LIMIT_BYTES: usize = 16 * 1024;
/// Most bytes of a form with a text: three for each byte of the longest one, as a browser writes them.
const TEXT_FORM_LIMIT_BYTES: usize =
    3 * crate::casework::rules::TEXT_LIMIT_BYTES + FORM_LIMIT_BYTES;
