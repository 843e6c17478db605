//! What the office does with a server's records: takes the bundle off the stick, verifies it, opens all.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use asylia_envelope::{
    open::{Identities, OpenedRecord, RecordError, RecordLabel, open_record},
    transfer::UntrustedBundle,
};

use super::Place;

impl Place {
    /// Exports by the real program; the stopped or running server's next bundle.
    pub(crate) fn export(&self, name: &str) -> PathBuf {
        let out = self.path(name);
        self.run("export", &[Path::new("--out"), &out]);
        out
    }

    /// Opens every record of a bundle with the demo office's identities.
    ///
    /// # Panics
    /// If the bundle does not verify, or any record in it does not open whole.
    pub(crate) fn open_all(&self, bundle: &Path) -> Vec<OpenedRecord> {
        let opened = self.open_with_files(bundle).into_iter();
        opened.map(|(record, _)| record).collect()
    }

    /// The same, each record with the bytes of its attachments. Decoys are left out.
    pub(crate) fn open_with_files(&self, bundle: &Path) -> Vec<(OpenedRecord, Vec<Vec<u8>>)> {
        let opened = self.open_each(bundle).into_iter();
        let whole = opened.filter_map(|opened| match opened {
            Ok((record, files)) => {
                assert!(record.problems.is_empty(), "{:?}", record.problems);
                Some((record, files))
            }
            Err(RecordError::Decoy) => None,
            Err(error) => panic!("a record is refused: {error}"),
        });
        whole.collect()
    }

    /// How many records of a bundle are decoys.
    pub(crate) fn decoys(&self, bundle: &Path) -> usize {
        let opened = self.open_each(bundle).into_iter();
        opened
            .filter(|opened| matches!(opened, Err(RecordError::Decoy)))
            .count()
    }

    fn open_each(&self, bundle: &Path) -> Vec<Opened> {
        let file = File::open(bundle).expect("the bundle is there");
        let length = file.metadata().expect("an open file").len();
        let mut bundle = UntrustedBundle::open(BufReader::new(file), length, None)
            .expect("the bundle is one, and signed");
        let instance = self.office().content.instance;
        let mut opened = Vec::new();
        loop {
            let mut stored = Vec::new();
            let blob = bundle.next_blob(|bytes| {
                stored.extend_from_slice(bytes);
                Ok(())
            });
            let Some(blob) = blob.expect("every blob is as the note says") else {
                return opened;
            };
            let label = RecordLabel {
                instance,
                record_id: blob.subject.record_id,
                period: blob.subject.period,
            };
            let mut files: Vec<Vec<u8>> = Vec::new();
            let keep = &mut |number: u16, bytes: &[u8]| {
                files.resize_with(files.len().max(usize::from(number)), Vec::new);
                let file = files.get_mut(usize::from(number) - 1);
                file.expect("there is room now").extend_from_slice(bytes);
                Ok(())
            };
            let record = open_record(&*stored, &label, &self.identities(), keep);
            opened.push(record.map(|record| (record, files)));
        }
    }

    fn identities(&self) -> Identities<'_> {
        let period = &self.office().period;
        Identities {
            intake: &period.intake,
            account: Some(&period.account),
            identity: Some(&period.identity),
        }
    }
}

/// A record with the bytes of its attachments, or why it is none.
type Opened = Result<(OpenedRecord, Vec<Vec<u8>>), RecordError>;

/// The story of an opened record.
pub(crate) fn story(record: &OpenedRecord) -> &str {
    let account = record.account.as_ref();
    let story = account.and_then(|account| account.answers.text("story"));
    story.expect("every submission has a story")
}
