//! Files of keys that sign: root keys of the Committee's members, the office's, and a release's (site keys).
//!
//! Under a passphrase like identity files ([`crate::key_file`]), and never one in place of the
//! other. An office key is made on the console, never derived, split or exported; a root key
//! belongs to a person.

use asylia_envelope::{
    ids::InstanceId,
    signing::{Office, Role, Root, SigningKey, Site},
};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::key_file::{KeyFileError, KeyRole, KeyText, WorkFactor};

/// A member of the Committee's key, which signs key bundles.
pub type RootSigningKey = SigningKey<Root>;

/// The office's key, which signs replies.
pub type OfficeSigningKey = SigningKey<Office>;

/// The key of whoever vouches for a release, which signs site manifests.
pub type SiteSigningKey = SigningKey<Site>;

/// The key file of a root key.
#[must_use]
pub fn seal_root(key: &RootSigningKey, passphrase: &SecretString, work: WorkFactor) -> Vec<u8> {
    key_text(KeyRole::RootSigning, None, key).seal(passphrase, work)
}

/// Opens the key file of a root key.
///
/// # Errors
/// Every [`KeyFileError`].
pub fn open_root(file: &[u8], passphrase: &SecretString) -> Result<RootSigningKey, KeyFileError> {
    of_a_person(KeyText::open(file, passphrase)?, KeyRole::RootSigning)
}

/// The key file of a site key.
#[must_use]
pub fn seal_site(key: &SiteSigningKey, passphrase: &SecretString, work: WorkFactor) -> Vec<u8> {
    key_text(KeyRole::SiteSigning, None, key).seal(passphrase, work)
}

/// Opens the key file of a site key.
///
/// # Errors
/// Every [`KeyFileError`].
pub fn open_site(file: &[u8], passphrase: &SecretString) -> Result<SiteSigningKey, KeyFileError> {
    of_a_person(KeyText::open(file, passphrase)?, KeyRole::SiteSigning)
}

/// The key file of an office's key.
#[must_use]
pub fn seal_office(
    key: &OfficeSigningKey,
    instance: InstanceId,
    passphrase: &SecretString,
    work: WorkFactor,
) -> Vec<u8> {
    key_text(KeyRole::OfficeSigning, Some(instance), key).seal(passphrase, work)
}

/// Opens the key file of an office's key, and says to which installation it belongs.
///
/// # Errors
/// Every [`KeyFileError`].
pub fn open_office(
    file: &[u8],
    passphrase: &SecretString,
) -> Result<(InstanceId, OfficeSigningKey), KeyFileError> {
    of_office(KeyText::open(file, passphrase)?)
}

/// The text of an office key's file, for a place that is itself encrypted.
#[must_use]
pub fn office_to_secret_text(key: &OfficeSigningKey, instance: InstanceId) -> Zeroizing<String> {
    key_text(KeyRole::OfficeSigning, Some(instance), key).to_text()
}

/// Reads what [`office_to_secret_text`] made.
///
/// # Errors
/// [`KeyFileError::Content`] and [`KeyFileError::OtherRole`].
pub fn office_from_secret_text(text: &str) -> Result<(InstanceId, OfficeSigningKey), KeyFileError> {
    of_office(KeyText::parse(text)?)
}

/// A key that belongs to no installation.
fn of_a_person<R: Role>(text: KeyText, role: KeyRole) -> Result<SigningKey<R>, KeyFileError> {
    let text = text.of_role(role)?;
    match text.instance {
        None => signing_key(&text),
        Some(_) => Err(KeyFileError::Content),
    }
}

fn of_office(text: KeyText) -> Result<(InstanceId, OfficeSigningKey), KeyFileError> {
    let text = text.of_role(KeyRole::OfficeSigning)?;
    let instance = text.instance.ok_or(KeyFileError::Content)?;
    Ok((instance, signing_key(&text)?))
}

fn key_text<R: Role>(role: KeyRole, instance: Option<InstanceId>, key: &SigningKey<R>) -> KeyText {
    KeyText {
        role,
        instance,
        period: None,
        key: KeyText::key_of_seed(&key.seed()),
    }
}

fn signing_key<R: Role>(text: &KeyText) -> Result<SigningKey<R>, KeyFileError> {
    if text.period.is_some() {
        return Err(KeyFileError::Content);
    }
    Ok(SigningKey::from_seed(&*text.seed()?))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn a_signing_file_gives_its_key_back_to_its_own_role_alone() {
        let passphrase = SecretString::from("correct horse");
        let instance = InstanceId([5; 16]);
        let root = RootSigningKey::generate(&mut OsRng);
        let office = OfficeSigningKey::generate(&mut OsRng);
        let root_file = seal_root(&root, &passphrase, WorkFactor::DEMO);
        let office_file = seal_office(&office, instance, &passphrase, WorkFactor::DEMO);

        let opened = open_root(&root_file, &passphrase).ok().unwrap();
        assert_eq!(opened.seed(), root.seed());
        let (of, opened) = open_office(&office_file, &passphrase).ok().unwrap();
        assert_eq!((of, opened.seed()), (instance, office.seed()));

        let error = open_root(&office_file, &passphrase).err().unwrap();
        assert_eq!(
            error,
            KeyFileError::OtherRole {
                wanted: KeyRole::RootSigning,
                found: KeyRole::OfficeSigning
            }
        );
        assert!(open_office(&root_file, &passphrase).is_err());
        assert_eq!(
            open_root(&root_file, &SecretString::from("wrong")).err(),
            Some(KeyFileError::Passphrase)
        );
    }

    #[test]
    fn the_text_of_an_office_key_comes_back_and_a_short_seed_does_not() {
        let instance = InstanceId([5; 16]);
        let office = OfficeSigningKey::from_seed(&[3; 32]);
        let text = office_to_secret_text(&office, instance);
        assert!(text.starts_with("asylia signing key v1\nrole: office-signing\ninstance: 0505"));
        let (of, opened) = office_from_secret_text(&text).ok().unwrap();
        assert_eq!((of, opened.seed()), (instance, office.seed()));

        let key = BASE64_STANDARD.encode([3; 32]);
        for bad in [
            BASE64_STANDARD.encode([3; 31]),
            BASE64_STANDARD.encode([3; 33]),
            format!("{key} "),
        ] {
            let altered = text.replace(&key, &bad);
            assert_eq!(
                office_from_secret_text(&altered).err(),
                Some(KeyFileError::Content),
                "{bad}"
            );
        }
        let of_period = text.replace("period: none", "period: 2026-Q4");
        assert!(office_from_secret_text(&of_period).is_err());
    }
}
