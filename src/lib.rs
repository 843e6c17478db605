//! The intake server: a form, two seals, a store of ciphertext, and a stick.
