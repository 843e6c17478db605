//! `asylia acknowledge`: the office has everything of one bundle, so the server deletes it.
//!
//! The twelve words are the office's: its console shows them after a full import, and they come by telephone
//! or on paper. Without them nothing is deleted, whatever was exported.

use std::io::{self, BufRead, IsTerminal, Write};

use asylia_envelope::acknowledgement::AcknowledgementToken;
use zeroize::Zeroizing;

use crate::{
    clock::Clock,
    data_folder::DataFolder,
    error::Advice,
    storage::{Acknowledged, AnyStore, Store, StoreAddress, StoreError},
};

/// Reads the words from a terminal, with a prompt, or from a pipe.
///
/// # Errors
/// [`Advice`] when the words are none, with the one that is wrong.
pub fn read_token() -> anyhow::Result<AcknowledgementToken> {
    let input = io::stdin();
    if input.is_terminal() {
        eprint!("The twelve words that the console showed: ");
        io::stderr().flush()?;
    }
    let mut typed = Zeroizing::new(String::new());
    input.lock().read_line(&mut typed)?;
    AcknowledgementToken::parse(&typed).map_err(|bad| {
        let failed = format!("These are not the words of an acknowledgement: {bad}");
        Advice::failed(
            failed,
            "Read them from the console's screen once more, and type them again",
        )
        .into()
    })
}

/// Deletes what the bundle of this token carried, and its traces.
///
/// # Errors
/// [`Advice`] when no bundle of this server has the token.
pub async fn acknowledge(
    data: &DataFolder,
    token: &AcknowledgementToken,
    clock: Clock,
) -> anyhow::Result<Acknowledged> {
    let address: StoreAddress = data.store_address()?.parse()?;
    let store = AnyStore::open(&address).await?;
    let outcome = match store.acknowledge(token.hash()).await {
        Err(StoreError::NoBundle) => Err(Advice::failed(
            "These words acknowledge no bundle of this server, and nothing was deleted",
            "Ask the office from which server its bundle came, and compare the words with the screen",
        )
        .into()),
        outcome => {
            let done = outcome?;
            store.note_collected(i64::from(clock.today())).await?;
            Ok(done)
        }
    };
    store.scrub().await?;
    store.close().await?;
    outcome
}
