use std::io::Read;

use proptest::prelude::*;
use sha2::Digest as _;

use super::*;
use crate::{hybrid::HybridIdentity, seal::seal};

fn head() -> SealedFileHead {
    SealedFileHead {
        version: FORMAT_VERSION,
        instance: InstanceId([3; 16]),
        period: "2026-Q4".to_owned(),
        bundle_sequence: 7,
    }
}

const NAMES: [CompartmentName; 4] = [
    CompartmentName::Account,
    CompartmentName::Identity,
    CompartmentName::Attachment(1),
    CompartmentName::Manifest,
];

/// Keeps what is poured into it.
#[derive(Default, PartialEq, Debug)]
struct Kept(Vec<(CompartmentName, Vec<u8>)>);

impl CompartmentSink for Kept {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        self.0.push((name, Vec::new()));
        Ok(())
    }

    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()> {
        self.0.last_mut().unwrap().1.extend_from_slice(ciphertext);
        Ok(())
    }

    fn end(&mut self, _: &ManifestEntry) -> io::Result<()> {
        Ok(())
    }
}

/// The writer of a sealed file takes digests from nobody: they stand in the manifest.
fn unread() -> ManifestEntry {
    ManifestEntry {
        name: String::new(),
        size: 0,
        sha256: String::new(),
    }
}

/// A file of these compartments, each written in pieces of `piece` bytes.
fn file(compartments: &[(CompartmentName, Vec<u8>)], piece: usize) -> Vec<u8> {
    in_pieces(&head(), compartments, piece)
}

fn written(head: &SealedFileHead, compartments: &[(CompartmentName, Vec<u8>)]) -> Vec<u8> {
    in_pieces(head, compartments, usize::MAX)
}

fn in_pieces(
    head: &SealedFileHead,
    compartments: &[(CompartmentName, Vec<u8>)],
    piece: usize,
) -> Vec<u8> {
    let mut writer = SealedFileWriter::start(head, Vec::new()).unwrap();
    for (name, bytes) in compartments {
        writer.begin(*name).unwrap();
        for part in bytes.chunks(piece) {
            writer.write(part).unwrap();
        }
        writer.end(&unread()).unwrap();
    }
    writer.finish().unwrap()
}

/// The shortest age header that the pre-scan accepts.
const AGE: &[u8; 94] = b"age-encryption.org/v1\n-> mlkem768x25519 AAAA\n\n\
    --- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";

/// An age header and so many bytes.
fn aged(size: usize) -> Vec<u8> {
    let bytes = (0..size).map(|at| (at % 251) as u8);
    AGE.iter().copied().chain(bytes).collect()
}

fn filled(sizes: [usize; 4]) -> Vec<(CompartmentName, Vec<u8>)> {
    NAMES
        .into_iter()
        .zip(sizes)
        .map(|(name, size)| (name, aged(size)))
        .collect()
}

/// Every compartment whole.
fn read_all(bytes: &[u8]) -> Result<Vec<(CompartmentName, Vec<u8>)>, SealedFileError> {
    let mut kept = Kept::default();
    SealedFileReader::open(bytes)?.pour_into(&mut kept)?;
    Ok(kept.0)
}

/// What the parser says of these portions, its runs of bytes joined; the refusal or the end is the last word.
fn pushed(portions: &[&[u8]]) -> Vec<String> {
    let mut parser = SealedFileParser::default();
    let mut said: Vec<String> = Vec::new();
    let mut joined: Vec<u8> = Vec::new();
    for portion in portions {
        let mut input = *portion;
        loop {
            let word = match parser.step(&mut input) {
                Ok(Step::Bytes(bytes)) => {
                    assert!(!bytes.is_empty());
                    joined.extend_from_slice(bytes);
                    continue;
                }
                Ok(Step::Hungry | Step::Whole) => break,
                Ok(step) => format!("{step:?}"),
                Err(error) => {
                    said.push(format!("{error:?} {joined:?}"));
                    assert!(matches!(
                        parser.step(&mut &b"a"[..]),
                        Err(SealedFileError::Order)
                    ));
                    return said;
                }
            };
            if !joined.is_empty() {
                said.push(format!("{:?}", core::mem::take(&mut joined)));
            }
            said.push(word);
        }
        assert!(input.is_empty());
    }
    said.push(format!("{:?} {joined:?}", parser.end()));
    said
}

