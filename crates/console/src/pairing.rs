//! Pairing: which server is believed, and what its operator must compare of the office.
//!
//! Without it the first bundle's own key is pinned, which believes whoever made that bundle. A pinned key changes
//! only by somebody's hand.

use asylia_envelope::{
    pairing::PairingWords,
    signing::{Transfer, VerifyingKey},
};
use serde::Serialize;

use crate::{
    l10n::Texts,
    vault::{
        Contents, Vault, VaultError,
        audit::{Act, AuditItem},
        domain::Domain,
        item::{Item, ServerPin},
    },
};

/// What the office is, to a server: everything of it is public.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Office {
    /// Its function.
    pub office: String,
    /// The installation.
    pub instance: String,
    /// Twelve words of the root keys; the same for years.
    pub fingerprint: String,
    /// Number of the key bundle.
    pub key_bundle: u64,
    /// The key that signs bundles and replies; `None` when the vault has none.
    pub signing_key: Option<String>,
    /// Whether the key bundle lists it: otherwise no server believes it.
    pub listed: bool,
    /// Twelve words over the keys of both sides, once a server is known.
    pub words: Option<String>,
}

/// Why there is no pair. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// Another key is there.
    #[error(
        "Another server's key is pinned, and nothing was changed. If the server was replaced, compare the new key by telephone and say so with `--replace`."
    )]
    OtherKey,
    /// The vault failed.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// Pins a server's key; in the place of another one only with `replace`, and its numbers begin anew then.
///
/// # Errors
/// See [`PairError`].
pub fn pair(
    vault: &mut Vault,
    key: &VerifyingKey<Transfer>,
    replace: bool,
) -> Result<(), PairError> {
    let mut transaction = vault.begin()?;
    let before = transaction.contents().server.as_ref();
    let before = before.map(|row| row.item.clone());
    let key = key.to_string();
    let pin = match before {
        Some(pin) if pin.verifying_key == key => return Ok(()),
        Some(_) if !replace => return Err(PairError::OtherKey),
        Some(pin) => ServerPin {
            verifying_key: key,
            former: pin.former.into_iter().chain(pin.epoch).collect(),
            epoch: None,
            bundles: Vec::new(),
        },
        None => ServerPin {
            verifying_key: key,
            epoch: None,
            former: Vec::new(),
            bundles: Vec::new(),
        },
    };
    if !pin.former.is_empty() {
        // Another server has none of what the former one held for submitters.
        transaction.send_again()?;
    }
    transaction.append(Domain::Case, Item::Server(pin))?;
    transaction.log(AuditItem::of(Act::ServerPaired))?;
    Ok(transaction.commit()?)
}

impl Office {
    /// As the vault knows it.
    #[must_use]
    pub fn of(contents: &Contents) -> Self {
        let content = contents.bundle.as_ref().map(|bundle| bundle.content());
        let key = contents.office_key.as_ref().map(|key| key.verifying_key());
        Self {
            office: content.map_or_else(String::new, |content| content.office.clone()),
            instance: content.map_or_else(String::new, |content| content.instance.to_string()),
            fingerprint: contents.bundle.as_ref().map_or_else(String::new, |bundle| {
                bundle.content().fingerprint().to_string()
            }),
            key_bundle: contents
                .bundle
                .as_ref()
                .map_or(0, |bundle| bundle.sequence()),
            listed: content
                .zip(key.as_ref())
                .is_some_and(|(content, key)| content.office_keys.contains(key)),
            signing_key: key.map(|key| key.to_string()),
            words: contents
                .server
                .as_ref()
                .and_then(|server| server.item.key())
                .zip(content)
                .map(|(server, content)| {
                    PairingWords::of(content.instance, &server, &content.office_keys).to_string()
                }),
        }
    }

    /// What a person reads out, each with its label.
    #[must_use]
    pub fn lines(&self, texts: &Texts) -> Vec<(String, String)> {
        let key = match (&self.signing_key, self.listed) {
            (Some(key), true) => key.clone(),
            (Some(key), false) => {
                texts.with("console-pair-key-unlisted", &[("key", key.as_str().into())])
            }
            (None, _) => texts.get("console-pair-no-key"),
        };
        let words = self.words.clone();
        let words = words.map(|words| ("console-pair-words", words));
        [
            ("console-pair-office", self.office.clone()),
            ("console-pair-instance", self.instance.clone()),
            ("console-pair-fingerprint", self.fingerprint.clone()),
            ("console-pair-key-bundle", self.key_bundle.to_string()),
            ("console-pair-key", key),
        ]
        .into_iter()
        .chain(words)
        .map(|(label, value)| (texts.get(label), value))
        .collect()
    }
}
