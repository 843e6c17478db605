use rand_core::OsRng;

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

fn statement(follow_up: &FollowUp) -> FollowUpStatement<'_> {
    FollowUpStatement {
        instance: INSTANCE,
        submission_id: SubmissionId([2; 16]),
        follow_up,
        manifest_sha256: [9; 32],
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
    let proof = statement(&sent).sign(&keys, None);
    let proof = FollowUpProof::parse(&proof.to_json()).unwrap();
    assert_eq!(proof.verify(&statement(&sent), &address), Ok(()));

    let refused = |change: &dyn Fn(&mut FollowUpStatement<'_>, &mut FollowUp)| {
        let mut altered = follow_up(&keys);
        let mut said = statement(&sent);
        change(&mut said, &mut altered);
        let said = FollowUpStatement {
            follow_up: &altered,
            ..said
        };
        proof.verify(&said, &address)
    };
    assert_eq!(refused(&|_, _| ()), Ok(()));
    let not_the_code = Err(ProofError::NotTheCode);
    assert_eq!(refused(&|said, _| said.instance.0[0] ^= 1), not_the_code);
    assert_eq!(
        refused(&|said, _| said.submission_id.0[0] ^= 1),
        not_the_code
    );
    assert_eq!(
        refused(&|said, _| said.manifest_sha256[0] ^= 1),
        not_the_code
    );
    assert_eq!(refused(&|_, altered| altered.counter += 1), not_the_code);
    assert_eq!(
        refused(&|_, altered| altered.answers_reply = None),
        not_the_code
    );

    let forged = statement(&sent).sign(&other, None);
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
    assert_eq!(verified(statement(&sent).sign(&old, Some(&new))), Ok(()));
    let refused = Err(ProofError::NotTheNewCode);
    assert_eq!(verified(statement(&sent).sign(&old, None)), refused);
    assert_eq!(
        verified(statement(&sent).sign(&old, Some(&stranger))),
        refused
    );
    assert_eq!(
        verified(statement(&sent).sign(&new, Some(&new))),
        Err(ProofError::NotTheCode)
    );
    let plain = follow_up(&old);
    let with_needless = statement(&plain).sign(&old, Some(&new));
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
