//! Whoever unlocked the vault: the person's number and keys, in memory until it is closed.

use super::{
    VaultId,
    chain::Tip,
    domain::Domain,
    item::{HeadItem, PersonId},
    keys::{DomainKey, Ring, SecretBytes, Secrets},
};

/// One person's open slot. No `Debug`; cleared when dropped.
pub struct Session {
    pub(super) person: PersonId,
    pub(super) secrets: Secrets,
    pub(super) ring: Ring,
    /// The keys of the domain that everybody holds: a generation for each office, the last is today's.
    members: Vec<DomainKey>,
}

impl Session {
    pub(super) fn new(person: PersonId, mut secrets: Secrets, ring: Ring) -> Self {
        secrets.past.clone_from(&ring.past);
        let past = ring.past.iter().map(|term| term.member.clone());
        let today = SecretBytes(secrets.member.clone());
        let members = (0..)
            .zip(past.chain([today]))
            .map(|(generation, key)| DomainKey {
                domain: Domain::Member,
                generation,
                // Nobody drops anything in where everybody has the key.
                dropped: key.clone(),
                own: key,
            });
        Self {
            person,
            members: members.collect(),
            secrets,
            ring,
        }
    }

    /// How many offices had the vault before this one.
    pub(super) fn terms_before(&self) -> usize {
        self.ring.past.len()
    }

    /// The key with which events of the domain are sealed; `None` if this person may only drop them in.
    pub(super) fn newest(&self, domain: Domain) -> Option<&DomainKey> {
        match domain {
            Domain::Member => self.members.last(),
            _ => self.ring.newest(domain),
        }
    }

    /// The key that opens an event.
    pub(super) fn key(&self, domain: Domain, generation: u16) -> Option<&DomainKey> {
        match domain {
            Domain::Member => self.members.get(usize::from(generation)),
            _ => self.ring.key(domain, generation),
        }
    }

    /// Signs the chain up to `tip` in the person's name.
    pub(super) fn sign(&self, vault: &VaultId, tip: &Tip) -> HeadItem {
        let sequence = tip.sequence.to_be_bytes();
        let fields: [&[u8]; 4] = [vault, &sequence, &tip.mac, &self.person];
        HeadItem {
            sequence: tip.sequence,
            mac: tip.mac,
            person: self.person,
            signature: self.secrets.signing_key().sign(&fields),
        }
    }
}
