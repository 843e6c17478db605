//! One event's row: two layers, both padded to classes.
//!
//! The outer layer opens for everybody with a slot and tells which domain the event belongs to, when it was
//! written and by whom, and which blobs it brings or takes away: so any role checks the whole file. The inner
//! layer opens for those who hold the domain's key. Who does not hold it drops events in with its public half.

use asylia_envelope::{hybrid::HybridRecipient, padding::size_class, seal, signing::framed};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{
    BlobId, VaultError, VaultId,
    domain::Domain,
    item::{Item, padded_json},
    keys::{DomainKey, Secrets, decrypt, encrypt, framed_part, open_dropped},
};

/// Smallest plaintext of an outer layer, in bytes.
pub const EVENT_FLOOR_BYTES: u64 = 4096;
/// Smallest plaintext of an inner layer, in bytes.
pub const INNER_FLOOR_BYTES: u64 = 1024;

/// Where a row stands: its number and the authenticator of the row before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// From 1, without a gap.
    pub sequence: u64,
    /// Authenticator of the row before; zeros for the first.
    pub link: [u8; 32],
}

/// What the outer layer tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The domain whose key opens the inner layer.
    pub domain: Domain,
    /// Which generation of it.
    pub generation: u16,
    /// Whether it was dropped in by somebody without the key.
    pub dropped: bool,
    /// Seconds since 1970, UTC.
    pub at: i64,
    /// Number of the person who wrote it.
    pub author: [u8; 16],
    /// Blobs that it brings, with the digest of their sealed bytes.
    pub brings: Vec<(BlobId, [u8; 32])>,
    /// Blobs that it takes away.
    pub takes: Vec<BlobId>,
    pub(super) inner: Vec<u8>,
}

/// Where an event comes from and where it will stand.
pub(super) struct Origin<'a> {
    pub(super) vault: &'a VaultId,
    pub(super) sequence: u64,
    pub(super) at: i64,
    pub(super) author: [u8; 16],
}

/// With which key an inner layer is sealed.
pub(super) enum SealWith<'a> {
    /// The domain's own.
    Own(&'a DomainKey),
    /// The public half only.
    Drop(&'a HybridRecipient, u16),
}

impl Frame {
    /// A frame around `item`; blobs are added by the caller before it is sealed.
    pub(super) fn new(
        domain: Domain,
        with: &SealWith<'_>,
        origin: &Origin<'_>,
        item: &Item,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, VaultError> {
        let plaintext = padded_json(item, INNER_FLOOR_BYTES);
        let (generation, dropped) = match with {
            SealWith::Own(key) => (key.generation, false),
            SealWith::Drop(_, generation) => (*generation, true),
        };
        let mut frame = Self {
            domain,
            generation,
            dropped,
            at: origin.at,
            author: origin.author,
            brings: Vec::new(),
            takes: Vec::new(),
            inner: Vec::new(),
        };
        let bound = frame.bound(origin.vault, origin.sequence);
        frame.inner = match with {
            SealWith::Own(key) => encrypt(&key.own.0, &bound, &plaintext, rng),
            // age binds nothing, so what the other form has beside it stands inside here.
            SealWith::Drop(recipient, _) => {
                let mut whole = Zeroizing::new(Vec::with_capacity(bound.len() + plaintext.len()));
                whole.extend_from_slice(&bound);
                whole.extend_from_slice(&plaintext);
                seal::seal(recipient, &whole)?
            }
        };
        Ok(frame)
    }

    /// The item; `None` when the inner layer is damaged or belongs to another row.
    pub(super) fn open_inner(
        &self,
        vault: &VaultId,
        sequence: u64,
        key: &DomainKey,
    ) -> Option<Item> {
        let bound = self.bound(vault, sequence);
        if self.dropped {
            let whole = open_dropped(&self.inner, &key.dropped.0)?;
            return Item::parse(framed_part(whole.strip_prefix(bound.as_slice())?)?);
        }
        Item::parse(framed_part(&decrypt(&key.own.0, &bound, &self.inner)?)?)
    }

    /// The row's bytes.
    pub(super) fn seal(
        &self,
        vault: &VaultId,
        place: &Place,
        secrets: &Secrets,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Vec<u8> {
        encrypt(
            secrets.member_at(place.sequence),
            &outer_bound(vault, place),
            &self.to_bytes(),
            rng,
        )
    }

    /// Reads a row's bytes; `None` when they are damaged or stand at another place.
    pub(super) fn open(
        vault: &VaultId,
        place: &Place,
        secrets: &Secrets,
        sealed: &[u8],
    ) -> Option<Self> {
        let member = secrets.member_at(place.sequence);
        let bytes = decrypt(member, &outer_bound(vault, place), sealed)?;
        Self::parse(&bytes)
    }

    pub(super) fn bound(&self, vault: &VaultId, sequence: u64) -> Zeroizing<Vec<u8>> {
        framed(
            "asylia/v1/vault/event",
            &[
                vault,
                &sequence.to_be_bytes(),
                &[self.domain.code()],
                &self.generation.to_be_bytes(),
                &self.at.to_be_bytes(),
                &self.author,
            ],
        )
    }

    fn to_bytes(&self) -> Vec<u8> {
        let count =
            |length: usize| u16::try_from(length).expect("a record has some 70 blobs at most");
        let mut bytes = vec![FORM, self.domain.code()];
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.push(u8::from(self.dropped));
        bytes.extend_from_slice(&self.at.to_be_bytes());
        bytes.extend_from_slice(&self.author);
        bytes.extend_from_slice(&count(self.brings.len()).to_be_bytes());
        for (blob, digest) in &self.brings {
            bytes.extend_from_slice(blob);
            bytes.extend_from_slice(digest);
        }
        bytes.extend_from_slice(&count(self.takes.len()).to_be_bytes());
        self.takes
            .iter()
            .for_each(|blob| bytes.extend_from_slice(blob));
        let length = u32::try_from(self.inner.len()).expect("an event is far below 4 GiB");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&self.inner);
        let class = size_class(bytes.len() as u64, EVENT_FLOOR_BYTES);
        bytes.resize(
            usize::try_from(class).expect("a class is near its content"),
            0,
        );
        bytes
    }

    fn parse(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        if take::<1>(rest)? != [FORM] {
            return None;
        }
        let [domain] = take::<1>(rest)?;
        let generation = u16::from_be_bytes(take(rest)?);
        let dropped = match take::<1>(rest)? {
            [0] => false,
            [1] => true,
            _ => return None,
        };
        let at = i64::from_be_bytes(take(rest)?);
        let author = take(rest)?;
        let brings = (0..u16::from_be_bytes(take(rest)?))
            .map(|_| Some((take(rest)?, take(rest)?)))
            .collect::<Option<_>>()?;
        let takes = (0..u16::from_be_bytes(take(rest)?))
            .map(|_| take(rest))
            .collect::<Option<_>>()?;
        Some(Self {
            domain: Domain::of_code(domain)?,
            generation,
            dropped,
            at,
            author,
            brings,
            takes,
            inner: framed_part(rest)?.to_vec(),
        })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn outer_bound(vault: &VaultId, place: &Place) -> Zeroizing<Vec<u8>> {
    framed(
        "asylia/v1/vault/row",
        &[vault, &place.sequence.to_be_bytes(), &place.link],
    )
}

/// Version of the frame.
const FORM: u8 = 1;
