//! What each role's keys open of the raw file: every key that a slot gives is tried on every row and every blob,
//! past the program's own reading and past its tables of roles.

use std::collections::BTreeMap;

use asylia_envelope::hybrid::HybridIdentity;
use asylia_keys::{
    custody::CustodySecret,
    hand_over::{Appointment, IncomingSigningKey, UnverifiedAppointment},
    recovery::RecoveryNote,
    shares::{Scheme, split},
};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{
    Credentials, Incoming, NewPerson, Vault,
    chain::{StoredEvent, event_mac},
    domain::Domain,
    frame::{Frame, Place},
    header::{KDF_FLOOR_MIB, KdfCost},
    keys::{Secrets, decrypt, framed_part, open_dropped, same},
};
use crate::{
    access::Role,
    office::{Office, case, take},
};

/// Events by domain that a set of keys opens, and those it does not; blobs likewise.
#[derive(Default, Debug)]
struct Tried {
    open: BTreeMap<Domain, usize>,
    closed: BTreeMap<Domain, usize>,
    blobs_open: usize,
    blobs_closed: usize,
}

#[test]
fn a_roles_keys_open_its_own_rows_of_the_raw_file_and_no_others() {
    let (office, vault) = staffed();
    let all = tried(&office, &vault);
    assert!(all.closed.is_empty() && all.blobs_closed == 0, "{all:?}");
    assert!(
        Domain::OF_ROLES
            .iter()
            .all(|domain| all.open.contains_key(domain))
    );
    assert!(all.blobs_open >= 3);
    vault.close();
    for role in ROLES {
        let vault = Vault::open(office.machine(), &office.directory(), &credentials(role)).unwrap();
        let seen = tried(&office, &vault);
        for domain in Domain::OF_ROLES {
            let (here, elsewhere) = match domain.is_held_by(role) {
                true => (&seen.open, &seen.closed),
                false => (&seen.closed, &seen.open),
            };
            assert!(here.contains_key(&domain), "{role:?} {domain:?} {seen:?}");
            assert!(
                !elsewhere.contains_key(&domain),
                "{role:?} {domain:?} {seen:?}"
            );
        }
        let blobs = (seen.blobs_open, seen.blobs_closed);
        match role {
            // The identity part, and the two identities of the period with which a custodian opens one.
            Role::Officer => assert_eq!(blobs, (all.blobs_open - 3, 3)),
            Role::Custodian => assert_eq!(blobs, (3, all.blobs_open - 3)),
            _ => assert_eq!(blobs, (0, all.blobs_open)),
        }
        vault.close();
    }
}

/// A person of each role, a record with an identity part and a file, and something in every domain.
fn staffed() -> (Office, Vault) {
    let mut office = Office::new();
    let mut vault = office.vault();
    for role in ROLES {
        let new = NewPerson {
            credentials: credentials(role),
            cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("it is written"),
            roles: [role].into(),
        };
        vault.add_person(&new).expect("it is written");
    }
    let mut report = case("TC-01");
    report
        .files
        .push(("a".to_owned(), "b/c".to_owned(), vec![7; 300_000]));
    let record = office.seal(&report);
    take(&mut vault, &office.pack(&[record])).expect("it is written");
    // Nothing writes to these two yet; what is written to them must stay theirs all the same.
    let mut transaction = vault.begin().expect("it is written");
    for domain in [Domain::Gate, Domain::Statistics] {
        let keys = super::item::KeysItem {
            recipients: Vec::new(),
        };
        transaction
            .append(domain, super::item::Item::Keys(keys))
            .expect("it is written");
    }
    transaction.commit().expect("it is written");
    (office, vault)
}

