//! Lists of the office as data: addressees and their keys, mandates, days of work, translators. Signed by the
//! office's key, numbered, changed by stick; what the program ships is where they start.

use std::{collections::BTreeMap, str::FromStr, sync::LazyLock};

use asylia_envelope::{
    hybrid::HybridRecipient,
    ids::InstanceId,
    signing::{Office, SigningKey, VerifyingKey},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    calendar::{Calendar, CalendarData},
    rules::CaseworkError,
    values::Target,
};
use crate::vault::{
    Vault, VaultError,
    audit::{Act, AuditItem},
    domain::Domain,
    item::Item,
};

/// Which list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// Who gets packets.
    Addressees,
    /// The mandates of special procedures.
    Mandates,
    /// Time zone, working days, holidays.
    Calendar,
}

/// A mandate of special procedures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mandate {
    /// Its code, the office's own.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `thematic` or `country`.
    pub kind: String,
    /// The country's three letters.
    pub country: Option<String>,
    /// `active`, `merged`, `ended`, `dormant`.
    pub status: String,
    /// Whether that could not be confirmed.
    #[serde(default)]
    pub status_uncertain: bool,
    /// The mandate that goes on with its work.
    pub succeeded_by: Option<String>,
}

/// The mandates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mandates {
    /// On which day the list was true.
    pub as_of: String,
    /// Each of them.
    pub mandates: Vec<Mandate>,
    /// Codes of mandates by code of an act.
    #[serde(default)]
    pub suggested_by_act: BTreeMap<String, Vec<String>>,
}

/// Somebody who may get packets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// Its code: that of a mandate, or `HC`, `ASG`, `CAT`, a translator's.
    pub code: String,
    /// Its name, a function and not a person's.
    pub name: String,
    /// For which targets.
    pub targets: Vec<Target>,
    /// The key that `asylia-open` made, compared word by word; none for who gets paper.
    pub recipient: Option<String>,
    /// Languages it works in.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// The addressees.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addressees {
    /// Each of them.
    pub addressees: Vec<Addressee>,
}

/// Every list that is in force.
pub struct OfficeLists {
    /// Who gets packets.
    pub addressees: Addressees,
    /// The mandates.
    pub mandates: Mandates,
    /// When the office works.
    pub calendar: Calendar,
    /// Version of each list that came by stick.
    pub versions: BTreeMap<ListKind, u64>,
}

/// One signed list as it was written: a head of lines, an empty line, JSON.
pub struct SignedList {
    /// Of which installation.
    pub instance: InstanceId,
    /// Which list.
    pub kind: ListKind,
    /// Counts up from 1.
    pub version: u64,
    json: String,
    note: String,
}

/// Why a list is not taken. Each text has two sentences.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListError {
    /// Not a signed list.
    #[error("This is not a signed list of an office. Choose the file that `data sign` wrote.")]
    Form,
    /// No key of the office has signed it.
    #[error(
        "No signing key of this office has signed the list. Do not use it, and ask who gave it to you."
    )]
    Signature,
    /// Of another office.
    #[error("The list belongs to another office. Choose the one of this office.")]
    OtherInstance,
    /// Not newer.
    #[error("The list has version {0}, and version {1} is here already. Ask for a newer one.")]
    Old(u64, u64),
    /// Its content is none of its kind.
    #[error(
        "The list is signed, but its content is not that of its kind: {0}. Ask for a mended one."
    )]
    Content(&'static str),
}

impl ListKind {
    /// Its name in the note.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Addressees => "addressees",
            Self::Mandates => "mandates",
            Self::Calendar => "calendar",
        }
    }

    /// The list of that name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Addressees, Self::Mandates, Self::Calendar]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

impl SignedList {
    /// Signs a list.
    ///
    /// # Errors
    /// [`ListError::Content`].
    pub fn sign(
        key: &SigningKey<Office>,
        instance: InstanceId,
        kind: ListKind,
        version: u64,
        json: &str,
    ) -> Result<String, ListError> {
        Content::parse(kind, json)?;
        let signature = key
            .for_data()
            .sign(&fields(instance, kind, version, json).each());
        Ok(format!(
            "{MAGIC}\ninstance: {instance}\nkind: {}\nversion: {version}\nsigner: {}\nsignature: {}\n\n{json}",
            kind.code(),
            key.verifying_key(),
            hex::encode(signature),
        ))
    }

