//! Acts of casework on an open vault: checked, written in one transaction, with one entry of the audit log each.

use asylia_envelope::{
    answers::{Answer, Answers},
    day::Day,
    ids::RecordId,
    submission::Account,
};
use sha2::{Digest, Sha256};

use super::{
    case::Case,
    consent::{CellValue, Entry, First, in_force, in_force::unread_questions},
    event::{AssignedTo, CaseItem, Change, Decided, Door, Made, Numbered, Person, Told},
    figures::Figures,
    follow_ups,
    framework::Framework,
    gate::{Ask, Checks, Decision, Route, Verdict, decide},
    knowledge::{DenyIn, DenyItem},
    number::CaseNumber,
    rules::{CaseworkError, check, check_days},
    values::{Basis, PersonKind},
};
use crate::{
    opening::Refused,
    report::read_document,
    vault::{
        Contents, Vault, VaultError, VaultTransaction,
        audit::{Act, AuditItem},
        domain::Domain,
        item::{Item, Stamp},
    },
};

/// A case to be made.
#[derive(Default)]
pub struct NewCase {
    /// The submissions that it is made of.
    pub records: Vec<RecordId>,
    /// By which door it came, where it is made of none.
    pub door: Option<Door>,
}

/// Makes a case; its clock begins when the first of its submissions was imported, or now.
///
/// # Errors
/// See [`CaseworkError`].
pub fn make(vault: &mut Vault, new: NewCase) -> Result<CaseNumber, CaseworkError> {
    vault.refresh()?;
    if let Some(door) = &new.door
        && !Framework::shipped().is_other_channel(&door.channel)
    {
        return Err(CaseworkError::Word(door.channel.clone()));
    }
    let (mut clock, mut told) = (None, Told::default());
    for record in &new.records {
        let row = vault
            .contents()
            .records
            .iter()
            .find(|row| row.item.record_id == *record && row.item.imported().is_some());
        let row = row.ok_or(CaseworkError::NoSuchRecord)?;
        clock = clock.into_iter().chain([row.at]).min();
        let account = row
            .item
            .imported()
            .and_then(|imported| imported.account.clone());
        if vault.contents().cases.of_record(*record).is_some() {
            return Err(CaseworkError::RecordTaken);
        }
        if let Some(account) = account {
            told.add(&read_answers(vault, &account)?);
        }
    }
    let own = || Door {
        channel: "form".to_owned(),
        source: String::new(),
        register_row: None,
    };
    let mut transaction = vault.begin()?;
    let number = transaction.new_case_number();
    let made = Made {
        clock: clock.unwrap_or(transaction.at()),
        door: new.door.unwrap_or_else(own),
        told,
        records: new.records,
    };
    let mut changes = follow_ups::signs_of_life(transaction.contents(), &made.records);
    changes.insert(0, Change::Made(Box::new(made)));
    transaction.write_changes(number, changes)?;
    transaction.log(AuditItem::of(Act::CaseMade).on_case(number))?;
    transaction.commit()?;
    Ok(number)
}

/// Records the first person of a case and what the form said of permissions: of each report of the case, since a
/// second report may only be more private.
///
/// # Errors
/// See [`CaseworkError`].
pub fn fill_from_reports(vault: &mut Vault, number: CaseNumber) -> Result<(), CaseworkError> {
    let case = vault
        .contents()
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    if !case.persons.is_empty() {
        return Err(CaseworkError::FirstIsThere);
    }
    let accounts: Vec<_> = case
        .records
        .iter()
        .filter_map(|record| {
            vault
                .contents()
                .record(*record)?
                .imported()?
                .account
                .clone()
        })
        .collect();
    // One report speaks for one person; of several an officer reads whose permission is whose.
    let [account] = accounts.as_slice() else {
        return Ok(());
    };
    let answers = read_answers(vault, account)?;
    let first = First::of(&answers);
    let own = matches!(first.basis, Some(Basis::MyOwn | Basis::MixedMineAndOthers));
    let item = Person {
        kind: PersonKind::Individual,
        label: String::new(),
        reporter: own,
        in_passing: false,
        role: None,
        gender: None,
        age_group: None,
        own_view: None,
        representatives: Vec::new(),
    };
    change(vault, number, Change::Person(Numbered { number: 1, item }))?;
    let entry = Entry::First(1, Box::new(first));
    change(vault, number, Change::Consent(Box::new(entry)))
}

