//! People and keys: who can unlock the vault, with which roles; adding, removing, other roles. Every change asks
//! for the passphrase of whoever makes it, since an open vault may stand unattended.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{App, layout, not_found, take};
use crate::{
    access::{Page, Role, Roles},
    l10n::Texts,
    vault::{Contents, Credentials, NewPerson, Vault, VaultError, item::PersonId},
};

/// A person, as the pages show one.
struct Person {
    id: String,
    name: String,
    roles: Roles,
}

/// What was just done, for the list that follows.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// What one of the forms says; fields that a form does not have are empty. No `Debug`.
struct Change {
    name: String,
    new: SecretString,
    again: SecretString,
    own: SecretString,
    sure: bool,
    roles: Roles,
}

/// Why a change was not made.
enum Refused {
    /// The new passphrase was not typed twice alike.
    Unlike,
    /// The box was not ticked.
    NotSure,
    /// There is nobody of this number.
    Nobody,
    /// The vault refused.
    Vault(VaultError),
}

/// The list, and the form that adds somebody.
pub(super) async fn get(State(app): State<Arc<App>>, Query(done): Query<Done>) -> Response {
    let notice = DONE.iter().find(|(code, _)| *code == done.done);
    list(&app, notice.map(|(_, text)| *text), None).await
}

/// Adds a person.
pub(super) async fn add(State(app): State<Arc<App>>, Form(form): Form<Fields>) -> Response {
    let change = Change::of(form);
    let added = take(&app, Page::People, move |vault| {
        change.check_new()?;
        vault.confirm(&change.own)?;
        let new = NewPerson {
            credentials: Credentials {
                name: change.name,
                passphrase: change.new,
            },
            cost: vault.cost(),
            roles: change.roles,
        };
        vault.add_person(&new)?;
        Ok(())
    });
    match added.await {
        Err(instead) => instead,
        Ok(Ok(())) => Redirect::to("/people?done=added").into_response(),
        Ok(Err(refused)) => list(&app, None, Some(&refused)).await,
    }
}

/// One person, with the forms that change the roles or remove the person.
pub(super) async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    person_page(&app, &id, None).await
}

/// Gives a person other roles.
pub(super) async fn roles(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Form(form): Form<Fields>,
) -> Response {
    let change = Change::of(form);
    changed(app, id, "/people?done=roles", move |vault, name| {
        vault.confirm(&change.own)?;
        Ok(vault.set_roles(name, &change.roles)?)
    })
    .await
}

/// Removes a person.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Form(form): Form<Fields>,
) -> Response {
    let change = Change::of(form);
    changed(app, id, "/people?done=removed", move |vault, name| {
        if !change.sure {
            return Err(Refused::NotSure);
        }
        vault.confirm(&change.own)?;
        Ok(vault.remove_person(name)?)
    })
    .await
}

/// A form's fields in the order in which they came; boxes of one name come several times.
type Fields = Vec<(String, String)>;

async fn changed(
    app: Arc<App>,
    id: String,
    done: &str,
    change: impl FnOnce(&mut Vault, &str) -> Result<(), Refused> + Send + 'static,
) -> Response {
    let person = id.clone();
    let changed = take(&app, Page::People, move |vault| {
        let name = named(vault.contents(), &person).map(|person| person.name);
        change(vault, &name.ok_or(Refused::Nobody)?)
    });
    match changed.await {
        Err(instead) => instead,
        Ok(Ok(())) => Redirect::to(done).into_response(),
        Ok(Err(Refused::Nobody)) => not_found(State(app)).await,
        Ok(Err(refused)) => person_page(&app, &id, Some(&refused)).await,
    }
}

async fn list(app: &Arc<App>, notice: Option<&str>, refused: Option<&Refused>) -> Response {
    let people = take(app, Page::People, |vault| everybody(vault.contents())).await;
    let people = match people {
        Err(instead) => return instead,
        Ok(people) => people,
    };
    let texts = Texts::english();
    let content = html! {
        h1 { (texts.get("console-people-title")) }
        (said(texts, notice, refused))
        (table(texts, &people))
        h2 { (texts.get("console-people-add")) }
        form.people method="post" action="/people/add" {
            (field(texts, "name", "console-people-name", "text", "off"))
            (role_boxes(texts, &Roles::new()))
            (field(texts, "new", "console-people-new", "password", "new-password"))
            (field(texts, "again", "console-people-again", "password", "new-password"))
            p.soft { (texts.get("console-people-new-help")) }
            (field(texts, "own", "console-people-own", "password", "off"))
            button type="submit" { (texts.get("console-people-add-button")) }
        }
        p.soft { (texts.get("console-people-wait")) }
    };
    answer(app, refused.is_some(), &content)
}

async fn person_page(app: &Arc<App>, id: &str, refused: Option<&Refused>) -> Response {
    let person = id.to_owned();
    let person = take(app, Page::People, move |vault| {
        named(vault.contents(), &person)
    })
    .await;
    let person = match person {
        Err(instead) => return instead,
        Ok(None) => return not_found(State(Arc::clone(app))).await,
        Ok(Some(person)) => person,
    };
    let texts = Texts::english();
    let own = || field(texts, "own", "console-people-own", "password", "off");
    let content = html! {
        h1 { bdi dir="auto" { (person.name) } }
        (said(texts, None, refused))
        form.people method="post" action={ "/people/" (person.id) "/roles" } {
            h2 { (texts.get("console-people-roles-heading")) }
            (role_boxes(texts, &person.roles))
            p.soft { (texts.get("console-people-roles-help")) }
            (own())
            button type="submit" { (texts.get("console-people-roles-button")) }
        }
        form.people method="post" action={ "/people/" (person.id) "/remove" } {
            h2 { (texts.get("console-people-remove-heading")) }
            p { (texts.get("console-people-remove-help")) }
            p {
                input type="checkbox" id="sure" name="sure" value="yes" required;
                " "
                label for="sure" { (texts.get("console-people-remove-sure")) }
            }
            p {
                label for="own-remove" { (texts.get("console-people-own")) }
                input type="password" id="own-remove" name="own" required autocomplete="off";
            }
            button type="submit" { (texts.get("console-people-remove-button")) }
        }
        p { a href="/people" { (texts.get("console-people-back")) } }
    };
    answer(app, refused.is_some(), &content)
}

