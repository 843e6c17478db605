//! From answers and files to a sealed file, and the receipt that is shown once.
//!
//! Trusts the key bundle because the caller verified it against the office's words. Attachments
//! stream through; no plaintext is written anywhere.

use std::io::{self, Read, Write};

use asylia_envelope::{
    answers::Answers,
    day::Day,
    ids::SubmissionId,
    key_bundle::{BundleError, KeyBundle},
    questionnaire::Class,
    return_code::ReturnCode,
    sealed_file::{SealedFileHead, SealedFileWriter},
    sealing::SubmissionSealer,
    submission::{ATTACHMENTS_LIMIT, Account, FORMAT_VERSION, IdentityPart, MailboxAddress},
    words::{ProofWords, WordList, draw_proof_words},
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

/// A file that goes along. Plaintext: no `Debug`.
pub struct Attachment<'a> {
    /// Claimed name, without folders.
    pub name: String,
    /// Claimed media type.
    pub media_type: String,
    /// Its bytes.
    pub source: Box<dyn Read + 'a>,
}

/// What is to be sealed. Plaintext: no `Debug`.
pub struct Submission<'a> {
    /// Language in which it is written, BCP 47; decides the words of the return code.
    pub language: &'a str,
    /// Answers to the questionnaire.
    pub answers: &'a Answers,
    /// Files, in order.
    pub attachments: Vec<Attachment<'a>>,
}

/// What the person keeps; shown once and stored nowhere. Secret: no `Debug`, cleared when dropped.
pub struct Receipt {
    /// The return code as ten words of the language's list.
    pub words: Zeroizing<String>,
    /// The same code as 34 digits.
    pub digits: Zeroizing<String>,
    /// The office's first reply repeats them.
    pub proof_words: ProofWords,
    /// Last day on which an upload is accepted.
    pub upload_until: Day,
    /// The period it is sealed to.
    pub period: String,
}

/// Why nothing is sealed. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The bundle is not in force, or has no period for the day.
    #[error(
        "The office's keys cannot be used today: {0}. \
         Fetch the current keys.note, and check this computer's date."
    )]
    Keys(BundleError),
    /// Not a language tag.
    #[error("This is no language tag. Use one such as en, fr or pt-BR.")]
    Language,
    /// More than [`ATTACHMENTS_LIMIT`] files.
    #[error("There are more than {ATTACHMENTS_LIMIT} attachments. Leave some out, or join them.")]
    TooManyAttachments,
    /// An attachment could not be read to its end; counted from 1.
    #[error("Reading attachment {0} failed. Check the file and seal again.")]
    Attachment(usize),
    /// The sealed file could not be written.
    #[error("Writing the sealed file failed ({0}). Check that the disk has room.")]
    Out(io::ErrorKind),
}

/// Seals one submission into `out` as a sealed file; returns what the person keeps, and the sink.
///
/// `progress` is told the bytes of attachments as they are sealed.
///
/// # Errors
/// See [`SealError`]; what `out` got is to be thrown away then.
pub fn seal_submission<W: Write>(
    bundle: &KeyBundle,
    today: Day,
    submission: Submission<'_>,
    progress: &mut dyn FnMut(u64),
    rng: &mut (impl RngCore + CryptoRng),
    out: W,
) -> Result<(Receipt, W), SealError> {
    let Submission {
        language,
        answers,
        attachments,
    } = submission;
    if !is_language(language) {
        return Err(SealError::Language);
    }
    if attachments.len() > usize::from(ATTACHMENTS_LIMIT) {
        return Err(SealError::TooManyAttachments);
    }
    let period = bundle.period_on(today).map_err(SealError::Keys)?;
    let instance = bundle.content().instance;
    let list = WordList::for_language(language.split('-').next().unwrap_or_default());
    let code = ReturnCode::generate(rng);
    let account = Account {
        language: language.to_owned(),
        // Drawn with a page; a sealed file is told from its copies by the submission id.
        page_number: None,
        proof_words: draw_proof_words(list, rng),
        mailbox: MailboxAddress::of(&code.derive_mailbox(instance)),
        answers: of(
            answers,
            &[Class::Story, Class::Sensitive, Class::Permission],
        ),
    };
    let identity = IdentityPart {
        answers: of(answers, &[Class::Identity]),
    };
    let head = SealedFileHead {
        version: FORMAT_VERSION,
        instance,
        period: period.id.clone(),
        bundle_sequence: bundle.sequence(),
    };
    let writer = SealedFileWriter::start(&head, out).map_err(failed)?;
    let id = SubmissionId::generate(rng);
    let mut sealer = SubmissionSealer::start(instance, period, id, &account, &identity, writer)
        .map_err(failed)?;
    for (at, attachment) in attachments.into_iter().enumerate() {
        attach(&mut sealer, attachment, at + 1, progress)?;
    }
    let writer = sealer.finish().map_err(failed)?;
    let receipt = Receipt {
        words: code.to_words(list),
        digits: code.to_digits(),
        proof_words: account.proof_words,
        // Whichever ends first: nobody is told a day on which the upload would be refused.
        upload_until: period.until.min(bundle.content().not_after),
        period: period.id.clone(),
    };
    Ok((receipt, writer.finish().map_err(failed)?))
}

