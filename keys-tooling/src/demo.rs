//! A throwaway office in one step, for trying out and for tests. Its note says `demo: yes`.
//!
//! Its key files are real ones under a random passphrase, which lies beside them: they protect
//! nobody, and every program that meets such a bundle says DEMO KEYS.

use std::{io, path::Path};

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{BundleContent, Fingerprint},
    words::{WordList, draw_proof_words},
};
use rand_core::{CryptoRng, RngCore};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    files::{empty_private_folder, write_new},
    key_file::WorkFactor,
    period::{NewPeriod, Window, new_period},
    signing_file::{OfficeSigningKey, RootSigningKey, seal_office, seal_root},
};

/// The throwaway office, as values.
pub struct DemoOffice {
    /// The signed key bundle.
    pub note: String,
    /// What the bundle says.
    pub content: BundleContent,
    /// Its only period, with the identities.
    pub period: NewPeriod,
    /// Signs replies.
    pub office_key: OfficeSigningKey,
    /// Signs further bundles.
    pub root_key: RootSigningKey,
    /// Six random words (66 bits), over all key files.
    pub passphrase: SecretString,
}

impl DemoOffice {
    /// Makes an office whose one period begins on `today`.
    pub fn generate(today: Day, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let instance = InstanceId::generate(rng);
        let root_key = RootSigningKey::generate(rng);
        let office_key = OfficeSigningKey::generate(rng);
        let window = Window::quarter(today);
        let Ok(period) = new_period(instance, &today.quarter(), window, rng) else {
            unreachable!("the name of a quarter is one of a period");
        };
        let content = BundleContent {
            instance,
            office: "Demonstration office".to_owned(),
            sequence: 1,
            previous: None,
            not_before: window.from(),
            not_after: window.until(),
            demo: true,
            threshold: 1,
            roots: vec![root_key.verifying_key()],
            office_keys: vec![office_key.verifying_key()],
            transfer_key: None,
            periods: vec![period.public.clone()],
        };
        Self {
            note: content.to_note(&[content.signature_line(&root_key)]),
            content,
            period,
            office_key,
            root_key,
            passphrase: six_words(rng),
        }
    }

    /// The 12 words of the office.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.content.fingerprint()
    }

    /// Writes the note, the key files and their passphrase into `folder`, which must be new or
    /// empty.
    ///
    /// `keys.note`, `identity-intake`, `identity-account`, `identity-identity`, `signing-office`,
    /// `signing-root`, `passphrase`; all of mode 0600.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when the folder holds anything; else those of the file system.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        empty_private_folder(folder)?;
        let (passphrase, work) = (&self.passphrase, WorkFactor::DEMO);
        let instance = self.content.instance;
        let words = format!("{}\n", passphrase.expose_secret());
        let files: [(&str, &[u8]); 7] = [
            ("passphrase", words.as_bytes()),
            (
                "identity-intake",
                &self.period.intake.seal_file(passphrase, work),
            ),
            (
                "identity-account",
                &self.period.account.seal_file(passphrase, work),
            ),
            (
                "identity-identity",
                &self.period.identity.seal_file(passphrase, work),
            ),
            (
                "signing-office",
                &seal_office(&self.office_key, instance, passphrase, work),
            ),
            ("signing-root", &seal_root(&self.root_key, passphrase, work)),
            // Last: whoever waits for the note finds everything else there.
            ("keys.note", self.note.as_bytes()),
        ];
        files
            .iter()
            .try_for_each(|(name, bytes)| write_new(&folder.join(name), bytes))
    }
}

fn six_words(rng: &mut (impl RngCore + CryptoRng)) -> SecretString {
    let (first, second) = (
        draw_proof_words(WordList::English, rng),
        draw_proof_words(WordList::English, rng),
    );
    let mut words = String::with_capacity(64);
    for word in first.iter().chain(&second) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    SecretString::from(words)
}

#[cfg(test)]
#[path = "demo/tests.rs"]
mod tests;