fn answer(app: &App, refused: bool, content: &Markup) -> Response {
    let status = match refused {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let texts = Texts::english();
    let page = layout::page(
        texts,
        layout::Frame::of(app),
        "console-people-title",
        content,
    );
    (status, page).into_response()
}

fn said(texts: &Texts, notice: Option<&str>, refused: Option<&Refused>) -> Markup {
    html! {
        @if let Some(notice) = notice { div.note role="status" { p { (texts.get(notice)) } } }
        @if let Some(refused) = refused {
            div.alarm role="alert" { p { (texts.get(refused.text())) } }
        }
    }
}

fn table(texts: &Texts, people: &[Person]) -> Markup {
    html! {
        div.scroll { table {
            caption { (texts.get("console-people-caption")) }
            thead { tr {
                th scope="col" { (texts.get("console-people-name")) }
                th scope="col" { (texts.get("console-people-roles")) }
            } }
            tbody { @for person in people { tr {
                td { a href={ "/people/" (person.id) } { bdi dir="auto" { (person.name) } } }
                td { (role_names(texts, &person.roles)) }
            } } }
        } }
    }
}

fn role_names(texts: &Texts, roles: &Roles) -> String {
    let names: Vec<String> = roles.iter().map(|role| role_name(texts, *role)).collect();
    names.join(", ")
}

fn role_name(texts: &Texts, role: Role) -> String {
    texts.get(&format!("console-role-{}", role.code()))
}

fn role_boxes(texts: &Texts, held: &Roles) -> Markup {
    html! {
        fieldset {
            legend { (texts.get("console-people-roles")) }
            @for role in Role::ALL {
                @let id = format!("role-{}", role.code());
                p {
                    input type="checkbox" id=(id) name="role" value=(role.code())
                        checked[held.contains(&role)];
                    " "
                    label for=(id) {
                        (role_name(texts, role)) ": "
                        (texts.get(&format!("console-role-help-{}", role.code())))
                    }
                }
            }
        }
    }
}

/// A field that must be filled in, on a line of its own.
pub(super) fn field(texts: &Texts, name: &str, label: &str, kind: &str, complete: &str) -> Markup {
    html! {
        p {
            label for=(name) { (texts.get(label)) }
            input type=(kind) id=(name) name=(name) required autocomplete=(complete) spellcheck="false";
        }
    }
}

fn everybody(contents: &Contents) -> Vec<Person> {
    let mut people: Vec<Person> = contents
        .staff()
        .map(|person| Person {
            id: hex::encode(person.id),
            name: person.name.clone(),
            roles: person.roles.clone(),
        })
        .collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    people
}

fn named(contents: &Contents, id: &str) -> Option<Person> {
    let mut number = PersonId::default();
    hex::decode_to_slice(id, &mut number).ok()?;
    everybody(contents)
        .into_iter()
        .find(|person| person.id == hex::encode(number))
}

impl Change {
    /// Takes the fields' buffers over; what is freed of them is cleared.
    fn of(fields: Fields) -> Self {
        let mut change = Self {
            name: String::new(),
            new: SecretString::default(),
            again: SecretString::default(),
            own: SecretString::default(),
            sure: false,
            roles: Roles::new(),
        };
        for (name, value) in fields {
            match name.as_str() {
                "name" => change.name = value,
                "new" => change.new = value.into(),
                "again" => change.again = value.into(),
                "own" => change.own = value.into(),
                "sure" => change.sure = value == "yes",
                "role" => change.roles.extend(Role::parse(&value)),
                _ => {}
            }
        }
        change
    }

    fn check_new(&self) -> Result<(), Refused> {
        match alike(&self.new, &self.again) {
            true => Ok(()),
            false => Err(Refused::Unlike),
        }
    }
}

/// Whether a new passphrase was typed twice alike.
pub(super) fn alike(new: &SecretString, again: &SecretString) -> bool {
    new.expose_secret() == again.expose_secret()
}

impl From<VaultError> for Refused {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl Refused {
    fn text(&self) -> &'static str {
        match self {
            Self::Unlike => "console-people-unlike",
            Self::NotSure => "console-people-not-sure",
            Self::Nobody => "console-not-found",
            Self::Vault(error) => text_of(error),
        }
    }
}

/// What the pages say of a refusal by the vault: what failed, what to do.
pub(super) fn text_of(error: &VaultError) -> &'static str {
    match error {
        VaultError::WrongPassphrase => "console-people-wrong",
        VaultError::EmptyPassphrase => "console-people-empty",
        VaultError::NameTaken => "console-people-taken",
        VaultError::NoRole => "console-people-no-role",
        VaultError::LastFocalPoint => "console-people-last",
        _ => "console-failed",
    }
}

const DONE: [(&str, &str); 3] = [
    ("added", "console-people-added"),
    ("roles", "console-people-roles-done"),
    ("removed", "console-people-removed"),
];
