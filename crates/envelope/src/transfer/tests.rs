use std::collections::BTreeSet;

use rand_core::OsRng;

use super::*;
use crate::{
    ids::{LookupId, RecordId},
    reply::{REPLY_SLOT_BYTES, dummy_slot},
};

fn bundle(blobs: &[&[u8]], key: &SigningKey<Transfer>) -> Vec<u8> {
    let note = TransferNote {
        instance: InstanceId([1; 16]),
        epoch: EpochId([2; 16]),
        sequence: 3,
        previous: Some([4; 32]),
        day: "2026-11-23".parse().unwrap(),
        acknowledged: 0,
        waiting: 0,
        token: b"sealed token".to_vec(),
        signer: key.verifying_key(),
        blobs: blobs
            .iter()
            .enumerate()
            .map(|(index, blob)| BlobLine {
                sha256: Sha256::digest(blob).into(),
                subject: RecordSubject {
                    record_id: RecordId([index as u8; 16]),
                    period: "2026-Q4".into(),
                },
                size: blob.len() as u64,
            })
            .collect(),
    };
    let mut out = Vec::new();
    write_head(&mut out, &note.to_signed(key)).unwrap();
    for blob in blobs {
        write_blob_length(&mut out, blob.len() as u64).unwrap();
        out.extend_from_slice(blob);
    }
    out
}

fn to_server(
    key: &SigningKey<Office>,
    blobs: &[(OfficeSubject, Vec<u8>)],
) -> (ToServerNote, Vec<u8>) {
    let key = key.for_bundles();
    let line = |(subject, blob): &(OfficeSubject, Vec<u8>)| BlobLine {
        sha256: Sha256::digest(blob).into(),
        subject: *subject,
        size: blob.len() as u64,
    };
    let note = ToServerNote {
        instance: InstanceId([1; 16]),
        epoch: EpochId([3; 16]),
        sequence: 2,
        previous: Some([4; 32]),
        day: "2026-11-24".parse().unwrap(),
        acknowledged: 7,
        waiting: 0,
        token: Vec::new(),
        signer: key.verifying_key(),
        blobs: blobs.iter().map(line).collect(),
    };
    let mut out = Vec::new();
    write_head(&mut out, &note.to_signed(&key)).unwrap();
    for (_, blob) in blobs {
        write_blob_length(&mut out, blob.len() as u64).unwrap();
        out.extend_from_slice(blob);
    }
    (note, out)
}

fn arrived() -> BTreeSet<RecordId> {
    [RecordId([9; 16]), RecordId([2; 16])].into()
}

/// One of each kind.
fn every_kind() -> Vec<(OfficeSubject, Vec<u8>)> {
    vec![
        (
            OfficeSubject::Reply(LookupId([5; 32])),
            dummy_slot(&mut OsRng).unwrap(),
        ),
        (OfficeSubject::Purge(LookupId([6; 32])), Vec::new()),
        (OfficeSubject::Arrived, arrived_list(&arrived())),
    ]
}

fn read(
    bytes: &[u8],
    expected: Option<&VerifyingKey<Transfer>>,
) -> Result<Vec<Vec<u8>>, TransferError> {
    let mut bundle = UntrustedBundle::open(bytes, bytes.len() as u64, expected)?;
    let mut blobs = Vec::new();
    loop {
        let mut blob = Vec::new();
        let line = bundle.next_blob(|part| {
            blob.extend_from_slice(part);
            Ok(())
        })?;
        if line.is_none() {
            return Ok(blobs);
        }
        blobs.push(blob);
    }
}

#[test]
fn blobs_come_back_and_every_flipped_byte_is_noticed() {
    let key = SigningKey::generate(&mut OsRng);
    let good = bundle(&[b"one", b"", b"three"], &key);
    let expected = key.verifying_key();
    assert!(read(&good, Some(&expected)).unwrap() == [b"one".to_vec(), vec![], b"three".to_vec()]);
    assert!(read(&good, None).is_ok());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(
            read(&bad, Some(&expected)).is_err(),
            "byte {at} flipped and not noticed"
        );
        assert!(
            read(&good[..at], Some(&expected)).is_err(),
            "cut to {at} and not noticed"
        );
    }
}

