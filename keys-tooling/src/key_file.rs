//! Key files: one secret in an age file under a passphrase, which stock `age` opens too.
//!
//! The plaintext is five short lines that a person can read: what it is, its role, the
//! installation, the period, the secret. A file comes from a stick or a safe, so its header is
//! compared with the only shape ours have before age sees it, and its work factor is capped. Roles
//! are compared on every way in.

use core::{fmt, iter};
use std::io::{self, Read, Write};

use age::DecryptError;
use asylia_envelope::ids::InstanceId;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Most bytes of a key file.
pub const KEY_FILE_LIMIT_BYTES: usize = 4096;

/// What a key file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyRole {
    /// Identity that opens the outer layer of records.
    Intake,
    /// Identity that opens account, manifest and attachments.
    Account,
    /// Identity that opens the identity compartment.
    Identity,
    /// Signs the office's replies.
    OfficeSigning,
    /// Signs key bundles.
    RootSigning,
    /// Signs transcripts of ceremonies.
    WitnessSigning,
    /// Signs the manifest of the hand-over by which its holder takes an office over.
    IncomingSigning,
    /// Signs site manifests.
    SiteSigning,
    /// Seed of a period's intake and account identities.
    PeriodSeed,
    /// Seed of a period's identity for the identity compartment.
    IdentitySeed,
    /// Reopens the console's vault.
    VaultRecovery,
}

/// Work of one passphrase guess: scrypt with N = 2^x, r = 8, p = 1, which takes 2^x KiB of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkFactor(u8);

/// Why a key file does not open. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFileError {
    /// No age file whose header is exactly one scrypt stanza, or longer than
    /// [`KEY_FILE_LIMIT_BYTES`].
    #[error(
        "This is not a key file under a passphrase. Give one that asylia-keys or the console wrote."
    )]
    NotAKeyFile,
    /// The file asks for more work than [`WorkFactor::MOST`].
    #[error(
        "This key file asks for 2^{0} KiB of memory to test a passphrase, and at most 2^20 is done. \
         Use a file that asylia-keys wrote."
    )]
    TooMuchWork(u8),
    /// The passphrase is not the file's, or the one line that it protects is damaged.
    #[error("The passphrase does not open this key file. Check the passphrase and the file.")]
    Passphrase,
    /// The passphrase is right and the rest of the file does not verify.
    #[error("This key file is damaged. Take another copy of it.")]
    Damaged,
    /// It opens and holds no key of this version.
    #[error(
        "This file opens, but holds no key that this version knows. \
         Give a key file that asylia-keys or the console wrote."
    )]
    Content,
    /// It holds a key of another role.
    #[error("This key file holds a key for {found}, not for {wanted}. Give the right file.")]
    OtherRole {
        /// The role asked for.
        wanted: KeyRole,
        /// The role in the file.
        found: KeyRole,
    },
    /// It holds a signing key or a seed, and an identity of any role was asked for.
    #[error("This key file holds a key for {0}, not an identity. Give an identity file.")]
    NoIdentity(KeyRole),
    /// It holds an identity or a signing key, and a secret that is kept in shares was asked for.
    #[error(
        "This key file holds a key for {0}, which is not kept in shares. \
         Give the file of a seed, such as `period new --keep-seeds` writes."
    )]
    NoSeed(KeyRole),
}

impl WorkFactor {
    /// For people's passphrases: 256 MiB and about a second for each guess.
    pub const STANDARD: Self = Self(18);
    /// For demonstrations and tests, whose passphrase is drawn at random: 4 MiB and some
    /// milliseconds.
    pub const DEMO: Self = Self(12);
    /// The most that is accepted from a file: 1 GiB.
    pub const MOST: Self = Self(20);
}

