//! The recovery key of a vault: drawn, and its public half written down when its sheets are known to be good.

use asylia_envelope::day::Day;
use rand_core::{CryptoRng, RngCore};

use super::{
    fact::Fact,
    plan::YearPlan,
    room::CeremonyError,
    screen::Screen,
    year::{Place, Year, write_again},
};
use crate::{
    custody::{CustodySecret, Purpose},
    files::read_limited,
    recovery::{RECOVERY_NOTE_LIMIT_BYTES, RecoveryNote},
};

/// The public file of the recovery key, in a ceremony's folder.
pub const RECOVERY: &str = "recovery.note";

impl Year {
    /// Goes on with the ceremony of the place, or begins one that makes a recovery key alone.
    ///
    /// # Errors
    /// Those of [`Self::begin`] and [`Self::open`]; [`CeremonyError::OtherPlan`] when the one that was begun
    /// makes something else.
    pub fn begin_or_open(place: Place, plan: YearPlan, today: Day) -> Result<Self, CeremonyError> {
        if !place.is_begun() {
            return Self::begin(place, plan, None, today);
        }
        let begun = Self::open(place)?;
        let same = begun.plan.quarters == plan.quarters && begun.plan.root == plan.root;
        if same {
            Ok(begun)
        } else {
            Err(CeremonyError::OtherPlan)
        }
    }

    /// The public file of the recovery key that a closed ceremony made.
    ///
    /// # Errors
    /// A file that is gone, or not what the transcript says.
    pub fn recovery_note(&self) -> Result<RecoveryNote, CeremonyError> {
        let path = self.place.folder.join(RECOVERY);
        let note = read_limited(&path, RECOVERY_NOTE_LIMIT_BYTES)
            .map_err(CeremonyError::file("the recovery key's public file"))?;
        let changed = || CeremonyError::Changed("The recovery key's public file");
        let note = RecoveryNote::parse(&note).map_err(|_| changed())?;
        let known = self.sets()?.iter().any(|set| set == note.set());
        if known { Ok(note) } else { Err(changed()) }
    }

    /// Draws the key.
    pub(super) fn make_recovery(
        &mut self,
        label: &str,
        screen: &mut Screen<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        today: Day,
    ) -> Result<(), CeremonyError> {
        screen.say("\nThe key that reopens the office's vault is made now.")?;
        let passphrase = self.passphrase(screen)?;
        let secret = CustodySecret::generate_recovery(self.plan.root.instance, label, rng)?;
        let path = self.seed_path(label, secret.purpose());
        let file = secret.seal_file(&passphrase, self.place.work);
        write_again(&path, &file, "a seed file")?;
        screen.say("It is drawn and lies under the passphrase of the ceremony.")?;
        self.commit([Fact::Recovery(label.to_owned())], today)
    }

    /// What the console makes the vault's recovery slot from.
    pub(super) fn write_recovery_note(
        &mut self,
        screen: &mut Screen<'_>,
    ) -> Result<(), CeremonyError> {
        let Some(key) = self.plan.recovery.clone() else {
            return Ok(());
        };
        if !self.seed_path(&key.label, Purpose::VaultRecovery).exists() {
            // An interrupted step wrote it before it removed the seed.
            return Ok(());
        }
        let secret = self.seed(&key.label, Purpose::VaultRecovery, screen)?;
        let sets = self.sets()?;
        let changed = || CeremonyError::Changed("A set's note");
        let mut of_key = sets.into_iter().filter(|set| set.label() == key.label);
        let set = of_key.find(|set| set.purpose() == Purpose::VaultRecovery);
        let recipient = secret.recipients().into_iter().next();
        let (set, recipient) = set.zip(recipient).ok_or_else(changed)?;
        let note = RecoveryNote::new(recipient, set).map_err(|_| changed())?;
        write_again(
            &self.place.folder.join(RECOVERY),
            note.to_note().as_bytes(),
            "the recovery key's public file",
        )
    }
}
