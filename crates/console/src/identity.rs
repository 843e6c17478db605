//! The office's identities as the console holds them: a thin seam over `asylia-keys`, which alone loads them.

use asylia_envelope::{ids::InstanceId, key_bundle::KeyBundle, open, seal::OpensSubmissions};
use asylia_keys::identity::{AnyIdentity, PeriodIdentities};
use serde::{Deserialize, Serialize};

/// The identities of every period in the vault.
#[derive(Default)]
pub struct Identities(Vec<PeriodIdentities>);

impl Identities {
    /// Adds an identity, in place of one of the same role and period.
    pub fn add(&mut self, identity: AnyIdentity) {
        let (instance, period) = identity.belongs_to();
        let belongs = |set: &PeriodIdentities| (set.instance(), set.period()) == (instance, period);
        let place = match self.0.iter().position(belongs) {
            Some(place) => place,
            None => {
                self.0.push(PeriodIdentities::new(instance, period));
                self.0.len() - 1
            }
        };
        if let Some(set) = self.0.get_mut(place) {
            set.insert(identity)
                .expect("the set is the one of the identity's installation and period");
        }
    }

    /// Forgets the identities of a period; what held them is cleared.
    pub fn remove(&mut self, instance: InstanceId, period: &str) {
        self.0
            .retain(|set| (set.instance(), set.period()) != (instance, period));
    }

    /// What opens records of a period; `None` without its intake identity.
    #[must_use]
    pub fn of(&self, instance: InstanceId, period: &str) -> Option<open::Identities<'_>> {
        self.0
            .iter()
            .find(|set| set.instance() == instance && set.period() == period)?
            .for_opening()
    }

    /// Every intake identity: the token of a bundle is sealed to one of them, and does not say to which.
    pub fn intakes(&self) -> impl Iterator<Item = &dyn OpensSubmissions> {
        let intakes = self.0.iter().filter_map(PeriodIdentities::intake);
        intakes.map(|intake| intake as &dyn OpensSubmissions)
    }

    /// Whether the identity of that role and period is here.
    #[must_use]
    pub fn has(&self, instance: InstanceId, period: &str, role: IdentityRole) -> bool {
        let of = |set: &&PeriodIdentities| (set.instance(), set.period()) == (instance, period);
        self.0.iter().find(of).is_some_and(|set| match role {
            IdentityRole::Intake => set.intake().is_some(),
            IdentityRole::Account => set.account().is_some(),
            IdentityRole::Identity => set.identity().is_some(),
        })
    }

    /// How many identities there are.
    #[must_use]
    pub fn count(&self) -> usize {
        let of_set = |set: &PeriodIdentities| {
            usize::from(set.intake().is_some())
                + usize::from(set.account().is_some())
                + usize::from(set.identity().is_some())
        };
        self.0.iter().map(of_set).sum()
    }
}

/// What an identity opens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityRole {
    /// The outer layer.
    Intake,
    /// Account, manifest and attachments.
    Account,
    /// The identity compartment.
    Identity,
}

impl IdentityRole {
    /// Every role, in the order of the layers.
    pub const ALL: [Self; 3] = [Self::Intake, Self::Account, Self::Identity];

    /// That of an identity.
    #[must_use]
    pub fn of(identity: &AnyIdentity) -> Self {
        match identity {
            AnyIdentity::Intake(_) => Self::Intake,
            AnyIdentity::Account(_) => Self::Account,
            AnyIdentity::Identity(_) => Self::Identity,
        }
    }

    /// Its name in lists and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Account => "account",
            Self::Identity => "identity",
        }
    }
}

/// Whether an identity is the private half of a recipient that the key bundle lists.
#[must_use]
pub fn belongs_to_bundle(identity: &AnyIdentity, bundle: &KeyBundle) -> bool {
    let (instance, period) = identity.belongs_to();
    instance == bundle.content().instance
        && bundle
            .content()
            .periods
            .iter()
            .any(|listed| listed.id == period && identity.fits(listed))
}
