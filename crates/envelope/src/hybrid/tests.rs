//! The hybrid vectors of the C2SP CCTV age test kit: every one that our code should open, and no other.

use std::{fs, io::Read, path::PathBuf};

use super::*;
use crate::prescan::prescan;

struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    identities: Vec<String>,
    body: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/cctv");
    let mut vectors: Vec<Vector> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| parse(&entry.unwrap().path()))
        .collect();
    vectors.sort_by(|a, b| a.name.cmp(&b.name));
    vectors
}

fn parse(path: &std::path::Path) -> Vector {
    let bytes = fs::read(path).unwrap();
    let split = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let fields = |name: &str| -> Vec<String> {
        let prefix = format!("{name}: ");
        head.lines()
            .filter_map(|line| line.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect()
    };
    let mut body = bytes[split + 2..].to_vec();
    if fields("compressed") == ["zlib"] {
        let mut plain = Vec::new();
        flate2::read::ZlibDecoder::new(body.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        body = plain;
    }
    Vector {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        expect: fields("expect").remove(0),
        payload: fields("payload").into_iter().next(),
        identities: fields("identity"),
        body,
    }
}

/// Opens a vector with the age crate and our identities alone, without the pre-scan.
fn open_with_age(vector: &Vector) -> Result<Vec<u8>, String> {
    let hybrid = vector
        .identities
        .iter()
        .filter_map(|text| text.parse::<HybridIdentity>().ok());
    // One vector of the kit puts a hybrid share into an X25519 stanza.
    let classical = vector
        .identities
        .iter()
        .filter_map(|text| text.parse::<age::x25519::Identity>().ok());
    let identities: Vec<Box<dyn age::Identity>> = hybrid
        .map(|identity| Box::new(identity) as Box<dyn age::Identity>)
        .chain(classical.map(|identity| Box::new(identity) as Box<dyn age::Identity>))
        .collect();
    let decryptor =
        age::Decryptor::new_buffered(vector.body.as_slice()).map_err(|_| "header failure")?;
    let mut reader = decryptor
        .decrypt(identities.iter().map(|identity| &**identity))
        .map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => "no match",
            age::DecryptError::InvalidMac => "HMAC failure",
            _ => "header failure",
        })?;
    let mut plaintext = Vec::new();
    reader
        .read_to_end(&mut plaintext)
        .map_err(|_| "payload failure")?;
    Ok(plaintext)
}

fn is_hybrid(vector: &Vector) -> bool {
    vector.name.starts_with("hybrid")
}

#[test]
fn every_hybrid_vector_ends_as_the_kit_expects() {
    let hybrid: Vec<Vector> = vectors().into_iter().filter(is_hybrid).collect();
    for vector in &hybrid {
        let outcome = open_with_age(vector);
        match &outcome {
            Ok(plaintext) => {
                assert_eq!(vector.expect, "success", "{} opened", vector.name);
                let digest = hex::encode(Sha256::digest(plaintext));
                assert_eq!(Some(digest), vector.payload, "{}", vector.name);
            }
            Err(category) => assert_eq!(*category, vector.expect, "{}", vector.name),
        }
    }
    assert_eq!(
        hybrid.len(),
        18,
        "the kit's hybrid files; its nineteenth is armored"
    );
}

#[test]
fn the_prescan_passes_only_files_of_one_hybrid_stanza() {
    let passed: Vec<String> = vectors()
        .iter()
        .filter(|vector| prescan(vector.body.as_slice()).is_ok())
        .map(|vector| vector.name.clone())
        .collect();
    let expected = include_str!("../../testdata/prescan-passes.txt");
    assert_eq!(passed, expected.lines().collect::<Vec<_>>());
}

#[test]
fn identities_and_recipients_survive_their_text() {
    let identity = HybridIdentity::from_seed(&[42; 32]);
    let recipient = identity.to_recipient();
    assert_eq!(recipient.to_string().parse(), Ok(recipient.clone()));
    let again: HybridIdentity = identity.to_secret_text().parse().unwrap();
    assert_eq!(again.to_recipient(), recipient);
    assert!(recipient.to_string().starts_with("age1pq1"));
    assert!("age1pq1qqqq".parse::<HybridRecipient>().is_err());
    assert!(recipient.to_string().parse::<HybridIdentity>().is_err());
}

#[test]
fn a_recipient_that_is_not_canonical_is_refused() {
    let mut bytes = HybridIdentity::from_seed(&[1; 32])
        .to_recipient()
        .0
        .to_bytes();
    bytes[0] = 0xff;
    bytes[1] |= 0x0f;
    assert_eq!(
        EncapsulationKey::parse(&bytes).err(),
        Some(BadHybridKey::NotCanonical)
    );
    assert_eq!(
        EncapsulationKey::parse(&bytes[1..]).err(),
        Some(BadHybridKey::Text)
    );
}

#[test]
fn sealing_to_a_low_order_x25519_key_fails() {
    let mut bytes = HybridIdentity::from_seed(&[1; 32])
        .to_recipient()
        .0
        .to_bytes();
    bytes[ML_KEM_PUBLIC_BYTES..].fill(0);
    let recipient = HybridRecipient(EncapsulationKey::parse(&bytes).unwrap());
    assert!(crate::seal::seal(&recipient, b"x").is_err());
}
