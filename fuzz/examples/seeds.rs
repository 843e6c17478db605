//! Writes `corpus/TARGET/seed…`: whole inputs made by our own writers, from which mutation gets further than
//! from nothing. Run it after a change of the format: `cargo run --example seeds` in `fuzz/`.
//!
//! Everything is invented and every key is thrown away.

use std::{collections::BTreeSet, error::Error, fs, path::Path};

use asylia_envelope::{
    answers::Answers,
    day::Day,
    hybrid::HybridIdentity,
    ids::{EpochId, InstanceId, LookupId, RecordId},
    key_bundle::{BundleContent, Period},
    padding::{COMPARTMENT_FLOOR_BYTES, RECORD_FLOOR_BYTES},
    reply::dummy_slot,
    return_code::ReturnCode,
    seal::seal,
    sealed_file::{SealedFileHead, SealedFileWriter},
    sealing::CompartmentSink,
    signing::{SigningKey, Transfer},
    site::{SiteFile, SiteFileKind, SiteManifest, SiteNote},
    slices::{SliceWriter, StreamName},
    submission::{
        Account, CompartmentName, FORMAT_VERSION, IdentityPart, MailboxAddress, ManifestEntry,
    },
    transfer::{
        BlobLine, OfficeSubject, RecordSubject, TRANSFER_MAGIC, ToServerNote, TransferNote,
        arrived_list, write_blob_length, write_head,
    },
    words::{WordList, draw_proof_words},
};
use rand_core::OsRng;
use sha2::{Digest, Sha256};

const INSTANCE: InstanceId = InstanceId([1; 16]);
const PERIOD: &str = "2026-Q3";

fn main() -> Result<(), Box<dyn Error>> {
    let code = ReturnCode::generate(&mut OsRng);
    let identity = HybridIdentity::from_seed(&[7; 32]);
    let mut answers = Answers::default();
    answers.add("story", "An invented story.\n");
    answers.add("danger_kinds", "violence");

    keep("prescan", "seed", &seal(&identity.to_recipient(), b"")?)?;
    keep("slices", "seed", &compartment()?)?;
    keep("record", "seed", &record(&identity)?)?;
    keep("sealed_file", "seed", &sealed_file(&identity)?)?;
    keep(
        "documents",
        "seed-account",
        &account(&code, answers.clone()).to_json(),
    )?;
    keep(
        "documents",
        "seed-identity",
        &IdentityPart { answers }.to_json(),
    )?;
    keep("typed", "seed-digits", code.to_digits().as_bytes())?;
    for language in ["en", "fr", "es", "zh"] {
        let words = code.to_words(WordList::for_language(language));
        keep("typed", &format!("seed-words-{language}"), words.as_bytes())?;
    }
    let bundle = key_bundle(&identity)?;
    keep(
        "typed",
        "seed-fingerprint",
        bundle.fingerprint().to_string().as_bytes(),
    )?;
    let root = SigningKey::from_seed(&[3; 32]);
    keep(
        "key_bundle",
        "seed",
        bundle.to_note(&[bundle.signature_line(&root)]).as_bytes(),
    )?;
    keep("site", "seed", site()?.as_bytes())?;
    let signed = transfer_note()?;
    keep("transfer", "seed-note", signed.as_bytes())?;
    keep(
        "transfer",
        "seed-bundle",
        &transfer_bundle(&signed, &[BLOB])?,
    )?;
    let (signed, blobs) = to_server()?;
    let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
    keep("transfer", "seed-to-server-note", signed.as_bytes())?;
    keep(
        "transfer",
        "seed-to-server-bundle",
        &transfer_bundle(&signed, &blobs)?,
    )
}

fn account(code: &ReturnCode, answers: Answers) -> Account {
    Account {
        language: "en".to_owned(),
        page_number: None,
        proof_words: draw_proof_words(WordList::for_language("en"), &mut OsRng),
        mailbox: MailboxAddress::of(&code.derive_mailbox(INSTANCE)),
        answers,
    }
}

fn compartment() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut slices = SliceWriter::new(Vec::new());
    slices.document("file", b"{}")?;
    slices.begin(StreamName::data("file"))?;
    slices.write(b"invented bytes")?;
    Ok(slices.finish(COMPARTMENT_FLOOR_BYTES)?.0)
}

fn sealed_file(identity: &HybridIdentity) -> Result<Vec<u8>, Box<dyn Error>> {
    let head = SealedFileHead {
        version: FORMAT_VERSION,
        instance: INSTANCE,
        period: PERIOD.to_owned(),
        bundle_sequence: 1,
    };
    let mut writer = SealedFileWriter::start(&head, Vec::new())?;
    for name in [
        CompartmentName::Account,
        CompartmentName::Identity,
        CompartmentName::Attachment(1),
        CompartmentName::Manifest,
    ] {
        let sealed = seal(&identity.to_recipient(), b"invented bytes")?;
        writer.begin(name)?;
        writer.write(&sealed)?;
        // The frame holds no digests; those of a submission stand in its manifest.
        writer.end(&ManifestEntry {
            name: name.to_string(),
            size: sealed.len() as u64,
            sha256: digits(&Sha256::digest(&sealed)),
        })?;
    }
    Ok(writer.finish()?)
}

