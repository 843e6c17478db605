//! What each fuzz target does with its bytes: parse them, and hold the parser to a property if it accepts.
//!
//! "Does not crash" is the least of it: a parser that accepts must accept nothing but what our own writer
//! makes, so most bodies write the value again and compare. Bytes are those of an attacker: a courier's
//! stick, a hostile submitter, or (after the seal) anybody who knows the public keys. Each function tells
//! whether it accepted, so that a test can show that the seeds reach the properties at all.

use std::io::{self, Cursor, Read, Write};

use asylia_envelope::{
    hybrid::HybridIdentity,
    ids::{InstanceId, RecordId},
    key_bundle::{Anchor, Fingerprint, UnverifiedBundle},
    open::{Identities, RecordLabel, open_record},
    padding::{COMPARTMENT_FLOOR_BYTES, RECORD_FLOOR_BYTES},
    prescan::HEADER_LIMIT_BYTES,
    record::stored_frame,
    return_code::ReturnCode,
    seal::OpensSubmissions,
    sealed_file::{SealedFileHead, SealedFileParser, SealedFileWriter, Step},
    sealing::CompartmentSink,
    signing::SigningKey,
    site::SiteNote,
    slices::{SliceReader, SliceWriter},
    submission::{Account, CompartmentName, IdentityPart, ManifestEntry},
    transfer::{
        SignsBundles, ToServerNote, TransferError, TransferNote, UntrustedBundle, arrived_list,
        read_arrived_list,
    },
};

/// An age file: an accepted header is bounded, and every byte comes back in its place.
pub fn prescan(bytes: &[u8]) -> bool {
    let Ok(mut whole) = asylia_envelope::prescan::prescan(bytes) else {
        return false;
    };
    let mut again = Vec::new();
    whole.read_to_end(&mut again).expect("a slice can be read");
    assert_eq!(again, bytes, "the pre-scan changed the file");
    let mac = bytes
        .windows(5)
        .position(|window| window == b"\n--- ")
        .expect("an accepted header ends");
    assert!(
        mac < HEADER_LIMIT_BYTES,
        "the accepted header is beyond its limit"
    );
    true
}

/// A decrypted stream of slices: what is accepted is what our writer makes of the same content.
pub fn slices(bytes: &[u8]) -> bool {
    let mut reader = SliceReader::new(bytes);
    let mut writer = SliceWriter::new(Vec::new());
    loop {
        match reader.next_stream() {
            Ok(Some(name)) => writer.begin(name).expect("memory can be written"),
            Ok(None) => break,
            Err(_) => return false,
        }
        let mut content = Vec::new();
        if reader.read_to_end(&mut content).is_err() {
            return false;
        }
        writer.write(&content).expect("memory can be written");
    }
    if reader.finish(COMPARTMENT_FLOOR_BYTES).is_err() {
        return false;
    }
    let (again, _) = writer
        .finish(COMPARTMENT_FLOOR_BYTES)
        .expect("memory can be written");
    assert!(
        again == bytes,
        "an archive was accepted that our writer does not make"
    );
    true
}

/// An uploaded sealed file: any split of the bytes means the same, and an accepted file is the one that our
/// writer makes of its compartments.
pub fn sealed_file(bytes: &[u8]) -> bool {
    let whole = read_sealed_file(bytes.chunks(bytes.len().max(1)));
    // The first byte chooses among the splits.
    let portion = 1 + bytes.first().map_or(0, |first| usize::from(*first) % 97);
    assert!(
        whole == read_sealed_file(bytes.chunks(portion)),
        "another split of the bytes means something else"
    );
    let Some((head, compartments)) = whole else {
        return false;
    };
    let again = written_again(&head, &compartments).expect("memory can be written");
    assert!(
        again == bytes,
        "a sealed file was accepted that our writer does not make"
    );
    true
}

type Compartments = Vec<(CompartmentName, Vec<u8>, Option<ManifestEntry>)>;

