//! The command line of `asylia-seal`. Answers and files come by path; nothing secret is an
//! argument.

use std::path::PathBuf;

use asylia_envelope::{
    key_bundle::Fingerprint,
    signing::{Site, VerifyingKey},
};
use clap::{Args, Parser, Subcommand};

/// Seal a submission on this computer, to be uploaded from any other.
#[derive(Parser)]
#[command(name = "asylia-seal", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Seal answers and files into one file, and show the return code once
    New(NewArgs),
    /// Show what a sealed file says in clear, and until when the office's site takes it
    Inspect(InspectArgs),
    /// Open a saved answer of a mailbox with the return code, which is asked for
    Mailbox(MailboxArgs),
    /// Compare a saved copy of a site with a signed manifest of what this release serves
    VerifySite(VerifySiteArgs),
}

#[derive(Args)]
pub(crate) struct MailboxArgs {
    /// The office's key bundle, keys.note
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: PathBuf,
    /// The office's 12 words, in quotes; without them only a demonstration is accepted
    #[arg(long, value_name = "WORDS", value_parser = Fingerprint::parse)]
    pub(crate) office: Option<Fingerprint>,
    /// Write what another computer sends to fetch the answer: `curl --data-binary @FILE -H
    /// 'Content-Type: application/octet-stream' -o ANSWER SITE/api/v1/mailbox`
    #[arg(long, value_name = "FILE", required_unless_present = "answer")]
    pub(crate) request: Option<PathBuf>,
    /// The saved answer, 32768 bytes
    #[arg(value_name = "ANSWER")]
    pub(crate) answer: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct InspectArgs {
    /// The sealed file
    pub(crate) file: PathBuf,
    /// The office's key bundle, keys.note: shows the last day for the upload
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// The office's 12 words, in quotes; without them only a demonstration is accepted
    #[arg(long, value_name = "WORDS", value_parser = Fingerprint::parse, requires = "keys")]
    pub(crate) office: Option<Fingerprint>,
}

#[derive(Args)]
pub(crate) struct VerifySiteArgs {
    /// The signed manifest; not from the site that is to be checked
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: PathBuf,
    /// Public half of the key that must have signed it; not from that site either
    #[arg(long, value_name = "PUB", value_parser = site_key)]
    pub(crate) key: VerifyingKey<Site>,
    /// Folder of the copy, saved with `wget --mirror --no-host-directories`
    pub(crate) folder: PathBuf,
}

fn site_key(text: &str) -> Result<VerifyingKey<Site>, String> {
    VerifyingKey::parse(text).map_err(|error| error.to_string())
}

#[derive(Args)]
pub(crate) struct NewArgs {
    /// The office's key bundle, keys.note
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: PathBuf,
    /// The office's 12 words, in quotes; without them only a demonstration is accepted
    #[arg(long, value_name = "WORDS", value_parser = Fingerprint::parse)]
    pub(crate) office: Option<Fingerprint>,
    /// Answers as a JSON object of questionnaire ids
    #[arg(long, value_name = "FILE.json")]
    pub(crate) answers: PathBuf,
    /// A file to send along; may be repeated
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
    /// New file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Language in which the answers are written; decides the words of the return code
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
