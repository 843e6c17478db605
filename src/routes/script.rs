//! `GET /static/asylia-HASH.js`: the script of the form page, page and Worker in one file. The name holds the hash of
//! the bytes, so that browsers may keep it for ever; it is sent as it stands, never compressed.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use crate::static_files::SCRIPT;

/// The script that was built into this server.
pub(super) async fn get() -> Response {
    let fields = [
        (header::CONTENT_TYPE, "text/javascript"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (fields, SCRIPT).into_response()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::{headers::ResponseHeaders, static_files::SCRIPT_PATH};

    #[test]
    fn the_name_of_the_script_is_that_of_its_bytes() {
        let digest: String = Sha256::digest(SCRIPT)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(SCRIPT_PATH, format!("/static/asylia-{}.js", &digest[..16]));
    }

    #[tokio::test]
    async fn the_script_is_sent_as_it_stands_and_may_be_kept() {
        let mut answer = get().await;
        ResponseHeaders::new(&[]).apply(answer.headers_mut());
        let field = |name: &str| answer.headers().get(name).map(|value| value.as_bytes());
        assert_eq!(field("content-type"), Some(&b"text/javascript"[..]));
        assert_eq!(
            field("cache-control"),
            Some(&b"public, max-age=31536000, immutable"[..])
        );
        assert_eq!(field("content-encoding"), None);
        let body = axum::body::to_bytes(answer.into_body(), SCRIPT.len())
            .await
            .expect("the script is no longer than itself");
        assert_eq!(body, SCRIPT);
    }
}
