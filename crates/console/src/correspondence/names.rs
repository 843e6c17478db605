//! The names of a report, for the search before something about it leaves.

use asylia_envelope::{ids::RecordId, submission::IdentityPart};

use crate::{
    deny_list::DenyList,
    opening::Refused,
    report::read_document,
    vault::{
        Vault,
        item::{IdentityState, Reason},
    },
};

/// The deny-list of a report, and whether its names are in it: they are closed to who lacks the identity key.
///
/// # Errors
/// [`Refused`] when the vault's own bytes changed.
pub fn of_report(vault: &mut Vault, report: RecordId) -> Result<(DenyList, bool), Refused> {
    let mut list = DenyList::default();
    let part = vault.contents().identity_parts.get(&report);
    let Some(IdentityState::Sealed { part, .. }) = part.map(|item| item.state.clone()) else {
        return Ok((list, false));
    };
    let Some(blob) = part else {
        return Ok((list, false));
    };
    let json = read_document(vault, &blob)?;
    let part = IdentityPart::parse(&json).map_err(|_| Refused::Record(Reason::Format))?;
    list.add_identity(&part.answers);
    Ok((list, true))
}
