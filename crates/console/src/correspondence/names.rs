//! The names of a report, for the search before something about it leaves.

use asylia_envelope::{ids::RecordId, submission::IdentityPart};

use crate::{
    casework::knowledge::DenyIn,
    deny_list::DenyList,
    opening::Refused,
    report::read_document,
    vault::{
        Contents, Vault,
        item::{IdentityState, Reason},
    },
};

/// The deny-list of a report, and whether its names are in it: to who lacks the identity key they are closed until a
/// custodian has looked, and shown never. The words of its case are in it too.
///
/// # Errors
/// [`Refused`] when the vault's own bytes changed.
pub fn of_report(vault: &mut Vault, report: RecordId) -> Result<(DenyList, bool), Refused> {
    let mut list = of_case(vault.contents(), report);
    let part = vault.contents().identity_parts.get(&report);
    let Some(IdentityState::Sealed {
        part: Some(blob), ..
    }) = part.map(|item| item.state.clone())
    else {
        let known = vault.contents().knowledge.add_names(report, &mut list);
        return Ok((list, known));
    };
    let json = read_document(vault, &blob)?;
    let part = IdentityPart::parse(&json).map_err(|_| Refused::Record(Reason::Format))?;
    list.add_identity(&part.answers);
    Ok((list, true))
}

fn of_case(contents: &Contents, report: RecordId) -> DenyList {
    let case = contents.cases.of_record(report);
    case.map_or_else(DenyList::default, |case| {
        let places = [DenyIn::WithoutIdentity, DenyIn::Outside];
        contents
            .knowledge
            .deny_list(&contents.cases, case.number, &places)
    })
}