    /// Reads a list and verifies it against the office's keys.
    ///
    /// # Errors
    /// See [`ListError`].
    pub fn open(
        note: &str,
        instance: InstanceId,
        keys: &[VerifyingKey<Office>],
    ) -> Result<Self, ListError> {
        let (list, signer, signature) = Self::read(note)?;
        if list.instance != instance {
            return Err(ListError::OtherInstance);
        }
        let signed = fields(list.instance, list.kind, list.version, &list.json);
        let verified = signer.for_data().verify(&signed.each(), &signature).is_ok();
        let ours = keys.contains(&signer) && verified;
        ours.then_some(()).ok_or(ListError::Signature)?;
        Content::parse(list.kind, &list.json)?;
        Ok(list)
    }

    /// Reads a list that was verified when it came: the key that signed it may be the office's no more.
    ///
    /// # Errors
    /// [`ListError::Form`].
    pub(crate) fn of_vault(note: &str) -> Result<Self, ListError> {
        Self::read(note).map(|(list, ..)| list)
    }

    fn read(note: &str) -> Result<(Self, VerifyingKey<Office>, Vec<u8>), ListError> {
        let (head, json) = note.split_once("\n\n").ok_or(ListError::Form)?;
        let mut lines = head.split('\n');
        (lines.next() == Some(MAGIC))
            .then_some(())
            .ok_or(ListError::Form)?;
        let mut next = |name: &str| {
            let line = lines.next().and_then(|line| line.strip_prefix(name));
            line.and_then(|line| line.strip_prefix(": "))
                .ok_or(ListError::Form)
        };
        let instance: InstanceId = next("instance")?.parse().map_err(|_| ListError::Form)?;
        let kind = ListKind::parse(next("kind")?).ok_or(ListError::Form)?;
        let version: u64 = next("version")?.parse().map_err(|_| ListError::Form)?;
        let signer = VerifyingKey::<Office>::parse(next("signer")?).map_err(|_| ListError::Form)?;
        let signature = hex::decode(next("signature")?).map_err(|_| ListError::Form)?;
        lines
            .next()
            .is_none()
            .then_some(())
            .ok_or(ListError::Form)?;
        let list = Self {
            instance,
            kind,
            version,
            json: json.to_owned(),
            note: note.to_owned(),
        };
        Ok((list, signer, signature))
    }

