//! Notices of withdrawal: when a person lowers what was permitted, everybody who got a packet before is told, and the
//! notice stays open until the addressee confirmed it.

use std::path::Path;

use asylia_envelope::{day::Day, packet::Packet};
use sha2::{Digest, Sha256};

use super::{
    Made, PacketError, addressee,
    content::{finish, line},
    receipt, seal, values, write,
};
use crate::{
    casework::{
        acts::consent_digest,
        case::{Case, MadePacket},
        consent::Entry,
        event::PacketMade,
        number::CaseNumber,
        rules::CaseworkError,
        values::Value,
    },
    l10n::Texts,
    vault::Vault,
};

/// Packets whose addressees must be told that less is permitted now, and have not confirmed it.
#[must_use]
pub fn open_notices(case: &Case, today: Day) -> Vec<u16> {
    let open = case.packets.iter().filter(|(_, packet)| {
        let lowered = lowered_after(case, packet);
        let less = values(case, &packet.made.route, &packet.made.persons, today)
            .iter()
            .zip(&packet.made.values)
            .any(|(now, then)| now.1 < then.1);
        let confirmed = packet
            .confirmed
            .is_some_and(|stamp| Some(stamp.sequence) > lowered);
        packet.made.notice_of.is_none() && less && !confirmed
    });
    open.map(|(number, _)| *number).collect()
}

/// Whether a notice about the packet of that number was made, after the last withdrawal that it is about, and nobody
/// confirmed it yet.
#[must_use]
pub fn awaits_confirmation(case: &Case, number: u16) -> bool {
    let Some(packet) = case.packets.get(&number) else {
        return false;
    };
    let confirmed = packet.confirmed.map(|stamp| stamp.sequence);
    let since = lowered_after(case, packet).max(confirmed);
    let mut packets = case.packets.values();
    packets
        .any(|notice| notice.made.notice_of == Some(number) && Some(notice.stamp.sequence) > since)
}

/// Number of the last event that lowered what the packet rests on, of a person of the packet.
fn lowered_after(case: &Case, packet: &MadePacket) -> Option<u64> {
    let purpose = packet.made.route.purpose();
    let touches = |entry: &Entry| match entry {
        Entry::Lowered(person, cells, ..) => {
            let same = cells.iter().any(|lowered| lowered.cell.purpose == purpose);
            packet.made.persons.contains(person) && same
        }
        _ => false,
    };
    let mut entries = case.consents.iter().rev();
    entries
        .find(|(_, entry)| touches(entry))
        .map(|(stamp, _)| stamp.sequence)
}

/// Makes the notice for the addressee of the packet of that number.
///
/// # Errors
/// See [`PacketError`].
pub fn make(
    vault: &mut Vault,
    number: CaseNumber,
    packet: u16,
    out: &Path,
) -> Result<Made, PacketError> {
    vault.refresh()?;
    let (today, receipt) = (vault.today(), receipt(vault));
    let contents = vault.contents();
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let earlier = case.packets.get(&packet).ok_or(CaseworkError::Number)?;
    let earlier = &earlier.made;
    let to = addressee(contents, &earlier.route)?;
    let values = values(case, &earlier.route, &earlier.persons, today);
    let texts = Texts::english();
    let withdrawn = values
        .iter()
        .any(|(_, value)| *value < Value::WithoutIdentity);
    let what = match withdrawn {
        true => "console-notice-withdrawn",
        false => "console-notice-names",
    };
    let lines = [
        texts.get("console-notice-title"),
        line(texts, "console-packet-receipt", &receipt),
        line(texts, "console-notice-of", &earlier.receipt),
        texts.get(what),
        texts.get("console-notice-do"),
        texts.get("console-notice-confirm"),
    ];
    let mut notice = Packet::default();
    notice.add("notice.txt", finish(&lines).into_bytes());
    let sealed = seal(&notice, to)?;
    let made = PacketMade {
        action: earlier.action,
        route: earlier.route.clone(),
        persons: earlier.persons.clone(),
        receipt,
        sha256: hex::encode(Sha256::digest(&sealed)),
        decision: earlier.decision.clone(),
        consent_sha256: consent_digest(case, &earlier.persons, today),
        values,
        named: Vec::new(),
        notice_of: Some(packet),
    };
    write(vault, number, made, &sealed, out)
}
