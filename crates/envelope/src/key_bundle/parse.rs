//! The grammar of `keys.note`: fixed lines in fixed order, each `name: value`.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    BundleContent, BundleError, MAGIC, NONE, NOTE_LIMIT_BYTES, PERIOD_ID_CHARS, Period,
    UnverifiedBundle,
};
use crate::signing::{Role, VerifyingKey};

/// Reads a note; one text has one reading: what is read is written again and compared.
pub(super) fn note(bytes: &[u8]) -> Result<UnverifiedBundle, BundleError> {
    let note = core::str::from_utf8(bytes).map_err(|_| BundleError::NotABundle)?;
    if note.len() > NOTE_LIMIT_BYTES || !note.starts_with(MAGIC) {
        return Err(BundleError::NotABundle);
    }
    let (text, signatures) = note.split_once("\n\n").ok_or(BundleError::NotABundle)?;
    let text = format!("{text}\n");
    let mut lines = Lines {
        rest: text.lines().collect::<Vec<_>>().into_iter(),
        number: 1,
    };
    if lines.rest.next() != Some(MAGIC) {
        return Err(BundleError::NotABundle);
    }
    let content = content(&mut lines)?;
    // Leading zeros, other orders and doubled lines all end here.
    if content.to_text() != text {
        return Err(BundleError::Line(lines.number));
    }
    let signatures = signatures
        .lines()
        .enumerate()
        .map(|(at, line)| signature(line).ok_or(BundleError::Line(lines.number + 2 + at)))
        .collect::<Result<Vec<_>, _>>()?;
    if signatures.len() > KEYS_LIMIT {
        return Err(BundleError::NotABundle);
    }
    Ok(UnverifiedBundle {
        content,
        text,
        signatures,
    })
}

fn content(lines: &mut Lines<'_>) -> Result<BundleContent, BundleError> {
    let office = lines.value("office", |value| is_office(value).then(|| value.to_owned()))?;
    // Compared when the content is written again.
    lines.value("fingerprint", |_| Some(()))?;
    let instance = lines.value("instance", |value| value.parse().ok())?;
    let sequence = lines.value("sequence", |value| {
        value.parse().ok().filter(|number| *number > 0)
    })?;
    let previous = lines.value("previous", |value| match value {
        NONE => Some(None),
        _ => hex::decode(value).ok()?.try_into().ok().map(Some),
    })?;
    let not_before = lines.value("not before", |value| value.parse().ok())?;
    let not_after = lines.value("not after", |value| value.parse().ok())?;
    let demo = lines.value("demo", |value| match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    })?;
    let threshold: usize = lines.value("threshold", |value| value.parse().ok())?;
    let roots = lines.keys("root")?;
    if threshold == 0
        || threshold > roots.len()
        || !roots.is_sorted_by(|a, b| a.to_bytes() < b.to_bytes())
    {
        return Err(BundleError::Line(lines.number));
    }
    let office_keys = lines.keys("office key")?;
    let transfer_key = lines.keys("transfer key")?;
    if transfer_key.len() > 1 {
        return Err(BundleError::Line(lines.number));
    }
    let periods = periods(lines)?;
    Ok(BundleContent {
        instance,
        office,
        sequence,
        previous,
        not_before,
        not_after,
        demo,
        threshold,
        roots,
        office_keys,
        transfer_key: transfer_key.into_iter().next(),
        periods,
    })
}

fn periods(lines: &mut Lines<'_>) -> Result<Vec<Period>, BundleError> {
    let mut periods: Vec<Period> = Vec::new();
    while !lines.rest.as_slice().is_empty() {
        let (id, from, until) = lines.value("period", |value| {
            let mut words = value.split(' ');
            let id = words.next().filter(|id| is_period_id(id))?;
            let (from, until) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            (words.next().is_none() && from <= until).then(|| (id.to_owned(), from, until))
        })?;
        let mut recipient = |name| lines.value(name, |value| value.parse().ok());
        let (intake, account, identity) = (
            recipient("intake")?,
            recipient("account")?,
            recipient("identity")?,
        );
        let follows = periods.last().is_none_or(|last| last.from < from);
        let fresh = periods.iter().all(|known| known.id != id);
        if !follows || !fresh || periods.len() >= PERIODS_LIMIT {
            return Err(BundleError::Line(lines.number));
        }
        periods.push(Period {
            id,
            from,
            until,
            intake,
            account,
            identity,
        });
    }
    Ok(periods)
}

fn signature<R: Role>(line: &str) -> Option<(VerifyingKey<R>, Vec<u8>)> {
    let (key, signature) = line.strip_prefix("— ")?.split_once(' ')?;
    Some((
        VerifyingKey::parse(key).ok()?,
        BASE64_STANDARD.decode(signature).ok()?,
    ))
}

struct Lines<'a> {
    rest: std::vec::IntoIter<&'a str>,
    number: usize,
}

impl<'a> Lines<'a> {
    /// Takes the next line, which must have this name and a value that reads.
    fn value<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, BundleError> {
        self.number += 1;
        let value = self
            .rest
            .next()
            .and_then(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.and_then(read).ok_or(BundleError::Line(self.number))
    }

    /// Takes all lines of this name that follow here.
    fn keys<R: Role>(&mut self, name: &str) -> Result<Vec<VerifyingKey<R>>, BundleError> {
        let prefix = format!("{name}: ");
        let mut keys = Vec::new();
        while self
            .rest
            .as_slice()
            .first()
            .is_some_and(|line| line.starts_with(&prefix))
        {
            keys.push(self.value(name, |value| VerifyingKey::parse(value).ok())?);
            if keys.len() > KEYS_LIMIT {
                return Err(BundleError::Line(self.number));
            }
        }
        Ok(keys)
    }
}

fn is_office(office: &str) -> bool {
    (1..=120).contains(&office.chars().count()) && !office.chars().any(char::is_control)
}

fn is_period_id(id: &str) -> bool {
    (1..=PERIOD_ID_CHARS).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

const KEYS_LIMIT: usize = 32;
const PERIODS_LIMIT: usize = 16;
