use super::*;
use crate::{
    hybrid::HybridIdentity,
    padding::{RECORD_FLOOR_BYTES, payload_bytes},
    prescan::HEADER_LIMIT_BYTES,
};

fn open_all(sealed: &[u8], identity: &HybridIdentity) -> Result<Vec<u8>, OpenError> {
    let mut plaintext = Vec::new();
    open(sealed, iter::once(identity as &dyn age::Identity))?
        .read_to_end(&mut plaintext)
        .map_err(|_| OpenError)?;
    Ok(plaintext)
}

#[test]
fn what_is_sealed_opens_for_its_identity_and_no_other() {
    let (ours, other) = (
        HybridIdentity::from_seed(&[1; 32]),
        HybridIdentity::from_seed(&[2; 32]),
    );
    for size in [0, 1, 65_535, 65_536, 65_537, (1 << 20) + 7] {
        let plaintext: Vec<u8> = (0..size).map(|i: u32| i as u8).collect();
        let sealed = seal(&ours.to_recipient(), &plaintext).unwrap();
        assert!(open_all(&sealed, &ours).as_deref() == Ok(&plaintext));
        assert_eq!(open_all(&sealed, &other).err(), Some(OpenError));
        // Cut at every chunk boundary and one byte beside it.
        for cut in (0..sealed.len())
            .step_by(65_552)
            .flat_map(|at| [at, at + 1])
            .skip(1)
        {
            if cut < sealed.len() {
                assert_eq!(open_all(&sealed[..cut], &ours).err(), Some(OpenError));
            }
        }
        let mut flipped = sealed.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(open_all(&flipped, &ours).err(), Some(OpenError));
    }
}

#[test]
fn a_thousand_headers_stay_within_the_limit_and_show_one_hybrid_stanza() {
    let recipient = HybridIdentity::from_seed(&[3; 32]).to_recipient();
    let mut lengths = std::collections::BTreeSet::new();
    for _ in 0..1000 {
        let sealed = seal(&recipient, b"").unwrap();
        let header = sealed.len() - usize::try_from(payload_bytes(0)).unwrap();
        assert!(header <= HEADER_LIMIT_BYTES && (header as u64) < RECORD_FLOOR_BYTES);
        assert!(prescan(sealed.as_slice()).is_ok());
        lengths.insert(header);
    }
    // The reason for padding stored records outside the seal: age's grease stanza varies.
    assert!(lengths.len() > 10);
}
