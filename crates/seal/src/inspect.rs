//! What a sealed file says in clear, to whoever holds it: never anything of the person.

use std::io::{self, Read};

use asylia_envelope::{
    sealed_file::{SealedFileError, SealedFileHead, SealedFileReader},
    sealing::CompartmentSink,
    submission::{CompartmentName, ManifestEntry},
};

/// A sealed file's frame, read to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Office, period and key bundle it is sealed to.
    pub head: SealedFileHead,
    /// Each compartment with the bytes of its ciphertext.
    pub compartments: Vec<(CompartmentName, u64)>,
}

/// Reads a sealed file to its end and looks at every compartment's age header.
///
/// # Errors
/// Every [`SealedFileError`].
pub fn inspect(source: impl Read) -> Result<Inspection, SealedFileError> {
    let mut reader = SealedFileReader::open(source)?;
    let mut sizes = Sizes(Vec::new());
    reader.pour_into(&mut sizes)?;
    Ok(Inspection {
        head: reader.head().clone(),
        compartments: sizes.0,
    })
}

/// Counts what is poured into it.
struct Sizes(Vec<(CompartmentName, u64)>);

impl CompartmentSink for Sizes {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        self.0.push((name, 0));
        Ok(())
    }

    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()> {
        if let Some((_, size)) = self.0.last_mut() {
            *size += ciphertext.len() as u64;
        }
        Ok(())
    }

    fn end(&mut self, _: &ManifestEntry) -> io::Result<()> {
        Ok(())
    }
}
