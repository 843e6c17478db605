//! How one key bundle follows another: by number, by the digest it names, and, when the root keys or
//! their threshold change, by signatures of the old ones as well.
//!
//! Without the last, whoever sits in the office could appoint root keys of their own.

use super::{Anchor, BundleError, KeyBundle, UnverifiedBundle};

impl UnverifiedBundle {
    /// As [`Self::verify`], and as a successor of `before`: the next number must name it, and other
    /// root keys or another threshold need as many signatures of the old root keys as before.
    ///
    /// # Errors
    /// Those of [`Self::verify`], [`BundleError::NotInChain`], [`BundleError::OldRoots`] and
    /// [`BundleError::DemoAfterReal`].
    pub fn verify_successor(
        self,
        anchor: &Anchor,
        before: &KeyBundle,
    ) -> Result<KeyBundle, BundleError> {
        let old = before.content();
        let by_old = self.signatures_of(&old.roots);
        let bundle = self.verify(anchor, Some((before.sequence(), before.digest())))?;
        let new = bundle.content();
        if new.demo && !old.demo {
            return Err(BundleError::DemoAfterReal);
        }
        let next = before.sequence().checked_add(1) == Some(bundle.sequence());
        if next && new.previous != Some(before.digest()) {
            return Err(BundleError::NotInChain);
        }
        let same_roots = new.fingerprint() == old.fingerprint();
        if !same_roots && by_old < old.threshold {
            return Err(BundleError::OldRoots {
                valid: by_old,
                needed: old.threshold,
            });
        }
        Ok(bundle)
    }
}

#[cfg(test)]
#[path = "succession/tests.rs"]
mod tests;
