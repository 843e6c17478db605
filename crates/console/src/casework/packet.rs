//! A routing packet: what a recommendation becomes for exactly one addressee, sealed to that addressee's own key.
//!
//! Nothing of it is taken over from the time of the decision: the gate is asked again, the deny list is searched for
//! in every member, and only then the file is written. It is a packet to an addressee, and no act towards a State:
//! what special procedures do with it is theirs.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    str::FromStr,
};

use asylia_envelope::{day::Day, hybrid::HybridRecipient, packet::Packet};
use rand_core::RngCore;
use sha2::{Digest, Sha256};

use super::{
    acts::{ask_gate, consent_digest},
    case::{Action, Case},
    consent::{CellValue, in_force},
    event::{Change, Numbered, PacketMade},
    gate::{Checks, Decision, Identity, Route, also_asked},
    knowledge::DenyIn,
    number::CaseNumber,
    office_data::Addressee,
    rules::CaseworkError,
    values::{Target, Value},
};
use crate::{
    l10n::Texts,
    vault::{
        Contents, Vault, VaultError,
        audit::{Act, AuditItem},
        item::PersonId,
    },
};

mod content;
pub mod notice;

pub use content::instruction_in_words;

/// Why there is no packet. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// The target names no addressee.
    #[error(
        "The target names nobody who gets the packet. Write its code behind it, such as M1@sr-torture."
    )]
    NoAddressee,
    /// The addressee is not on the signed list.
    #[error(
        "That addressee is not on the office's signed list. Take a newer list in with `data import`."
    )]
    UnknownAddressee,
    /// The addressee is not one for this target.
    #[error("That addressee gets no packets of this kind. Choose another one of the list.")]
    NotForTarget,
    /// The addressee has no key.
    #[error("That addressee has no key to seal to. Give the page on paper, and never by e-mail.")]
    NoKey,
    /// It is no packet of a case.
    #[error(
        "There is no packet of this kind. Figures are made for all cases together, and a translator is given a text by hand."
    )]
    NoPacket,
    /// Nobody recommended it.
    #[error(
        "Nothing of that kind was recommended in this case. Record the decision first, with `decide`."
    )]
    NotDecided,
    /// A second officer refused.
    #[error("A second officer refused this. Record another decision, or leave it.")]
    Refused,
    /// The gate does not let it, or something is missing.
    #[error(
        "The gate does not let the packet out now. `asylia-console decide` shows what blocks it, what is missing and what to ask."
    )]
    Gate(Box<Decision>),
    /// An identity part was looked at by nobody.
    #[error(
        "Nobody has looked at every identity part of this case and its visit, so their names are not on the deny list. Ask a custodian to open each report once."
    )]
    NamesUnknown,
    /// A word of the deny list stands in it.
    #[error(
        "{1} entries of the deny list stand in `{0}`. Change the text that they stand in, and make the packet again."
    )]
    DenyList(&'static str, usize),
    /// The file is there already.
    #[error("There is a file of that name already. Choose another name.")]
    Exists,
    /// Writing failed.
    #[error("The packet could not be written ({0}). Check the stick and try again.")]
    Io(io::ErrorKind),
    /// Something of the casework.
    #[error("{0}")]
    Casework(#[from] CaseworkError),
}

impl From<VaultError> for PacketError {
    fn from(error: VaultError) -> Self {
        Self::Casework(CaseworkError::Vault(error))
    }
}

/// What was made.
pub struct Made {
    /// Its number within the case.
    pub number: u16,
    /// Its receipt number, which the addressee repeats.
    pub receipt: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// What goes along with it.
    pub decision: Decision,
}

/// Makes the packet of a recommendation and writes it to the new file `out`.
///
/// # Errors
/// See [`PacketError`]; `out` does not exist afterwards then, unless it existed before.
pub fn make(
    vault: &mut Vault,
    number: CaseNumber,
    route: &Route,
    out: &Path,
) -> Result<Made, PacketError> {
    if matches!(
        route.target,
        Target::Tr | Target::Y1 | Target::Y2 | Target::Y3
    ) {
        return Err(PacketError::NoPacket);
    }
    vault.refresh()?;
    let (today, person) = (vault.today(), vault.person());
    let contents = vault.contents();
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let addressee = addressee(contents, route)?.clone();
    let (action_number, action) = decided(case, route)?;
    let decision = decision_now(contents, number, action, person, today)?;
    let receipt = receipt(vault);
    let contents = vault.contents();
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let (_, action) = decided(case, route)?;
    let persons = action.decided.persons.clone();
    let draft = content::Draft {
        case,
        contents,
        persons: &persons,
        route,
        addressee: &addressee,
        decision: &decision,
        receipt: &receipt,
        today,
    };
    let packet = draft.packet(Texts::english());
    search(contents, case, (route, &persons), &decision, &packet)?;
    let sealed = seal(&packet, &addressee)?;
    let made = PacketMade {
        action: action_number,
        route: route.clone(),
        values: values(case, route, &persons, today),
        also: also(case, route, &persons, today),
        persons: persons.clone(),
        receipt: receipt.clone(),
        sha256: hex::encode(Sha256::digest(&sealed)),
        consent_sha256: consent_digest(case, &action.decided.persons, today),
        named: draft.others(),
        decision: decision.clone(),
        notice_of: None,
    };
    write(vault, number, made, &sealed, out)
}

/// Writes the file, then the event; without the event there is no file either.
pub(super) fn write(
    vault: &mut Vault,
    number: CaseNumber,
    made: PacketMade,
    sealed: &[u8],
    out: &Path,
) -> Result<Made, PacketError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => PacketError::Exists,
            kind => PacketError::Io(kind),
        })?;
    let written = file.write_all(sealed).and_then(|()| file.sync_all());
    let recorded = written
        .map_err(|error| PacketError::Io(error.kind()))
        .and_then(|()| record(vault, number, made));
    if recorded.is_err() {
        let _ = fs::remove_file(out);
    }
    recorded
}

