//! The form for sealed files (`/sealed`): several at once, each its own record, named by its place; and what the
//! console says of reports that came sealed.

use std::{
    fs::{self, File},
    process::Command,
    slice,
    time::Duration,
};

use asylia_envelope::{
    ids::SubmissionId,
    key_bundle::{Anchor, BundleContent, UnverifiedBundle},
    record::SealedBy,
    submission::CompartmentName,
    transfer::UntrustedBundle,
};
use rand_core::OsRng;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    programs::{done, program},
    server::{
        Place, Program, Server,
        http::{Answer, Content, Form, Seeded, Visitor},
        office::story,
        sealed::{Sealed, Upload, held},
        wait_for,
    },
    stage::Stage,
};

fn post(server: &Server, form: Form) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.post_sealed(form).expect("an answer")
}

/// The lines of the answer, one for each file.
fn lines(answer: &Answer) -> Vec<&str> {
    let items = answer.body.split("<li>").skip(1);
    items
        .map(|item| item.split('<').next().unwrap_or_default())
        .collect()
}

#[test]
fn several_files_are_taken_at_once_and_one_bad_file_disturbs_no_other() {
    let place = Place::with_config("clear_web = true\n");
    let server = place.start(Program::Asylia);
    let office = &place.office().content;
    let file = Seeded::new(1, 1 << 20);
    let [one, two] =
        ["first", "second"].map(|story| Sealed::new(office, story, slice::from_ref(&file)));
    let mut foreign = one.clone();
    foreign.head.instance.0[0] ^= 1;
    let mut unsealed = one.clone();
    unsealed.compartments[3].1 = b"in clear".to_vec();
    let bytes = two.to_bytes();
    let form = Form::default()
        .sealed("SECRETNAME-1", &one.to_bytes())
        .sealed("SECRETNAME-2", &Seeded::new(2, 3 << 20).to_vec())
        .sealed("SECRETNAME-3", &foreign.to_bytes())
        .sealed("SECRETNAME-4", b"")
        .sealed("SECRETNAME-5", &unsealed.to_bytes())
        .text("note", "SECRETNAME-6")
        .sealed("SECRETNAME-7", &bytes[..bytes.len() - 1])
        .sealed("", b"")
        .sealed("SECRETNAME-8", &[&bytes[..], b"\0"].concat())
        .sealed("SECRETNAME-9", &bytes);
    let answer = post(&server, form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        lines(&answer),
        [
            "File 1: stored, locked.",
            "File 2: not stored. This is not a sealed file. Choose the file that asylia-seal made.",
            "File 3: not stored. This report is locked for another office. Hand it in at that office's \
             site, or make it again with the keys of this one.",
            "File 4: not stored. This is not a sealed file. Choose the file that asylia-seal made.",
            "File 5: not stored. A part of this report is not locked for an office. Make it again with \
             asylia-seal or with this site's form.",
            "File 6: not stored. The connection stopped before everything had arrived. Send again; text \
             without files is faster.",
            "File 7: not stored. What arrived is not built as it must be, and may be damaged. Send it \
             once more, or make it again.",
            "File 8: stored, locked.",
        ]
    );
    assert!(!answer.body.contains("SECRETNAME"), "a name is echoed");
    let left = wait_for(Duration::from_secs(20), || {
        (held(&place.database()) == (2, 0, 0)).then_some(())
    });
    assert!(left.is_some(), "{:?}", held(&place.database()));
    let opened = place.open_with_files(&place.export("stick"));
    let mut stories: Vec<&str> = opened.iter().map(|(record, _)| story(record)).collect();
    stories.sort_unstable();
    assert_eq!(stories, ["first", "second"]);
    for (record, files) in &opened {
        assert_eq!(record.head.path, SealedBy::SealedFile);
        assert!(*files == [file.to_vec()], "the file differs");
    }
    server.stop();
    let log = fs::read_to_string(place.log()).expect("the log is text");
    assert!(!log.contains("SECRETNAME"));
}

