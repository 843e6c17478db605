//! Both ways, as the README tells it: a person reports with JavaScript off, the office answers over the air gap, the
//! person reads with the code, writes again and withdraws, and the office's console has it on the right report.
//!
//! What a browser with JavaScript seals is sealed here by the same library, and handed in as a sealed file.

use asylia_envelope::{
    answers::Answers,
    follow_up::{FollowUp, FollowUpKeys, next_counter},
    ids::SubmissionId,
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
    return_code::{MailboxKeys, ReturnCode},
    sealed_file::{SealedFileHead, SealedFileWriter},
    sealing::SubmissionSealer,
    submission::{FORMAT_VERSION, IdentityPart},
};
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::stage::{Form, Stage, output};

#[test]
fn a_report_is_answered_and_what_its_submitter_takes_back_is_confirmed() {
    let mut stage = Stage::new();
    let (status, receipt) = stage.post(Form::default().field("story", b"They follow me."));
    assert_eq!(status, 200);
    let code = output(&receipt, "return-code");
    let words = output(&receipt, "proof-words");
    let (_, other) = stage.post(Form::default().field("story", b"Somebody else."));
    let others = output(&other, "return-code");
    let imported = stage.fetch();
    assert_eq!(imported["new"], 2);
    // The words of the console let the server delete what is on the office's computer.
    let acknowledge = imported["acknowledge"].as_str().expect("all of it is here");
    stage.acknowledge(acknowledge);
    assert_eq!(stage.fetch()["new"], 0);
    let report = stage.report_that_says("They follow me.");
    stage.reply(&report, "Are you safe tonight?", true);
    let sent = stage.send();
    assert_eq!((&sent["replies"], &sent["waiting"]), (&json!(3), &json!(0)));

    let (status, page) = stage.mailbox(&code);
    assert_eq!(status, 200);
    assert!(
        page.contains(&format!("<output>{words}</output>")),
        "{page}"
    );
    assert!(page.contains("Are you safe tonight?"));
    let (_, others_page) = stage.mailbox(&others);
    assert!(!others_page.contains("Are you safe tonight?"));
    assert!(others_page.contains("Answer 1") && !others_page.contains(&words));

    // More to tell, then everything taken back; the server meets two records like any others.
    let keys = stage.keys();
    let place = |more| next_counter(0, 1_795_000_000 + more);
    let mut told = follow_up(&code, &keys, place(1));
    told.answers.add("story", "They came again.");
    let mut withdrawn = follow_up(&code, &keys, place(2));
    withdrawn.withdraw_all = true;
    for said in [&told, &withdrawn] {
        let (status, page) = stage.post_sealed(&sealed(said, &code, &keys));
        assert_eq!(status, 200, "{page}");
    }
    let imported = stage.fetch();
    assert_eq!(imported["followed_up"], json!([report, report]));
    let came = stage.came(&report);
    assert_eq!(came.len(), 2);
    assert_eq!(came[0]["text"], "They came again.");
    assert_eq!(came[1]["withdraw_all"], true);
    assert!(came.iter().all(|entry| entry["refused"].is_null()));
    // Lifted into other hands, the same text is no follow-up of the other report.
    assert!(
        stage
            .came(&stage.report_that_says("Somebody else."))
            .is_empty()
    );

    let acknowledge = imported["acknowledge"].as_str().expect("all of it is here");
    stage.acknowledge(acknowledge);
    stage.fetch();
    stage.send();
    let (_, page) = stage.mailbox(&code);
    assert!(page.contains("You took back your permissions."), "{page}");
    assert!(
        stage.fetch()["confirmed"].is_u64(),
        "the server says that it has our bundles"
    );
    let thread = stage.thread(&report);
    let ways: Vec<&Value> = thread.iter().filter_map(|entry| entry.get("way")).collect();
    assert!(ways.iter().all(|way| **way == "delivered"), "{ways:?}");
}

fn keys_of(code: &str, office: &KeyBundle) -> MailboxKeys {
    let code = ReturnCode::parse(code).expect("the receipt's own words");
    code.derive_mailbox(office.content().instance)
}

fn follow_up(code: &str, office: &KeyBundle, counter: u64) -> FollowUp {
    FollowUp {
        language: "en".to_owned(),
        page_number: None,
        lookup_id: keys_of(code, office).lookup_id(),
        counter,
        answers_reply: None,
        nonce: None,
        permissions: [].into(),
        withdraw_all: false,
        delete_report: false,
        new_mailbox: None,
        answers: Answers::default(),
    }
}

fn sealed(said: &FollowUp, code: &str, office: &KeyBundle) -> Vec<u8> {
    let content = office.content();
    let period = content.periods.last().expect("an office has a period");
    let head = SealedFileHead {
        version: FORMAT_VERSION,
        instance: content.instance,
        period: period.id.clone(),
        bundle_sequence: content.sequence,
    };
    let identity = IdentityPart {
        answers: Answers::default(),
    };
    let keys = FollowUpKeys::of(keys_of(code, office), None);
    let writer = SealedFileWriter::start(&head, Vec::new()).expect("memory can be written");
    let id = SubmissionId::generate(&mut OsRng);
    SubmissionSealer::start_follow_up(content.instance, period, id, said, &identity, keys, writer)
        .and_then(SubmissionSealer::finish)
        .and_then(SealedFileWriter::finish)
        .expect("it is sealed")
}

impl Stage {
    /// One way: from the server to the console.
    fn fetch(&mut self) -> Value {
        let bundle = self.export();
        self.import(&bundle)
    }

    fn keys(&self) -> KeyBundle {
        let note = std::fs::read(self.path("office/keys.note")).expect("the office's keys");
        UnverifiedBundle::parse(&note)
            .and_then(|note| note.verify(&Anchor::DemoOnly, None))
            .expect("the demonstration's note verifies")
    }

    fn report_that_says(&self, text: &str) -> String {
        let ids = self
            .list()
            .into_iter()
            .map(|row| row["id"].as_str().expect("an id").to_owned());
        let mut found = ids.filter(|id| self.show(id)["submission"]["answers"]["story"] == text);
        found.next().expect("the report is here")
    }

    /// What came back for a report.
    fn came(&self, report: &str) -> Vec<Value> {
        let thread = self.thread(report).into_iter();
        thread.filter(|entry| entry["direction"] == "in").collect()
    }
}
