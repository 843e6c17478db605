use rand_core::OsRng;
use sha2::{Digest, Sha256};

use super::*;
use crate::return_code::ReturnCode;

const INSTANCE: InstanceId = InstanceId([1; 16]);

fn keys() -> MailboxKeys {
    ReturnCode::generate(&mut OsRng).derive_mailbox(INSTANCE)
}

fn follow_up(keys: &MailboxKeys) -> FollowUp {
    let mut answers = Answers::default();
    answers.add("story", "They came again.\r\nAt night.");
    answers.add("in_danger_now", "yes");
    FollowUp {
        language: "en".into(),
        page_number: Some(PageNumber([5; 16])),
        lookup_id: keys.lookup_id(),
        counter: 7,
        answers_reply: Some(ReplyDigest([3; 32])),
        nonce: Some(QuestionNonce([4; 16])),
        permissions: BTreeMap::from([
            (Purpose::Government, Permission::No),
            (Purpose::MandateHolders, Permission::WithoutIdentity),
        ]),
        withdraw_all: false,
        delete_report: false,
        new_mailbox: None,
        answers,
    }
}

fn statement(follow_up: &FollowUp) -> FollowUpStatement {
    FollowUpStatement {
        instance: INSTANCE,
        submission_id: SubmissionId([2; 16]),
        tie: follow_up.tie(),
        manifest_sha256: [9; 32],
    }
}

/// Keys like those of `of`, which stays with the test.
fn signing(of: &MailboxKeys, new: Option<&MailboxKeys>) -> FollowUpKeys {
    let copy = |keys: &MailboxKeys| SigningKey::from_seed(&keys.signing_key.seed());
    FollowUpKeys {
        code: copy(of),
        new_code: new.map(copy),
    }
}

#[test]
fn a_follow_up_comes_back_as_it_was() {
    let keys = keys();
    let mut sent = follow_up(&keys);
    sent.new_mailbox = Some(MailboxAddress::of(&keys));
    let json = sent.to_json();
    let read = FollowUp::parse(&json).ok().unwrap();
    assert_eq!(*read.to_json(), *json);
    assert_eq!(
        read.answers.text("story"),
        Some("They came again.\nAt night.")
    );
    assert_eq!(read.permissions, sent.permissions);
}

#[test]
fn unknown_missing_and_misshapen_members_are_refused() {
    let good = follow_up(&keys()).to_json();
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json: serde_json::Value = serde_json::from_slice(&good).unwrap();
        change(&mut json);
        FollowUp::parse(json.to_string().as_bytes()).is_ok()
    };
    assert!(with(&|_| ()));
    assert!(!with(&|json| json["version"] = 2.into()));
    assert!(!with(&|json| json["more"] = true.into()));
    assert!(!with(
        &|json| json["permissions"]["government"] = "yes".into()
    ));
    assert!(!with(&|json| json["permissions"]["everybody"] = "no".into()));
    assert!(!with(&|json| json["counter"] = (-1).into()));
    assert!(!with(
        &|json| json["new_mailbox"] = serde_json::json!({"recipient": "x"})
    ));
    assert!(!with(&|json| {
        json.as_object_mut().unwrap().remove("withdraw_all");
    }));
}

#[test]
fn the_code_of_the_case_signs_every_part() {
    let (keys, other) = (keys(), keys());
    let address = MailboxAddress::of(&keys);
    let sent = follow_up(&keys);
    let proof = statement(&sent).sign(&signing(&keys, None));
    let proof = FollowUpProof::parse(&proof.to_json()).unwrap();
    assert_eq!(proof.verify(&statement(&sent), &address), Ok(()));

    let refused = |change: &dyn Fn(&mut FollowUpStatement)| {
        let mut altered = statement(&sent);
        change(&mut altered);
        proof.verify(&altered, &address)
    };
    assert_eq!(refused(&|_| ()), Ok(()));
    let not_the_code = Err(ProofError::NotTheCode);
    assert_eq!(refused(&|said| said.instance.0[0] ^= 1), not_the_code);
    assert_eq!(refused(&|said| said.submission_id.0[0] ^= 1), not_the_code);
    assert_eq!(refused(&|said| said.manifest_sha256[0] ^= 1), not_the_code);
    assert_eq!(refused(&|said| said.tie.counter += 1), not_the_code);
    assert_eq!(refused(&|said| said.tie.answers_reply = None), not_the_code);

    let forged = statement(&sent).sign(&signing(&other, None));
    assert_eq!(forged.verify(&statement(&sent), &address), not_the_code);
    let elsewhere = MailboxAddress::of(&other);
    assert_eq!(
        forged.verify(&statement(&sent), &elsewhere),
        Err(ProofError::OtherMailbox)
    );
}

