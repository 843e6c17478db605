//! Notices of withdrawal: when a person lowers what was permitted, everybody who got a packet before is told, and the
//! notice stays open until the addressee confirmed it.

use std::{collections::BTreeSet, path::Path};

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
        consent::{Entry, in_force},
        event::PacketMade,
        number::CaseNumber,
        rules::CaseworkError,
        values::{Purpose, Value},
    },
    l10n::Texts,
    vault::Vault,
};

/// Packets whose addressees must be told that less is permitted now, and have not confirmed it.
#[must_use]
pub fn open_notices(case: &Case, today: Day) -> Vec<u16> {
    let open = case.packets.iter().filter(|(_, packet)| {
        let lowered = lowered_after(case, packet);
        let less = Less::than(case, &packet.made, today);
        let confirmed = packet
            .confirmed
            .is_some_and(|stamp| Some(stamp.sequence) > lowered);
        packet.made.notice_of.is_none() && less.is_any() && !confirmed
    });
    open.map(|(number, _)| *number).collect()
}

/// What is permitted less than when a packet was made.
#[derive(Default)]
struct Less {
    /// The use itself: its own purpose, who decides on it, or the published copy.
    use_ended: bool,
    /// Names.
    names: bool,
    /// What its addressee may do with it: codes of the texts that say so.
    onward: BTreeSet<&'static str>,
}

impl Less {
    fn than(case: &Case, made: &PacketMade, today: Day) -> Self {
        let mut less = Self::default();
        let now = values(case, &made.route, &made.persons, today);
        for ((_, now), (_, then)) in now.into_iter().zip(&made.values) {
            less.of_use(now, *then);
        }
        for (person, then) in &made.also {
            let cell = &then.cell;
            let now = in_force(case, *person, today).value(cell.purpose, cell.scope.as_ref());
            let lost = now < Value::WithoutIdentity && then.value >= Value::WithoutIdentity;
            match cell.purpose {
                Purpose::SgReport if lost => {
                    less.onward.insert("console-instruction-not-for-sg-report");
                }
                Purpose::Government if lost => {
                    less.onward.insert("console-instruction-not-to-a-state");
                }
                Purpose::SgReport | Purpose::Government => {}
                _ => less.of_use(now, then.value),
            }
        }
        less
    }

    fn of_use(&mut self, now: Value, then: Value) {
        match now < then {
            true if now < Value::WithoutIdentity => self.use_ended = true,
            true => self.names = true,
            false => {}
        }
    }

    fn is_any(&self) -> bool {
        self.use_ended || self.names || !self.onward.is_empty()
    }

    /// Texts that tell an addressee what it must not do any more.
    fn texts(&self) -> Vec<&'static str> {
        if self.use_ended {
            return vec!["console-notice-withdrawn", "console-notice-do"];
        }
        let mut texts: Vec<&str> = self.onward.iter().copied().collect();
        // Where nothing is less the officer knows of a reason that is not written down yet: names go first.
        if self.names || texts.is_empty() {
            texts.extend(["console-notice-names", "console-notice-do"]);
        }
        texts
    }
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
    let also = packet.made.also.iter().map(|(_, also)| also.cell.purpose);
    let purposes: BTreeSet<Purpose> = also.chain([packet.made.route.purpose()]).collect();
    let touches = |entry: &Entry| match entry {
        Entry::Lowered(person, cells, ..) => {
            let mut cells = cells.iter();
            let same = cells.any(|lowered| purposes.contains(&lowered.cell.purpose));
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
    let mut lines = vec![
        texts.get("console-notice-title"),
        line(texts, "console-packet-receipt", &receipt),
        line(texts, "console-notice-of", &earlier.receipt),
    ];
    let less = Less::than(case, earlier, today).texts();
    let less = less.into_iter().chain(["console-notice-confirm"]);
    lines.extend(less.map(|id| texts.get(id)));
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
        also: Vec::new(),
        named: Vec::new(),
        notice_of: Some(packet),
    };
    write(vault, number, made, &sealed, out)
}