#[test]
fn what_is_sealed_otherwise_or_to_other_keys_has_its_own_answer() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let whole = Sealed::new(&place.office().content, "whole", &[]);
    let with = |alter: &dyn Fn(&mut Sealed)| {
        let mut altered = whole.clone();
        alter(&mut altered);
        altered.to_bytes()
    };
    let instead = |age: &[u8]| with(&|file| file.compartments[0].1 = age.to_vec());
    let age = b"age-encryption.org/v1\n";
    let x25519 = [&age[..], b"-> X25519 AAAA\nAAAA\n--- AAAA\n"].concat();
    let bomb = [&age[..], b"-> x-grease ", &[b'A'; 50_000]].concat();
    let form = Form::default()
        .sealed("a", &instead(b"in clear"))
        .sealed("b", &instead(&x25519))
        .sealed("c", &instead(&bomb))
        .sealed("d", &with(&|file| file.head.period = "never".to_owned()))
        .sealed("e", &with(&|file| file.head.bundle_sequence = 2))
        .sealed("f", &whole.to_bytes());
    let answer = post(&server, form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let said = lines(&answer);
    for (at, line) in said.iter().enumerate() {
        let why = match at {
            0 => "not stored. A part of this report is not locked for an office.",
            1 => "not stored. A part of this report is locked for others than an office.",
            2 => "not stored. A part of this report begins with more than a locked part can have.",
            3 | 4 => "not stored. The keys this report was locked with are not in use here.",
            _ => "stored, locked.",
        };
        assert!(
            line.starts_with(&format!("File {}: {why}", at + 1)),
            "{said:?}"
        );
    }
    assert_eq!(said.len(), 6);
    assert_eq!(held(&place.database()), (1, 0, 0));
    drop(server);

    // No bundle in force: the form is closed as a whole.
    let mut expired = place.office().content.clone();
    expired.sequence = 2;
    let past = |day: &str| day.parse().expect("a day");
    (expired.not_before, expired.not_after) = (past("2020-01-01"), past("2020-12-31"));
    place.set_bundle(&expired);
    let server = place.start(Program::Asylia);
    let answer = post(&server, Form::default().sealed("a", &whole.to_bytes()));
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("No report can be sent now"));
    assert_eq!(held(&place.database()), (1, 0, 0));
}

#[test]
fn a_form_without_a_sealed_file_is_refused_as_a_whole() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    for form in [
        Form::default().sealed("", b""),
        Form::default().text("sealed-not", "x"),
    ] {
        let answer = post(&server, form);
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(
            answer.body.contains("no file was chosen"),
            "{}",
            answer.body
        );
    }
    // One file, refused early, its many bytes read away so that the page can be seen.
    let large = Seeded::new(9, 24 << 20).to_vec();
    let answer = post(&server, Form::default().sealed("film.mp4", &large));
    assert_eq!(answer.status, 400);
    assert_eq!(lines(&answer).len(), 1);
    assert_eq!(held(&place.database()), (0, 0, 0));
    let bytes = Sealed::new(&place.office().content, "many", &[]).to_bytes();
    let many = (0..18).fold(Form::default(), |form, _| form.sealed("x", &bytes));
    let answer = post(&server, many);
    assert_eq!(answer.status, 200);
    let said = lines(&answer);
    assert_eq!(said.len(), 17);
    assert!(said[15].starts_with("File 16: stored"), "{}", said[15]);
    assert!(
        said[16].starts_with("File 17: not stored. At most 16 files"),
        "{}",
        said[16]
    );
    assert_eq!(held(&place.database()), (16, 0, 0));
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let page = visitor.ask("GET /sealed", None).expect("an answer");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("name=sealed multiple"), "{}", page.body);
}

