//! Mailboxes and the office's bundles: newest four, nothing twice, whole or not at all, deletion that deletes.

use anyhow::Result;

use asylia::storage::{
    Incoming, IncomingAction, IncomingBundle, IncomingDone, LookupId, SLOTS, Store, StoreError,
};

use super::beds::Bed;
use super::{export, first_bytes, upload};

pub(super) async fn a_mailbox_keeps_its_newest_replies_and_nothing_twice(
    bed: &impl Bed,
) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.mailbox(ALICE).await?, []);
    let first = incoming(1, vec![reply(ALICE, 1), reply(BOB, 9), reply(ALICE, 1)]);
    assert_eq!(store.take_incoming(first).await?.replies, 2);
    assert_eq!(marks(&store, ALICE).await?, [1]);
    let more = (1..=6).map(|mark| reply(ALICE, mark)).collect();
    assert_eq!(store.take_incoming(incoming(2, more)).await?.replies, 5);
    assert_eq!(marks(&store, ALICE).await?, [3, 4, 5, 6], "oldest first");
    assert_eq!(marks(&store, ALICE).await?.len(), SLOTS);
    assert_eq!(marks(&store, BOB).await?, [9]);
    assert_eq!(marks(&bed.open().await?, BOB).await?, [9]);
    // Numbers go on after the newest is gone, and the order stays that of arrival.
    assert_eq!(store.delete_replies(ALICE, Some([6; 32])).await?, 1);
    let seventh = incoming(3, vec![reply(ALICE, 7)]);
    store.take_incoming(seventh).await?;
    assert_eq!(marks(&store, ALICE).await?, [3, 4, 5, 7]);
    Ok(())
}

pub(super) async fn replies_are_deleted_one_by_one_all_at_once_or_by_the_office(
    bed: &impl Bed,
) -> Result<()> {
    let store = bed.open().await?;
    let replies = [(ALICE, 1), (ALICE, 2), (ALICE, 3), (BOB, 2), (CAROL, 4)];
    let replies = replies.map(|(lookup, mark)| reply(lookup, mark)).to_vec();
    store.take_incoming(incoming(1, replies)).await?;
    assert_eq!(store.delete_replies(ALICE, Some([9; 32])).await?, 0);
    assert_eq!(store.delete_replies(ALICE, Some([2; 32])).await?, 1);
    assert_eq!(marks(&store, ALICE).await?, [1, 3]);
    assert_eq!(marks(&store, BOB).await?, [2], "of its own mailbox only");
    assert_eq!(store.delete_replies(ALICE, None).await?, 2);
    assert_eq!(marks(&store, ALICE).await?, [0_u8; 0]);
    let purge = vec![IncomingAction::Purge(BOB), IncomingAction::Purge(ALICE)];
    assert_eq!(store.take_incoming(incoming(2, purge)).await?.purged, 1);
    assert_eq!(marks(&store, BOB).await?, [0_u8; 0]);
    assert_eq!(marks(&store, CAROL).await?, [4]);
    Ok(())
}

pub(super) async fn a_bundle_of_the_office_is_taken_in_whole_and_once(
    bed: &impl Bed,
) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.incoming_state().await?, None);
    let short = IncomingAction::Reply {
        lookup: BOB,
        digest: [2; 32],
        slot: vec![2; 8191],
    };
    let broken = store.take_incoming(incoming(1, vec![reply(ALICE, 1), short]));
    assert_eq!(broken.await, Err(StoreError::Invalid));
    assert_eq!(marks(&store, ALICE).await?, [0_u8; 0]);
    assert_eq!(store.incoming_state().await?, None);
    let whole = incoming(1, vec![reply(ALICE, 1)]);
    store.take_incoming(whole.clone()).await?;
    let again = store.take_incoming(whole.clone()).await;
    assert_eq!(again, Err(StoreError::Exists));
    // Taken in late, and listed where it belongs.
    for sequence in [4, 3] {
        store.take_incoming(incoming(sequence, Vec::new())).await?;
    }
    let state = bed.open().await?.incoming_state().await?.expect("a state");
    let numbers: Vec<i64> = state.bundles.iter().map(|bundle| bundle.sequence).collect();
    assert_eq!((state.epoch, numbers), ([7; 16], vec![1, 3, 4]));
    assert_eq!(state.bundles.first(), Some(&whole.bundle));
    // Another epoch counts anew.
    let mut other = incoming(1, Vec::new());
    other.epoch = [8; 16];
    store.take_incoming(other).await?;
    let state = store.incoming_state().await?.expect("a state");
    assert_eq!((state.epoch, state.bundles.len()), ([8; 16], 1));
    Ok(())
}

pub(super) async fn only_records_that_were_exported_can_have_arrived(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    for number in 1..=3_u8 {
        upload(&store, [number; 16], &[number; 70_000]).await?;
    }
    store.start_epoch([9; 16]).await?;
    store.record_export(export(1, &[[1; 16], [2; 16]])).await?;
    let arrived = || vec![IncomingAction::Arrived(vec![[2; 16], [3; 16], [8; 16]])];
    let done = store.take_incoming(incoming(1, arrived())).await?;
    let expected = IncomingDone {
        records: 1,
        ..IncomingDone::default()
    };
    assert_eq!(done, expected);
    assert_eq!(first_bytes(&store, i64::MAX).await?, [3, 1]);
    assert_eq!(store.counts().await?.open_uploads, 0);
    let again = store.take_incoming(incoming(2, arrived())).await?;
    assert_eq!(again, IncomingDone::default());
    Ok(())
}

pub(super) async fn the_day_of_the_last_collection_only_grows(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.collected_day().await?, None);
    for day in [20_780, 20_791, 20_785] {
        store.note_collected(day).await?;
    }
    assert_eq!(store.collected_day().await?, Some(20_791));
    let seconds = store.note_collected(1_795_000_000).await;
    assert_eq!(seconds, Err(StoreError::Invalid));
    Ok(())
}

fn incoming(sequence: i64, actions: Vec<IncomingAction>) -> Incoming {
    let mark = u8::try_from(sequence).expect("a test's sequences are small");
    Incoming {
        epoch: [7; 16],
        bundle: IncomingBundle {
            sequence,
            digest: [mark; 32],
            previous: [mark - 1; 32],
        },
        actions,
    }
}

pub(super) fn reply(lookup: LookupId, mark: u8) -> IncomingAction {
    IncomingAction::Reply {
        lookup,
        digest: [mark; 32],
        slot: vec![mark; 8192],
    }
}

/// The first byte of each slot.
async fn marks(store: &impl Store, lookup: LookupId) -> Result<Vec<u8>> {
    let slots = store.mailbox(lookup).await?;
    Ok(slots.iter().map(|slot| slot.bytes[0]).collect())
}

const ALICE: LookupId = [0xa1; 32];
const BOB: LookupId = [0xb0; 32];
const CAROL: LookupId = [0xca; 32];