fn record(vault: &mut Vault, number: CaseNumber, made: PacketMade) -> Result<Made, PacketError> {
    let mut transaction = vault.begin()?;
    let case = transaction.contents().cases.get(number);
    let case = case.ok_or(CaseworkError::NoSuchCase)?;
    let packet = Case::next(&case.packets);
    let told = Made {
        number: packet,
        receipt: made.receipt.clone(),
        sha256: made.sha256.clone(),
        decision: made.decision.clone(),
    };
    let act = match made.notice_of {
        Some(_) => Act::NoticeMade,
        None => Act::PacketMade,
    };
    let entry = AuditItem::of(act)
        .on_case(number)
        .with_number(packet.into());
    let entry = entry.saying(made.route.target.code());
    let made = Numbered {
        number: packet,
        item: made,
    };
    transaction.write_case(number, Change::PacketMade(Box::new(made)))?;
    transaction.log(entry)?;
    transaction.commit()?;
    Ok(told)
}

/// The addressee of a route, if it is on the list, for this target, and has a key.
pub(super) fn addressee<'a>(
    contents: &'a Contents,
    route: &Route,
) -> Result<&'a Addressee, PacketError> {
    let code = route.to.as_deref().ok_or(PacketError::NoAddressee)?;
    let addressee = contents
        .lists
        .addressee(code)
        .ok_or(PacketError::UnknownAddressee)?;
    if !addressee.targets.contains(&route.target) {
        return Err(PacketError::NotForTarget);
    }
    addressee
        .recipient
        .as_ref()
        .map(|_| addressee)
        .ok_or(PacketError::NoKey)
}

/// The last recommendation of the route that stands.
fn decided<'a>(case: &'a Case, route: &Route) -> Result<(u16, &'a Action), PacketError> {
    let mut actions = case.actions.iter().rev();
    let found = actions.find(|(_, action)| action.decided.route == *route);
    let (number, action) = found.ok_or(PacketError::NotDecided)?;
    match action.seconded {
        Some((_, false)) => Err(PacketError::Refused),
        _ => Ok((*number, action)),
    }
}

