use proptest::prelude::*;

use super::*;

fn code(secret: u128) -> ReturnCode {
    ReturnCode {
        secret: secret & SECRET_MASK,
    }
}

#[test]
fn the_vectors_hold() {
    let text = include_str!("../../testdata/return_code.vec");
    let (mut checked, instance) = (0, InstanceId([0x11; 16]));
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let [
            secret,
            digits,
            words,
            lookup_id,
            identity_seed,
            signing_seed,
        ] = line.split('|').collect::<Vec<_>>().try_into().unwrap();
        let seed = |text: &str| <[u8; 32]>::try_from(hex::decode(text).unwrap()).unwrap();
        let code = code(u128::from_str_radix(secret, 16).unwrap());
        assert_eq!(*code.to_digits(), digits);
        assert_eq!(*code.to_words(WordList::English), words);
        let keys = code.derive_mailbox(instance);
        assert_eq!(keys.lookup_id().to_string(), lookup_id);
        let identity = HybridIdentity::from_seed(&seed(identity_seed));
        assert!(keys.identity.to_secret_text() == identity.to_secret_text());
        assert!(*keys.signing_key.seed() == seed(signing_seed));
        checked += 1;
    }
    assert_eq!(checked, 4);
}

/// The digits are those of an independent implementation in Python: HMAC, SHA-512 and the text of FORMAT.md.
#[test]
fn a_new_code_is_the_same_for_one_page_and_another_for_another() {
    let old = code(0x01_2345_6789_abcd_ef01_2345_6789);
    let (here, page) = (InstanceId([0x11; 16]), PageNumber([0x22; 16]));
    let digits = |code: &ReturnCode, instance, page| {
        code.derive_new_code(instance, page).to_digits().to_string()
    };
    let expected = "1080933658924502150329636404217759";
    assert_eq!(digits(&old, here, page), expected);
    assert_ne!(digits(&old, here, PageNumber([0x23; 16])), expected);
    assert_ne!(digits(&old, InstanceId([0x12; 16]), page), expected);
    assert_ne!(digits(&code(old.secret + 1), here, page), expected);
}

#[test]
fn people_may_type_a_code_in_many_ways() {
    let code = code(0x0012_3456_789a_bcde_f011_2233_4455);
    let digits = code.to_digits();
    let same = |typed: &str| ReturnCode::parse(typed).map(|read| read.secret) == Ok(code.secret);
    let grouped: Vec<&str> = (0..34)
        .step_by(4)
        .map(|at| &digits[at..(at + 4).min(34)])
        .collect();
    assert!(same(&grouped.join(" ")) && same(&grouped.join("-")) && same(&digits));
    let arabic: String = digits
        .chars()
        .map(|c| char::from_u32(c as u32 - 48 + 0x660).unwrap())
        .collect();
    let persian: String = digits
        .chars()
        .map(|c| char::from_u32(c as u32 - 48 + 0x6f0).unwrap())
        .collect();
    assert!(same(&arabic) && same(&persian));
    for list in WordList::ALL {
        let words = code.to_words(list);
        assert!(same(&words.replace(' ', "  ").to_uppercase()), "{list:?}");
        let short: Vec<String> = words
            .split(' ')
            .map(|word| word.nfc().take(4).collect())
            .collect();
        assert!(same(&short.join("-")), "{list:?}");
    }
    assert!(same(&code.to_words(WordList::Chinese).replace(' ', "")));
}

#[test]
fn what_is_no_code_is_told_apart() {
    let error = |typed: &str| ReturnCode::parse(typed).err();
    assert_eq!(error(""), Some(BadCode::Length));
    assert_eq!(error("one two three"), Some(BadCode::Length));
    assert_eq!(error("1234"), Some(BadCode::Length));
    assert_eq!(
        error("zoo zoo zoo zoo zebraaa zoo zoo zoo zoo zoo"),
        Some(BadCode::Word(5))
    );
    assert_eq!(
        error("zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo"),
        Some(BadCode::Check)
    );
    assert_eq!(error(&"9".repeat(34)), Some(BadCode::Check));
}

proptest! {
    #[test]
    fn one_wrong_digit_is_caught_nearly_always(secret in any::<u128>(), place in 0_usize..34, shift in 1_u8..10) {
        let right = code(secret).to_digits();
        let mut wrong = right.as_bytes().to_vec();
        wrong[place] = b'0' + (wrong[place] - b'0' + shift) % 10;
        let read = ReturnCode::parse(core::str::from_utf8(&wrong).unwrap());
        // Eight check bits miss one slip in 256; what passes must at least be another code.
        prop_assert!(read.map_or(true, |other| other.secret != secret & SECRET_MASK));
    }

    #[test]
    fn any_text_is_read_without_panic(typed in ".{0,200}") {
        let _ = ReturnCode::parse(&typed);
    }
}
