//! The pages for sealed files, and what programs are told.

use super::*;

#[test]
fn sealed_files_are_named_by_their_place_each_with_what_became_of_it() {
    let site = Site::sample();
    let page = sealed_result(&site, &verdicts());
    assert_eq!(page.status(), 200, "something was stored");
    let html = text(page);
    let items: Vec<String> = html.split("<li>").skip(1).map(html::text_of).collect();
    assert_eq!(items.len(), crate::limits::SEALED_FILES + 1);
    for (at, (item, verdict)) in items.iter().zip(verdicts()).enumerate() {
        let place = format!("File {}: ", at + 1);
        let rest = item.strip_prefix(&place);
        let rest = rest.unwrap_or_else(|| panic!("{item} does not begin with {place}"));
        assert_eq!(rest.starts_with("not stored."), verdict.is_err(), "{item}");
        if let Err(refusal) = verdict {
            let said = sentences(&site, refusal);
            assert!(refusal == Refusal::TooManyFiles || rest.contains(&said));
        }
    }
    let all = sealed_result(&site, &[Err(Refusal::WrongOffice), Err(Refusal::CutOff)]);
    assert_eq!(all.status(), 422, "the first refusal");
}

#[test]
fn programs_are_told_two_sentences() {
    let site = Site::sample();
    for sample in Refusal::samples() {
        let said = sentences(&site, sample);
        assert!(!said.contains('⟦'), "{said}");
        if sample.kind().is_some() {
            let ends = said.matches(['.', ';']).count();
            assert!(said.ends_with('.') && ends >= 2, "{sample:?}: {said}");
        }
    }
}

#[test]
fn the_form_for_sealed_files_works_with_and_without_javascript() {
    let html = text(sealed(&Site::sample()));
    assert!(!html.replace("<noscript><style>", "").contains("<noscript>"));
    assert!(!html.contains("dialog"));
    let all = elements(&html).expect("checked above");
    let form = all.iter().find(|element| element.name == "form").unwrap();
    assert_eq!(form.get("method"), Some("post"));
    assert_eq!(form.get("action"), Some("/sealed"));
    assert_eq!(form.get("enctype"), Some("multipart/form-data"));
    let inputs: Vec<_> = all.iter().filter(|e| e.name == "input").collect();
    assert_eq!(inputs.len(), 1);
    assert_eq!(
        (inputs[0].get("name"), inputs[0].get("type")),
        (Some("sealed"), Some("file"))
    );
    assert!(text(about(&Site::sample())).contains("href=/sealed"));
}

/// As many files as one form takes, and each thing that can be said of one.
pub(super) fn verdicts() -> Vec<Result<(), Refusal>> {
    let mut verdicts = vec![Ok(()); crate::limits::SEALED_FILES];
    let refused = [
        Refusal::NotASealedFile,
        Refusal::Malformed,
        Refusal::NotSealed,
        Refusal::ForeignRecipients,
        Refusal::LongAgeHeader,
        Refusal::WrongOffice,
        Refusal::WindowClosed,
        Refusal::TooLarge { limit_mib: 1024 },
        Refusal::CutOff,
        Refusal::Busy,
        Refusal::Internal,
    ];
    for (verdict, refusal) in verdicts.iter_mut().skip(3).zip(refused) {
        *verdict = Err(refusal);
    }
    verdicts.push(Err(Refusal::TooManyFiles));
    verdicts
}
