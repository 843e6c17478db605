//! The grammar of a site manifest: fixed lines in fixed order; one text has one reading.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    SITE_FILES_LIMIT, SITE_NOTE_LIMIT_BYTES, SITE_POLICY_LIMIT_BYTES, SITE_RELEASE_CHARS,
    SITE_SIGNATURES_LIMIT, SiteError, SiteFile, SiteFileKind, SiteManifest, SiteNote, is_site_path,
};
use crate::signing::{Site, VerifyingKey};

/// Reads a note.
pub(super) fn note(bytes: &[u8]) -> Result<SiteNote, SiteError> {
    if bytes.len() > SITE_NOTE_LIMIT_BYTES {
        return Err(SiteError::NotAManifest);
    }
    let whole = core::str::from_utf8(bytes).map_err(|_| SiteError::NotAManifest)?;
    let (text, lines) = match whole.find("\n\n") {
        Some(at) => (whole.get(..=at), whole.get(at + 2..)),
        None => (Some(whole), None),
    };
    let text = text.ok_or(SiteError::NotAManifest)?;
    let manifest = read(text).ok_or(SiteError::NotAManifest)?;
    // Other spellings of numbers and digests, and other line ends, all end here.
    if manifest.to_text() != text {
        return Err(SiteError::NotAManifest);
    }
    let signers = match lines {
        Some(lines) => signers(text, lines)?,
        None => Vec::new(),
    };
    Ok(SiteNote {
        manifest,
        signers,
        text: whole.to_owned(),
    })
}

fn signers(text: &str, lines: &str) -> Result<Vec<VerifyingKey<Site>>, SiteError> {
    let lines = lines.strip_suffix('\n').ok_or(SiteError::NotAManifest)?;
    let mut signers = Vec::new();
    for line in lines.split('\n') {
        let (key, signature) = line
            .strip_prefix("— ")
            .and_then(|line| line.split_once(' '))
            .ok_or(SiteError::NotAManifest)?;
        let key = VerifyingKey::parse(key).map_err(|_| SiteError::NotAManifest)?;
        let signature = BASE64_STANDARD
            .decode(signature)
            .map_err(|_| SiteError::NotAManifest)?;
        if signers.contains(&key) || signers.len() >= SITE_SIGNATURES_LIMIT {
            return Err(SiteError::NotAManifest);
        }
        key.verify(&[text.as_bytes()], &signature)
            .map_err(|_| SiteError::Signature)?;
        signers.push(key);
    }
    Ok(signers)
}

fn read(text: &str) -> Option<SiteManifest> {
    let mut lines = text.lines().skip(1);
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
    let release = value("release").filter(|release| is_release(release))?;
    let day = value("day")?.parse().ok()?;
    let policy = value("policy").filter(|policy| is_policy(policy))?;
    let files = lines.map(file).collect::<Option<Vec<_>>>()?;
    let ascending = files
        .iter()
        .zip(files.iter().skip(1))
        .all(|(one, next)| one.path < next.path);
    let counted = (1..=SITE_FILES_LIMIT).contains(&files.len());
    (ascending && counted).then(|| SiteManifest {
        release: release.to_owned(),
        day,
        policy: policy.to_owned(),
        files,
    })
}

fn file(line: &str) -> Option<SiteFile> {
    let (kind, rest) = line.split_once(": ")?;
    let kind = match kind {
        "script" => SiteFileKind::Script,
        "file" => SiteFileKind::File,
        _ => return None,
    };
    let mut words = rest.splitn(3, ' ');
    let sha256 = hex::decode(words.next()?).ok()?.try_into().ok()?;
    let size = words.next()?.parse().ok()?;
    let path = words.next().filter(|path| is_site_path(path))?.to_owned();
    Some(SiteFile {
        kind,
        sha256,
        size,
        path,
    })
}

fn is_release(release: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    (1..=SITE_RELEASE_CHARS).contains(&release.len()) && release.bytes().all(letter)
}

fn is_policy(policy: &str) -> bool {
    (1..=SITE_POLICY_LIMIT_BYTES).contains(&policy.len())
        && policy.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