fn attach<W: Write>(
    sealer: &mut SubmissionSealer<'_, SealedFileWriter<W>>,
    mut attachment: Attachment<'_>,
    number: usize,
    progress: &mut dyn FnMut(u64),
) -> Result<(), SealError> {
    sealer
        .begin_attachment(&attachment.name, &attachment.media_type)
        .map_err(failed)?;
    let mut block = Zeroizing::new(vec![0; BLOCK_BYTES]);
    loop {
        let read = match attachment.source.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(SealError::Attachment(number)),
        };
        sealer
            .write_attachment(block.get(..read).unwrap_or_default())
            .map_err(failed)?;
        progress(read as u64);
    }
    sealer.end_attachment().map_err(failed)
}

/// A media type to claim for a file of this name; a guess, for display.
#[must_use]
pub fn media_type_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = MEDIA_TYPES.iter().find(|(endings, _)| {
        endings
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    });
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

fn of(answers: &Answers, classes: &[Class]) -> Answers {
    let mut part = Answers::default();
    part.merge(answers, classes);
    part
}

fn failed(error: io::Error) -> SealError {
    SealError::Out(error.kind())
}

/// The shape of a BCP 47 tag: subtags of 1 to 8 letters or digits, the first of letters.
fn is_language(language: &str) -> bool {
    let subtag = |tag: &str| {
        (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let starts = language
        .split('-')
        .next()
        .is_some_and(|tag| tag.len() >= 2 && tag.bytes().all(|byte| byte.is_ascii_lowercase()));
    starts && language.len() <= 35 && language.split('-').all(subtag)
}

const BLOCK_BYTES: usize = 64 * 1024;

const MEDIA_TYPES: [(&[&str], &str); 13] = [
    (&["pdf"], "application/pdf"),
    (&["jpg", "jpeg"], "image/jpeg"),
    (&["png"], "image/png"),
    (&["heic"], "image/heic"),
    (&["webp"], "image/webp"),
    (&["txt"], "text/plain"),
    (&["mp3"], "audio/mpeg"),
    (&["ogg", "opus"], "audio/ogg"),
    (&["m4a"], "audio/mp4"),
    (&["mp4"], "video/mp4"),
    (&["doc"], "application/msword"),
    (
        &["docx"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (&["odt"], "application/vnd.oasis.opendocument.text"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_guessed_from_the_ending() {
        assert_eq!(media_type_of("scan.PDF"), "application/pdf");
        assert_eq!(media_type_of("a.b.jpeg"), "image/jpeg");
        assert_eq!(media_type_of("pdf"), "application/octet-stream");
        assert_eq!(media_type_of("x.exe"), "application/octet-stream");
    }

    #[test]
    fn language_tags_have_a_shape() {
        for good in ["en", "fr", "zh-Hant", "pt-BR", "ckb"] {
            assert!(is_language(good), "{good}");
        }
        for bad in [
            "",
            "e",
            "EN",
            "en_US",
            "en-",
            "-en",
            "english language",
            "en-toolongtag",
        ] {
            assert!(!is_language(bad), "{bad}");
        }
    }
}