#[test]
fn a_file_over_the_limit_is_refused_beside_one_that_was_stored() {
    let place = Place::with_config("report_limit_mib = 1\n");
    let server = place.start(Program::Asylia);
    let small = Sealed::new(&place.office().content, "small", &[]).to_bytes();
    let large = Sealed::new(
        &place.office().content,
        "large",
        &[Seeded::new(1, 12 << 20)],
    );
    let form = Form::default()
        .sealed("a", &small)
        .sealed("b", &large.to_bytes());
    let answer = post(&server, form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let said = lines(&answer);
    assert!(said[0].ends_with("stored, locked."), "{said:?}");
    assert!(
        said[1].contains("not stored. The files are larger than"),
        "{said:?}"
    );
    let left = wait_for(Duration::from_secs(20), || {
        (held(&place.database()) == (1, 0, 0)).then_some(())
    });
    assert!(left.is_some(), "{:?}", held(&place.database()));
}

/// One report by the form, one by an upload, one by the form for sealed files: equal in every column and length.
/// Of a bundle, period and size of each blob are all that is not random.
#[test]
fn records_of_the_three_paths_are_equal_in_the_database_and_in_a_bundle() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    for (length, content) in [(300, 90_000), (20_000, 700_000), (5, 0)] {
        let text = "s".repeat(length);
        let file = Seeded::new(5, content);
        let mut visitor = Visitor::connect(server.address()).expect("the server listens");
        let form = Form::default().text("story", &text);
        let form = form.file("film.bin", Content::Seeded(file.clone()));
        assert!(visitor.post(form).expect("an answer").receipt().is_some());
        let sealed =
            || Sealed::new(&place.office().content, &text, slice::from_ref(&file)).to_bytes();
        let taken = Upload::new(server.address()).put_all(&sealed(), 1 << 20);
        assert!(taken.taken().is_some_and(|(_, complete)| complete));
        let answer = post(&server, Form::default().sealed("x", &sealed()));
        assert_eq!(answer.status, 200);
    }
    let rows = rows(&place);
    assert_eq!(rows.len(), 9);
    // Sorted, so the three of one class stand together; classes differ, which shows that the measure can tell.
    for (at, three) in rows.chunks(3).enumerate() {
        assert!(three.iter().all(|row| *row == three[0]), "{three:?}");
        assert!(at == 0 || rows[3 * at] != rows[3 * at - 1], "{rows:?}");
    }
    let stick = place.export("stick");
    let bundle = File::open(&stick).expect("the bundle is there");
    let length = bundle.metadata().expect("an open file").len();
    let bundle = UntrustedBundle::open(bundle, length, None).expect("a bundle");
    let blobs = bundle.note().blobs.iter();
    let mut blobs: Vec<_> = blobs
        .map(|blob| (blob.size, &blob.subject.period))
        .collect();
    blobs.sort_unstable();
    assert_eq!(blobs.len(), 9);
    for (at, three) in blobs.chunks(3).enumerate() {
        assert!(three.iter().all(|blob| *blob == three[0]), "{three:?}");
        assert!(at == 0 || blobs[3 * at] != blobs[3 * at - 1], "{blobs:?}");
    }
    let opened = place.open_all(&stick);
    for path in [SealedBy::Server, SealedBy::Browser, SealedBy::SealedFile] {
        let came = opened.iter().filter(|record| record.head.path == path);
        assert_eq!(came.count(), 3, "{path:?}");
    }
}

/// Everything about each record but its number and the bytes, sorted: columns, and the length of every chunk.
fn rows(place: &Place) -> Vec<(i64, i64, i64, String, i64, String)> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(place.database());
        let mut db = SqliteConnection::connect_with(&options).await.expect("it opens");
        let rows = sqlx::query_as(
            "SELECT stored_bytes, state, day, period, bundle_sequence, \
             (SELECT group_concat(number || ':' || length(bytes)) FROM \
             (SELECT number, bytes FROM chunk WHERE chunk.record = envelope.record ORDER BY number)) \
             FROM envelope ORDER BY stored_bytes",
        );
        let rows = rows.fetch_all(&mut db).await.expect("it answers");
        db.close().await.expect("it closes");
        rows
    })
}