/// The plaintext of a record with one compartment, which the target seals by itself.
fn record(identity: &HybridIdentity) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut slices = SliceWriter::new(Vec::new());
    let head = format!(
        "{{\"version\":1,\"instance\":\"{INSTANCE}\",\"record_id\":\"{}\",\"period\":\"{}\",\
         \"bundle_sequence\":1,\"day\":\"2026-07-01\",\"path\":\"server\"}}",
        RecordId([2; 16]),
        PERIOD
    );
    slices.document("record", head.as_bytes())?;
    let sealed = seal(&identity.to_recipient(), &compartment()?)?;
    slices.begin(StreamName::data(&CompartmentName::Account.to_string()))?;
    slices.write(&sealed)?;
    let listing = format!(
        "account {} {}\n",
        sealed.len(),
        digits(&Sha256::digest(&sealed))
    );
    let end = format!(
        "{{\"compartments\":1,\"size\":{},\"sha256\":\"{}\"}}",
        sealed.len(),
        digits(&Sha256::digest(listing.as_bytes()))
    );
    slices.document("end", end.as_bytes())?;
    Ok(slices.finish(RECORD_FLOOR_BYTES)?.0)
}

fn key_bundle(identity: &HybridIdentity) -> Result<BundleContent, Box<dyn Error>> {
    let recipient = || identity.to_recipient();
    Ok(BundleContent {
        instance: INSTANCE,
        office: "An invented office".to_owned(),
        sequence: 1,
        previous: None,
        not_before: day("2026-07-01")?,
        not_after: day("2026-12-31")?,
        demo: true,
        threshold: 1,
        roots: vec![SigningKey::from_seed(&[3; 32]).verifying_key()],
        office_keys: vec![SigningKey::from_seed(&[4; 32]).verifying_key()],
        transfer_key: Some(SigningKey::from_seed(&[5; 32]).verifying_key()),
        periods: vec![Period {
            id: PERIOD.to_owned(),
            from: day("2026-07-01")?,
            until: day("2026-11-29")?,
            intake: recipient(),
            account: recipient(),
            identity: recipient(),
        }],
    })
}

fn transfer_note() -> Result<String, Box<dyn Error>> {
    let key = SigningKey::<Transfer>::from_seed(&[5; 32]);
    let note = TransferNote {
        instance: INSTANCE,
        epoch: EpochId([6; 16]),
        sequence: 1,
        previous: None,
        day: day("2026-07-02")?,
        acknowledged: 0,
        waiting: 0,
        token: vec![0; 16],
        signer: key.verifying_key(),
        blobs: vec![BlobLine {
            sha256: Sha256::digest(BLOB).into(),
            subject: RecordSubject {
                record_id: RecordId([2; 16]),
                period: PERIOD.to_owned(),
            },
            size: BLOB.len() as u64,
        }],
    };
    Ok(note.to_signed(&key))
}

/// A bundle of every kind of blob that the office sends, signed with the key that the target expects.
fn to_server() -> Result<(String, Vec<Vec<u8>>), Box<dyn Error>> {
    let key = SigningKey::from_seed(&OFFICE_SEED).for_bundles();
    let blobs = vec![
        dummy_slot(&mut OsRng)?,
        Vec::new(),
        arrived_list(&BTreeSet::from([RecordId([2; 16]), RecordId([3; 16])])),
    ];
    let subjects = [
        OfficeSubject::Reply(LookupId([8; 32])),
        OfficeSubject::Purge(LookupId([9; 32])),
        OfficeSubject::Arrived,
    ];
    let line = |(subject, blob): (OfficeSubject, &Vec<u8>)| BlobLine {
        sha256: Sha256::digest(blob).into(),
        subject,
        size: blob.len() as u64,
    };
    let note = ToServerNote {
        instance: INSTANCE,
        epoch: EpochId([7; 16]),
        sequence: 2,
        previous: Some([4; 32]),
        day: day("2026-07-03")?,
        acknowledged: 1,
        waiting: 0,
        token: Vec::new(),
        signer: key.verifying_key(),
        blobs: subjects.into_iter().zip(&blobs).map(line).collect(),
    };
    Ok((note.to_signed(&key), blobs))
}

fn site() -> Result<String, Box<dyn Error>> {
    let file = |kind, path: &str| SiteFile {
        kind,
        sha256: [4; 32],
        size: 12,
        path: path.to_owned(),
    };
    let manifest = SiteManifest {
        release: "0.1.0".to_owned(),
        day: day("2026-07-01")?,
        policy: "default-src 'none'; script-src 'self'".to_owned(),
        files: vec![
            file(SiteFileKind::File, "/static/a.png"),
            file(SiteFileKind::Script, "/static/b.js"),
        ],
    };
    let note = SiteNote::parse(manifest.to_text().as_bytes())?;
    Ok(note.sign(&SigningKey::from_seed(&[4; 32])).ok_or("it is signed once")?)
}

fn transfer_bundle(signed: &str, blobs: &[&[u8]]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bundle = Vec::with_capacity(TRANSFER_MAGIC.len());
    write_head(&mut bundle, signed)?;
    for blob in blobs {
        write_blob_length(&mut bundle, blob.len() as u64)?;
        bundle.extend_from_slice(blob);
    }
    Ok(bundle)
}

fn day(text: &str) -> Result<Day, Box<dyn Error>> {
    Ok(text.parse()?)
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keep(target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}

/// The same as in `fuzz/src/lib.rs`.
const OFFICE_SEED: [u8; 32] = [8; 32];
const BLOB: &[u8] = b"an invented record";
