//! Behind a TLS proxy the proxy would read what is sent without JavaScript: that way is shut there, and the
//! ways on which somebody else has sealed are open.

use crate::server::{
    Place, Program,
    http::{Form, Visitor},
};

#[test]
fn what_a_proxy_could_read_is_refused_and_stores_nothing() {
    let place = Place::with_config("clear_web = true\n");
    let server = place.start(Program::Asylia);
    let form = || Form::default().text("story", "It happened in March.");
    let post = |path: Option<&str>| {
        let mut visitor = Visitor::connect(server.address()).expect("the server listens");
        let answer = match path {
            None => visitor.post(form()),
            Some(path) => visitor.ask(&format!("GET {path}"), None),
        };
        answer.expect("an answer")
    };
    let refused = post(None);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("Tor Browser"), "{}", refused.body);
    assert!(!refused.body.contains("It happened"));
    let home = post(Some("/"));
    assert_eq!(home.status, 200);
    assert!(!home.body.contains("formaction"));
    assert_eq!(post(Some("/sealed")).status, 200);
    assert_eq!(post(Some("/api/v1/intake")).status, 200);
    let export = place.export("1.asylia");
    assert_eq!(place.open_all(&export).len(), 0);

    // The same form where no proxy stands in front is taken.
    drop(server);
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    assert_eq!(visitor.post(form()).expect("an answer").status, 200);
}