fn read_sealed_file<'a>(
    portions: impl Iterator<Item = &'a [u8]>,
) -> Option<(SealedFileHead, Compartments)> {
    let mut parser = SealedFileParser::default();
    let (mut head, mut all) = (None, Compartments::new());
    for mut portion in portions {
        loop {
            match parser.step(&mut portion).ok()? {
                Step::Head(read) => head = Some(read),
                Step::Begin(name) => all.push((name, Vec::new(), None)),
                Step::Bytes(bytes) => all.last_mut()?.1.extend_from_slice(bytes),
                Step::End(entry) => all.last_mut()?.2 = Some(entry),
                Step::Hungry | Step::Whole => break,
            }
        }
    }
    parser.end().ok()?;
    Some((head?, all))
}

fn written_again(head: &SealedFileHead, compartments: &Compartments) -> io::Result<Vec<u8>> {
    let mut writer = SealedFileWriter::start(head, Vec::new())?;
    for (name, bytes, entry) in compartments {
        let entry = entry.as_ref().expect("every compartment ended");
        assert_eq!(entry.size, bytes.len() as u64, "an entry counts otherwise");
        writer.begin(*name)?;
        writer.write(bytes)?;
        writer.end(entry)?;
    }
    writer.finish()
}

/// The JSON members of account and identity: writing what was read is read the same.
pub fn documents(bytes: &[u8]) -> bool {
    let (account, identity) = (Account::parse(bytes), IdentityPart::parse(bytes));
    let accepted = account.is_ok() || identity.is_ok();
    if let Ok(account) = account {
        let written = account.to_json();
        let again =
            Account::parse(&written).unwrap_or_else(|_| panic!("our own account is refused"));
        assert!(
            again.to_json() == written,
            "an account changes when it is read again"
        );
    }
    if let Ok(identity) = identity {
        let written = identity.to_json();
        let again =
            IdentityPart::parse(&written).unwrap_or_else(|_| panic!("our own identity is refused"));
        assert!(
            again.to_json() == written,
            "an identity changes when it is read again"
        );
    }
    accepted
}

/// What a person types: codes, fingerprints, and the small names of the format.
pub fn typed(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else {
        return false;
    };
    let mut accepted = false;
    if let Ok(code) = ReturnCode::parse(text) {
        accepted = true;
        let digits = code.to_digits();
        let again =
            ReturnCode::parse(&digits).unwrap_or_else(|_| panic!("our own digits are refused"));
        assert!(
            again.to_digits() == digits,
            "a code changes when it is typed again"
        );
    }
    if let Ok(fingerprint) = Fingerprint::parse(text) {
        accepted = true;
        assert_eq!(
            Fingerprint::parse(&fingerprint.to_string()).ok(),
            Some(fingerprint)
        );
    }
    if let Some(name) = CompartmentName::parse(text) {
        accepted = true;
        assert_eq!(name.to_string(), text, "a compartment has two names");
    }
    accepted
}

/// A key bundle: what is accepted starts with the very text that the signatures cover.
pub fn key_bundle(bytes: &[u8]) -> bool {
    let Ok(bundle) = UnverifiedBundle::parse(bytes) else {
        return false;
    };
    let text = bundle.claimed().to_text();
    assert!(
        bytes.starts_with(text.as_bytes()),
        "the bundle's text is read differently than it is signed"
    );
    let demo = bundle.claimed().demo;
    if bundle.verify(&Anchor::DemoOnly, None).is_ok() {
        assert!(demo, "a bundle vouched for itself");
    }
    true
}

/// A site manifest: what is accepted starts with the very text that the signatures cover.
pub fn site(bytes: &[u8]) -> bool {
    let Ok(note) = SiteNote::parse(bytes) else {
        return false;
    };
    let text = note.manifest().to_text();
    assert!(
        bytes.starts_with(text.as_bytes()) && note.text().as_bytes() == bytes,
        "the manifest is read differently than it is signed"
    );
    let bare = bytes.len() == text.len();
    assert_eq!(
        bare,
        note.signers().is_empty(),
        "a signature was not looked at"
    );
    true
}