    /// As it was written.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// What is signed.
struct Fields {
    instance: [u8; 16],
    kind: &'static str,
    version: [u8; 8],
    digest: [u8; 32],
}

fn fields(instance: InstanceId, kind: ListKind, version: u64, json: &str) -> Fields {
    Fields {
        instance: instance.0,
        kind: kind.code(),
        version: version.to_be_bytes(),
        digest: Sha256::digest(json).into(),
    }
}

impl Fields {
    fn each(&self) -> [&[u8]; 4] {
        [
            &self.instance,
            self.kind.as_bytes(),
            &self.version,
            &self.digest,
        ]
    }
}

/// Takes a list from a stick into the vault.
///
/// # Errors
/// See [`ListError`] and [`CaseworkError`].
pub fn import(vault: &mut Vault, note: &str) -> Result<(ListKind, u64), CaseworkError> {
    vault.refresh()?;
    let contents = vault.contents();
    let bundle = contents
        .bundle
        .as_ref()
        .ok_or(VaultError::Damaged)?
        .content();
    let list = SignedList::open(note, bundle.instance, &bundle.office_keys)?;
    let here = contents
        .lists
        .versions
        .get(&list.kind)
        .copied()
        .unwrap_or(0);
    if list.version <= here {
        return Err(ListError::Old(list.version, here).into());
    }
    let (kind, version) = (list.kind, list.version);
    let mut transaction = vault.begin()?;
    transaction.append(Domain::Member, Item::List(note.to_owned()))?;
    let entry = AuditItem::of(Act::ListTaken)
        .with_number(version)
        .saying(kind.code());
    transaction.log(entry)?;
    transaction.commit()?;
    Ok((kind, version))
}

/// What a list says.
enum Content {
    Addressees(Addressees),
    Mandates(Mandates),
    Calendar(Calendar),
}

impl Content {
    fn parse(kind: ListKind, json: &str) -> Result<Self, ListError> {
        let form = |_: serde_json::Error| ListError::Content("it is not the JSON of its kind");
        Ok(match kind {
            ListKind::Addressees => {
                let list: Addressees = serde_json::from_str(json).map_err(form)?;
                let sound = |to: &Addressee| {
                    let key = to.recipient.as_deref();
                    !to.code.is_empty()
                        && key.is_none_or(|key| HybridRecipient::from_str(key).is_ok())
                };
                let sound = list.addressees.iter().all(sound);
                sound
                    .then_some(())
                    .ok_or(ListError::Content("an addressee's code or key"))?;
                Self::Addressees(list)
            }
            ListKind::Mandates => Self::Mandates(serde_json::from_str(json).map_err(form)?),
            ListKind::Calendar => {
                let data: CalendarData = serde_json::from_str(json).map_err(form)?;
                let calendar = Calendar::of(&data);
                Self::Calendar(calendar.ok_or(ListError::Content("a zone or a weekday"))?)
            }
        })
    }
}

impl Default for OfficeLists {
    fn default() -> Self {
        Self {
            addressees: Addressees::default(),
            mandates: SHIPPED_MANDATES.clone(),
            calendar: Calendar::default(),
            versions: BTreeMap::new(),
        }
    }
}

impl OfficeLists {
    /// Takes a verified list, if it is newer.
    ///
    /// # Errors
    /// [`ListError::Old`].
    pub fn take(&mut self, list: &SignedList) -> Result<(), ListError> {
        let here = self.versions.get(&list.kind).copied().unwrap_or(0);
        if list.version <= here {
            return Err(ListError::Old(list.version, here));
        }
        match Content::parse(list.kind, &list.json)? {
            Content::Addressees(addressees) => self.addressees = addressees,
            Content::Mandates(mandates) => self.mandates = mandates,
            Content::Calendar(calendar) => self.calendar = calendar,
        }
        self.versions.insert(list.kind, list.version);
        Ok(())
    }

    /// The addressee of that code.
    #[must_use]
    pub fn addressee(&self, code: &str) -> Option<&Addressee> {
        self.addressees
            .addressees
            .iter()
            .find(|addressee| addressee.code == code)
    }

    /// Mandates that the acts and States of a case suggest; those that ended are followed to who goes on.
    #[must_use]
    pub fn suggested(&self, acts: &[&str], states: &[&str]) -> Vec<&Mandate> {
        let by_act = acts.iter().flat_map(|act| {
            self.mandates
                .suggested_by_act
                .get(*act)
                .into_iter()
                .flatten()
                .map(String::as_str)
        });
        let countries = self.mandates.mandates.iter().filter(|mandate| {
            mandate
                .country
                .as_deref()
                .is_some_and(|country| states.contains(&country))
        });
        let codes = by_act.chain(countries.map(|mandate| mandate.code.as_str()));
        let mut suggested: Vec<&Mandate> = Vec::new();
        // Whoever was met with reprisals for defending rights is theirs whatever was done.
        for code in codes.chain(["sr-defenders"]) {
            if let Some(mandate) = self.active(code)
                && !suggested.contains(&mandate)
            {
                suggested.push(mandate);
            }
        }
        suggested
    }

    /// The active mandate of that code, or the one that goes on with its work.
    #[must_use]
    pub fn active(&self, code: &str) -> Option<&Mandate> {
        let mut code = code;
        // A chain of successions longer than the list goes in a circle.
        for _ in 0..=self.mandates.mandates.len() {
            let mandate = self
                .mandates
                .mandates
                .iter()
                .find(|mandate| mandate.code == code)?;
            match (mandate.status.as_str(), mandate.succeeded_by.as_deref()) {
                ("active", _) => return Some(mandate),
                (_, Some(next)) => code = next,
                (_, None) => return None,
            }
        }
        None
    }
}

static SHIPPED_MANDATES: LazyLock<Mandates> = LazyLock::new(|| {
    let mut mandates: Mandates = serde_json::from_str(include_str!("../../data/mandates.json"))
        .expect("the data is part of the program and read by its tests");
    mandates.suggested_by_act =
        serde_json::from_str(include_str!("../../data/mandates-by-act.json"))
            .expect("the data is part of the program and read by its tests");
    mandates
});
const MAGIC: &str = "asylia office list v1";

#[cfg(test)]
mod tests {
    use asylia_envelope::hybrid::HybridIdentity;
    use rand_core::OsRng;

