//! What every route is given: configuration, keys, store, time and random source.
//! Nothing here is global; a test builds its own with a fixed clock and repeatable bytes.

use std::{fs::File, sync::Arc};

use asylia_envelope::{
    day::Day,
    site::SiteNote,
    submission::{ATTACHMENTS_LIMIT, REPORT_TEXT_LIMIT_BYTES, TEXT_FIELD_LIMIT_BYTES},
};
use axum::Router;

use crate::{
    admission::Admission,
    clock::{Clock, Rng},
    collection::{Collection, Waiting},
    config::Config,
    data_folder::DataFolder,
    decoys,
    headers::ResponseHeaders,
    intake::Intake,
    keys::{OfficeKeys, SharedKeys, Takeover},
    l10n::Language,
    limits::MIB,
    mailbox::{Scrubber, Turns},
    pages::{self, Closed, Site},
    refusal::Reader,
    room::Room,
    router::{self, FrontDoor},
    routes, site_manifest,
    storage::{AnyStore, Store, StoreAddress},
    uploads::{Bounds, Uploads},
};

/// State of the running server, cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The configuration in force.
    pub config: Arc<Config>,
    /// The office's keys, or why the form is closed.
    pub keys: Arc<SharedKeys>,
    /// The signed manifest of what this build serves, where one is published.
    pub site_manifest: Option<Arc<SiteNote>>,
    /// Where records rest.
    pub store: AnyStore,
    /// Uploads in parts.
    pub uploads: Uploads,
    /// Whether the office collects.
    pub collection: Collection,
    /// How full the store is.
    pub room: Room,
    /// Who may send now.
    pub admission: Admission,
    /// One mailbox is opened at a time.
    pub turns: Turns,
    /// Removes the traces of deleted replies.
    pub scrubber: Scrubber,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where randomness comes from.
    pub rng: Rng,
    /// Keeps a second server off the data folder.
    _held: Arc<File>,
}

impl AppState {
    /// Opens store and keys as `config` says, and clears what an earlier process left unfinished.
    ///
    /// # Errors
    /// A data folder or store that cannot be opened, or one that belongs to another office.
    pub async fn open(config: Arc<Config>, clock: Clock, mut rng: Rng) -> anyhow::Result<Self> {
        let site_manifest = match &config.site_manifest {
            Some(path) => Some(Arc::new(site_manifest::load(path)?)),
            None => None,
        };
        let data = DataFolder::create(&config.data)?;
        let held = Arc::new(data.hold()?);
        let address: StoreAddress = config.store.to_string().parse()?;
        #[cfg(feature = "danger_leak")]
        let address = crate::leak::spoil(address, &config.data)?;
        let store = AnyStore::open(&address).await?;
        let (accepted, offered) = (data.accepted_bundle(), data.offered_bundle());
        let bundles = [config.keys.as_path(), &accepted, &offered];
        let keys = OfficeKeys::load(&bundles, config.office.as_deref(), &store).await?;
        let abandoned = store.abandon_all_open().await?;
        if abandoned > 0 {
            tracing::info!("{abandoned} unfinished uploads of an earlier process were removed");
        }
        data.transfer_key(&mut rng)?;
        data.note_serving(&config.store, keys.bundle())?;
        data.note_decoys(config.decoys_a_day)?;
        let collection = Collection::load(&store).await?;
        data.note_site_manifest(site_manifest.as_deref())?;
        let room = Room::default();
        room.measure(&store, &config.data, config.disk_budget_mib)
            .await?;
        let admission = Admission::new(room.clone(), config.files_per_hour_mib);
        Ok(Self {
            config,
            keys: Arc::new(SharedKeys::new(keys)),
            collection,
            room,
            admission,
            turns: Turns::default(),
            scrubber: Scrubber::default(),
            site_manifest,
            store,
            uploads: Uploads::new(Bounds::default()),
            clock,
            rng,
            _held: held,
        })
    }

    /// What takes over a key bundle that is offered while serving.
    ///
    /// # Errors
    /// Words in the configuration that are no fingerprint.
    pub fn takeover(&self) -> anyhow::Result<Takeover> {
        Takeover::new(
            DataFolder::create(&self.config.data)?,
            self.config.store.clone(),
            self.store.clone(),
            self.config.office.as_deref(),
            Arc::clone(&self.keys),
        )
    }

