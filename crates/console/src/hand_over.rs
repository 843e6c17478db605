//! The hand-over of the vault: one act, with both offices at the computer, from the outgoing focal point's unlock
//! to the signed manifest.
//!
//! Its state is the vault, the folder of the recovery key's ceremony, and a list of the slots that were there
//! before: whatever stopped it, the same command goes on. Nothing is handed over without an appointment that the
//! Committee's root keys signed and the key that it names; the outgoing focal point may be absent, and is replaced
//! by enough holders of the recovery key.

use std::{fs, io, path::PathBuf};

use asylia_envelope::key_bundle::KeyBundle;
use asylia_keys::{
    ceremony::{CeremonyError, Place, Room, Year, YearPlan},
    files::{empty_private_folder, write_new},
    hand_over::{
        Appointed, BadAppointment, BadManifest, IncomingSigningKey, NotAManifest,
        UnverifiedAppointment, open_incoming,
    },
    key_file::KeyFileError,
    recovery::RecoveryNote,
    root::BadRoot,
    shares::{CombineError, Gathering, Group, SHARE_WORDS, ShareSet},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    access::Verb,
    l10n::{Texts, Variable},
    machine::Machine,
    passphrase::{self, PassphraseError},
    vault::{Credentials, Incoming, Vault, VaultError, WriteLock, header::KdfCost, item::PersonId},
};

/// What shall be handed over, to whom.
pub struct Plan {
    /// The vault's folder.
    pub vault: PathBuf,
    /// Who opens it.
    pub by: By,
    /// What the Committee signed.
    pub appointment: UnverifiedAppointment,
    /// The key file that the appointment names.
    pub incoming_key: Vec<u8>,
    /// The new focal point's name, as it will be typed to unlock.
    pub name: String,
    /// What a guess of the new passphrase costs.
    pub cost: KdfCost,
    /// Holders of the new recovery key.
    pub holders: Group,
    /// New folder for what is public, or one to go on with.
    pub folder: PathBuf,
    /// Folder in memory for pages.
    pub sheets: PathBuf,
    /// Files with passphrases, for scripts; asked for without them.
    pub files: PassphraseFiles,
}

/// Who opens the vault that is handed over.
pub enum By {
    /// The outgoing focal point, by name.
    FocalPoint(String),
    /// Holders of this set, without the outgoing focal point.
    RecoveryShares(Box<ShareSet>),
}

/// Files whose line is a passphrase.
#[derive(Default)]
pub struct PassphraseFiles {
    /// The outgoing focal point's, of the vault.
    pub outgoing: Option<PathBuf>,
    /// Of the incoming focal point's key file.
    pub incoming_key: Option<PathBuf>,
    /// The incoming focal point's, of the vault from now on.
    pub new: Option<PathBuf>,
}

/// Why a hand-over does not go on. Each text is two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The people, or the ceremony of the recovery key.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The appointment.
    #[error(transparent)]
    Appointment(#[from] BadAppointment),
    /// The key that it names.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The root keys of the vault's key bundle.
    #[error(transparent)]
    Root(#[from] BadRoot),
    /// A passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The shares of the recovery key.
    #[error(transparent)]
    Shares(#[from] CombineError),
    /// The signed manifest.
    #[error(transparent)]
    Manifest(#[from] NotAManifest),
    /// The vault was handed over under another appointment.
    #[error(transparent)]
    OtherManifest(#[from] BadManifest),
    /// Damage is repaired before, not after.
    #[error(
        "The vault is damaged, and nothing was handed over. Run `asylia-console doctor`, and restore the last backup first."
    )]
    Damaged,
    /// What the hand-over made is not what it should be.
    #[error(
        "The vault was handed over, and the check behind it failed: {0}. Keep the computer as it is, and tell the Committee."
    )]
    NotHeld(&'static str),
    /// The folder.
    #[error(
        "The hand-over's folder could not be read or written ({0}). Check its place and its permissions, and run the same command again."
    )]
    Folder(#[from] io::Error),
}

/// Does every step that is left.
///
/// # Errors
/// Every [`HandOverError`]; running it again goes on.
pub fn run(machine: &Machine, plan: &Plan, room: &mut dyn Room) -> Result<(), HandOverError> {
    let _lock = WriteLock::take(&plan.vault)?;
    let here = Vault::slots(machine, &plan.vault)?;
    let before = plan.slots_before(&here)?;
    let (mut new, mut old) = (None, None);
    if here.iter().any(|person| before.contains(person)) {
        let passed = plan.hand_over(machine, room)?;
        (new, old) = (Some(passed.new), passed.old);
    }
    plan.finish(machine, room, new, old)
}

/// Passphrases that were typed on the way: the new one, and the one that must open nothing any more.
struct Passed {
    new: SecretString,
    old: Option<Credentials>,
}

