//! From the file into memory: the rows behind the last one that is known, each checked at its place.

use sqlx::SqliteConnection;

use super::{
    Contents, Session, VaultError, VaultId,
    chain::{ChainReader, Fault, Tip, head_seal},
    database,
    domain::Domain,
    frame::{Frame, Place},
    item::Stamp,
    keys::same,
};

/// Reads what came after `tip` into `contents`; returns the new tip.
pub(super) async fn catch_up(
    connection: &mut SqliteConnection,
    vault_id: &VaultId,
    session: &Session,
    contents: &mut Contents,
    tip: Tip,
) -> Result<Tip, VaultError> {
    let head = read_head(connection, vault_id, session).await?;
    if head == Some(tip) && tip != Tip::START {
        return Ok(tip);
    }
    if head.is_some_and(|head| head.sequence < tip.sequence) {
        // The file was set back while it was open: what memory holds is newer than the disk.
        if !contents.damaged.contains(&Fault::Head) {
            contents.damaged.push(Fault::Head);
        }
        return Ok(tip);
    }
    let mut reader = ChainReader::after(tip, vault_id, &session.secrets);
    let mut take = |place: Place, frame: Frame| take_in(vault_id, session, contents, place, &frame);
    walk(connection, &mut reader, head, tip.sequence, &mut take).await?;
    let tip = reader.finish(head);
    contents.damaged.append(&mut reader.faults);
    Ok(tip)
}

/// Gives every whole row behind `after` to `take`.
pub(super) async fn walk(
    connection: &mut SqliteConnection,
    reader: &mut ChainReader<'_>,
    head: Option<Tip>,
    after: u64,
    take: &mut impl FnMut(Place, Frame),
) -> Result<(), VaultError> {
    let head = head.map(|head| head.sequence);
    let last = match head {
        Some(head) => head,
        None => database::last_event(connection).await?,
    };
    let mut after = after;
    loop {
        let rows = database::read_events(connection, after, last).await?;
        let Some(end) = rows.last().map(database::number_of) else {
            // Either the end, or nothing but gaps where single rows were looked for.
            if after >= last {
                return Ok(());
            }
            after = database::step(after, last);
            continue;
        };
        for row in rows {
            if let Some((place, frame)) = reader.take(row, head) {
                take(place, frame);
            }
        }
        after = end;
    }
}

/// The head's row; `None` when it is not what was written.
pub(super) async fn read_head(
    connection: &mut SqliteConnection,
    vault_id: &VaultId,
    session: &Session,
) -> Result<Option<Tip>, VaultError> {
    let read = database::read_head(connection).await?;
    Ok(read
        .filter(|(tip, seal)| same(&head_seal(vault_id, tip, &session.secrets), seal))
        .map(|(tip, _)| tip))
}

fn take_in(
    vault_id: &VaultId,
    session: &Session,
    contents: &mut Contents,
    place: Place,
    frame: &Frame,
) {
    contents.last_at = contents.last_at.max(frame.at);
    if frame.domain == Domain::Audit {
        return;
    }
    let Some(key) = session.key(frame.domain, frame.generation) else {
        return;
    };
    match frame.open_inner(vault_id, place.sequence, key) {
        Some(item) => {
            let stamp = Stamp {
                sequence: place.sequence,
                at: frame.at,
                author: frame.author,
            };
            contents.add(stamp, item);
        }
        None => contents.damaged.push(Fault::Unknown(place.sequence)),
    }
}
