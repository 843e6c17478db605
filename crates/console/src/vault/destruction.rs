//! The end of a period: its identities are taken out of the vault, with a signed statement.
//!
//! What was sealed to them, on the server, on sticks, in backups of the server and in recorded traffic, then opens
//! for nobody who has not another copy of the identities or shares of their seeds. What is in the vault is sealed
//! under the vault's own keys and stays as readable as before (`docs/FORMAT.md#vault`).

use core::fmt;

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    signing::{Role as SigningRole, SigningKey, VerifyingKey},
};

use super::{
    BlobId, PeriodState, Vault, VaultError, VaultId,
    audit::{Act, AuditItem},
    domain::Domain,
    item::{DestroyedItem, Held, Item, PersonId},
};

/// Why the identities of a period may not be destroyed yet. Each text is a sentence that says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is none.
    #[error(
        "No identity of a period of that name is in the vault: `identity list` shows the names."
    )]
    Unknown,
    /// The key bundle never said how long the server takes what is sealed to it.
    #[error(
        "The key bundle lists no such period, so its last day is not known: take a key bundle that lists it."
    )]
    NoLastDay,
    /// The server still takes what is sealed to it.
    #[error("The server takes what is sealed to it until {0}: wait until that day is over.")]
    Open(Day),
    /// Identity parts that are still under the period's seal.
    #[error(
        "Identity parts of {0} of its records are not sealed anew: let a custodian unlock the vault."
    )]
    Waiting(u64),
    /// Records that would never open again.
    #[error(
        "{0} of its records are in quarantine and would never open again: look at them, then give their number with `--lose`."
    )]
    Quarantined(u64),
    /// The server has not said, after the last day, that it holds none of it.
    #[error(
        "The server has not stated since then that it holds no record of this period: acknowledge what you imported, then import a new export."
    )]
    Server,
}

/// Signs the statement that a period's identities were destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DestructionSigner {}

impl SigningRole for DestructionSigner {
    const CONTEXT: &'static str = "asylia/v1/vault/period-destroyed";
}

/// The statement, to be carried out of the computer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DestructionNote {
    /// The vault.
    pub vault: VaultId,
    /// What was done.
    pub item: DestroyedItem,
    /// Who did it.
    pub person: PersonId,
    signer: VerifyingKey<DestructionSigner>,
    signature: Vec<u8>,
}

/// The text is no statement, or its signature is not that of its signer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "This is no statement that a period was destroyed, or it was altered. Check the file, and ask whoever gave it to you."
)]
pub struct NotAStatement;

impl Vault {
    /// What stands in the way of destroying the identities of a period; nothing if they may be destroyed. `lose` is
    /// how many records in quarantine may be given up.
    #[must_use]
    pub fn obstacles(&self, state: &PeriodState, lose: u64) -> Vec<Obstacle> {
        let mut found = Vec::new();
        if state.roles.is_empty() {
            return vec![Obstacle::Unknown];
        }
        let today = Day::from_unix_seconds(self.machine.now());
        match state.until {
            None => found.push(Obstacle::NoLastDay),
            Some(until) if today.is_none_or(|today| today <= until) => {
                found.push(Obstacle::Open(until));
            }
            Some(_) => {}
        }
        if state.waiting > 0 {
            found.push(Obstacle::Waiting(state.waiting));
        }
        if state.quarantined != lose {
            found.push(Obstacle::Quarantined(state.quarantined));
        }
        if self.server_is_empty_of(state).is_none() {
            found.push(Obstacle::Server);
        }
        found
    }

    /// Number of the newest bundle, if that says that the server holds no record of the period, after its last day.
    fn server_is_empty_of(&self, state: &PeriodState) -> Option<u64> {
        let server = self.contents.server.as_ref()?;
        let newest = server.item.bundles.last()?;
        let Held {
            day,
            waiting,
            periods,
            ..
        } = newest.held.as_ref()?;
        let after = state.until.is_some_and(|until| *day > until);
        (after && *waiting == 0 && !periods.contains(&state.period)).then_some(newest.sequence)
    }

