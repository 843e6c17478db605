//! A routing packet: an ordinary tar of whole members, sealed to one addressee's own hybrid key.
//!
//! Stock tools open it (`age -d`, then `tar`), and so does `asylia-open`. Zero blocks fill the archive up to a size
//! class, so that a stick shows the class and nothing finer. What a person named something is never a member's
//! name. See `docs/FORMAT.md#routing-packet`.

use std::io::{self, Read};

use zeroize::Zeroizing;

use crate::{
    hybrid::{HybridIdentity, HybridRecipient},
    padding::size_class,
    seal::{OpenError, open, seal},
    slices::{BLOCK_BYTES, member_header},
};

/// Bytes of the smallest packet before it is sealed.
pub const PACKET_FLOOR_BYTES: u64 = 16 * 1024;
/// Most bytes of a packet before it is sealed.
pub const PACKET_LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// The members of an opened packet: names and bytes, which are cleared when dropped.
pub type Members = Vec<(String, Zeroizing<Vec<u8>>)>;

/// The members of a packet, in their order. Plaintext: no `Debug`.
#[derive(Default)]
pub struct Packet(Vec<(&'static str, Zeroizing<Vec<u8>>)>);

impl Packet {
    /// Adds a member under one of this format's names.
    pub fn add(&mut self, name: &'static str, bytes: Vec<u8>) {
        debug_assert!(MEMBERS.contains(&name));
        self.0.push((name, Zeroizing::new(bytes)));
    }

    /// The members, in their order.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (*name, bytes.as_slice()))
    }

    /// The archive, padded to its class.
    #[must_use]
    pub fn to_tar(&self) -> Zeroizing<Vec<u8>> {
        let rounded = |bytes: usize| bytes.div_ceil(BLOCK_BYTES) * BLOCK_BYTES;
        let members = self.0.iter();
        let content: usize = members
            .map(|(_, bytes)| BLOCK_BYTES + rounded(bytes.len()))
            .sum();
        let length = (content + 2 * BLOCK_BYTES) as u64;
        let class = size_class(length, PACKET_FLOOR_BYTES).next_multiple_of(BLOCK_BYTES as u64);
        let class = usize::try_from(class).expect("a packet is far below the address space");
        // Never grows, so that no copy of the plaintext is left behind.
        let mut tar = Zeroizing::new(Vec::with_capacity(class));
        for (name, bytes) in &self.0 {
            tar.extend_from_slice(&member_header(name, bytes.len()));
            tar.extend_from_slice(bytes);
            let end = rounded(tar.len());
            tar.resize(end, 0);
        }
        tar.resize(class, 0);
        tar
    }

    /// Sealed to the addressee.
    ///
    /// # Errors
    /// A recipient with a low-order X25519 key.
    pub fn seal(&self, recipient: &HybridRecipient) -> io::Result<Vec<u8>> {
        seal(recipient, &self.to_tar())
    }
}

/// Opens a packet with the addressee's identity; gives its members by name, once all of it verified.
///
/// # Errors
/// [`OpenError`] for what is not for this identity, damaged, or no packet.
pub fn open_packet(sealed: &[u8], identity: &HybridIdentity) -> Result<Members, OpenError> {
    let opened = open(sealed, core::iter::once(identity as _))?;
    let mut tar = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let read = opened.take(PACKET_LIMIT_BYTES + 1).read_to_end(&mut tar);
    read.map_err(|_| OpenError)?;
    if tar.len() as u64 > PACKET_LIMIT_BYTES {
        return Err(OpenError);
    }
    let (mut members, mut rest) = (Vec::new(), tar.as_slice());
    loop {
        let (block, behind) = rest.split_at_checked(BLOCK_BYTES).ok_or(OpenError)?;
        if block.iter().all(|byte| *byte == 0) {
            let end = behind.iter().all(|byte| *byte == 0);
            return end.then_some(members).ok_or(OpenError);
        }
        let text = |from: usize, to: usize| {
            let field = block.get(from..to).unwrap_or_default();
            let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
            core::str::from_utf8(field).map_err(|_| OpenError)
        };
        let name = MEMBERS
            .iter()
            .find(|name| text(0, 100).is_ok_and(|text| text == **name));
        let name = *name.ok_or(OpenError)?;
        let size = usize::from_str_radix(text(124, 136)?, 8).map_err(|_| OpenError)?;
        if member_header(name, size).as_slice() != block {
            return Err(OpenError);
        }
        let padded = size.div_ceil(BLOCK_BYTES) * BLOCK_BYTES;
        let (bytes, behind) = behind.split_at_checked(padded).ok_or(OpenError)?;
        let bytes = bytes.get(..size).ok_or(OpenError)?;
        members.push((name.to_owned(), Zeroizing::new(bytes.to_vec())));
        rest = behind;
    }
}

/// The names that members of a packet have.
pub const MEMBERS: [&str; 6] = [
    "packet.txt",
    "packet.json",
    "permissions.txt",
    "custody.txt",
    "answer.txt",
    "notice.txt",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(text: &str) -> Packet {
        let mut packet = Packet::default();
        packet.add("packet.txt", text.as_bytes().to_vec());
        packet.add("answer.txt", Vec::new());
        packet
    }

    #[test]
    fn a_packet_opens_for_its_addressee_and_for_nobody_else() {
        let addressee = HybridIdentity::from_seed(&[7; 32]);
        let sealed = packet("one page").seal(&addressee.to_recipient()).unwrap();
        let members = open_packet(&sealed, &addressee).unwrap();
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["packet.txt", "answer.txt"]);
        assert_eq!(members[0].1.as_slice(), b"one page");
        let other = HybridIdentity::from_seed(&[8; 32]);
        assert!(open_packet(&sealed, &other).is_err());
        let mut damaged = sealed;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        assert!(open_packet(&damaged, &addressee).is_err());
    }

    #[test]
    fn texts_of_one_class_give_archives_of_one_length() {
        let lengths: Vec<usize> = [0, 1, 500, 9000]
            .map(|n| packet(&"x".repeat(n)).to_tar().len())
            .to_vec();
        assert_eq!(lengths, [16 * 1024; 4]);
        assert!(packet(&"x".repeat(20_000)).to_tar().len() > 16 * 1024);
    }

    #[test]
    fn an_archive_of_other_names_or_headers_is_no_packet() {
        let addressee = HybridIdentity::from_seed(&[7; 32]);
        let recipient = addressee.to_recipient();
        let mut tar = packet("text").to_tar();
        tar[0] = b'q';
        let sealed = seal(&recipient, &tar).unwrap();
        assert!(open_packet(&sealed, &addressee).is_err());
        let mut tar = packet("text").to_tar();
        let last = tar.len() - 1;
        tar[last] = 1;
        let sealed = seal(&recipient, &tar).unwrap();
        assert!(open_packet(&sealed, &addressee).is_err());
    }
}
