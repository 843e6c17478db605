use proptest::prelude::*;

use super::*;
use crate::padding::COMPARTMENT_FLOOR_BYTES;

fn archive(streams: &[(StreamName, Vec<u8>)]) -> Vec<u8> {
    let mut writer = SliceWriter::new(Vec::new());
    for (name, bytes) in streams {
        writer.begin(name.clone()).unwrap();
        for part in bytes.chunks(70_000) {
            writer.write(part).unwrap();
        }
        writer.end().unwrap();
    }
    writer.finish(COMPARTMENT_FLOOR_BYTES).unwrap().0
}

fn read_back(bytes: &[u8]) -> Result<Vec<(StreamName, Vec<u8>)>, SliceError> {
    let mut reader = SliceReader::new(bytes);
    let mut streams = Vec::new();
    while let Some(name) = reader.next_stream()? {
        let mut content = Vec::new();
        io::copy(&mut reader, &mut content)?;
        streams.push((name, content));
    }
    reader.finish(COMPARTMENT_FLOOR_BYTES)?;
    Ok(streams)
}

#[test]
fn streams_of_every_size_come_back() {
    for size in [
        0,
        1,
        511,
        512,
        SLICE_BYTES - 1,
        SLICE_BYTES,
        SLICE_BYTES + 1,
        3 * SLICE_BYTES,
    ] {
        let streams = [
            (StreamName::meta("head"), b"{}".to_vec()),
            (
                StreamName::data("file"),
                (0..size).map(|i| i as u8).collect(),
            ),
            (StreamName::meta("end"), Vec::new()),
        ];
        assert!(
            read_back(&archive(&streams)).unwrap() == streams,
            "size {size}"
        );
    }
}

#[test]
fn an_altered_header_or_padding_is_refused() {
    let good = archive(&[(StreamName::data("file"), vec![7; 1000])]);
    for (offset, name) in [
        (100, "mode"),
        (136, "time"),
        (157, "link name"),
        (345, "prefix"),
        (512 + 1000, "filler"),
    ] {
        let mut bad = good.clone();
        bad[offset] ^= 1;
        assert!(read_back(&bad).is_err(), "{name} altered and not noticed");
    }
    let mut late = good.clone();
    *late.last_mut().unwrap() = 1;
    assert!(matches!(read_back(&late), Err(SliceError::Padding)));
    let longer = [good.as_slice(), &[0; 1024]].concat();
    assert!(matches!(read_back(&longer), Err(SliceError::Padding)));
}

#[test]
fn a_member_taken_out_or_put_twice_is_refused() {
    let good = archive(&[(StreamName::data("file"), vec![7; 2 * SLICE_BYTES + 5])]);
    let member = BLOCK_BYTES + SLICE_BYTES;
    let without = [&good[..member], &good[2 * member..]].concat();
    assert!(read_back(&without).is_err());
    let twice = [&good[..member], &good[..member], &good[member..]].concat();
    assert!(read_back(&twice).is_err() || read_back(&twice).unwrap().len() == 2);
}

proptest! {
    #[test]
    fn truncation_is_always_noticed(size in 0_usize..5_000, cut in 1_usize..16_384) {
        let good = archive(&[(StreamName::data("file"), vec![7; size])]);
        prop_assert!(read_back(&good[..good.len() - cut]).is_err());
    }
}

#[test]
fn padding_in_steps_gives_the_same_bytes_and_no_step_is_larger() {
    const STEP_BYTES: u64 = 10_000;
    let bytes = vec![7; 2_100_000];
    let whole = archive(&[(StreamName::data("file"), bytes.clone())]);
    let mut writer = SliceWriter::new(Vec::new());
    writer.begin(StreamName::data("file")).unwrap();
    writer.write(&bytes).unwrap();
    writer.end().unwrap();
    let mut steps = 0;
    loop {
        let before = writer.out.len() as u64;
        let complete = writer.pad(COMPARTMENT_FLOOR_BYTES, STEP_BYTES).unwrap();
        assert!(writer.out.len() as u64 - before <= STEP_BYTES);
        steps += 1;
        if complete {
            break;
        }
    }
    assert!(steps > 2, "the padding of this size takes several steps");
    assert!(writer.begin(StreamName::data("late")).is_err());
    let (stepped, class) = writer.finish(COMPARTMENT_FLOOR_BYTES).unwrap();
    assert!(stepped == whole && class == whole.len() as u64);
}
