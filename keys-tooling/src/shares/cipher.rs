//! SLIP-39's encryption of the secret before it is split: four Feistel rounds of PBKDF2.
//!
//! Asylia's sets use no passphrase, so the cipher hides nothing there; it is what makes the shares
//! those of the standard, which other tools recover (`docs/FORMAT.md#shares`).

use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use zeroize::Zeroizing;

/// What the rounds depend on beside the secret.
#[derive(Clone, Copy)]
pub(super) struct Cipher<'a> {
    pub(super) passphrase: &'a [u8],
    pub(super) exponent: u8,
    pub(super) identifier: u16,
    pub(super) extendable: bool,
}

impl Cipher<'_> {
    /// Encrypts a secret of even length.
    pub(super) fn encrypt(self, secret: &[u8]) -> Zeroizing<Vec<u8>> {
        self.rounds(secret, [0, 1, 2, 3])
    }

    /// Decrypts what [`Self::encrypt`] made.
    pub(super) fn decrypt(self, encrypted: &[u8]) -> Zeroizing<Vec<u8>> {
        self.rounds(encrypted, [3, 2, 1, 0])
    }

    fn rounds(self, input: &[u8], order: [u8; 4]) -> Zeroizing<Vec<u8>> {
        let (left, right) = input.split_at(input.len() / 2);
        let mut left = Zeroizing::new(left.to_vec());
        let mut right = Zeroizing::new(right.to_vec());
        for round in order {
            let mask = self.round(round, &right);
            left.iter_mut()
                .zip(mask.iter())
                .for_each(|(byte, mask)| *byte ^= mask);
            core::mem::swap(&mut left, &mut right);
        }
        let mut output = Zeroizing::new(Vec::with_capacity(input.len()));
        output.extend_from_slice(&right);
        output.extend_from_slice(&left);
        output
    }

    fn round(self, round: u8, half: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut password = Zeroizing::new(Vec::with_capacity(1 + self.passphrase.len()));
        password.push(round);
        password.extend_from_slice(self.passphrase);
        let mut salt = Zeroizing::new(Vec::with_capacity(SALT.len() + 2 + half.len()));
        if !self.extendable {
            salt.extend_from_slice(SALT);
            salt.extend_from_slice(&self.identifier.to_be_bytes());
        }
        salt.extend_from_slice(half);
        let mut mask = Zeroizing::new(vec![0; half.len()]);
        let iterations = ROUND_ITERATIONS << self.exponent;
        pbkdf2_hmac::<Sha256>(&password, &salt, iterations, &mut mask);
        mask
    }
}

const SALT: &[u8] = b"shamir";
/// 10 000 in four rounds; the exponent, at most 15, doubles them.
const ROUND_ITERATIONS: u32 = 2500;