#[test]
fn another_servers_bundle_is_named() {
    let (key, other) = (
        SigningKey::generate(&mut OsRng),
        SigningKey::generate(&mut OsRng),
    );
    let outcome = read(&bundle(&[], &key), Some(&other.verifying_key()));
    assert!(matches!(outcome, Err(TransferError::OtherServer)));
}

#[test]
fn a_blob_that_differs_does_not_stop_the_ones_behind_it() {
    let key = SigningKey::generate(&mut OsRng);
    let mut bytes = bundle(&[b"one", b"two"], &key);
    let at = bytes.len() - 8 - 3 - 1;
    bytes[at] ^= 1;
    let mut bundle = UntrustedBundle::open(bytes.as_slice(), bytes.len() as u64, None).unwrap();
    assert!(matches!(
        bundle.next_blob(|_| Ok(())),
        Err(TransferError::Blob(1))
    ));
    assert!(bundle.next_blob(|_| Ok(())).unwrap().is_some());
    assert!(bundle.next_blob(|_| Ok(())).unwrap().is_none());
}

#[test]
fn a_bundle_beyond_the_limit_is_refused_unread() {
    let outcome = UntrustedBundle::open(io::empty(), BUNDLE_LIMIT_BYTES + 1, None);
    assert!(matches!(outcome, Err(TransferError::Lengths)));
}

#[test]
fn what_the_office_sends_comes_back_and_every_flipped_byte_is_noticed() {
    let key = SigningKey::<Office>::generate(&mut OsRng);
    let keys = [
        SigningKey::generate(&mut OsRng).verifying_key(),
        key.verifying_key(),
    ];
    let open = |bytes: &[u8]| -> Result<Vec<_>, TransferError> {
        let length = bytes.len() as u64;
        let mut bundle = UntrustedBundle::open_from_office(bytes, length, &keys)?;
        let mut taken = Vec::new();
        loop {
            let mut blob = Vec::new();
            let line = bundle.next_blob(|part| {
                blob.extend_from_slice(part);
                Ok(())
            })?;
            match line {
                Some(line) => taken.push((line.subject, blob)),
                None => return Ok(taken),
            }
        }
    };
    let sent = every_kind();
    let (note, good) = to_server(&key, &sent);
    assert!(note.to_text().contains("direction: to-server\n"));
    assert!(note.to_text().contains("\ntoken: none\n"));
    assert_eq!(open(&good).unwrap(), sent);
    assert_eq!(read_arrived_list(&sent[2].1), Ok(arrived()));
    // A slot is long: every byte of the note, then each seventh.
    let head = good.len() - REPLY_SLOT_BYTES;
    for at in (0..head).chain((head..good.len()).step_by(7)) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(open(&bad).is_err(), "byte {at} flipped and not noticed");
        assert!(open(&good[..at]).is_err(), "cut to {at} and not noticed");
    }
}

#[test]
fn a_bundle_of_one_direction_is_none_of_the_other() {
    let office = SigningKey::<Office>::from_seed(&[8; 32]);
    let keys = [office.verifying_key()];
    let (note, back) = to_server(&office, &every_kind());
    assert!(matches!(read(&back, None), Err(TransferError::WrongWay)));
    // Signed by the same secret, in the role of a server.
    let server = SigningKey::<Transfer>::from_seed(&[8; 32]);
    let forward = bundle(&[b"one"], &server);
    let length = forward.len() as u64;
    assert!(matches!(
        UntrustedBundle::open_from_office(forward.as_slice(), length, &keys),
        Err(TransferError::WrongWay)
    ));
    // The right text, signed by the same secret in the roles of a server and of a writer of replies.
    let text = note.to_text();
    for signature in [
        server.sign(&[text.as_bytes()]),
        office.sign(&[text.as_bytes()]),
    ] {
        let signed = format!("{text}\n— {}\n", BASE64_STANDARD.encode(signature));
        assert!(matches!(
            ToServerNote::parse_from_office(signed.as_bytes(), &keys),
            Err(TransferError::Signature)
        ));
    }
}