/// A bundle off a stick, either way: its note, then every blob.
pub fn transfer(bytes: &[u8]) -> bool {
    let length = bytes.len() as u64;
    let office = [SigningKey::from_seed(&OFFICE_SEED).verifying_key()];
    let to_office = one_way(
        bytes,
        TransferNote::parse(bytes, None),
        UntrustedBundle::open(bytes, length, None),
    );
    let to_server = one_way(
        bytes,
        ToServerNote::parse_from_office(bytes, &office),
        UntrustedBundle::open_from_office(bytes, length, &office),
    );
    assert!(
        !(to_office && to_server),
        "a bundle is taken in both directions"
    );
    to_office || to_server
}

fn one_way<S: SignsBundles>(
    bytes: &[u8],
    note: Result<TransferNote<S>, TransferError>,
    bundle: Result<UntrustedBundle<&[u8], S>, TransferError>,
) -> bool {
    if let Ok(note) = &note {
        assert!(
            bytes.starts_with(note.to_text().as_bytes()),
            "the note is read differently than it is signed"
        );
    }
    let Ok(mut bundle) = bundle else {
        return note.is_ok();
    };
    let count = bundle.note().blobs.len();
    for _ in 0..=count {
        let mut blob = Vec::new();
        let taken = bundle.next_blob(|chunk| {
            blob.extend_from_slice(chunk);
            Ok(())
        });
        if let Ok(Some(line)) = taken {
            assert_eq!(
                blob.len() as u64,
                line.size,
                "a blob was handed over with another length"
            );
        }
        if let Ok(records) = read_arrived_list(&blob) {
            assert_eq!(
                arrived_list(&records),
                blob,
                "a list of records is read differently than it is written"
            );
        }
    }
    true
}

/// The content of a stored record: bytes under an intact outer seal, as anybody can make one.
///
/// The age crate draws its own randomness, so the ciphertext differs from run to run; what is parsed does not.
pub fn record(bytes: &[u8]) -> bool {
    let identity = Opener(HybridIdentity::from_seed(&[7; 32]));
    let label = RecordLabel {
        instance: InstanceId([1; 16]),
        record_id: RecordId([2; 16]),
        period: "2026-Q3".to_owned(),
    };
    let stored = stored(&identity.0, bytes).expect("memory can be written");
    let identities = Identities {
        intake: &identity,
        account: Some(&identity),
        identity: Some(&identity),
    };
    let opened = open_record(Cursor::new(stored), &label, &identities, &mut |_, _| Ok(()));
    let Ok(opened) = opened else {
        return false;
    };
    assert!(
        opened.head.record_id == label.record_id,
        "another record's number was accepted"
    );
    true
}

/// Seals `bytes` as the plaintext of a record and frames it; padded as if they were of some class.
fn stored(identity: &HybridIdentity, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let ciphertext = asylia_envelope::seal::seal(&identity.to_recipient(), bytes)?;
    let class = (bytes.len() as u64).max(RECORD_FLOOR_BYTES);
    let (length, padding) = stored_frame(ciphertext.len() as u64, class)?;
    let mut stored = length.to_vec();
    stored.write_all(&ciphertext)?;
    stored.resize(
        stored.len() + usize::try_from(padding).map_err(io::Error::other)?,
        0,
    );
    Ok(stored)
}

/// Of the office key that signs the seeds.
const OFFICE_SEED: [u8; 32] = [8; 32];

/// A test identity: nothing here can open what is sealed to an office.
struct Opener(HybridIdentity);

impl OpensSubmissions for Opener {
    fn age_identity(&self) -> &dyn age::Identity {
        &self.0
    }
}
