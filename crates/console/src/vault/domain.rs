//! Domains: the parts of the vault that have keys of their own, and which roles hold them.

use serde::{Deserialize, Serialize};

use crate::access::{Role, Roles};

/// A part of the vault with a key of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Domain {
    /// People, public keys, the key bundle, signed heads: everybody's who has a slot.
    Member = 0,
    /// Casework.
    Case = 1,
    /// The identity compartment.
    Identity = 2,
    /// What the gate must know of identities without showing them.
    Gate = 3,
    /// Figures.
    Statistics = 4,
    /// Who did what.
    Audit = 5,
}

impl Domain {
    /// The domains that roles hold or do not hold.
    pub const OF_ROLES: [Self; 5] = [
        Self::Case,
        Self::Identity,
        Self::Gate,
        Self::Statistics,
        Self::Audit,
    ];

    /// Its number in a row.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn of_code(code: u8) -> Option<Self> {
        [Self::Member]
            .into_iter()
            .chain(Self::OF_ROLES)
            .find(|domain| domain.code() == code)
    }

    /// Whether the role holds this domain's key.
    #[must_use]
    pub fn is_held_by(self, role: Role) -> bool {
        match self {
            Self::Member => true,
            Self::Case | Self::Gate => matches!(role, Role::FocalPoint | Role::Officer),
            Self::Identity => matches!(role, Role::FocalPoint | Role::Custodian),
            Self::Statistics => matches!(role, Role::FocalPoint | Role::Statistician),
            Self::Audit => matches!(role, Role::FocalPoint | Role::Auditor),
        }
    }

    /// Whether one of the roles holds this domain's key.
    #[must_use]
    pub fn is_held_by_any(self, roles: &Roles) -> bool {
        roles.iter().any(|role| self.is_held_by(*role))
    }
}
