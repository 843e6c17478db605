//! `GET /static/asylia-HASH.js` and `asylia-mailbox-HASH.js`: the scripts of the form, page and Worker in one file,
//! and of the mailbox. A name holds the hash of the bytes, so that browsers may keep them for ever; they are sent as
//! they stand, never compressed.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use crate::static_files::{MAILBOX_SCRIPT, SCRIPT};

/// The form's script, which was built into this server.
pub(super) async fn form() -> Response {
    script(SCRIPT)
}

/// The mailbox's script.
pub(super) async fn mailbox() -> Response {
    script(MAILBOX_SCRIPT)
}

fn script(bytes: &'static [u8]) -> Response {
    let fields = [
        (header::CONTENT_TYPE, "text/javascript"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (fields, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::{
        headers::ResponseHeaders,
        static_files::{MAILBOX_SCRIPT_PATH, SCRIPT_PATH},
    };

    #[test]
    fn the_name_of_a_script_is_that_of_its_bytes() {
        for (bytes, path, name) in [
            (SCRIPT, SCRIPT_PATH, "asylia"),
            (MAILBOX_SCRIPT, MAILBOX_SCRIPT_PATH, "asylia-mailbox"),
        ] {
            let digest = hex::encode(Sha256::digest(bytes));
            assert_eq!(path, format!("/static/{name}-{}.js", &digest[..16]));
        }
    }

    #[tokio::test]
    async fn a_script_is_sent_as_it_stands_and_may_be_kept() {
        for (mut answer, bytes) in [(form().await, SCRIPT), (mailbox().await, MAILBOX_SCRIPT)] {
            ResponseHeaders::new(&[]).apply(answer.headers_mut());
            let field = |name: &str| answer.headers().get(name).map(|value| value.as_bytes());
            assert_eq!(field("content-type"), Some(&b"text/javascript"[..]));
            assert_eq!(
                field("cache-control"),
                Some(&b"public, max-age=31536000, immutable"[..])
            );
            assert_eq!(field("content-encoding"), None);
            let body = axum::body::to_bytes(answer.into_body(), bytes.len())
                .await
                .expect("the script is no longer than itself");
            assert_eq!(body, bytes);
        }
    }
}