/// What a hand-made file of these parts after the header gives.
fn verdict(parts: &[&[u8]]) -> SealedFileError {
    let start = SealedFileWriter::start(&head(), Vec::new()).unwrap().out;
    read_all(&[&start, &parts.concat()[..]].concat())
        .err()
        .unwrap()
}

fn run(name: &str, bytes: &[u8]) -> Vec<u8> {
    let bytes = &[AGE, bytes].concat()[..];
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    let name_length = [u8::try_from(name.len()).unwrap()];
    [&name_length, name.as_bytes(), &length, bytes, &[0; 4]].concat()
}

#[test]
fn the_layout_is_the_documents() {
    let bytes = file(&filled([1, 2, 3, 4]), 10);
    let json = r#"{"version":1,"instance":"03030303030303030303030303030303","period":"2026-Q4","bundle_sequence":7}"#;
    let expected = [
        b"asylia sealed submission v1\n".as_slice(),
        &u32::try_from(json.len()).unwrap().to_be_bytes(),
        json.as_bytes(),
        b"\x07account\0\0\0\x5f",
        AGE,
        b"\x00\0\0\0\0\x08identity\0\0\0\x60",
        AGE,
        b"\x00\x01\0\0\0\0\x0dattachment-01\0\0\0\x61",
        AGE,
        b"\x00\x01\x02\0\0\0\0\x08manifest\0\0\0\x62",
        AGE,
        b"\x00\x01\x02\x03\0\0\0\0",
        b"\0",
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn full_chunks_are_full_and_the_last_is_not_empty() {
    for size in [
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        3 * CHUNK_BYTES,
    ] {
        let size = size - AGE.len();
        let compartments = filled([1, 1, size, 1]);
        let bytes = file(&compartments, 300_000);
        assert_eq!(bytes, file(&compartments, usize::MAX), "pieces do not show");
        assert_eq!(read_all(&bytes).unwrap(), compartments);
        let frame = bytes.len() + 1 - size - file(&filled([1, 1, 1, 1]), 1).len();
        assert_eq!(frame, 4 * ((size + AGE.len()).div_ceil(CHUNK_BYTES) - 1));
    }
}

#[test]
fn compartments_in_any_other_order_are_refused() {
    let (account, identity) = (run("account", b"a"), run("identity", b"i"));
    let (one, two, manifest) = (
        run("attachment-01", b"1"),
        run("attachment-02", b"2"),
        run("manifest", b"m"),
    );
    let order = |parts: &[&[u8]]| assert!(matches!(verdict(parts), SealedFileError::Order));
    order(&[b"\0"]);
    order(&[&identity]);
    order(&[&account, &account]);
    order(&[&account, &manifest]);
    order(&[&account, &identity, b"\0"]);
    order(&[&account, &identity, &two]);
    order(&[&account, &identity, &one, &one]);
    order(&[&account, &identity, &manifest, &one]);
    order(&[&run("Account", b"a")]);
    order(&[&run("attachment-1", b"a")]);
    order(&[&run("attachment-100", b"a")]);
    order(&[b"\xff"]);
    order(&[b"\x03\xff\xff\xff"]);
    let whole = [&account[..], &identity, &one, &two, &manifest, b"\0"].concat();
    assert!(matches!(
        verdict(&[&whole, b"\0"]),
        SealedFileError::Trailing
    ));
    assert!(matches!(
        verdict(&[&whole[..whole.len() - 1]]),
        SealedFileError::Truncated
    ));
}

#[test]
fn chunks_of_other_lengths_are_refused_before_they_are_read() {
    let chunk = |parts: &[&[u8]]| assert!(matches!(verdict(parts), SealedFileError::Chunk));
    chunk(&[b"\x07account\0\0\0\0"]);
    chunk(&[b"\x07account\0\0\0\x01a\0\0\0\x01a"]);
    chunk(&[b"\x07account\xff\xff\xff\xff"]);
    let beyond = u32::try_from(CHUNK_BYTES + 1).unwrap().to_be_bytes();
    chunk(&[b"\x07account", &beyond]);
}

#[test]
fn another_header_is_refused() {
    let start = |json: &str| {
        let length = u32::try_from(json.len()).unwrap().to_be_bytes();
        let bytes = [MAGIC.as_slice(), &length, json.as_bytes()].concat();
        SealedFileReader::open(bytes.as_slice()).map(|_| ()).err()
    };
    let good = String::from_utf8(json_bytes(&head()).to_vec()).unwrap();
    assert!(start(&good).is_none());
    for (from, to) in [
        ("\"version\":1", "\"version\":2"),
        ("2026-Q4", "2026/Q4"),
        ("2026-Q4", ""),
        ("2026-Q4", "a-name-beyond-16-c"),
        ("0303", "03XX"),
        ("}", ",\"day\":\"2026-11-23\"}"),
        ("{", "{ "),
        (",\"bundle_sequence\":7", ""),
    ] {
        let altered = good.replacen(from, to, 1);
        assert_ne!(altered, good);
        assert!(
            matches!(start(&altered), Some(SealedFileError::Header)),
            "{to}"
        );
    }
    assert!(matches!(
        start(&" ".repeat(600)),
        Some(SealedFileError::Header)
    ));
    for none in [
        &b""[..],
        b"asylia",
        b"asylia sealed submission v2\n{}",
        b"age-encryption.org/v1\n",
    ] {
        let refused = SealedFileReader::open(none).err();
        assert!(matches!(refused, Some(SealedFileError::NotASealedFile)));
    }
    let period = "2026 Q4".to_owned();
    assert!(SealedFileWriter::start(&SealedFileHead { period, ..head() }, Vec::new()).is_err());
}

#[test]
fn the_writer_refuses_what_no_reader_takes() {
    let writer = || SealedFileWriter::start(&head(), Vec::new()).unwrap();
    assert!(writer().begin(CompartmentName::Identity).is_err());
    assert!(writer().write(b"x").is_err());
    assert!(writer().end(&unread()).is_err());
    assert!(writer().finish().is_err());
    let mut open = writer();
    open.begin(CompartmentName::Account).unwrap();
    assert!(open.end(&unread()).is_err(), "an empty compartment");
    assert!(open.begin(CompartmentName::Identity).is_err());
}

#[test]
fn pouring_looks_at_each_age_header_first() {
    let identity = HybridIdentity::from_seed(&[5; 32]);
    let sealed = |text: &[u8]| seal(&identity.to_recipient(), text).unwrap();
    let mut compartments: Vec<_> = NAMES.map(|name| (name, sealed(&[9; 70_000]))).to_vec();
    let bytes = file(&compartments, 4096);
    let mut kept = Kept::default();
    SealedFileReader::open(bytes.as_slice())
        .unwrap()
        .pour_into(&mut kept)
        .unwrap();
    assert_eq!(kept.0, compartments);

    let poured = |bytes: &[u8]| {
        let mut kept = Kept::default();
        let refused = SealedFileReader::open(bytes)
            .unwrap()
            .pour_into(&mut kept)
            .unwrap_err();
        (refused, kept.0.len())
    };
    // A header that breaks off at the compartment's end is no seal; one that the file cuts off is a
    // cut file.
    let start = bytes.windows(4).position(|at| at == b"age-").unwrap();
    assert!(matches!(
        poured(&bytes[..start + 100]),
        (SealedFileError::Truncated, 0)
    ));
    let age = &b"age-encryption.org/v1\n"[..];
    for (bad, why) in [
        (
            b"plaintext by accident".to_vec(),
            SealedFileError::NotSealed,
        ),
        (sealed(b"x")[..100].to_vec(), SealedFileError::NotSealed),
        (
            [age, b"-> X25519 AAAA\n"].concat(),
            SealedFileError::ForeignRecipients,
        ),
        (
            [age, b"-> x-grease ", &[b'A'; 4096]].concat(),
            SealedFileError::LongAgeHeader,
        ),
    ] {
        compartments[1].1 = bad;
        let (refused, begun) = poured(&file(&compartments, 4096));
        assert_eq!((refused.to_string(), begun), (why.to_string(), 1));
    }
}

#[test]
fn a_failing_source_or_sink_is_no_fault_of_the_file() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let bytes = file(&filled([9, 9, 9, 9]), 9);
    for cut in [0, 10, 40, 150, bytes.len()] {
        let source = bytes[..cut].chain(Failing);
        let outcome = SealedFileReader::open(source)
            .and_then(|mut reader| reader.pour_into(&mut Kept::default()));
        let failed = matches!(
            outcome,
            Err(SealedFileError::Io(io::ErrorKind::ConnectionReset))
        );
        assert!(failed, "{cut} {outcome:?}");
    }
    /// Takes nothing.
    struct Full;
    impl CompartmentSink for Full {
        fn begin(&mut self, _: CompartmentName) -> io::Result<()> {
            Ok(())
        }
        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn end(&mut self, _: &ManifestEntry) -> io::Result<()> {
            Ok(())
        }
    }
    let outcome = SealedFileReader::open(&*bytes).and_then(|mut file| file.pour_into(&mut Full));
    let full = io::ErrorKind::StorageFull;
    assert!(matches!(outcome, Err(SealedFileError::Io(kind)) if kind == full));
}

#[test]
fn another_file_is_refused_at_its_first_byte_that_differs() {
    for (bytes, taken) in [
        (&b"%PDF-1.7"[..], 1),
        (b"[object ReadableStream]", 1),
        (b"age-encryption.org/v1", 2),
        (b"asylia sealed submission v2", 27),
    ] {
        let mut parser = SealedFileParser::default();
        let mut input = bytes;
        let refused = parser.step(&mut input);
        assert!(matches!(refused, Err(SealedFileError::NotASealedFile)));
        assert_eq!(bytes.len() - input.len(), taken);
    }
}

#[test]
fn what_the_manifest_says_is_said_of_each_compartment() {
    let compartments = filled([10, 20, 30, 40]);
    let said = pushed(&[&file(&compartments, 7)]);
    for (name, bytes) in &compartments {
        let entry = ManifestEntry {
            name: name.to_string(),
            size: bytes.len() as u64,
            sha256: hex::encode(sha2::Sha256::digest(bytes)),
        };
        assert!(said.contains(&format!("{:?}", Step::End(entry))), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        sizes in prop::array::uniform4(1_usize..3000),
        piece in 1_usize..4000,
    ) {
        let compartments = filled(sizes);
        prop_assert_eq!(read_all(&file(&compartments, piece)).unwrap(), compartments);
    }

    #[test]
    fn any_split_of_the_bytes_means_the_same(
        sizes in prop::array::uniform4(0_usize..90),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        each_byte in any::<bool>(),
        harmed in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        end in any::<prop::sample::Index>(),
        whole in any::<bool>(),
        more in 0_usize..3,
    ) {
        let mut bytes = file(&filled(sizes), 50);
        if let Some((at, value)) = harmed {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.resize(bytes.len() + more, b'x');
        if !whole {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let mut portions: Vec<&[u8]> = places.windows(2).map(|at| &bytes[at[0]..at[1]]).collect();
        if each_byte {
            portions = bytes.chunks(1).collect();
        }
        prop_assert_eq!(pushed(&portions), pushed(&[&bytes]));
    }

    #[test]
    fn every_cut_is_refused(sizes in prop::array::uniform4(1_usize..200), cut in any::<prop::sample::Index>()) {
        let bytes = file(&filled(sizes), 50);
        let cut = cut.index(bytes.len());
        prop_assert!(read_all(&bytes[..cut]).is_err());
    }

    #[test]
    fn an_accepted_file_is_the_one_that_would_be_written(
        sizes in prop::array::uniform4(1_usize..60),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut bytes = file(&filled(sizes), 50);
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(compartments) = read_all(&bytes) {
            let head = SealedFileReader::open(bytes.as_slice()).unwrap().head().clone();
            prop_assert_eq!(written(&head, &compartments), bytes);
        }
    }
}