/// What the gate answers now, with the second officer who is there and is not the one who makes the packet alone.
fn decision_now(
    contents: &Contents,
    number: CaseNumber,
    action: &Action,
    maker: PersonId,
    today: Day,
) -> Result<Decision, PacketError> {
    let seconded = matches!(action.seconded, Some((_, true)));
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    // Whoever looked whether somebody is recognised looked at the texts of that time.
    let same_texts = action.decided.texts_sha256 == case.texts_digest();
    let checks = Checks {
        // Whoever recommends and whoever makes the packet are two officers as well.
        second_officer: seconded || action.stamp.author != maker,
        not_recognisable: action.decided.checks.not_recognisable && same_texts,
        ..action.decided.checks
    };
    let decided = &action.decided;
    let decision = ask_gate(
        contents,
        number,
        &decided.route,
        &decided.persons,
        checks,
        today,
    )?;
    match decision.is_open() {
        true => Ok(decision),
        false => Err(PacketError::Gate(Box::new(decision))),
    }
}

/// Looks for every entry of the deny list in every member. The names of who is not told of are looked for whatever
/// the others permit: those of the visit's other cases, and those of this case where it tells of some persons only,
/// since an identity part does not say which name is whose.
fn search(
    contents: &Contents,
    case: &Case,
    (route, persons): (&Route, &[u16]),
    decision: &Decision,
    packet: &Packet,
) -> Result<(), PacketError> {
    let (cases, knowledge) = (&contents.cases, &contents.knowledge);
    let tells_of_all = case.persons.keys().all(|person| persons.contains(person));
    let nameless = decision.identity == Identity::Without || route.is_public() || !tells_of_all;
    // A notice that there is a case holds no word of any.
    let looked = route.target == Target::N0
        || cases.of_one_visit(case.number).into_iter().all(|number| {
            let names_may_stand = number == case.number && !nameless;
            names_may_stand || cases.get(number).is_none_or(|of| knowledge.is_complete(of))
        });
    if !looked {
        return Err(PacketError::NamesUnknown);
    }
    let places = |nameless: bool| {
        let outside = route.reaches_outside() || route.is_public();
        let places = [
            (DenyIn::WithoutIdentity, nameless),
            (DenyIn::Outside, outside),
            (DenyIn::Public, route.is_public()),
        ];
        let counts = places.into_iter().filter(|(_, counts)| *counts);
        counts.map(|(place, _)| place).collect::<Vec<DenyIn>>()
    };
    let (own, others) = (places(nameless), places(true));
    let list = knowledge.deny_list_towards(cases, case.number, &own, &others);
    for (name, bytes) in packet.members() {
        let found = list.found_in(bytes).len();
        if found > 0 {
            return Err(PacketError::DenyList(name, found));
        }
    }
    Ok(())
}

pub(super) fn seal(packet: &Packet, addressee: &Addressee) -> Result<Vec<u8>, PacketError> {
    let recipient = addressee.recipient.as_deref().ok_or(PacketError::NoKey)?;
    let recipient = HybridRecipient::from_str(recipient).map_err(|_| PacketError::NoKey)?;
    packet
        .seal(&recipient)
        .map_err(|error| PacketError::Io(error.kind()))
}

/// What each person permitted when the packet was made.
pub(super) fn values(case: &Case, route: &Route, persons: &[u16], today: Day) -> Vec<(u16, Value)> {
    let (purpose, scope) = (route.purpose(), route.scope());
    let value = |person: &u16| in_force(case, *person, today).value(purpose, scope.as_ref());
    persons
        .iter()
        .map(|person| (*person, value(person)))
        .collect()
}

/// What each person permits for whatever else the gate asks for a route.
fn also(case: &Case, route: &Route, persons: &[u16], today: Day) -> Vec<(u16, CellValue)> {
    let cells = also_asked(case, route);
    let each = persons.iter().flat_map(|person| {
        let matrix = in_force(case, *person, today);
        let values = cells.iter().map(move |cell| {
            let value = matrix.value(cell.purpose, cell.scope.as_ref());
            let cell = cell.clone();
            (*person, CellValue { cell, value })
        });
        values.collect::<Vec<_>>()
    });
    each.collect()
}

/// A number that says nothing, for the addressee's answer.
pub(super) fn receipt(vault: &Vault) -> String {
    let mut random = (vault.machine().random)();
    let mut symbol = || {
        let index = (random.next_u32() & 31) as usize;
        char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
    };
    let mut part = || (0..4).map(|_| symbol()).collect::<String>();
    format!("P-{}-{}", part(), part())
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