    /// Destroys the identities of a period in this vault and signs a statement about it.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::NotYet`] with every obstacle, and those of the database; nothing
    /// is changed then.
    pub fn destroy_period(
        &mut self,
        period: &str,
        lose: u64,
    ) -> Result<DestructionNote, VaultError> {
        self.needs_all_keys()?;
        let states = self.periods();
        let state = states
            .into_iter()
            .find(|state| state.period == period && !state.roles.is_empty())
            .ok_or_else(|| VaultError::NotYet(vec![Obstacle::Unknown]))?;
        let obstacles = self.obstacles(&state, lose);
        let server_bundle = self.server_is_empty_of(&state);
        let today = Day::from_unix_seconds(self.machine.now());
        let (Some(server_bundle), Some(day), true) = (server_bundle, today, obstacles.is_empty())
        else {
            return Err(VaultError::NotYet(obstacles));
        };
        let item = DestroyedItem {
            instance: state.instance,
            period: state.period,
            day,
            identities: u16::try_from(state.roles.len()).unwrap_or(u16::MAX),
            records: state.records,
            lost: state.quarantined,
            server_bundle,
        };
        self.take_identities_away(&item)?;
        Ok(self.statement(item))
    }

    fn take_identities_away(&mut self, item: &DestroyedItem) -> Result<(), VaultError> {
        let mut transaction = self.begin()?;
        let keys = transaction.contents.period_keys.iter().map(|row| &row.item);
        let takes: Vec<BlobId> = keys
            .filter(|key| (key.instance, &key.period) == (item.instance, &item.period))
            .map(|key| key.blob.id)
            .collect();
        for blob in &takes {
            transaction.discard(blob)?;
        }
        let said = Item::PeriodDestroyed(item.clone());
        transaction.append_with(Domain::Member, said, &[], &takes)?;
        let entry = AuditItem::of(Act::PeriodDestroyed).with_number(item.identities.into());
        transaction.log(entry)?;
        transaction.commit()
    }

    /// A statement about an end that the chain holds, signed by whoever unlocked the vault.
    #[must_use]
    pub fn statement(&self, item: DestroyedItem) -> DestructionNote {
        let key = SigningKey::<DestructionSigner>::from_seed(&self.session.secrets.signs);
        let mut note = DestructionNote {
            vault: self.vault_id,
            item,
            person: self.session.person,
            signer: key.verifying_key(),
            signature: Vec::new(),
        };
        note.signature = key.sign(&[note.signed_text().as_bytes()]).to_vec();
        note
    }

    /// Whether a statement was made in this vault by somebody who had a slot, about an end that the chain holds.
    #[must_use]
    pub fn knows_statement(&self, note: &DestructionNote) -> bool {
        let signers = self.contents.signers.get(&note.person);
        let signed = signers.is_some_and(|keys| keys.contains(&note.signer.to_string()));
        note.vault == self.vault_id && signed && self.contents.destroyed.contains(&note.item)
    }
}

impl DestructionNote {
    fn signed_text(&self) -> String {
        let item = &self.item;
        format!(
            "{FIRST_LINE}\nvault: {}\ninstance: {}\nperiod: {}\nday: {}\nidentities: {}\nrecords: {}\n\
             lost: {}\nserver bundle: {}\nperson: {}\nsigner: {}\n",
            hex::encode(self.vault),
            item.instance,
            item.period,
            item.day,
            item.identities,
            item.records,
            item.lost,
            item.server_bundle,
            hex::encode(self.person),
            self.signer,
        )
    }

    /// The statement in its only spelling.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{}signature: {}\n",
            self.signed_text(),
            hex::encode(&self.signature)
        )
    }

    /// Reads a statement and checks its signature against the signer that it names.
    ///
    /// # Errors
    /// [`NotAStatement`].
    pub fn parse(text: &str) -> Result<Self, NotAStatement> {
        let note = Self::read(text).ok_or(NotAStatement)?;
        let signed = note.signed_text();
        let verified = note.signer.verify(&[signed.as_bytes()], &note.signature);
        match verified.is_ok() && note.to_text() == text {
            true => Ok(note),
            false => Err(NotAStatement),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
        let mut vault = VaultId::default();
        hex::decode_to_slice(value("vault")?, &mut vault).ok()?;
        let item = DestroyedItem {
            instance: value("instance")?.parse::<InstanceId>().ok()?,
            period: value("period")?.to_owned(),
            day: value("day")?.parse().ok()?,
            identities: value("identities")?.parse().ok()?,
            records: value("records")?.parse().ok()?,
            lost: value("lost")?.parse().ok()?,
            server_bundle: value("server bundle")?.parse().ok()?,
        };
        let mut person = PersonId::default();
        hex::decode_to_slice(value("person")?, &mut person).ok()?;
        Some(Self {
            vault,
            item,
            person,
            signer: VerifyingKey::parse(value("signer")?).ok()?,
            signature: hex::decode(value("signature")?).ok()?,
        })
    }
}

/// One after the other.
pub(super) fn sentences(all: &[impl fmt::Display]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(" ")
}

const FIRST_LINE: &str = "asylia period destroyed v1";
