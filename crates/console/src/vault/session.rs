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
    /// The key of the domain that everybody holds.
    member: DomainKey,
}

impl Session {
    pub(super) fn new(person: PersonId, secrets: Secrets, ring: Ring) -> Self {
        let member = DomainKey {
            domain: Domain::Member,
            generation: 0,
            own: SecretBytes(secrets.member.clone()),
            // Nobody drops anything in where everybody has the key.
            dropped: SecretBytes(secrets.member.clone()),
        };
        Self {
            person,
            secrets,
            ring,
            member,
        }
    }

    /// The key with which events of the domain are sealed; `None` if this person may only drop them in.
    pub(super) fn newest(&self, domain: Domain) -> Option<&DomainKey> {
        match domain {
            Domain::Member => Some(&self.member),
            _ => self.ring.newest(domain),
        }
    }

    /// The key that opens an event.
    pub(super) fn key(&self, domain: Domain, generation: u16) -> Option<&DomainKey> {
        match domain {
            Domain::Member => Some(&self.member),
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