#[test]
fn another_office_is_named_and_without_a_key_nothing_is_taken() {
    let (key, other) = (
        SigningKey::<Office>::generate(&mut OsRng),
        SigningKey::<Office>::generate(&mut OsRng),
    );
    let (note, _) = to_server(&key, &[]);
    let signed = note.to_signed(&key.for_bundles());
    for keys in [vec![], vec![other.verifying_key()]] {
        assert!(matches!(
            ToServerNote::parse_from_office(signed.as_bytes(), &keys),
            Err(TransferError::OtherOffice)
        ));
    }
}

#[test]
fn a_signed_note_with_impossible_blobs_is_refused() {
    let key = SigningKey::<Office>::generate(&mut OsRng);
    let keys = [key.verifying_key()];
    let parse = |blobs: &[(OfficeSubject, Vec<u8>)]| {
        let (note, _) = to_server(&key, blobs);
        let signed = note.to_signed(&key.for_bundles());
        ToServerNote::parse_from_office(signed.as_bytes(), &keys).map(|note| note.blobs.len())
    };
    let mailbox = LookupId([5; 32]);
    let list = || (OfficeSubject::Arrived, vec![1; 16]);
    assert_eq!(parse(&[list()]).unwrap(), 1);
    for refused in [
        vec![(OfficeSubject::Reply(mailbox), vec![0; REPLY_SLOT_BYTES - 1])],
        vec![(OfficeSubject::Reply(mailbox), vec![])],
        vec![(OfficeSubject::Purge(mailbox), vec![0])],
        vec![(OfficeSubject::Arrived, vec![])],
        vec![(OfficeSubject::Arrived, vec![1; 17])],
        vec![(OfficeSubject::Arrived, vec![1; 16 * 1024 * 1024 + 16])],
        vec![list(), list()],
    ] {
        assert!(matches!(parse(&refused), Err(TransferError::NotABundle)));
    }
}

#[test]
fn a_list_of_records_has_one_spelling() {
    let records = arrived();
    let list = arrived_list(&records);
    assert_eq!(list, [[2; 16], [9; 16]].concat());
    assert_eq!(read_arrived_list(&list), Ok(records));
    for bad in [
        vec![],
        vec![1; 15],
        [[9; 16], [2; 16]].concat(),
        [[2; 16], [2; 16]].concat(),
    ] {
        assert_eq!(read_arrived_list(&bad), Err(BadArrivedList));
    }
}

/// Text, digest and signature of a note; key and signature were computed by another Ed25519 implementation.
#[test]
fn the_text_of_a_note_to_a_server_is_the_documented_one() {
    let key = SigningKey::<Office>::from_seed(&[8; 32]);
    let blobs = [
        (OfficeSubject::Purge(LookupId([6; 32])), Vec::new()),
        (OfficeSubject::Arrived, arrived_list(&arrived())),
    ];
    let (note, _) = to_server(&key, &blobs);
    let expected = format!(
        "asylia transfer note v1\ndirection: to-server\ninstance: {one}\nepoch: {three}\nsequence: 2\n\
         previous: {four}{four}\nday: 2026-11-24\nacknowledged: 7\ntoken: none\nsigner: {signer}\n\
         count: 2\nbytes: 32\nblob: {empty} purge {six}{six} 0\nblob: {list} arrived 32\n",
        one = "01".repeat(16),
        three = "03".repeat(16),
        four = "04".repeat(16),
        six = "06".repeat(16),
        signer = "E5j2LG0aRXxRumpLXz29L2n8qTIWIY3ImX5Ba9F9k8o=",
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        list = hex::encode(Sha256::digest(&blobs[1].1)),
    );
    assert_eq!(note.to_text(), expected);
    let signature =
        "AmsH3f7WiL6PZIsIjHetGTy5HZMuSiWm2dYh4fZaSCmBMu2XNMsJdEjhrw7Om9Lyp/q8HVC3YPAA460yZQFEBg==";
    assert_eq!(
        note.to_signed(&key.for_bundles()),
        format!("{expected}\n— {signature}\n")
    );
    assert_eq!(
        hex::encode(note.digest()),
        "dc20ebab77fd19bdde3dfa3303a01609f734e8dbdba63ccce2317fef641b895a"
    );
}