/// Writes down, once each, that questions stayed unread and what was said for that case holds now.
///
/// # Errors
/// See [`CaseworkError`].
pub fn log_unread(vault: &mut Vault) -> Result<usize, CaseworkError> {
    let today = vault.today();
    let mut unread: Vec<(CaseNumber, u16)> = Vec::new();
    for case in vault.contents().cases.iter() {
        let questions = case.consents.questions();
        let fresh = unread_questions(case, today).into_iter().filter(|number| {
            questions
                .get(number)
                .is_some_and(|(_, state)| !state.unread_logged)
        });
        unread.extend(fresh.map(|question| (case.number, question)));
    }
    for (number, question) in &unread {
        let entry = Entry::UnreadApplied(*question);
        change(vault, *number, Change::Consent(Box::new(entry)))?;
    }
    Ok(unread.len())
}

/// Writes one change of a case.
///
/// # Errors
/// See [`CaseworkError`].
pub fn change(vault: &mut Vault, number: CaseNumber, change: Change) -> Result<(), CaseworkError> {
    let mut transaction = vault.begin()?;
    let contents = transaction.contents();
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let change = follow_ups::with_way(contents, case, change);
    check(case, &contents.cases, &change, transaction.author())?;
    check_days(case, &change, &contents.lists.calendar, transaction.at())?;
    if let Change::RecordAdded(record) = &change {
        let opened = contents
            .record(*record)
            .is_some_and(|record| record.imported().is_some());
        opened.then_some(()).ok_or(CaseworkError::NoSuchRecord)?;
    }
    let along = follow_ups::along_with(contents, case, &change);
    let entry = changed(number, change.code());
    let mut changes = vec![change];
    changes.extend(along);
    transaction.write_changes(number, changes)?;
    transaction.log(entry)?;
    Ok(transaction.commit()?)
}

/// The entry of the audit log for a change of a case.
pub(super) fn changed(number: CaseNumber, code: &str) -> AuditItem {
    AuditItem::of(Act::CaseChanged).on_case(number).saying(code)
}

/// Adds words to the deny list of a case.
///
/// # Errors
/// See [`CaseworkError`].
pub fn deny(
    vault: &mut Vault,
    number: CaseNumber,
    place: DenyIn,
    terms: Vec<String>,
) -> Result<(), CaseworkError> {
    let mut transaction = vault.begin()?;
    let case = transaction
        .contents()
        .cases
        .get(number)
        .map(|case| case.number);
    let case = case.ok_or(CaseworkError::NoSuchCase)?;
    let sound = |term: &String| !term.trim().is_empty() && term.len() <= TERM_LIMIT_BYTES;
    (!terms.is_empty() && terms.iter().all(sound))
        .then_some(())
        .ok_or(CaseworkError::Text)?;
    let item = DenyItem { case, place, terms };
    transaction.append(Domain::Gate, Item::Deny(Box::new(item)))?;
    transaction.log(
        AuditItem::of(Act::CaseChanged)
            .on_case(number)
            .saying("deny-list"),
    )?;
    Ok(transaction.commit()?)
}

/// Asks the gate; writes nothing.
///
/// # Errors
/// [`CaseworkError::NoSuchCase`].
pub fn ask_gate(
    contents: &Contents,
    number: CaseNumber,
    route: &Route,
    persons: &[u16],
    checks: Checks,
    today: Day,
) -> Result<Decision, CaseworkError> {
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let ask = Ask {
        route,
        persons,
        checks,
        source_identified: contents.knowledge.source_identified(case),
        child_known: contents.knowledge.under_18(case),
        today,
    };
    Ok(decide(case, &ask))
}

/// Something to be recommended.
pub struct NewDecision {
    /// What, and towards whom.
    pub route: Route,
    /// Of which persons it tells.
    pub persons: Vec<u16>,
    /// What the officer ticked; a second officer answers later.
    pub checks: Checks,
    /// Why.
    pub why: String,
}

/// Records that something is recommended, if the gate lets it; returns the action's number and the gate's answer.
///
/// # Errors
/// [`CaseworkError::Gate`] with the gate's answer when it does not; see [`CaseworkError`].
pub fn recommend(
    vault: &mut Vault,
    number: CaseNumber,
    new: NewDecision,
) -> Result<(u16, Decision), CaseworkError> {
    vault.refresh()?;
    let today = vault.today();
    let contents = vault.contents();
    let checks = Checks {
        second_officer: false,
        ..new.checks
    };
    let decision = ask_gate(contents, number, &new.route, &new.persons, checks, today)?;
    if decision.verdict != Verdict::Allowed {
        return Err(CaseworkError::Gate(Box::new(decision)));
    }
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let action = Case::next(&case.actions);
    let decided = Decided {
        consent_sha256: consent_digest(case, &new.persons, today),
        texts_sha256: case.texts_digest(),
        route: new.route,
        persons: new.persons,
        checks,
        decision: decision.clone(),
        why: new.why,
    };
    let decided = Numbered {
        number: action,
        item: decided,
    };
    change(vault, number, Change::Decided(Box::new(decided)))?;
    Ok((action, decision))
}