impl KeyRole {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Intake,
        Self::Account,
        Self::Identity,
        Self::OfficeSigning,
        Self::RootSigning,
        Self::WitnessSigning,
        Self::IncomingSigning,
        Self::SiteSigning,
        Self::PeriodSeed,
        Self::IdentitySeed,
        Self::VaultRecovery,
    ];

    /// Whether it signs, and so is no identity.
    #[must_use]
    pub fn signs(self) -> bool {
        matches!(
            self,
            Self::OfficeSigning
                | Self::RootSigning
                | Self::WitnessSigning
                | Self::IncomingSigning
                | Self::SiteSigning
        )
    }

    fn magic(self) -> &'static str {
        match self {
            Self::OfficeSigning
            | Self::RootSigning
            | Self::WitnessSigning
            | Self::IncomingSigning
            | Self::SiteSigning => "asylia signing key v1",
            Self::Intake | Self::Account | Self::Identity => "asylia identity v1",
            Self::PeriodSeed | Self::IdentitySeed | Self::VaultRecovery => "asylia seed v1",
        }
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intake => "intake",
            Self::Account => "account",
            Self::Identity => "identity",
            Self::OfficeSigning => "office-signing",
            Self::RootSigning => "root-signing",
            Self::WitnessSigning => "witness-signing",
            Self::IncomingSigning => "incoming-signing",
            Self::SiteSigning => "site-signing",
            Self::PeriodSeed => "period-seed",
            Self::IdentitySeed => "identity-seed",
            Self::VaultRecovery => "vault-recovery",
        })
    }
}

/// The plaintext of a key file. No `Debug`; the secret is cleared when dropped.
pub(crate) struct KeyText {
    pub(crate) role: KeyRole,
    /// `None` for root and site keys, which belong to persons.
    pub(crate) instance: Option<InstanceId>,
    /// `None` for signing keys.
    pub(crate) period: Option<String>,
    /// One line; `AGE-SECRET-KEY-PQ-1…` of an identity, else base64 of a 32-byte seed.
    pub(crate) key: Zeroizing<String>,
}

impl KeyText {
    /// The lines, in a buffer that never grows.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(TEXT_LIMIT_BYTES));
        let instance = self.instance.map_or_else(none, |id| id.to_string());
        let period = self.period.clone().unwrap_or_else(none);
        for (name, value) in [
            (self.role.magic(), ""),
            ("role: ", &self.role.to_string()),
            ("instance: ", &instance),
            ("period: ", &period),
            ("key: ", &self.key),
        ] {
            text.push_str(name);
            text.push_str(value);
            text.push('\n');
        }
        text
    }

    /// Reads the lines; one key has one text.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut lines = text.lines().skip(1);
        let mut value = |name: &str| {
            lines
                .next()
                .and_then(|line| line.strip_prefix(name))
                .ok_or(KeyFileError::Content)
        };
        let role = value("role: ")?;
        let role = KeyRole::ALL
            .into_iter()
            .find(|known| known.to_string() == role)
            .ok_or(KeyFileError::Content)?;
        let instance = match value("instance: ")? {
            NONE => None,
            id => Some(id.parse().map_err(|_| KeyFileError::Content)?),
        };
        let period = Some(value("period: ")?.to_owned()).filter(|period| period != NONE);
        let key = Zeroizing::new(value("key: ")?.to_owned());
        let read = Self {
            role,
            instance,
            period,
            key,
        };
        // The first line, further lines and other line ends are all compared here.
        if *read.to_text() == text {
            Ok(read)
        } else {
            Err(KeyFileError::Content)
        }
    }

    /// The line of a seed.
    pub(crate) fn key_of_seed(seed: &[u8; 32]) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(seed))
    }

    /// The 32 bytes of a signing key or seed.
    pub(crate) fn seed(&self) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let mut seed = Zeroizing::new([0; 32]);
        // 33 bytes of room would let the engine decode; the exact length is checked by its return
        // value.
        let mut buffer = Zeroizing::new([0; SEED_TEXT_ROOM_BYTES]);
        let length = BASE64_STANDARD
            .decode_slice(self.key.as_bytes(), &mut *buffer)
            .map_err(|_| KeyFileError::Content)?;
        let bytes = buffer.get(..length).ok_or(KeyFileError::Content)?;
        if bytes.len() != seed.len() {
            return Err(KeyFileError::Content);
        }
        seed.copy_from_slice(bytes);
        Ok(seed)
    }

    /// Refuses another role than `wanted`.
    pub(crate) fn of_role(self, wanted: KeyRole) -> Result<Self, KeyFileError> {
        if self.role == wanted {
            Ok(self)
        } else {
            let found = self.role;
            Err(KeyFileError::OtherRole { wanted, found })
        }
    }

    /// Seals the lines under a passphrase.
    pub(crate) fn seal(&self, passphrase: &SecretString, work: WorkFactor) -> Vec<u8> {
        let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
        recipient.set_work_factor(work.0);
        let recipients = iter::once(&recipient as &dyn age::Recipient);
        let write = || -> io::Result<Vec<u8>> {
            let encryptor =
                age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
            let mut writer = encryptor.wrap_output(Vec::new())?;
            writer.write_all(self.to_text().as_bytes())?;
            writer.finish()
        };
        write().expect("one passphrase alone is a valid set of recipients, and memory takes all")
    }

    /// Opens a key file.
    pub(crate) fn open(file: &[u8], passphrase: &SecretString) -> Result<Self, KeyFileError> {
        check_header(file)?;
        let decryptor =
            age::Decryptor::new_buffered(file).map_err(|_| KeyFileError::NotAKeyFile)?;
        let mut identity = age::scrypt::Identity::new(passphrase.clone());
        identity.set_max_work_factor(WorkFactor::MOST.0);
        let opened = decryptor
            .decrypt(iter::once(&identity as &dyn age::Identity))
            .map_err(|error| match error {
                // The stanza's own AEAD: age cannot tell a wrong passphrase from a flipped bit
                // there.
                DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                    KeyFileError::Passphrase
                }
                DecryptError::ExcessiveWork { required, .. } => KeyFileError::TooMuchWork(required),
                // The header's MAC was made with the file key that the passphrase gave.
                _ => KeyFileError::Damaged,
            })?;
        // Capacity first: the buffer never moves, so no copy of the secret stays in freed heap.
        let mut text = Zeroizing::new(Vec::with_capacity(KEY_FILE_LIMIT_BYTES));
        opened
            .take(KEY_FILE_LIMIT_BYTES as u64)
            .read_to_end(&mut text)
            .map_err(|_| KeyFileError::Damaged)?;
        Self::parse(core::str::from_utf8(&text).map_err(|_| KeyFileError::Content)?)
    }
}

