//! The bodies of the fuzz targets (`fuzz/`) as plain tests: on every committed input, and on seeded mutations of it.

use std::{fs, path::Path};

#[expect(unreachable_pub, reason = "in its own workspace the file is a library")]
#[path = "../../../fuzz/src/lib.rs"]
mod asylia_fuzz;

const MUTATIONS: usize = 64;

#[test]
fn prescan() {
    run("prescan", asylia_fuzz::prescan);
}

#[test]
fn slices() {
    run("slices", asylia_fuzz::slices);
}

#[test]
fn sealed_file() {
    run("sealed_file", asylia_fuzz::sealed_file);
}

#[test]
fn documents() {
    run("documents", asylia_fuzz::documents);
}

#[test]
fn typed() {
    run("typed", asylia_fuzz::typed);
}

#[test]
fn key_bundle() {
    run("key_bundle", asylia_fuzz::key_bundle);
}

#[test]
fn site() {
    run("site", asylia_fuzz::site);
}

#[test]
fn transfer() {
    run("transfer", asylia_fuzz::transfer);
}

#[test]
fn record() {
    run("record", asylia_fuzz::record);
}

fn run(target: &str, body: fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut seeds = 0;
    for entry in fs::read_dir(folder).expect("every target has a corpus") {
        let path = entry.expect("the corpus can be listed").path();
        let bytes = fs::read(&path).expect("the corpus can be read");
        let accepted = body(&bytes);
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("seed"))
        {
            assert!(
                accepted,
                "{} is refused: run `cargo run --example seeds`",
                path.display()
            );
            seeds += 1;
        }
        mutate(&bytes, body);
    }
    assert!(seeds > 0, "{target} has no seed");
}

/// Flips, cuts and repeats at places that a fixed generator draws.
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
fn mutate(bytes: &[u8], body: fn(&[u8]) -> bool) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: usize| {
        // SplitMix64: any generator will do, as long as a failure comes back on the next run.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below.max(1) as u64).unwrap_or(0)
    };
    for _ in 0..MUTATIONS {
        let mut changed = bytes.to_vec();
        let at = draw(bytes.len());
        match draw(3) {
            0 => changed[at] ^= 1 << draw(8),
            1 => changed.truncate(at),
            _ => changed
                .splice(at..at, bytes[at..(at + 16).min(bytes.len())].to_vec())
                .for_each(drop),
        }
        body(&changed);
    }
}
