use rand_core::OsRng;

use super::*;

fn bundle(blobs: &[&[u8]], key: &SigningKey<Transfer>) -> Vec<u8> {
    let note = TransferNote {
        direction: Direction::ToOffice,
        instance: InstanceId([1; 16]),
        epoch: EpochId([2; 16]),
        sequence: 3,
        previous: Some([4; 32]),
        day: "2026-11-23".parse().unwrap(),
        acknowledged: 0,
        token: b"sealed token".to_vec(),
        signer: key.verifying_key(),
        blobs: blobs
            .iter()
            .enumerate()
            .map(|(index, blob)| BlobLine {
                sha256: Sha256::digest(blob).into(),
                record_id: RecordId([index as u8; 16]),
                period: "2026-Q4".into(),
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