/// Compares the header with the only shape that key files have: version, one scrypt stanza, MAC.
///
/// <https://c2sp.org/age#scrypt-recipient-stanza>; linear, since age's own parser is not.
fn check_header(file: &[u8]) -> Result<(), KeyFileError> {
    if file.len() > KEY_FILE_LIMIT_BYTES {
        return Err(KeyFileError::NotAKeyFile);
    }
    let mut lines = file.split(|byte| *byte == b'\n').map(|line| {
        core::str::from_utf8(line)
            .ok()
            .filter(|line| line.len() <= HEADER_LINE_LIMIT_CHARS)
    });
    let mut line = |prefix: &str| lines.next().flatten()?.strip_prefix(prefix);
    let header = || -> Option<u8> {
        line(VERSION_LINE).filter(|rest| rest.is_empty())?;
        let (salt, work) = line("-> scrypt ")?.split_once(' ')?;
        let body = line("")?;
        let mac = line("--- ")?;
        let lengths = [salt, body, mac].map(|text| {
            BASE64_STANDARD_NO_PAD
                .decode(text)
                .map_or(0, |bytes| bytes.len())
        });
        let canonical = work.bytes().all(|byte| byte.is_ascii_digit()) && !work.starts_with('0');
        (lengths == HEADER_LENGTHS && canonical)
            .then(|| work.parse().ok())
            .flatten()
    }();
    match header {
        None => Err(KeyFileError::NotAKeyFile),
        Some(work) if work > WorkFactor::MOST.0 => Err(KeyFileError::TooMuchWork(work)),
        Some(_) => Ok(()),
    }
}

fn none() -> String {
    NONE.to_owned()
}

const NONE: &str = "none";
const VERSION_LINE: &str = "age-encryption.org/v1";
const HEADER_LINE_LIMIT_CHARS: usize = 80;
/// Bytes of salt, wrapped file key with its tag, and MAC.
const HEADER_LENGTHS: [usize; 3] = [16, 32, 32];
/// Five lines, of which the longest holds some 80 characters.
const TEXT_LIMIT_BYTES: usize = 512;
/// base64's estimate for 44 characters.
const SEED_TEXT_ROOM_BYTES: usize = 33;

#[cfg(test)]
#[path = "key_file/tests.rs"]
mod tests;
