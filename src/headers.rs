//! The response headers of every route and every error, from one table. A route may add only what
//! [`KEPT`] names; everything else is removed, so no library can add a date, a validator, a cookie
//! or its own name. Applied by the outermost layer of [`crate::router`].

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header set of one server: the table below and the policy for its style sheets.
#[derive(Clone, Debug)]
pub struct ResponseHeaders {
    policy: HeaderValue,
}

impl ResponseHeaders {
    /// Builds the set. `style_hashes` are the sources of the pages' inline style sheets, as in
    /// `sha256-…` (base64, without quotes); anything else in them is a mistake in the program.
    ///
    /// # Panics
    /// If a hash holds something other than a base64 digest with its algorithm.
    pub fn new(style_hashes: &[String]) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "+/=-".contains(c);
        let mut styles = String::new();
        for hash in style_hashes {
            assert!(
                hash.starts_with("sha") && hash.chars().all(allowed),
                "a style hash is malformed"
            );
            styles.push_str(&format!(" '{hash}'"));
        }
        if styles.is_empty() {
            styles.push_str(" 'none'");
        }
        let policy = CONTENT_SECURITY_POLICY.replace(" {styles}", &styles);
        let policy = HeaderValue::try_from(policy).expect("hashes and the policy are plain ASCII");
        Self { policy }
    }

    /// The Content-Security-Policy of every response.
    #[must_use]
    pub fn policy(&self) -> &str {
        self.policy.to_str().expect("the policy is plain ASCII")
    }

    /// Removes what no response may carry and sets what every response carries.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let foreign: Vec<HeaderName> = headers
            .keys()
            .filter(|name| !KEPT.contains(name))
            .cloned()
            .collect();
        for name in foreign {
            headers.remove(name);
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in &FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if is_text(headers) || !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

/// Pages and texts are never cached, whatever their route says; only scripts and the like may be.
fn is_text(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        [&b"text/html"[..], b"text/plain"]
            .iter()
            .any(|text| kind.as_bytes().starts_with(text))
    })
}

/// Headers a route may set. `connection` and the length belong to the connection; `allow` and
/// `retry-after` to refusals; `onion-location` to the clear-net site.
pub const KEPT: [HeaderName; 9] = [
    header::ALLOW,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::CONTENT_DISPOSITION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    header::TRANSFER_ENCODING,
    HeaderName::from_static("onion-location"),
];

/// Headers that are the same on every response.
///
/// The referrer policy is `same-origin` because with `no-referrer` some browsers send `Origin:
/// null` on a site's own forms, which [`crate::guard`] would refuse.
pub const FIXED: [(HeaderName, &str); 7] = [
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS_POLICY,
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src {styles}; script-src 'self'; \
    worker-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types asylia";

const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), \
    fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
    web-share=(), xr-spatial-tracking=()";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_route_must_not_set_is_removed() {
        let mut headers = HeaderMap::new();
        for name in [
            "server",
            "date",
            "etag",
            "last-modified",
            "x-powered-by",
            "set-cookie",
            "x-new",
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("x"));
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("y"));
        }
        headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
        ResponseHeaders::new(&[]).apply(&mut headers);
        assert_eq!(
            headers.len(),
            FIXED.len() + 3,
            "allow, cache-control, policy: {headers:?}"
        );
    }

    #[test]
    fn pages_are_never_cached_and_scripts_may_be() {
        let cached = |kind: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("immutable"));
            ResponseHeaders::new(&[]).apply(&mut headers);
            headers.get(header::CACHE_CONTROL).cloned()
        };
        assert_eq!(
            cached("text/html; charset=utf-8"),
            Some(HeaderValue::from_static("no-store"))
        );
        assert_eq!(
            cached("text/javascript"),
            Some(HeaderValue::from_static("immutable"))
        );
    }

    #[test]
    fn style_hashes_reach_the_policy() {
        let headers = ResponseHeaders::new(&["sha256-AbC+/0=".to_owned(), "sha256-x".to_owned()]);
        let policy = headers.policy.to_str().expect("the policy is ASCII");
        assert!(
            policy.contains("; style-src 'sha256-AbC+/0=' 'sha256-x'; script-src"),
            "{policy}"
        );
        let none = ResponseHeaders::new(&[]);
        assert!(
            none.policy
                .to_str()
                .expect("ASCII")
                .contains("style-src 'none';")
        );
    }
}