#[test]
fn a_new_code_counts_only_when_both_codes_have_signed() {
    let (old, new, stranger) = (keys(), keys(), keys());
    let address = MailboxAddress::of(&old);
    let mut sent = follow_up(&old);
    sent.new_mailbox = Some(MailboxAddress::of(&new));
    let verified = |proof: FollowUpProof| proof.verify(&statement(&sent), &address);
    assert_eq!(
        verified(statement(&sent).sign(&signing(&old, Some(&new)))),
        Ok(())
    );
    let refused = Err(ProofError::NotTheNewCode);
    assert_eq!(
        verified(statement(&sent).sign(&signing(&old, None))),
        refused
    );
    assert_eq!(
        verified(statement(&sent).sign(&signing(&old, Some(&stranger)))),
        refused
    );
    assert_eq!(
        verified(statement(&sent).sign(&signing(&new, Some(&new)))),
        Err(ProofError::NotTheCode)
    );
    let plain = follow_up(&old);
    let with_needless = statement(&plain).sign(&signing(&old, Some(&new)));
    assert_eq!(with_needless.verify(&statement(&plain), &address), refused);
}

#[test]
fn purposes_and_permissions_are_those_of_the_domain() {
    let domain: serde_json::Value =
        serde_json::from_str(include_str!("../../testdata/form-values.json")).unwrap();
    let ids = domain["consent_purposes"].as_array().unwrap().iter();
    let ids: Vec<&str> = ids.map(|purpose| purpose["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10);
    for id in ids {
        let purpose: Purpose = serde_json::from_value(id.into()).unwrap();
        assert_eq!(purpose.to_string(), id);
    }
    let permissions: Vec<Permission> =
        serde_json::from_value(domain["permission_values"].clone()).unwrap();
    assert!(permissions.is_sorted(), "from the least to the most");
    assert_eq!(permissions.len(), 4);
}

#[test]
fn a_place_needs_nothing_kept_and_cannot_run_far_ahead() {
    assert_eq!(next_counter(0, 1_795_000_000), 1_795_000_000);
    assert_eq!(next_counter(1_795_000_000, 1_794_999_000), 1_795_000_001);
    assert_eq!(next_counter(u64::MAX, 5), u64::MAX);
    let today: Day = "2026-11-28".parse().unwrap();
    let now = u64::try_from(today.days_since_1970()).unwrap() * SECONDS_PER_DAY + 43_200;
    for (counter, plausible) in [
        (0, false),
        (1, true),
        (now, true),
        (now + SECONDS_PER_DAY, true),
        (now + 2 * SECONDS_PER_DAY, false),
        (u64::MAX, false),
    ] {
        assert_eq!(counter_is_plausible(counter, today), plausible, "{counter}");
    }
}

#[test]
fn one_that_says_nothing_is_told_from_one_that_does() {
    let keys = keys();
    let empty = || FollowUp {
        permissions: BTreeMap::new(),
        answers: Answers::default(),
        ..follow_up(&keys)
    };
    assert!(!empty().says_something(false));
    assert!(empty().says_something(true));
    let says = |change: &dyn Fn(&mut FollowUp)| {
        let mut said = empty();
        change(&mut said);
        said.says_something(false)
    };
    assert!(says(&|said| said.withdraw_all = true));
    assert!(says(&|said| said.delete_report = true));
    assert!(says(&|said| {
        said.answers.add("story", "More.");
    }));
    assert!(says(&|said| {
        said.answers.add("act_place_text", "There.");
    }));
    assert!(says(
        &|said| said.new_mailbox = Some(MailboxAddress::of(&keys))
    ));
    assert!(!says(&|said| {
        said.answers.add("story", " \n");
    }));
}

#[test]
fn follow_ups_of_another_implementation_read_and_prove_as_their_vectors_say() {
    let instance = InstanceId([0x11; 16]);
    let derive = |digits| ReturnCode::parse(digits).unwrap().derive_mailbox(instance);
    let keys = derive("0023076874926821455826562230749675");
    let new = derive("1298074214633706907132624082304909");
    let mut seen = 0;
    for line in include_str!("../../testdata/follow_up.vec").lines() {
        if line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('|').collect();
        let [name, document, manifest, proof] = fields[..] else {
            panic!("a line has four fields");
        };
        let read = FollowUp::parse(document.as_bytes()).ok().unwrap();
        assert_eq!(*read.to_json(), document.as_bytes(), "{name}");
        let said = FollowUpStatement {
            instance,
            submission_id: SubmissionId([0x55; 16]),
            tie: read.tie(),
            manifest_sha256: Sha256::digest(manifest).into(),
        };
        let theirs = FollowUpProof::parse(proof.as_bytes()).ok().unwrap();
        assert_eq!(theirs.verify(&said, &MailboxAddress::of(&keys)), Ok(()));
        let new = read.new_mailbox.as_ref().map(|_| &new);
        let ours = said.sign(&signing(&keys, new));
        assert_eq!(*ours.to_json(), proof.as_bytes(), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}