    /// The same behind the onion service, where no proxy reads along.
    #[must_use]
    pub fn behind_tor(&self) -> Self {
        let config = Config {
            clear_web: false,
            ..(*self.config).clone()
        };
        Self {
            config: Arc::new(config),
            ..self.clone()
        }
    }

    /// The router of this server.
    pub fn router(&self) -> Router {
        let state = self.clone();
        let render = Arc::new(move |refusal, reader| match reader {
            Reader::Person => {
                let page = pages::refusal(&state.site(), refusal);
                String::from_utf8(page.into_bytes()).expect("pages are made of text")
            }
            Reader::Program => routes::api::refusal(&state.site(), refusal),
        });
        let headers = ResponseHeaders::new(pages::style_hashes());
        let limit_mib = self.config.report_limit_mib;
        let front = FrontDoor::new(headers, render, limit_mib, self.admission.clone());
        let router = router::build(|endpoint| routes::handler(self, endpoint), front);
        #[cfg(feature = "danger_leak")]
        let router = crate::leak::with_probe(router);
        router
    }

    /// Today, UTC.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::from_days_since_1970(i64::from(self.clock.today()))
            .expect("the clock counts 32 bits of days")
    }

    /// The keys in force while reports are taken; `None` while the form is closed.
    #[must_use]
    pub fn taking(&self) -> Option<Arc<OfficeKeys>> {
        let keys = self.keys.current();
        let open = self.waiting() != Waiting::Close
            && keys.in_force(self.today()).is_some()
            && !self.room.is_full();
        open.then_some(keys)
    }

    /// What a form needs to be taken in under `keys`; `None` when they are not in force today.
    #[must_use]
    pub fn intake<'a>(&'a self, keys: &'a OfficeKeys, language: &'a str) -> Option<Intake<'a>> {
        let day = self.today();
        let (bundle, period) = keys.in_force(day)?;
        Some(Intake {
            store: &self.store,
            turns: &self.turns,
            bundle,
            period,
            day,
            now_unix_s: self.clock.now_unix_s(),
            language,
            report_limit_mib: self.report_limit_mib(),
        })
    }

    /// What happens by itself while the server runs, besides answers; never returns.
    pub async fn keep_house(&self) {
        tokio::join!(
            self.uploads.keep_swept(),
            self.scrubber.keep_scrubbed(&self.store),
            self.collection.keep_fresh(&self.store),
            self.admission.keep_pruned(),
            self.room
                .keep_measured(&self.store, &self.config.data, self.config.disk_budget_mib),
            decoys::keep_filled(self),
        );
    }

    /// Largest report at present, in MiB; 0 for text only.
    #[must_use]
    pub fn report_limit_mib(&self) -> u64 {
        self.room.files().limit_mib(self.config.report_limit_mib)
    }

    fn waiting(&self) -> Waiting {
        let today = i64::from(self.clock.today());
        self.collection.waiting(self.config.collection, today)
    }

    /// What every page knows of the site today.
    #[must_use]
    pub fn site(&self) -> Site {
        let keys = self.keys.current();
        let bundle = keys.bundle();
        let closed = match (bundle, keys.in_force(self.today())) {
            (_, Some(_)) if self.waiting() == Waiting::Close => Some(Closed::Uncollected),
            (_, Some(_)) if self.room.is_full() => Some(Closed::Full),
            (_, Some(_)) => None,
            (Some(_), None) => Some(Closed::Expired),
            (None, None) => Some(Closed::NoKeys),
        };
        Site {
            language: Language::English,
            demo: bundle.is_some_and(|bundle| bundle.content().demo),
            office: bundle.map(|bundle| bundle.content().office.clone()),
            fingerprint: bundle.map(|bundle| bundle.content().fingerprint().to_string()),
            closed,
            late: matches!(self.waiting(), Waiting::Notice | Waiting::Close),
            collected: self.collection.last(i64::from(self.clock.today())),
            clear_web: self.config.clear_web,
            answers_at_night: Vec::new(),
            field_limit_bytes: TEXT_FIELD_LIMIT_BYTES as u64,
            text_limit_bytes: REPORT_TEXT_LIMIT_BYTES as u64,
            file_limit: u32::from(ATTACHMENTS_LIMIT),
            report_limit_bytes: self.report_limit_mib().saturating_mul(MIB),
            files: self.room.files(),
        }
    }
}