impl Plan {
    /// Everything up to the moment at which the vault is the new office's.
    fn hand_over(&self, machine: &Machine, room: &mut dyn Room) -> Result<Passed, HandOverError> {
        say(room, "begin", &[])?;
        let (mut vault, old) = self.open(machine, room)?;
        if !Verb::HandOver.allows_any(vault.roles()) {
            return Err(VaultError::Denied.into());
        }
        let bundle = vault.contents().bundle.clone().ok_or(VaultError::Damaged)?;
        if bundle.content().demo {
            say(room, "demo", &[])?;
        }
        let appointed = self.appointment.clone().verify(&bundle, machine.today())?;
        say(
            room,
            "appointed",
            &[("text", appointed.appointment().describe().as_str().into())],
        )?;
        let key = self.incoming_key(&appointed, room)?;
        if !vault.verify()?.faults.is_empty() {
            return Err(HandOverError::Damaged);
        }
        self.destroy_due(&mut vault, room)?;
        let recovery = self.recovery(machine, &bundle, room)?;
        let new = self.new_passphrase(room)?;
        let manifest = vault.manifest(&appointed, &recovery)?;
        let text = manifest.describe();
        say(room, "manifest", &[("text", text.as_str().into())])?;
        for who in ["outgoing", "incoming"] {
            while ask(room, &format!("agree-{who}"))?.trim() != AGREED {
                say(room, "not-agreed", &[])?;
            }
        }
        let by_outgoing = vault.sign_manifest(&manifest);
        let signed = manifest.sign(&by_outgoing, &key)?;
        let to = Incoming {
            credentials: self.credentials(new.clone()),
            cost: self.cost,
            recovery: recovery.recipient(),
        };
        vault.hand_over(&to, &signed)?;
        vault.close();
        Ok(Passed { new, old })
    }

    fn open(
        &self,
        machine: &Machine,
        room: &mut dyn Room,
    ) -> Result<(Vault, Option<Credentials>), HandOverError> {
        match &self.by {
            By::FocalPoint(name) => {
                let passphrase = read(self.files.outgoing.as_ref(), room, "ask-outgoing")?;
                let who = Credentials {
                    name: name.clone(),
                    passphrase,
                };
                let vault = Vault::open(machine.clone(), &self.vault, &who)?;
                Ok((vault, Some(who)))
            }
            By::RecoveryShares(set) => {
                say(room, "shares", &[("text", set.describe().as_str().into())])?;
                let mut gathering = Gathering::new(set, &[]);
                while gathering.missing().is_some() {
                    let prompt = text("ask-share", &[]);
                    let typed = room.ask_words(&prompt, SHARE_WORDS)?;
                    match gathering.add(&typed) {
                        Ok(holder) => {
                            say(room, "share-good", &[("holder", u64::from(holder).into())])?;
                        }
                        Err(refusal) => room.say(&refusal.to_string())?,
                    }
                }
                let secret = gathering.combine()?;
                let identity = secret.derive_recovery().ok_or(VaultError::NoRecovery)?;
                let vault = Vault::recover(machine.clone(), &self.vault, &identity)?;
                Ok((vault, None))
            }
        }
    }

    fn incoming_key(
        &self,
        appointed: &Appointed,
        room: &mut dyn Room,
    ) -> Result<IncomingSigningKey, HandOverError> {
        let passphrase = read(self.files.incoming_key.as_ref(), room, "ask-key")?;
        let key = open_incoming(&self.incoming_key, &passphrase)?;
        appointed.check_key(&key.verifying_key())?;
        Ok(key)
    }

    /// Destroys the identities of every period that nothing needs any more, and writes the statements.
    fn destroy_due(&self, vault: &mut Vault, room: &mut dyn Room) -> Result<(), HandOverError> {
        let states = vault.periods();
        let due = states.iter().filter(|state| {
            !state.roles.is_empty() && vault.obstacles(state, NONE_LOST).is_empty()
        });
        let due: Vec<String> = due.map(|state| state.period.clone()).collect();
        for period in due {
            vault.destroy_period(&period, NONE_LOST)?;
            say(room, "destroyed", &[("period", period.as_str().into())])?;
        }
        for ended in vault.contents().destroyed.clone() {
            let path = self.folder.join(format!("destroyed-{}.txt", ended.period));
            if !path.exists() {
                write_new(&path, vault.statement(ended).to_text().as_bytes())?;
            }
        }
        Ok(())
    }

    /// A new recovery key, in the hands of its holders, every sheet read back.
    fn recovery(
        &self,
        machine: &Machine,
        bundle: &KeyBundle,
        room: &mut dyn Room,
    ) -> Result<RecoveryNote, HandOverError> {
        let today = machine.today();
        let plan = YearPlan::of_recovery(bundle, self.holders, Vec::new(), today)?;
        let folder = self.folder.join(RECOVERY_FOLDER);
        let place = Place::new(&folder, &self.sheets, bundle.content().demo);
        let mut ceremony = Year::begin_or_open(place, plan, today)?;
        if !ceremony.is_closed()? {
            ceremony.run(room, &mut (machine.random)(), today)?;
        }
        Ok(ceremony.recovery_note()?)
    }