    use super::*;
    use crate::casework::framework::Framework;

    const INSTANCE: InstanceId = InstanceId([3; 16]);

    fn addressees() -> String {
        let recipient = HybridIdentity::from_seed(&[7; 32]).to_recipient();
        format!(
            r#"{{"addressees":[{{"code":"sr-torture","name":"Special Rapporteur on torture","targets":["M1","R2"],"recipient":"{recipient}"}}]}}"#
        )
    }

    #[test]
    fn a_list_is_taken_when_the_office_signed_it_and_it_is_newer() {
        let key = SigningKey::<Office>::generate(&mut OsRng);
        let keys = [key.verifying_key()];
        let sign = |version| {
            SignedList::sign(&key, INSTANCE, ListKind::Addressees, version, &addressees()).unwrap()
        };
        let mut lists = OfficeLists::default();
        let first = SignedList::open(&sign(1), INSTANCE, &keys).unwrap();
        lists.take(&first).unwrap();
        assert!(lists.addressee("sr-torture").is_some());
        assert_eq!(lists.take(&first), Err(ListError::Old(1, 1)));
        lists
            .take(&SignedList::open(&sign(3), INSTANCE, &keys).unwrap())
            .unwrap();
        let note = sign(4);
        for (altered, error) in [
            (
                note.replace("version: 4", "version: 5"),
                ListError::Signature,
            ),
            (
                note.replace("sr-torture", "sr-tortury"),
                ListError::Signature,
            ),
            (note.replace("\n\n", "\nmore: 1\n\n"), ListError::Form),
            (note.replace("v1", "v2"), ListError::Form),
        ] {
            assert_eq!(
                SignedList::open(&altered, INSTANCE, &keys).err(),
                Some(error)
            );
        }
        let other = InstanceId([4; 16]);
        assert_eq!(
            SignedList::open(&note, other, &keys).err(),
            Some(ListError::OtherInstance)
        );
        let stranger = SigningKey::<Office>::generate(&mut OsRng);
        assert_eq!(
            SignedList::open(&note, INSTANCE, &[stranger.verifying_key()]).err(),
            Some(ListError::Signature)
        );
        let refused = SignedList::sign(&key, INSTANCE, ListKind::Calendar, 1, "{\"zone\":1}");
        assert!(matches!(refused, Err(ListError::Content(_))));
    }

    #[test]
    fn mandates_are_suggested_by_acts_and_states_and_those_that_ended_lead_on() {
        let lists = OfficeLists::default();
        let codes = |acts: &[&str], states: &[&str]| -> Vec<String> {
            let suggested = lists.suggested(acts, states);
            suggested
                .iter()
                .map(|mandate| mandate.code.clone())
                .collect()
        };
        assert_eq!(
            codes(
                &["arrest_or_detention", "torture_or_ill_treatment"],
                &["ERI"]
            ),
            [
                "wg-arbitrary-detention",
                "sr-torture",
                "sr-eritrea",
                "sr-defenders"
            ]
        );
        assert_eq!(codes(&[], &["SOM"]), ["sr-defenders"], "that mandate ended");
        let active = |code| lists.active(code).map(|mandate| mandate.code.as_str());
        assert_eq!(active("sr-slavery"), Some("sr-slavery-trafficking"));
        assert_eq!(active("sr-nothing"), None);
        assert_eq!(lists.mandates.mandates.len(), 61);
        for (act, suggested) in &lists.mandates.suggested_by_act {
            assert!(Framework::shipped().is_act(act), "{act}");
            assert!(
                suggested.iter().all(|code| lists.active(code).is_some()),
                "{act}"
            );
        }
    }
}
