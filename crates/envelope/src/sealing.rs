//! Inner layer: turns answers and files into sealed compartments, in order, in constant memory.
//!
//! The compartments go into a [`CompartmentSink`]: the record that the server is writing, or a sealed file.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::{
    follow_up::{FollowUp, FollowUpKeys, FollowUpStatement, FollowUpTie},
    ids::{InstanceId, SubmissionId},
    key_bundle::Period,
    padding::{COMPARTMENT_FLOOR_BYTES, PADDING_STEP_BYTES},
    seal::Sealer,
    slices::{SliceWriter, StreamName},
    submission::{
        ATTACHMENTS_LIMIT, Account, CompartmentHead, CompartmentName, FORMAT_VERSION, FileEnd,
        FileHead, IdentityPart, Manifest, ManifestEntry, cut_file_name, json_bytes,
    },
};

/// Where sealed compartments go, one after the other.
pub trait CompartmentSink {
    /// Begins a compartment.
    ///
    /// # Errors
    /// Those of the storage behind it; the submission is lost then and must be abandoned.
    fn begin(&mut self, name: CompartmentName) -> io::Result<()>;
    /// Takes ciphertext of the begun compartment.
    ///
    /// # Errors
    /// As [`CompartmentSink::begin`].
    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()>;
    /// Ends it; `entry` is what the manifest will say of it, so that its bytes are digested once.
    ///
    /// # Errors
    /// As [`CompartmentSink::begin`].
    fn end(&mut self, entry: &ManifestEntry) -> io::Result<()>;
}

/// Seals one submission into a sink: account and identity at once, then files as they come, then the manifest.
pub struct SubmissionSealer<'a, S: CompartmentSink> {
    instance: InstanceId,
    period: &'a Period,
    submission_id: SubmissionId,
    manifest: Manifest,
    /// Of a follow-up: what its proof will say, and the keys that sign it.
    proof: Option<(FollowUpTie, FollowUpKeys)>,
    state: State<S>,
}

enum State<S: CompartmentSink> {
    Between(S),
    File(Box<OpenFile<S>>),
    Failed,
}

/// Whose key opens a compartment.
#[derive(Clone, Copy)]
enum Reader {
    Account,
    Identity,
}

struct OpenFile<S: CompartmentSink> {
    name: CompartmentName,
    writer: CompartmentWriter<S>,
    size: u64,
    digest: Sha256,
    ended: bool,
}

type CompartmentWriter<S> = SliceWriter<Sealer<DigestedSink<S>>>;

