//! What is decided from the head of a request alone, before a byte of its body is read. Trusts
//! nothing. A state change must come from our own page: there are no cookies and no tokens (a
//! token's life would be shorter than an upload through Tor), so `Origin` and Fetch Metadata
//! decide.

use axum::http::{HeaderMap, HeaderValue, Uri, header, request::Parts};

use crate::{
    limits::BodyLimits,
    refusal::Refusal,
    router::{Accepts, Route},
};

/// Refuses by head: a foreign page, a body of the wrong kind, a declared length over the limit.
///
/// # Errors
/// The refusal to show. Nothing in it depends on what was sent except its kind.
pub fn check(
    head: &Parts,
    route: &Route,
    limits: BodyLimits,
    limit_mib: u64,
) -> Result<(), Refusal> {
    if !route.changes_state() {
        return Ok(());
    }
    if !comes_from_own_page(&head.uri, &head.headers) {
        return Err(Refusal::OtherSite);
    }
    let length = declared_length(&head.headers);
    let too_large = length.is_some_and(|length| length > route.limit_bytes(limits));
    match route.body() {
        Accepts::Nothing => Ok(()),
        Accepts::Report | Accepts::SealedFiles if !is_multipart(&head.headers) => {
            Err(Refusal::NotMultipart)
        }
        Accepts::Report | Accepts::SealedFiles if too_large => Err(Refusal::TooLarge { limit_mib }),
        Accepts::Report | Accepts::SealedFiles => Ok(()),
        // How much a part holds is known before it is begun, so that a broken one is told from a short one.
        Accepts::Part if !is_bytes(&head.headers) || length.unwrap_or(0) == 0 => {
            Err(Refusal::Malformed)
        }
        Accepts::Part if too_large => Err(Refusal::PartTooLarge),
        Accepts::Part => Ok(()),
        // No text of a report is at stake here, so its refusals would mislead.
        Accepts::Code if too_large || !is_multipart(&head.headers) => Err(Refusal::BadCodeForm),
        Accepts::Token if too_large || !(is_bytes(&head.headers) || is_json(&head.headers)) => {
            Err(Refusal::Malformed)
        }
        Accepts::Code | Accepts::Token => Ok(()),
    }
}

/// Whether the client will wait for `100 Continue` before it sends the body.
pub fn waits_for_100(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// `Origin` must name the host that was asked, whatever the scheme: behind a proxy or an onion
/// service the server does not see the scheme. Without `Origin` only an explicit foreign
/// `Sec-Fetch-Site` refuses: programs send neither, and every browser that sends Fetch Metadata
/// sends `Origin` as well.
fn comes_from_own_page(target: &Uri, headers: &HeaderMap) -> bool {
    let Ok(origin) = at_most_one(headers, header::ORIGIN) else {
        return false;
    };
    let Some(origin) = origin else {
        return at_most_one(headers, SEC_FETCH_SITE)
            .is_ok_and(|site| site.is_none_or(|site| site == "same-origin" || site == "none"));
    };
    let Ok(host) = at_most_one(headers, header::HOST) else {
        return false;
    };
    let asked = target.authority().map(|authority| authority.as_str());
    let Some(asked) = asked.or_else(|| host.and_then(|value| value.to_str().ok())) else {
        return false;
    };
    let Some((scheme, origin)) = origin.to_str().ok().and_then(|text| text.split_once("://"))
    else {
        return false; // `null`, or no origin at all
    };
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let bare = |authority: &str| {
        authority
            .strip_suffix(port)
            .unwrap_or(authority)
            .to_ascii_lowercase()
    };
    !origin.is_empty() && bare(origin) == bare(asked)
}

/// A repeated field is refused rather than chosen from.
fn at_most_one(
    headers: &HeaderMap,
    name: impl header::AsHeaderName,
) -> Result<Option<&HeaderValue>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        Err(())
    } else {
        Ok(first)
    }
}

fn is_multipart(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| multer::parse_boundary(value).is_ok())
}

fn is_bytes(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == b"application/octet-stream")
}

/// Whether the body says that it is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == b"application/json")
}

/// The `Content-Length`, if there is one.
pub fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

