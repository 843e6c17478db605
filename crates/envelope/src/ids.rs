//! Numbers and digests that name things, each kind a type of its own, written in lower-case hexadecimal digits.

use core::{fmt, str::FromStr};

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

/// A number was not written in lower-case hexadecimal digits, two a byte.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an identifier must be 32 or 64 lower-case hexadecimal digits")]
pub struct BadId;

macro_rules! hex_type {
    ($(#[$doc:meta])* $name:ident($bytes:literal)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        hex_type! {
            $(#[$doc])*
            $name(16)
        }

        impl $name {
            /// Draws a fresh number from `rng`.
            pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }
        }
    };
}

id_type! {
    /// Names one office's installation; part of every seal, derivation and signature.
    InstanceId
}
id_type! {
    /// Drawn by the sealer, first member of every compartment; the same one twice is one report sent twice.
    SubmissionId
}
id_type! {
    /// Drawn by the server for one stored record; says nothing about arrival.
    RecordId
}
id_type! {
    /// Drawn by the server at its first start and by every `restore`; numbers of bundles count within it.
    EpochId
}
id_type! {
    /// Drawn with the page and sealed inside; two submissions with one number are one report sent twice.
    PageNumber
}

id_type! {
    /// Drawn by the console for one question; the answer that raises a permission repeats it.
    QuestionNonce
}
hex_type! {
    /// Where a server files the replies to one return code: a digest, see [`crate::return_code`].
    LookupId(32)
}
hex_type! {
    /// SHA-256 of a reply's signed line: what the next reply, and a follow-up that answers it, name.
    ReplyDigest(32)
}

fn parse<const BYTES: usize>(text: &str) -> Result<[u8; BYTES], BadId> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(BadId);
    }
    let mut bytes = [0; BYTES];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| BadId)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_hexadecimal_of_the_right_length_is_an_id() {
        let id: RecordId = "00112233445566778899aabbccddeeff".parse().unwrap();
        assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
        for bad in [
            "",
            "0011",
            "00112233445566778899AABBCCDDEEFF",
            "zz112233445566778899aabbccddeeff",
        ] {
            assert_eq!(bad.parse::<RecordId>(), Err(BadId));
        }
    }
}
