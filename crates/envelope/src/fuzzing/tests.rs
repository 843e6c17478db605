//! Corpus and seeded mutations, in the time of a unit test.

use std::{fs, path::PathBuf};

use rand_core::RngCore;

use super::*;

/// A repeatable source: splitmix64.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/corpus")
        .join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|_| panic!("no corpus for {target}"));
    let corpus: Vec<Vec<u8>> = files
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!corpus.is_empty(), "the corpus of {target} is empty");
    corpus
}

fn mutated(seed: &[u8], rng: &mut Seeded) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.below(bytes.len());
        match rng.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << rng.below(8),
            1 => bytes.insert(at, rng.next() as u8),
            2 => bytes.truncate(at),
            3 if !bytes.is_empty() => {
                let end = (at + rng.below(64)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ if !bytes.is_empty() => bytes[at] = *b"\n: ,{\0\xff-".get(rng.below(8)).unwrap(),
            _ => {}
        }
    }
    bytes
}

fn feed(target: &str, run: fn(&[u8])) {
    let mut rng = Seeded(0x0041_5359_4c49_4100);
    for seed in corpus(target) {
        run(&seed);
        for _ in 0..400 {
            run(&mutated(&seed, &mut rng));
        }
    }
    let mut noise = [0; 300];
    rand_core::OsRng.fill_bytes(&mut noise);
    run(&noise);
}

#[test]
fn parsers_survive_their_corpus_and_its_mutations() {
    feed("age_header", age_header);
    feed("slice_stream", slice_stream);
    feed("documents", documents);
    feed("key_bundle", key_bundle);
    feed("transfer_bundle", transfer_bundle);
    feed("return_code", return_code);
}