const SEC_FETCH_SITE: &str = "sec-fetch-site";

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::{
        limits::{CODE_FORM_BYTES, MIB, PART_BYTES, TOKEN_BYTES},
        router::ROUTES,
    };

    fn head(target: &str, fields: &[(&str, &str)]) -> Parts {
        let mut request = Request::post(target);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request
            .body(())
            .expect("the test's head is well formed")
            .into_parts()
            .0
    }

    fn route(path: &str) -> &'static Route {
        let mut found = ROUTES.iter().filter(|route| route.matches(path));
        let found = found.find(|route| route.changes_state());
        found.expect("something is sent there")
    }

    fn verdict(target: &str, fields: &[(&str, &str)]) -> Result<(), Refusal> {
        let route = route("/report");
        let mut all = vec![("content-type", "multipart/form-data; boundary=x")];
        all.extend_from_slice(fields);
        check(&head(target, &all), route, BodyLimits::for_reports_of(1), 1)
    }

    #[test]
    fn own_origins_pass() {
        for (origin, host) in [
            ("http://a.onion", "a.onion"),
            ("https://Example.org", "example.ORG"),
            ("https://example.org", "example.org:443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(
                verdict("/report", &[("origin", origin), ("host", host)]),
                Ok(()),
                "{origin}"
            );
        }
        assert_eq!(
            verdict("/report", &[("host", "a.onion")]),
            Ok(()),
            "no Origin at all"
        );
        assert_eq!(
            verdict(
                "/report",
                &[("host", "a"), ("sec-fetch-site", "same-origin")]
            ),
            Ok(())
        );
        assert_eq!(
            verdict(
                "http://a.onion/report",
                &[("origin", "http://a.onion"), ("host", "b")]
            ),
            Ok(())
        );
    }

    #[test]
    fn foreign_origins_are_refused() {
        for fields in [
            &[("origin", "null"), ("host", "a.onion")][..],
            &[("origin", "http://b.onion"), ("host", "a.onion")],
            &[("origin", "http://a.onion.evil"), ("host", "a.onion")],
            &[("origin", "http://a.onion:81"), ("host", "a.onion")],
            &[("origin", "http://x@a.onion"), ("host", "a.onion")],
            &[("origin", "http://a.onion")],
            &[("origin", "http://"), ("host", "")],
            &[("origin", "a.onion"), ("host", "a.onion")],
            &[("origin", "file://a.onion"), ("host", "a.onion")],
            &[
                ("origin", "http://a.onion"),
                ("origin", "http://b.onion"),
                ("host", "a.onion"),
            ],
            &[
                ("origin", "http://a.onion"),
                ("host", "a.onion"),
                ("host", "b.onion"),
            ],
            &[("host", "a.onion"), ("sec-fetch-site", "cross-site")],
            &[("host", "a.onion"), ("sec-fetch-site", "same-site")],
        ] {
            assert_eq!(
                verdict("/report", fields),
                Err(Refusal::OtherSite),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn parts_and_cancelling_must_come_from_our_own_page_as_well() {
        let token = "0".repeat(32);
        for path in [
            format!("/api/v1/uploads/{token}/0"),
            format!("/api/v1/uploads/{token}"),
            "/sealed".to_owned(),
            "/mailbox".to_owned(),
            "/mailbox/delete".to_owned(),
            "/api/v1/mailbox".to_owned(),
            "/api/v1/mailbox/delete".to_owned(),
        ] {
            let verdict = |origin: &str| {
                let fields = [("origin", origin), ("host", "a.onion")];
                let head = head(&path, &fields);
                check(&head, route(&path), BodyLimits::for_reports_of(1), 1)
            };
            assert_eq!(verdict("http://b.onion"), Err(Refusal::OtherSite), "{path}");
            assert_ne!(verdict("http://a.onion"), Err(Refusal::OtherSite), "{path}");
        }
    }

    #[test]
    fn a_part_declares_its_kind_and_a_length_within_the_limit() {
        let path = format!("/api/v1/uploads/{}/0", "0".repeat(32));
        let verdict = |kind: &str, length: Option<u64>| {
            let length = length.map(|length| length.to_string());
            let mut fields = vec![("content-type", kind)];
            fields.extend(length.iter().map(|length| ("content-length", &**length)));
            let head = head(&path, &fields);
            check(&head, route(&path), BodyLimits::for_reports_of(1), 1)
        };
        let bytes = "application/octet-stream";
        assert_eq!(verdict(bytes, Some(1)), Ok(()));
        assert_eq!(verdict(bytes, Some(PART_BYTES)), Ok(()));
        let over = verdict(bytes, Some(PART_BYTES + 1));
        assert_eq!(over, Err(Refusal::PartTooLarge));
        assert_eq!(verdict(bytes, Some(0)), Err(Refusal::Malformed));
        assert_eq!(verdict(bytes, None), Err(Refusal::Malformed));
        assert_eq!(verdict("text/plain", Some(1)), Err(Refusal::Malformed));
    }

    #[test]
    fn a_code_comes_as_a_short_form_and_a_token_as_json_or_bytes() {
        let verdict = |path: &str, kind: &str, length: u64| {
            let length = length.to_string();
            let head = head(path, &[("content-type", kind), ("content-length", &length)]);
            check(&head, route(path), BodyLimits::for_reports_of(1), 1)
        };
        let (form, json) = ("multipart/form-data; boundary=x", "application/json");
        for path in ["/mailbox", "/mailbox/delete"] {
            assert_eq!(verdict(path, form, CODE_FORM_BYTES), Ok(()));
            let long = verdict(path, form, CODE_FORM_BYTES + 1);
            assert_eq!(long, Err(Refusal::BadCodeForm));
            assert_eq!(verdict(path, json, 10), Err(Refusal::BadCodeForm));
        }
        for path in ["/api/v1/mailbox", "/api/v1/mailbox/delete"] {
            assert_eq!(verdict(path, json, TOKEN_BYTES), Ok(()));
            assert_eq!(verdict(path, "application/octet-stream", 32), Ok(()));
            let long = verdict(path, json, TOKEN_BYTES + 1);
            assert_eq!(long, Err(Refusal::Malformed));
            assert_eq!(verdict(path, form, 32), Err(Refusal::Malformed));
        }
    }

    #[test]
    fn declared_lengths_are_compared_with_the_limit() {
        let limit = BodyLimits::for_reports_of(1).report_bytes;
        assert_eq!(
            verdict("/report", &[("content-length", &limit.to_string())]),
            Ok(())
        );
        let over = (limit + 1).to_string();
        assert_eq!(
            verdict("/report", &[("content-length", &over)]),
            Err(Refusal::TooLarge { limit_mib: 1 })
        );
        assert!(limit > MIB);
    }

    #[test]
    fn a_body_of_another_kind_is_415() {
        let route = route("/report");
        for kind in [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "",
        ] {
            let head = head("/report", &[("content-type", kind)]);
            let verdict = check(&head, route, BodyLimits::for_reports_of(1), 1);
            assert_eq!(verdict, Err(Refusal::NotMultipart), "{kind}");
        }
    }
}
