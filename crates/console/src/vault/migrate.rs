//! From the first form to today's: at the unlock of a vault of the first form, whose one passphrase opened all.
//!
//! The new file is made whole beside the old one, checked, and only then takes its name: a crash at any moment
//! leaves one whole vault. Whoever knew the passphrase becomes focal point under it.

use std::{
    fs::{self, File},
    path::Path,
};

use asylia_envelope::open::RecordLabel;
use sha2::{Digest, Sha256};

use super::{
    Credentials, Vault, VaultError, WriteLock,
    audit::{Act, AuditItem},
    blob::BlobRef,
    database,
    domain::Domain,
    first_form::{FirstForm, FirstItem, FirstRecord, FirstState},
    item::{Item, Reason},
    resealing::{Arrived, RecordEntry},
};
use crate::machine::Machine;

/// Brings the vault in `directory` to today's form.
pub(super) fn migrate(
    machine: &Machine,
    directory: &Path,
    who: &Credentials,
) -> Result<(), VaultError> {
    let _lock = WriteLock::take(directory)?;
    let file = database::file(directory);
    let mut old = FirstForm::open(machine, &file, &who.passphrase)?;
    let new = directory.join(NEW_FILE);
    // What an earlier attempt left behind when the power went.
    database::remove_files(&new);
    let made = write(machine, &new, &mut old, who);
    if made.is_err() {
        database::remove_files(&new);
    }
    let whole = made?;
    old.close()?;
    if !whole {
        // Something of the old file did not open: it stays for whoever can make more of it.
        fs::hard_link(&file, directory.join(KEPT_FILE))?;
    }
    File::open(&new)?.sync_all()?;
    fs::rename(&new, &file)?;
    Ok(File::open(directory)?.sync_all()?)
}

/// Makes the new file; returns whether everything of the old one opened.
fn write(
    machine: &Machine,
    file: &Path,
    old: &mut FirstForm,
    who: &Credentials,
) -> Result<bool, VaultError> {
    let mut vault = Vault::create_file(machine.clone(), file, who, old.cost)?;
    let items = std::mem::take(&mut old.items);
    let (mut records, mut identities, mut transaction) = (Vec::new(), Vec::new(), vault.begin()?);
    for item in items {
        match item {
            FirstItem::Bundle(item) => {
                transaction.append(Domain::Member, Item::Bundle(item))?;
            }
            FirstItem::Identity(item) => {
                identities.push(item.identity().ok_or(VaultError::Damaged)?);
            }
            FirstItem::Server(item) => {
                transaction.append(Domain::Case, Item::Server(item))?;
            }
            FirstItem::Record(record) => records.push(record),
        }
    }
    // Committed, so that the bundle is at hand for the identities, and these for the records.
    transaction.commit()?;
    vault.put_identities(&identities)?;
    let count = records.len();
    for record in records {
        take(&mut vault, old, record)?;
    }
    let mut transaction = vault.begin()?;
    transaction.log(AuditItem::of(Act::VaultMigrated).with_number(count as u64))?;
    if old.damaged > 0 {
        transaction.log(AuditItem::of(Act::DamageSeen).with_number(old.damaged))?;
    }
    transaction.commit()?;
    vault.signed_head()?;
    if vault.contents().records.len() != count || !vault.verify()?.faults.is_empty() {
        return Err(VaultError::Migration);
    }
    vault.close();
    Ok(old.damaged == 0)
}

fn take(vault: &mut Vault, old: &mut FirstForm, record: FirstRecord) -> Result<(), VaultError> {
    let mut transaction = vault.begin()?;
    let (raw, sha256) = copy(&transaction, old, &record)?;
    let reason = match record.state {
        FirstState::Quarantined(reason) => Some(reason),
        // Its bytes changed on the disk since they came.
        FirstState::Imported(_) => (sha256 != record.stored_sha256).then_some(Reason::Digest),
    };
    let arrived = Arrived {
        label: RecordLabel {
            instance: record.instance,
            record_id: record.record_id,
            period: record.period,
        },
        entry: RecordEntry {
            named_sha256: record.named_sha256,
            stored_sha256: sha256,
            size: record.size,
            carried_by: record.carried_by,
            replaces: None,
        },
        raw,
        replaces_blob: None,
    };
    transaction.take_record(arrived, reason)?;
    transaction.commit()
}

fn copy(
    transaction: &super::VaultTransaction<'_>,
    old: &mut FirstForm,
    record: &FirstRecord,
) -> Result<(BlobRef, [u8; 32]), VaultError> {
    let (mut writer, mut digest) = (transaction.blob_writer(), Sha256::new());
    let mut number = 0;
    while let Some(piece) = old.piece(&record.record_key, number)? {
        digest.update(&piece);
        writer.push(&piece)?;
        number += 1;
    }
    Ok((writer.finish()?, digest.finalize().into()))
}

const NEW_FILE: &str = "vault.new";
const KEPT_FILE: &str = "vault-first-form.db";
