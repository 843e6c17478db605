//! A report from the form: a return code and proof words are drawn, and sealed with what the person says.

use asylia_envelope::{
    return_code::ReturnCode,
    sealing::SubmissionSealer,
    submission::{Account, IdentityPart, MailboxAddress},
    words::{ProofWords, WordList, draw_proof_words},
};
use multer::{Field, Multipart};

use super::{Intake, Sealing, Telling, draft::Draft, take};
use crate::{clock::Rng, error::AppError, refusal::Refusal};

/// What the receipt shows, once: no `Debug`, kept nowhere.
pub struct Receipt {
    /// The return code.
    pub code: ReturnCode,
    /// Words that the office's first reply repeats.
    pub proof_words: ProofWords,
}

/// Takes one report from a form; returns only when its record is durable.
///
/// # Errors
/// The refusal to show; nothing of the report is kept then.
pub async fn take_report(
    intake: &Intake<'_>,
    form: Multipart<'_>,
    rng: &mut Rng,
) -> Result<Receipt, AppError> {
    take::<Report>(intake, form, rng).await
}

/// A report while it arrives. Plaintext: no `Debug`.
#[derive(Default)]
struct Report(Draft);

impl Telling for Report {
    type Shown = Receipt;

    async fn read_field(&mut self, field: Field<'_>, intake: &Intake<'_>) -> Result<(), AppError> {
        self.0.read_field(field, intake.report_limit_mib).await
    }

    async fn seal<'a>(
        self,
        intake: &Intake<'a>,
        _: bool,
        rng: &mut Rng,
    ) -> Result<(Sealing<'a>, Receipt), AppError> {
        if !self.0.answers.has_story() {
            return Err(Refusal::EmptyStory.into());
        }
        let code = ReturnCode::generate(rng);
        let proof_words = draw_proof_words(WordList::for_language(intake.language), rng);
        let (account, identity) = parts(intake, self.0, &proof_words, &code);
        let (instance, period) = (intake.bundle.content().instance, intake.period);
        let sealing = Sealing::start(intake, rng, |id, record| {
            SubmissionSealer::start(instance, period, id, &account, &identity, record)
        })?;
        Ok((sealing, Receipt { code, proof_words }))
    }
}

fn parts(
    intake: &Intake<'_>,
    draft: Draft,
    words: &ProofWords,
    code: &ReturnCode,
) -> (Account, IdentityPart) {
    let mailbox = code.derive_mailbox(intake.bundle.content().instance);
    let account = Account {
        language: intake.language.to_owned(),
        page_number: draft.page_number,
        proof_words: words.clone(),
        mailbox: MailboxAddress::of(&mailbox),
        answers: draft.answers.clone(),
    };
    (
        account,
        IdentityPart {
            answers: draft.answers,
        },
    )
}
