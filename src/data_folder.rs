//! The server's data folder: the store, its transfer key, and what other verbs need to know of `serve`.
//!
//! Whoever seizes it learns counts, classes and days (see the migrations), the office's public keys, and the
//! key that signs bundles: with it they can sign a bundle, and not open one.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
};

use anyhow::Context;
use asylia_envelope::{
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
    pairing::PairingWords,
    signing::{SigningKey, Transfer},
    site::SiteNote,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rand_core::{CryptoRng, RngCore};
use rustix::fs::FlockOperation;
use zeroize::Zeroizing;

use crate::{config::StoreAt, error::Advice};

/// A data folder that exists.
#[derive(Clone, Debug)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// Creates the folder, mode 0700, unless it is there.
    ///
    /// # Errors
    /// [`Advice`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self, Advice> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|_| {
                Advice::failed(
                    "The data folder cannot be made",
                    "Give a folder that this user may write with --data",
                )
            })?;
        Ok(Self(path.to_owned()))
    }

    /// A folder in which `serve` has run.
    ///
    /// # Errors
    /// [`Advice`] when it has not.
    pub fn existing(path: &Path) -> Result<Self, Advice> {
        let folder = Self(path.to_owned());
        if folder.file(STORE_FILE).is_file() {
            return Ok(folder);
        }
        Err(Advice::failed(
            "This is no data folder of a server",
            "Give the folder that `asylia serve --data DIR` used, or start the server once",
        ))
    }

    /// Holds the folder for one serving process, until the answer is dropped or the process ends.
    ///
    /// A second one would take the uploads of the first for remnants of an earlier process.
    ///
    /// # Errors
    /// [`Advice`] when another process holds it.
    pub fn hold(&self) -> anyhow::Result<File> {
        let path = self.file(LOCK_FILE);
        let lock = File::create(path).context("the data folder cannot be written")?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            Advice::failed(
                "Another server runs on this data folder",
                "Stop it first, or give this one a folder of its own with --data",
            )
        })?;
        Ok(lock)
    }

    /// Notes where the store is and which key bundle is in force, for the verbs that run beside `serve`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn note_serving(&self, store: &StoreAt, bundle: Option<&KeyBundle>) -> anyhow::Result<()> {
        self.replace(STORE_FILE, store.to_string().as_bytes())?;
        match bundle {
            Some(bundle) => self.replace(BUNDLE_FILE, bundle.note().as_bytes()),
            None => Ok(()),
        }
    }

    /// Notes how many decoys a day `serve` was told to make, for `export`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn note_decoys(&self, a_day: u32) -> anyhow::Result<()> {
        self.replace(DECOYS_FILE, a_day.to_string().as_bytes())
    }

    /// What [`Self::note_decoys`] noted; 0 for nothing.
    #[must_use]
    pub fn decoys_a_day(&self) -> u32 {
        let noted = fs::read_to_string(self.file(DECOYS_FILE)).ok();
        noted.and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Notes the words by which this server and its office compared their keys.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn note_paired(&self, words: &PairingWords) -> anyhow::Result<()> {
        self.replace(PAIRED_FILE, words.to_string().as_bytes())
    }

    /// What [`Self::note_paired`] noted.
    #[must_use]
    pub fn paired(&self) -> Option<PairingWords> {
        let noted = fs::read_to_string(self.file(PAIRED_FILE)).ok()?;
        PairingWords::parse(&noted).ok()
    }

    /// Notes the site manifest that is published, or that none is, for `doctor`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn note_site_manifest(&self, note: Option<&SiteNote>) -> anyhow::Result<()> {
        match note {
            Some(note) => self.replace(SITE_MANIFEST_FILE, note.text().as_bytes()),
            None => match fs::remove_file(self.file(SITE_MANIFEST_FILE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(error).context("the data folder cannot be written")
                }
                _ => Ok(()),
            },
        }
    }

    /// The site manifest that `serve` last published.
    #[must_use]
    pub fn site_manifest(&self) -> Option<SiteNote> {
        SiteNote::parse(&fs::read(self.file(SITE_MANIFEST_FILE)).ok()?).ok()
    }

    /// Address of the store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn store_address(&self) -> anyhow::Result<String> {
        fs::read_to_string(self.file(STORE_FILE))
            .context("the note of the store's place cannot be read")
    }

    /// The key bundle that `serve` last accepted; this folder is the server's own, so it is its own anchor.
    #[must_use]
    pub fn bundle(&self) -> Option<KeyBundle> {
        let note = fs::read(self.file(BUNDLE_FILE)).ok()?;
        let unverified = UnverifiedBundle::parse(&note).ok()?;
        let anchor = Anchor::Fingerprint(unverified.claimed().fingerprint());
        unverified.verify(&anchor, None).ok()
    }

    /// Puts a key bundle before the server, which takes it over while serving or at its next start
    /// ([`crate::keys`]).
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn offer_bundle(&self, bundle: &KeyBundle) -> anyhow::Result<()> {
        self.replace(OFFERED_FILE, bundle.note().as_bytes())
    }

    /// Where [`Self::offer_bundle`] puts it.
    #[must_use]
    pub fn offered_bundle(&self) -> PathBuf {
        self.file(OFFERED_FILE)
    }

    /// Where the key bundle lies that `serve` last accepted.
    #[must_use]
    pub fn accepted_bundle(&self) -> PathBuf {
        self.file(BUNDLE_FILE)
    }

    /// The key that signs this server's bundles; drawn at the first call.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn transfer_key(
        &self,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> anyhow::Result<SigningKey<Transfer>> {
        let path = self.file(TRANSFER_KEY_FILE);
        if !path.exists() {
            let key = SigningKey::<Transfer>::generate(rng);
            self.set_transfer_key(&key)?;
            return Ok(key);
        }
        let text = Zeroizing::new(fs::read(&path).context("the transfer key cannot be read")?);
        let seed = BASE64_STANDARD
            .decode(text.as_slice())
            .map(Zeroizing::new)
            .ok();
        let seed = seed.and_then(|seed| {
            <[u8; 32]>::try_from(seed.as_slice())
                .ok()
                .map(Zeroizing::new)
        });
        let damaged =
            "the transfer key is damaged: restore it, or remove it and pair the console again";
        let seed = seed.context(damaged)?;
        Ok(SigningKey::from_seed(&seed))
    }

    /// Keeps the key that signs this server's bundles, such as a backup brought it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn set_transfer_key(&self, key: &SigningKey<Transfer>) -> anyhow::Result<()> {
        let text = Zeroizing::new(BASE64_STANDARD.encode(*key.seed()));
        self.replace(TRANSFER_KEY_FILE, text.as_bytes())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file whole or not at all, mode 0600, for the folder's owner: an operator may write
    /// what the server's own user has to read.
    fn replace(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let (path, partial) = (self.file(name), self.file(&format!("{name}.partial")));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options
            .open(&partial)
            .context("the data folder cannot be written")?;
        let (of_folder, of_file) = (fs::metadata(&self.0)?, file.metadata()?);
        if of_folder.uid() != of_file.uid() {
            fchown(&file, Some(of_folder.uid()), Some(of_folder.gid()))
                .context("the file cannot be given to the owner of the data folder")?;
        }
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .context("the data folder cannot be written")?;
        fs::rename(&partial, &path).context("the data folder cannot be written")?;
        let folder = File::open(&self.0).context("the data folder cannot be read")?;
        folder
            .sync_all()
            .context("the data folder cannot be written")
    }
}

const LOCK_FILE: &str = "serve.lock";
const STORE_FILE: &str = "store.address";
const BUNDLE_FILE: &str = "keys.note";
const OFFERED_FILE: &str = "keys.next";
const SITE_MANIFEST_FILE: &str = "site-manifest";
/// Tells how many records a day are decoys at most, so how many reports are hidden among them.
const DECOYS_FILE: &str = "decoys";
/// Twelve words over public keys.
const PAIRED_FILE: &str = "paired";
const TRANSFER_KEY_FILE: &str = "transfer.key";
