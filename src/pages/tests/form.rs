//! The form: it asks what the questionnaire asks, can be read by everyone, and cannot post with script on.

use asylia_envelope::questionnaire::{Kind, QUESTIONS};

use super::html::{Element, elements};
use super::*;

fn form() -> Vec<Element> {
    elements(&text(home(&Site::sample(), PAGE_NUMBER))).expect("checked above")
}

#[test]
fn the_form_asks_every_question_of_the_table_and_nothing_else() {
    let form = form();
    for question in &QUESTIONS {
        let inputs: Vec<_> = form
            .iter()
            .filter(|e| e.get("name") == Some(question.id))
            .collect();
        let kind = match question.kind {
            Kind::Text => "textarea",
            Kind::One if question.block == 6 => "radio",
            Kind::One => "select",
            Kind::Several | Kind::Tick => "checkbox",
        };
        assert!(
            inputs
                .iter()
                .all(|input| input.get("type").unwrap_or(&input.name) == kind),
            "{}",
            question.id
        );
        let mut values: Vec<&str> = match kind {
            "select" => options_of(&form, question.id),
            _ => inputs
                .iter()
                .filter_map(|input| input.get("value"))
                .collect(),
        };
        let mut expected: Vec<&str> = match question.kind {
            Kind::Tick => vec!["yes"],
            _ => question.values.to_vec(),
        };
        if kind == "select" {
            expected.push("");
        }
        values.sort_unstable();
        expected.sort_unstable();
        assert_eq!(values, expected, "{}", question.id);
    }
    let known = |name: &str| {
        name == "page_number"
            || name == "attachments"
            || name == "viewport"
            || QUESTIONS.iter().any(|q| q.id == name)
    };
    assert!(form.iter().filter_map(|e| e.get("name")).all(known));
    let positions = |wanted: &str| form.iter().rposition(|e| e.get("name") == Some(wanted));
    assert!(positions("attachments") > QUESTIONS.iter().filter_map(|q| positions(q.id)).max());
}

fn options_of<'a>(form: &'a [Element], id: &str) -> Vec<&'a str> {
    form.iter()
        .skip_while(|e| e.get("name") != Some(id))
        .skip(1)
        .take_while(|e| e.name == "option")
        .filter_map(|e| e.get("value"))
        .collect()
}

#[test]
fn the_form_can_only_be_posted_without_script() {
    let form = form();
    let forms: Vec<_> = form.iter().filter(|e| e.name == "form").collect();
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0].get("method"), Some("dialog"));
    assert_eq!(forms[0].get("action"), None);
    for off in ["autocomplete", "autocorrect", "autocapitalize"] {
        assert_eq!(forms[0].get(off), Some("off"), "{off}");
    }
    assert_eq!(forms[0].get("spellcheck"), Some("false"));
    let submits = |e: &&Element| {
        e.name == "button"
            || (e.name == "input" && ["submit", "image"].contains(&e.get("type").unwrap_or("")))
    };
    let buttons: Vec<_> = form.iter().filter(submits).collect();
    assert_eq!(buttons.len(), 2);
    for button in buttons {
        assert!(button.within("noscript"), "a button outside noscript");
        assert_eq!(button.get("formaction"), Some("/report"));
        assert_eq!(button.get("formmethod"), Some("post"));
        assert_eq!(button.get("formenctype"), Some("multipart/form-data"));
    }
    // Enter in a one-line input would send the form; boxes, buttons and files are all there may be.
    assert!(form.iter().filter(|e| e.name == "input").all(|e| {
        ["hidden", "checkbox", "radio", "file"].contains(&e.get("type").unwrap_or("text"))
    }));
}

#[test]
fn nothing_is_preselected_limited_or_demanded_but_the_story() {
    for element in form() {
        for attribute in ["checked", "selected", "maxlength", "pattern", "autofocus"] {
            assert_eq!(element.get(attribute), None, "{:?}", element.get("name"));
        }
        if element.get("required").is_some() {
            assert_eq!(element.get("name"), Some("story"));
        }
        if element.name == "textarea" {
            assert_eq!(element.get("dir"), Some("auto"));
        }
    }
}

#[test]
fn every_input_has_a_label_and_every_set_of_choices_a_legend() {
    let form = form();
    for element in &form {
        let visible = ["textarea", "select", "input"].contains(&element.name.as_str())
            && element.get("type") != Some("hidden");
        if visible {
            assert!(element.within("label"), "{:?}", element.get("name"));
        }
        let choice = ["radio", "checkbox"].contains(&element.get("type").unwrap_or(""));
        if choice && element.get("name") != Some("risk_understood") {
            assert!(element.within("fieldset"), "{:?}", element.get("name"));
        }
    }
    let count = |tag: &str| form.iter().filter(|e| e.name == tag).count();
    let groups = form
        .iter()
        .filter(|e| e.name == "fieldset" && e.get("role") != Some("none"));
    assert_eq!(groups.count(), count("legend"));
    assert_eq!((count("details"), count("summary")), (6, 6));
    assert!(
        form.iter()
            .all(|e| e.name != "details" || e.get("open").is_none())
    );
}

#[test]
fn the_true_path_is_told_before_anything_is_typed() {
    let html = text(home(&Site::sample(), PAGE_NUMBER));
    let words = "Without JavaScript our server can see your text for the few seconds it needs to lock it. \
        It keeps only the locked copy. If you also read our answers without JavaScript, somebody who took \
        over our server could write answers in our name.";
    let told = html
        .find(words)
        .expect("the words of the threat model, word by word");
    let story = html.find("name=story").unwrap();
    assert!(told < story && html.find("id=\"script-note\"").unwrap() < story);
    assert!(html.find("under 18").unwrap() < story);
    for element in form()
        .iter()
        .filter(|e| e.get("class").is_some_and(|c| c.contains("js")))
    {
        assert!(!element.within("noscript"));
    }
}

#[test]
fn on_the_clear_web_the_form_cannot_be_posted_and_says_why() {
    let site = Site {
        clear_web: true,
        ..Site::sample()
    };
    let page = text(home(&site, PAGE_NUMBER));
    let posts = |page: &str| page.matches("formaction").count();
    assert_eq!(posts(&page), 0);
    assert_eq!(posts(&text(home(&Site::sample(), PAGE_NUMBER))), 2);
    let reason = site.texts().get("refusal-clear-web").to_string();
    assert!(
        page.contains(&reason),
        "the way without JavaScript is told to be shut"
    );
    assert!(page.contains("script-note"), "and the other way is open");
}