/// Whoever left keeps every key of before, and gets the file of afterwards.
#[test]
fn what_comes_behind_a_hand_over_is_closed_to_every_key_of_before() {
    let (mut office, mut vault) = staffed();
    let recovery = HybridIdentity::from_seed(&[1; 32]);
    vault
        .set_recovery(&recovery.to_recipient())
        .expect("it is written");
    let mut old = secrets_of(&vault);
    old.push(Zeroizing::new([1; 32]));
    let before = vault.tip.sequence;
    let next = HybridIdentity::from_seed(&[2; 32]);
    hand_over(&office, &mut vault, &next);
    let record = office.seal(&case("TC-01"));
    take(&mut vault, &office.pack(&[record])).expect("it is written");
    assert!(vault.verify().expect("it is read").faults.is_empty());
    let (vault_id, new) = (vault.vault_id, secrets_of(&vault));
    vault.close();

    let column = |name: &str| office.rows(&format!("SELECT {name} FROM events ORDER BY sequence"));
    let (links, sealed, macs) = (column("link"), column("sealed"), column("mac"));
    // The manifest is the last row under the old keys.
    let first = usize::try_from(before).expect("a few") + 1;
    let opens = |keys: &[Zeroizing<[u8; 32]>], at: usize| {
        let place = Place {
            sequence: at as u64 + 1,
            link: links[at].as_slice().try_into().expect("32 bytes"),
        };
        let reads = |key: &Zeroizing<[u8; 32]>| {
            let keys = Secrets::parse(&[[0; 32], [0; 32], **key, **key].concat());
            let keys = keys.expect("four keys");
            let mac = event_mac(&vault_id, &place, &sealed[at], &keys);
            same(&mac, &macs[at]) || Frame::open(&vault_id, &place, &keys, &sealed[at]).is_some()
        };
        keys.iter().any(reads)
    };
    assert!(macs.len() > first + 5, "something comes behind it");
    for at in 0..macs.len() {
        assert_eq!(opens(&old, at), at < first, "row {at}");
        assert!(opens(&new, at) || at < first, "row {at}");
    }
    let wrapped = office.rows("SELECT wrapped FROM slots ORDER BY person");
    assert_eq!(wrapped.len(), 2, "recovery, and who came");
    assert!(super::keys::open_sealed(&wrapped[0], &recovery).is_none());
    assert!(super::keys::open_sealed(&wrapped[0], &next).is_some());
}

/// As the Committee permits it, without the people around it.
fn hand_over(office: &Office, vault: &mut Vault, recovery: &HybridIdentity) {
    let incoming = IncomingSigningKey::from_seed(&[9; 32]);
    let day = office.day();
    let appointment = Appointment::new(&office.bundle, incoming.verifying_key(), day, day);
    let signed = UnverifiedAppointment::unsigned(appointment.expect("a day"))
        .sign(&office.bundle, &office.demo.root_key)
        .and_then(|signed| signed.verify(&office.bundle, day))
        .expect("the one root key signed");
    let secret = CustodySecret::generate_recovery(signed.appointment().instance, "x", &mut OsRng);
    let secret = secret.expect("a label");
    let scheme = Scheme::single(2, 2).expect("two of two");
    let set = split(&secret, &scheme, day, day, &mut OsRng);
    let set = set.expect("it is split").set;
    let note = RecoveryNote::new(secret.recipients().remove(0), set).expect("its own");
    let manifest = vault.manifest(&signed, &note).expect("all keys are here");
    let by_outgoing = vault.sign_manifest(&manifest);
    let manifest = manifest.sign(&by_outgoing, &incoming).expect("both signed");
    let recovery = recovery.to_recipient();
    let to = Incoming {
        credentials: Credentials {
            name: "focal-point".to_owned(),
            passphrase: "of who comes".into(),
        },
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("the floor"),
        recovery: &recovery,
    };
    vault.hand_over(&to, &manifest).expect("it is handed over");
}

/// A role holds the domains that the design gives it; written down by hand.
#[test]
fn roles_hold_the_keys_of_their_duties() {
    let table: [(Role, &[Domain]); 5] = [
        (Role::FocalPoint, &Domain::OF_ROLES),
        (Role::Officer, &[Domain::Case, Domain::Gate]),
        (Role::Custodian, &[Domain::Identity]),
        (Role::Statistician, &[Domain::Statistics]),
        (Role::Auditor, &[Domain::Audit]),
    ];
    for (role, domains) in table {
        for domain in Domain::OF_ROLES {
            assert_eq!(
                domain.is_held_by(role),
                domains.contains(&domain),
                "{role:?} {domain:?}"
            );
        }
    }
}