#[test]
fn the_console_names_the_path_and_a_manifest_that_disagrees() {
    let mut stage = Stage::new();
    let note = fs::read(stage.path("office/keys.note")).expect("the office wrote it");
    let bundle = UnverifiedBundle::parse(&note).expect("a bundle");
    let bundle = bundle
        .verify(&Anchor::DemoOnly, None)
        .expect("a demo office");
    let office: &BundleContent = bundle.content();
    let address = stage.server.as_ref().expect("the server runs").address();
    let put = |sealed: &Sealed| {
        let answer = Upload::new(address).put_all(&sealed.to_bytes(), 100_000);
        assert!(
            answer.taken().is_some_and(|(_, complete)| complete),
            "{}",
            answer.body
        );
    };
    put(&Sealed::new(office, "browser", &[]));

    hand_in_by_program(&stage);

    // The server sees a frame that is in order; only the office can see that the manifest says otherwise.
    put(&disagreeing(office));

    let bundle = stage.export();
    let imported = stage.import(&bundle);
    assert_eq!(imported["new"], 3, "{imported}");
    let mut named = Value::Null;
    let mut shown: Vec<(Value, Value, Value)> = stage
        .list()
        .iter()
        .map(|row| {
            let shown = stage.show(row["id"].as_str().expect("an id"));
            if shown["problems"] != json!([]) {
                named = json!([row["id"]]);
            }
            let story = shown["submission"]["answers"]["story"].clone();
            (story, row["path"].clone(), shown["problems"].clone())
        })
        .collect();
    shown.sort_by_key(|(story, ..)| story.to_string());
    assert_eq!(shown[0], (json!("browser"), json!("browser"), json!([])));
    assert_eq!(
        shown[1],
        (json!("by the program"), json!("sealed-file"), json!([]))
    );
    assert_eq!(imported["with_problems"], named, "the import names it");
    let (story, path, problems) = &shown[2];
    assert_eq!((story, path), (&json!("disagrees"), &json!("browser")));
    let problems: Vec<&str> = problems
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // The first has other bytes, the second is missing.
    assert_eq!(problems.len(), 2, "{problems:?}");
    for (said, number) in problems.iter().zip(1..) {
        let expected = format!("attachment {number} is not what the list of all parts says");
        assert!(said.contains(&expected), "{said}");
    }
}

/// Seals by `asylia-seal` and hands the file in by the form.
fn hand_in_by_program(stage: &Stage) {
    fs::write(stage.path("answers.json"), r#"{"story": "by the program"}"#).expect("own folder");
    let out = stage.path("report.sealed");
    let mut seal = Command::new(program("asylia-seal"));
    seal.arg("new")
        .arg("--keys")
        .arg(stage.path("office/keys.note"));
    seal.arg("--answers").arg(stage.path("answers.json"));
    done(seal.arg("--out").arg(&out));
    let sealed = fs::read(&out).expect("the program wrote it");
    let address = stage.server.as_ref().expect("the server runs").address();
    let mut visitor = Visitor::connect(address).expect("the server listens");
    let answer = visitor.post_sealed(Form::default().sealed("report.sealed", &sealed));
    assert_eq!(answer.expect("an answer").status, 200);
}

/// A report whose first attachment is another than its manifest says, and whose second is missing.
fn disagreeing(office: &BundleContent) -> Sealed {
    let id = SubmissionId::generate(&mut OsRng);
    let files = [Seeded::new(1, 1000), Seeded::new(2, 1000)];
    let with_files = |files: &[Seeded]| Sealed::with_id(id, office, "disagrees", files);
    let mut disagrees = with_files(&files);
    let other = with_files(&[Seeded::new(3, 1000)]);
    let first = |sealed: &Sealed| {
        let found = sealed
            .compartments
            .iter()
            .position(|(name, _)| *name == CompartmentName::Attachment(1));
        found.expect("it has an attachment")
    };
    let (at, from) = (first(&disagrees), first(&other));
    let other = other.compartments.get(from).cloned();
    disagrees.compartments.splice(at..at + 2, other);
    disagrees
}
