//! Outer layer: the record that the server stores, `length ‖ ciphertext ‖ padding`.
//!
//! Whatever path a submission took, its record looks the same: sealed to the intake key by one
//! implementation, in slices, padded to a class; a stored record of one class has one length.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    day::Day,
    hybrid::HybridRecipient,
    ids::{InstanceId, RecordId},
    padding::{LENGTH_PREFIX_BYTES, PADDING_STEP_BYTES, RECORD_FLOOR_BYTES, stored_bytes},
    seal::Sealer,
    sealing::CompartmentSink,
    slices::{SliceWriter, StreamName},
    submission::{CompartmentName, ManifestEntry, json_bytes},
};

/// Which way a submission was sealed inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealedBy {
    /// In the submitter's browser.
    Browser,
    /// By the server, since JavaScript was off: the server could read it for some seconds.
    Server,
    /// By `asylia-seal` on another computer.
    SealedFile,
}

/// `meta/record`, the first member of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHead {
    /// [`crate::submission::FORMAT_VERSION`].
    pub version: u32,
    /// The office's installation.
    pub instance: InstanceId,
    /// Its number in the store and in bundles.
    pub record_id: RecordId,
    /// The period whose keys it is sealed to.
    pub period: String,
    /// The key bundle that the sealer followed.
    pub bundle_sequence: u64,
    /// Day of arrival, UTC.
    pub day: Day,
    /// Which way it came.
    pub path: SealedBy,
}

/// `meta/end`, the last member of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordEnd {
    /// How many compartments it holds.
    pub compartments: u32,
    /// Bytes of all compartments together.
    pub size: u64,
    /// SHA-256 over a line `NAME SIZE SHA256` and line feed for each compartment, in order.
    pub sha256: String,
}

/// `meta/decoy`: a mark, and nothing in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Name of the member that marks a decoy.
pub(crate) const DECOY: &str = "decoy";

/// Writes one record's ciphertext into `W`, in constant memory.
pub struct RecordWriter<W: Write> {
    slices: SliceWriter<Sealer<W>>,
    end: RecordEnd,
    digest: Sha256,
    ended: bool,
}

impl<W: Write> RecordWriter<W> {
    /// Writes the record's header to `out`.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn start(intake: &HybridRecipient, head: &RecordHead, out: W) -> io::Result<Self> {
        let mut slices = SliceWriter::new(Sealer::new(intake, out)?);
        slices.document("record", &json_bytes(head))?;
        let end = RecordEnd {
            compartments: 0,
            size: 0,
            sha256: String::new(),
        };
        Ok(Self {
            slices,
            end,
            digest: Sha256::new(),
            ended: false,
        })
    }

    /// Makes it a decoy: a record without compartments, which only the intake identity tells from a report.
    ///
    /// # Errors
    /// Those of the sink; also when a compartment was begun.
    pub fn decoy(&mut self) -> io::Result<()> {
        if self.end.compartments > 0 {
            return Err(io::Error::other("a report cannot become a decoy"));
        }
        self.slices.document(DECOY, &json_bytes(&Nothing {}))
    }

    /// Ends the record's content and writes a part of its padding; true when none is missing.
    ///
    /// Called before [`Self::finish`] by whoever stores what comes out, until it is true.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn pad(&mut self) -> io::Result<bool> {
        self.end()?;
        self.slices.pad(RECORD_FLOOR_BYTES, PADDING_STEP_BYTES)
    }

    /// Ends the record; returns the sink and the class of the plaintext, from which [`stored_bytes`] follows.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        self.end()?;
        let (sealer, class) = self.slices.finish(RECORD_FLOOR_BYTES)?;
        Ok((sealer.finish()?, class))
    }

    /// Writes what stands behind the compartments, once.
    fn end(&mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        self.end.sha256 = hex::encode(self.digest.clone().finalize());
        self.slices.document("end", &json_bytes(&self.end))
    }
}

impl<W: Write> CompartmentSink for RecordWriter<W> {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        self.end.compartments += 1;
        self.slices.begin(StreamName::data(&name.to_string()))
    }

    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()> {
        self.end.size += ciphertext.len() as u64;
        self.slices.write(ciphertext)
    }

    fn end(&mut self, entry: &ManifestEntry) -> io::Result<()> {
        self.digest
            .update(listing_line(&entry.name, entry.size, &entry.sha256));
        self.slices.end()
    }
}

/// What [`RecordEnd::sha256`] digests of one compartment.
pub(crate) fn listing_line(name: &str, size: u64, sha256: &str) -> String {
    format!("{name} {size} {sha256}\n")
}

/// The first bytes of a stored record, and how many zero bytes follow its ciphertext.
///
/// # Errors
/// When the ciphertext is longer than its class permits: a header beyond the limit.
pub fn stored_frame(ciphertext_bytes: u64, class: u64) -> io::Result<([u8; 8], u64)> {
    let padding = stored_bytes(class)
        .checked_sub(LENGTH_PREFIX_BYTES + ciphertext_bytes)
        .ok_or_else(|| io::Error::other("the record is longer than its class"))?;
    Ok((ciphertext_bytes.to_be_bytes(), padding))
}