fn credentials(role: Role) -> Credentials {
    Credentials {
        name: role.code().to_owned(),
        passphrase: format!("the passphrase of {role:?}").into(),
    }
}

/// Every secret of 32 bytes that an open slot gives.
fn secrets_of(vault: &Vault) -> Vec<Zeroizing<[u8; 32]>> {
    let session = &vault.session;
    let own = &session.secrets;
    let mut secrets = vec![
        own.opens.clone(),
        own.signs.clone(),
        own.member.clone(),
        own.chain.clone(),
    ];
    for key in &session.ring.keys {
        secrets.push(key.own.0.clone());
        secrets.push(key.dropped.0.clone());
    }
    secrets
}

fn tried(office: &Office, vault: &Vault) -> Tried {
    let column = |name: &str| office.rows(&format!("SELECT {name} FROM events ORDER BY sequence"));
    let (links, sealed, macs) = (column("link"), column("sealed"), column("mac"));
    let mut keys = secrets_of(vault);
    let (held, mut tried) = (keys.clone(), Tried::default());
    for (index, ((link, sealed), mac)) in links.into_iter().zip(sealed).zip(macs).enumerate() {
        let row = StoredEvent {
            sequence: index as u64 + 1,
            link,
            sealed,
            mac,
        };
        let place = Place {
            sequence: row.sequence,
            link: row.link.as_slice().try_into().unwrap(),
        };
        // Whatever the role, the chain's authenticator and the outer layer open.
        let mac = event_mac(&vault.vault_id, &place, &row.sealed, &vault.session.secrets);
        assert!(same(&mac, &row.mac));
        let frame =
            Frame::open(&vault.vault_id, &place, &vault.session.secrets, &row.sealed).unwrap();
        match held
            .iter()
            .find_map(|key| inner(vault, &frame, row.sequence, key))
        {
            Some(json) => {
                keys.extend(keys_in(&json));
                *tried.open.entry(frame.domain).or_default() += 1;
            }
            None => *tried.closed.entry(frame.domain).or_default() += 1,
        }
    }
    let blobs = office.rows("SELECT blob FROM blobs WHERE number = 0 ORDER BY blob");
    let pieces = office.rows("SELECT sealed FROM blobs WHERE number = 0 ORDER BY blob");
    for (blob, piece) in blobs.iter().zip(pieces) {
        let blob: [u8; 16] = blob.as_slice().try_into().unwrap();
        match keys
            .iter()
            .any(|key| super::blob::opens_first(&blob, key, &piece))
        {
            true => tried.blobs_open += 1,
            false => tried.blobs_closed += 1,
        }
    }
    tried
}

/// The JSON of an inner layer under this key, in either form.
fn inner(
    vault: &Vault,
    frame: &Frame,
    sequence: u64,
    key: &[u8; 32],
) -> Option<Zeroizing<Vec<u8>>> {
    let bound = frame.bound(&vault.vault_id, sequence);
    let dropped = || open_dropped(&frame.inner, key);
    let plaintext = decrypt(key, &bound, &frame.inner).or_else(dropped)?;
    let plaintext = plaintext
        .strip_prefix(bound.as_slice())
        .unwrap_or(&plaintext);
    framed_part(plaintext).map(|json| Zeroizing::new(json.to_vec()))
}

/// Every text of 64 hexadecimal digits: one of them may be a key.
fn keys_in(json: &[u8]) -> Vec<Zeroizing<[u8; 32]>> {
    let text = String::from_utf8_lossy(json);
    text.split('"')
        .filter_map(|word| {
            let mut key = Zeroizing::new([0; 32]);
            hex::decode_to_slice(word, &mut *key).ok().map(|()| key)
        })
        .collect()
}

const ROLES: [Role; 4] = [
    Role::Officer,
    Role::Custodian,
    Role::Statistician,
    Role::Auditor,
];
