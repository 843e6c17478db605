//! Thrown dice, mixed into the system's randomness for whoever does not trust the computer alone.
//!
//! Every byte is the system's, exclusive-or one that derives from the throws: it is as good as the better of the
//! two, and throws that somebody saw or made up take nothing from the system's.

use asylia_envelope::signing::framed;
use rand_core::{CryptoRng, Error, RngCore, impls};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::terminal::{PrivateScreen, TerminalError, at_keyboard, read_line};

/// Fewest throws of a die with six sides that are taken: 129 bits.
pub const LEAST_THROWS: usize = 50;

/// The system's randomness, with or without dice.
pub struct Mixed<R> {
    system: R,
    throws: Option<Zeroizing<[u8; 32]>>,
    block: u64,
}

/// Why throws are not taken. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadThrows {
    /// Something else than the numbers 1 to 6 and spaces.
    #[error("A die shows 1 to 6, and something else was typed. Type the numbers that were thrown.")]
    NotADie,
    /// Too few.
    #[error(
        "These are {0} throws, and at least 50 are needed. Throw on, and type all of them again."
    )]
    TooFew(usize),
    /// The terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
}

impl<R> Mixed<R> {
    /// The system's alone.
    pub fn plain(system: R) -> Self {
        Self {
            system,
            throws: None,
            block: 0,
        }
    }

    /// With throws: numbers from 1 to 6, spaces between them or not.
    ///
    /// # Errors
    /// [`BadThrows::NotADie`] and [`BadThrows::TooFew`].
    pub fn with_throws(system: R, typed: &str) -> Result<Self, BadThrows> {
        let mut throws = Zeroizing::new(Vec::with_capacity(typed.len()));
        for letter in typed.bytes().filter(|letter| !letter.is_ascii_whitespace()) {
            if !(b'1'..=b'6').contains(&letter) {
                return Err(BadThrows::NotADie);
            }
            throws.push(letter);
        }
        if throws.len() < LEAST_THROWS {
            return Err(BadThrows::TooFew(throws.len()));
        }
        let pool = Sha256::digest(&*framed("asylia/v1/dice/throws", &[&throws]));
        Ok(Self {
            throws: Some(Zeroizing::new(pool.into())),
            ..Self::plain(system)
        })
    }

    /// Asks for throws on the private screen, or reads them as one line of standard input.
    ///
    /// # Errors
    /// Every [`BadThrows`].
    pub fn asked(system: R, dice: bool) -> Result<Self, BadThrows> {
        if !dice {
            return Ok(Self::plain(system));
        }
        let typed = if at_keyboard() {
            let screen = PrivateScreen::enter()?;
            screen.show(
                "Throw dice at least 50 times, best 100 times, by several people in turn.\n\
                 Nobody else sees them.\n\n",
            );
            screen.ask("The numbers: ")?
        } else {
            read_line()?
        };
        Self::with_throws(system, &typed.unwrap_or_default())
    }
}

impl<R: RngCore> RngCore for Mixed<R> {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.system.fill_bytes(dest);
        let Some(throws) = &self.throws else { return };
        for chunk in dest.chunks_mut(32) {
            let number = self.block.to_be_bytes();
            self.block += 1;
            let stream = Sha256::digest(&*framed("asylia/v1/dice/stream", &[&**throws, &number]));
            let stream = Zeroizing::new(<[u8; 32]>::from(stream));
            chunk
                .iter_mut()
                .zip(stream.iter())
                .for_each(|(byte, mixed)| *byte ^= mixed);
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl<R: CryptoRng> CryptoRng for Mixed<R> {}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    /// A computer whose randomness is none.
    struct Broken;

    impl RngCore for Broken {
        fn next_u32(&mut self) -> u32 {
            0
        }

        fn next_u64(&mut self) -> u64 {
            0
        }

        fn fill_bytes(&mut self, dest: &mut [u8]) {
            dest.fill(0);
        }

        fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
            dest.fill(0);
            Ok(())
        }
    }

    const THROWS: &str = "12345 61234 56123 45612 34561 23456 12345 61234 56123 45612";

    fn bytes(rng: &mut impl RngCore) -> [u8; 100] {
        let mut bytes = [0; 100];
        rng.fill_bytes(&mut bytes);
        bytes
    }

    #[test]
    fn dice_help_where_the_computer_is_broken_and_never_harm() {
        let mixed = |throws: &str| Mixed::with_throws(Broken, throws).ok().unwrap();
        let one = bytes(&mut mixed(THROWS));
        assert_eq!(bytes(&mut Mixed::plain(Broken)), [0; 100]);
        assert_eq!(one, bytes(&mut mixed(&THROWS.replace(' ', ""))));
        assert_ne!(
            one,
            bytes(&mut mixed(&THROWS.replace("12345 6", "22345 6")))
        );
        // No block is used twice, and known throws leave the system's randomness whole.
        assert!(one[..32] != one[32..64] && one[32..64] != one[64..96]);
        let twice = || bytes(&mut Mixed::with_throws(OsRng, THROWS).ok().unwrap());
        assert_ne!(twice(), twice());
    }

    #[test]
    fn too_few_throws_and_other_numbers_are_refused() {
        let refused = |typed: &str| Mixed::with_throws(Broken, typed).err();
        assert_eq!(refused(&THROWS[..58]), Some(BadThrows::TooFew(49)));
        assert_eq!(refused(&THROWS.replace('6', "7")), Some(BadThrows::NotADie));
        assert_eq!(refused(""), Some(BadThrows::TooFew(0)));
    }
}