/// SHA-256 over the permissions of these persons as they are in force.
#[must_use]
pub fn consent_digest(case: &Case, persons: &[u16], today: Day) -> String {
    let cells = |person: &u16| {
        let matrix = in_force(case, *person, today);
        let cells: Vec<CellValue> = matrix
            .cells()
            .map(|(cell, value)| CellValue {
                cell: cell.clone(),
                value,
            })
            .collect();
        (*person, cells)
    };
    let all: Vec<_> = persons.iter().map(cells).collect();
    let json = serde_json::to_vec(&all).expect("permissions serialise");
    hex::encode(Sha256::digest(json))
}

/// Whoever of that name does casework, to be given a case.
///
/// # Errors
/// [`CaseworkError::NoSuchPerson`].
pub fn caseworker(contents: &Contents, name: &str) -> Result<AssignedTo, CaseworkError> {
    let person = contents.person_called(name);
    let person = person.filter(|person| Domain::Case.is_held_by_any(&person.roles));
    person
        .map(|person| AssignedTo::of(&person.id))
        .ok_or(CaseworkError::NoSuchPerson)
}

fn read_answers(
    vault: &mut Vault,
    account: &crate::vault::blob::BlobRef,
) -> Result<Answers, CaseworkError> {
    let json = read_document(vault, account).map_err(|error| match error {
        Refused::Record(_) => CaseworkError::Unreadable,
        Refused::Io(kind) => CaseworkError::Vault(VaultError::Io(kind.into())),
    })?;
    let account = Account::parse(&json).map_err(|_| CaseworkError::Unreadable)?;
    Ok(account.answers)
}

impl VaultTransaction<'_> {
    /// Writes an event of a case.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn write_case(
        &mut self,
        case: CaseNumber,
        change: Change,
    ) -> Result<(), VaultError> {
        self.write_changes(case, vec![change])
    }

    /// Writes events of a case, and its row in the figures as the last of them leaves it.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn write_changes(
        &mut self,
        case: CaseNumber,
        changes: Vec<Change>,
    ) -> Result<(), VaultError> {
        let figures = self.figures_after(case, &changes);
        for change in changes {
            let item = Item::Case(Box::new(CaseItem { case, change }));
            self.append(Domain::Case, item)?;
        }
        if let Some(figures) = figures {
            self.append(Domain::Statistics, Item::Figures(Box::new(figures)))?;
        }
        Ok(())
    }

    /// The case's row in the figures as the changes leave it, where they leave it another one.
    fn figures_after(&self, number: CaseNumber, changes: &[Change]) -> Option<Figures> {
        let today = Day::from_unix_seconds(self.at())?;
        let row = |case: &Case| {
            let received = Day::from_unix_seconds(case.clock)?;
            Some(Figures::of(case, received, today))
        };
        let stamp = Stamp {
            sequence: 0,
            at: self.at(),
            author: self.author(),
        };
        let before = self.contents().cases.get(number);
        let mut after = before.cloned();
        for change in changes {
            match (&mut after, change) {
                (None, Change::Made(made)) => {
                    after = Some(Case::made(stamp, number, (**made).clone()));
                }
                (None, _) => {}
                (Some(case), change) => case.apply(stamp, change.clone()),
            }
        }
        let after = row(after.as_ref()?);
        after.filter(|after| before.and_then(row).as_ref() != Some(after))
    }
}

impl Told {
    /// The choices of a questionnaire.
    #[must_use]
    pub fn of(answers: &Answers) -> Self {
        let mut told = Self::default();
        told.add(answers);
        told
    }

    /// Adds the choices of another submission of the same case.
    pub fn add(&mut self, answers: &Answers) {
        let one = |id: &str| answers.text(id).map(str::to_owned);
        let worse = |danger: &String| DANGERS.iter().position(|known| known == danger);
        let dangers = self
            .danger_now
            .take()
            .into_iter()
            .chain(one("in_danger_now"));
        self.danger_now = dangers.max_by_key(worse);
        self.country = self.country.take().or_else(|| one("act_country"));
        for (id, to) in [
            ("danger_kinds", &mut self.danger_kinds),
            ("act_types", &mut self.act_types),
            ("definition_categories", &mut self.categories),
            ("un_body_contacted", &mut self.bodies),
            ("perpetrators", &mut self.perpetrators),
        ] {
            if let Some(Answer::Several(values)) = answers.answer(id) {
                for value in values {
                    if !to.contains(value) {
                        to.push(value.to_string());
                    }
                }
            }
        }
    }
}

/// What the form says of danger, from the least to the worst; what it does not know is less.
const DANGERS: [&str; 4] = ["no", "not_sure", "soon", "now"];
/// Most bytes of one word of a deny list.
const TERM_LIMIT_BYTES: usize = 1024;