impl<'a, S: CompartmentSink> SubmissionSealer<'a, S> {
    /// Seals `account` and `identity`; from here on no text of the person waits in memory.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn start(
        instance: InstanceId,
        period: &'a Period,
        submission_id: SubmissionId,
        account: &Account,
        identity: &IdentityPart,
        sink: S,
    ) -> io::Result<Self> {
        let mut sealer = Self::empty(instance, period, submission_id, sink);
        let account = account.to_json();
        sealer.document(CompartmentName::Account, &[("account", &account)])?;
        sealer.identity(identity)
    }

    /// As [`Self::start`], for a follow-up, which `keys` sign at the end.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn start_follow_up(
        instance: InstanceId,
        period: &'a Period,
        submission_id: SubmissionId,
        follow_up: &FollowUp,
        identity: &IdentityPart,
        keys: FollowUpKeys,
        sink: S,
    ) -> io::Result<Self> {
        let mut sealer = Self::empty(instance, period, submission_id, sink);
        sealer.proof = Some((follow_up.tie(), keys));
        let said = follow_up.to_json();
        sealer.document(CompartmentName::Account, &[("follow-up", &said)])?;
        sealer.identity(identity)
    }

    fn empty(
        instance: InstanceId,
        period: &'a Period,
        submission_id: SubmissionId,
        sink: S,
    ) -> Self {
        let manifest = Manifest {
            compartments: Vec::new(),
        };
        Self {
            instance,
            period,
            submission_id,
            manifest,
            proof: None,
            state: State::Between(sink),
        }
    }

    fn identity(mut self, identity: &IdentityPart) -> io::Result<Self> {
        let identity = identity.to_json();
        self.document(CompartmentName::Identity, &[("identity", &identity)])?;
        Ok(self)
    }

    /// Begins an attachment; its name is cut, never refused. Returns its number, from 1.
    ///
    /// # Errors
    /// Those of the sink; also above [`ATTACHMENTS_LIMIT`] files.
    pub fn begin_attachment(&mut self, name: &str, media_type: &str) -> io::Result<u16> {
        self.begin_file(name, media_type, Reader::Account)
    }

    /// As [`Self::begin_attachment`], for a file that the submitter marked "shows who I am": it is sealed to
    /// the identity key. Nothing outside the seal says which key it was.
    ///
    /// # Errors
    /// As [`Self::begin_attachment`].
    pub fn begin_attachment_that_shows_who(
        &mut self,
        name: &str,
        media_type: &str,
    ) -> io::Result<u16> {
        self.begin_file(name, media_type, Reader::Identity)
    }

    fn begin_file(&mut self, name: &str, media_type: &str, reader: Reader) -> io::Result<u16> {
        self.end_attachment()?;
        let number = u16::try_from(self.manifest.compartments.len() - 1).unwrap_or(u16::MAX);
        if number > ATTACHMENTS_LIMIT {
            return Err(io::Error::other("too many attachments"));
        }
        let compartment = CompartmentName::Attachment(number);
        let mut writer = self.open_compartment(compartment, reader)?;
        let head = FileHead {
            name: cut_file_name(name).to_owned(),
            media_type: cut_file_name(media_type).to_owned(),
        };
        writer.document("file", &json_bytes(&head))?;
        writer.begin(StreamName::data("file"))?;
        let file = OpenFile {
            name: compartment,
            writer,
            size: 0,
            digest: Sha256::new(),
            ended: false,
        };
        self.state = State::File(Box::new(file));
        Ok(number)
    }

    /// Appends bytes to the open attachment.
    ///
    /// # Errors
    /// Those of the sink; also when no attachment is open.
    pub fn write_attachment(&mut self, bytes: &[u8]) -> io::Result<()> {
        let State::File(file) = &mut self.state else {
            return Err(io::Error::other("no attachment is open"));
        };
        if file.ended {
            return Err(io::Error::other("the attachment is being padded"));
        }
        file.size += bytes.len() as u64;
        file.digest.update(bytes);
        file.writer.write(bytes)
    }

    /// Ends the open attachment's content and writes a part of its padding; true when none is missing.
    ///
    /// Padding is up to an eighth of a file. Whoever stores what comes out calls this before
    /// [`Self::end_attachment`] until it is true, and stores in between.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn pad_attachment(&mut self) -> io::Result<bool> {
        let State::File(file) = &mut self.state else {
            return Ok(true);
        };
        file.end()?;
        file.writer.pad(COMPARTMENT_FLOOR_BYTES, PADDING_STEP_BYTES)
    }

    /// Ends the open attachment, if there is one.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn end_attachment(&mut self) -> io::Result<()> {
        if !matches!(self.state, State::File(_)) {
            return Ok(());
        }
        let State::File(mut file) = core::mem::replace(&mut self.state, State::Failed) else {
            return Ok(());
        };
        file.end()?;
        self.close_compartment(file.name, file.writer)
    }

    /// Ends the open attachment, seals the manifest and gives the sink back.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> io::Result<S> {
        self.end_attachment()?;
        let manifest = json_bytes(&self.manifest);
        let proof = self.proof.take().map(|(tie, keys)| {
            let statement = FollowUpStatement {
                instance: self.instance,
                submission_id: self.submission_id,
                tie,
                manifest_sha256: Sha256::digest(&*manifest).into(),
            };
            statement.sign(&keys).to_json()
        });
        let members = [("manifest", &*manifest)].into_iter();
        let proof = proof.iter().map(|proof| ("proof", &**proof));
        let members: Vec<(&str, &Vec<u8>)> = members.chain(proof).collect();
        self.document(CompartmentName::Manifest, &members)?;
        self.between()
    }

    fn document(&mut self, name: CompartmentName, members: &[(&str, &Vec<u8>)]) -> io::Result<()> {
        let reader = match name {
            CompartmentName::Identity => Reader::Identity,
            _ => Reader::Account,
        };
        let mut writer = self.open_compartment(name, reader)?;
        for (member, json) in members {
            writer.document(member, json)?;
        }
        self.close_compartment(name, writer)
    }

    fn open_compartment(
        &mut self,
        name: CompartmentName,
        reader: Reader,
    ) -> io::Result<CompartmentWriter<S>> {
        let recipient = match reader {
            Reader::Identity => &self.period.identity,
            Reader::Account => &self.period.account,
        };
        let mut sink = self.between()?;
        sink.begin(name)?;
        let digested = DigestedSink {
            sink,
            size: 0,
            digest: Sha256::new(),
        };
        let mut writer = SliceWriter::new(Sealer::new(recipient, digested)?);
        let head = CompartmentHead {
            version: FORMAT_VERSION,
            instance: self.instance,
            period: self.period.id.clone(),
            submission_id: self.submission_id,
            compartment: name.to_string(),
        };
        writer.document("compartment", &json_bytes(&head))?;
        Ok(writer)
    }

    fn close_compartment(
        &mut self,
        name: CompartmentName,
        writer: CompartmentWriter<S>,
    ) -> io::Result<()> {
        let (sealer, _) = writer.finish(COMPARTMENT_FLOOR_BYTES)?;
        let DigestedSink {
            mut sink,
            size,
            digest,
        } = sealer.finish()?;
        let sha256 = hex::encode(digest.finalize());
        let entry = ManifestEntry {
            name: name.to_string(),
            size,
            sha256,
        };
        sink.end(&entry)?;
        self.manifest.compartments.push(entry);
        self.state = State::Between(sink);
        Ok(())
    }

    /// Takes the sink out; whoever takes it puts it back, or the submission has failed.
    fn between(&mut self) -> io::Result<S> {
        match core::mem::replace(&mut self.state, State::Failed) {
            State::Between(sink) => Ok(sink),
            _ => Err(io::Error::other(
                "an earlier part of this submission failed",
            )),
        }
    }
}

impl<S: CompartmentSink> OpenFile<S> {
    /// Writes what stands behind the bytes, once.
    fn end(&mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        let end = FileEnd {
            size: self.size,
            sha256: hex::encode(self.digest.clone().finalize()),
        };
        self.writer.document("end", &json_bytes(&end))
    }
}

struct DigestedSink<S> {
    sink: S,
    size: u64,
    digest: Sha256,
}

impl<S: CompartmentSink> Write for DigestedSink<S> {
    fn write(&mut self, ciphertext: &[u8]) -> io::Result<usize> {
        self.sink.write(ciphertext)?;
        self.size += ciphertext.len() as u64;
        self.digest.update(ciphertext);
        Ok(ciphertext.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