    fn new_passphrase(&self, room: &mut dyn Room) -> Result<SecretString, HandOverError> {
        if self.files.new.is_some() {
            return read(self.files.new.as_ref(), room, "ask-new");
        }
        say(room, "alone", &[])?;
        loop {
            let first = room.ask_passphrase(&text("ask-new", &[]))?;
            let second = room.ask_passphrase(&text("ask-again", &[]))?;
            if first.expose_secret() != second.expose_secret() {
                say(room, "differ", &[])?;
            } else if first.expose_secret().chars().count() < LEAST_CHARS {
                say(room, "short", &[])?;
            } else {
                return Ok(first);
            }
        }
    }

    /// Opens the vault as the new office does, checks what was made, and writes what leaves the computer.
    fn finish(
        &self,
        machine: &Machine,
        room: &mut dyn Room,
        new: Option<SecretString>,
        old: Option<Credentials>,
    ) -> Result<(), HandOverError> {
        let new = match new {
            Some(new) => new,
            None => read(self.files.new.as_ref(), room, "ask-opened")?,
        };
        if let Some(old) = old {
            match Vault::open(machine.clone(), &self.vault, &old) {
                Err(VaultError::WrongPassphrase) => {}
                _ => return Err(HandOverError::NotHeld("the old passphrase opens it still")),
            }
        }
        let mut vault = Vault::open(machine.clone(), &self.vault, &self.credentials(new))?;
        if !vault.verify()?.faults.is_empty() {
            return Err(HandOverError::NotHeld("not every row is as it was written"));
        }
        if Vault::slots(machine, &self.vault)? != [vault.person()] {
            return Err(HandOverError::NotHeld("somebody else has a slot"));
        }
        let signed = vault.manifests().last();
        let signed = signed.ok_or(HandOverError::NotHeld("its manifest is missing"))?;
        signed.check_appointment(self.appointment.claimed())?;
        let head = vault.signed_head()?.to_text();
        vault.close();
        for (name, text) in [(MANIFEST, signed.to_text()), (HEAD, head)] {
            let path = self.folder.join(name);
            if !path.exists() {
                write_new(&path, text.as_bytes())?;
            }
        }
        say(room, "done", &[("name", self.name.as_str().into())])
    }

    fn credentials(&self, passphrase: SecretString) -> Credentials {
        Credentials {
            name: self.name.clone(),
            passphrase,
        }
    }

    /// Who had a slot when the hand-over began: while one of them is there, it has not happened.
    fn slots_before(&self, here: &[PersonId]) -> Result<Vec<PersonId>, HandOverError> {
        let path = self.folder.join(BEFORE);
        if !path.exists() {
            empty_private_folder(&self.folder)?;
            let lines: Vec<String> = here.iter().map(hex::encode).collect();
            write_new(&path, (lines.join("\n") + "\n").as_bytes())?;
        }
        let text = fs::read_to_string(&path)?;
        let person = |line: &str| {
            let mut person = PersonId::default();
            hex::decode_to_slice(line, &mut person)
                .ok()
                .map(|()| person)
        };
        let before: Option<Vec<PersonId>> = text.lines().map(person).collect();
        Ok(before.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?)
    }
}

fn read(
    file: Option<&PathBuf>,
    room: &mut dyn Room,
    prompt: &str,
) -> Result<SecretString, HandOverError> {
    match file {
        Some(file) => Ok(passphrase::read(Some(file), "")?),
        None => Ok(room.ask_passphrase(&text(prompt, &[]))?),
    }
}

fn say(
    room: &mut dyn Room,
    id: &str,
    variables: &[(&str, Variable<'_>)],
) -> Result<(), HandOverError> {
    Ok(room.say(&text(id, variables))?)
}

fn ask(room: &mut dyn Room, id: &str) -> Result<String, HandOverError> {
    Ok(room.ask(&text(id, &[]))?)
}

/// A text of the hand-over; a question keeps a space behind it.
fn text(id: &str, variables: &[(&str, Variable<'_>)]) -> String {
    let mut text = Texts::english().with(&format!("console-hand-over-{id}"), variables);
    if text.ends_with(':') {
        text.push(' ');
    }
    text
}

/// What is typed by whoever agrees.
const AGREED: &str = "agreed";
/// Records that would be lost keep their period's identities: only a person gives them up.
const NONE_LOST: u64 = 0;
const LEAST_CHARS: usize = 12;
const BEFORE: &str = "slots-before";
const RECOVERY_FOLDER: &str = "recovery";
const MANIFEST: &str = "hand-over.txt";
const HEAD: &str = "head.txt";
