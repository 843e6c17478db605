//! One function for every parser that meets foreign bytes, before and after decryption.
//!
//! `fuzz/` feeds them without end, outside CI; the plain tests feed them the committed corpus and seeded
//! mutations. None may panic, and none may accept bytes that it would not write itself.

use std::io;

use crate::{
    key_bundle::UnverifiedBundle,
    prescan::prescan,
    return_code::ReturnCode,
    slices::SliceReader,
    submission::{Account, IdentityPart, Manifest},
    transfer::{TransferNote, UntrustedBundle},
};

/// The look at an age header.
pub fn age_header(bytes: &[u8]) {
    let _ = prescan(bytes);
}

/// A slice stream, read to its end.
pub fn slice_stream(bytes: &[u8]) {
    let mut reader = SliceReader::new(bytes);
    while let Ok(Some(_)) = reader.next_stream() {
        if io::copy(&mut reader, &mut io::sink()).is_err() {
            return;
        }
    }
}

/// The documents of the compartments.
pub fn documents(bytes: &[u8]) {
    if let Ok(account) = Account::parse(bytes) {
        let again = Account::parse(&account.to_json());
        assert!(again.is_ok_and(|again| again.answers == account.answers));
    }
    let _ = IdentityPart::parse(bytes);
    let _ = serde_json::from_slice::<Manifest>(bytes);
}

/// A key bundle.
pub fn key_bundle(bytes: &[u8]) {
    if let Ok(bundle) = UnverifiedBundle::parse(bytes) {
        let note = bundle.claimed().to_note(&bundle.signature_lines());
        assert!(UnverifiedBundle::parse(note.as_bytes()).is_ok());
    }
}

/// A transfer bundle, note and blobs.
pub fn transfer_bundle(bytes: &[u8]) {
    let _ = TransferNote::parse(bytes, None);
    if let Ok(mut bundle) = UntrustedBundle::open(bytes, bytes.len() as u64, None) {
        while let Ok(Some(_)) = bundle.next_blob(|_| Ok(())) {}
    }
}

/// A typed return code.
pub fn return_code(bytes: &[u8]) {
    if let Ok(code) = ReturnCode::parse(&String::from_utf8_lossy(bytes)) {
        assert!(ReturnCode::parse(&code.to_digits()).is_ok());
    }
}

#[cfg(test)]
#[path = "fuzzing/tests.rs"]
mod tests;
