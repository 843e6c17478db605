//! `root new` and `root collect`.

use std::path::{Path, PathBuf};

use asylia_envelope::ids::InstanceId;
use asylia_keys::{
    files::{read_limited, write_new},
    key_file::WorkFactor,
    root::{RootDescription, parse_public_line, public_line},
    signing_file::{RootSigningKey, seal_root},
};
use rand_core::{CryptoRng, RngCore};

use crate::{cli::CollectArgs, failure::Failure, passphrase};

/// Makes a root key: its file, and its public line beside it.
pub(crate) fn new(
    out: &Path,
    passphrase_file: Option<&Path>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let passphrase = passphrase::new(passphrase_file, "the root key")?;
    let key = RootSigningKey::generate(rng);
    let file = seal_root(&key, &passphrase, WorkFactor::STANDARD);
    write_new(out, &file).map_err(|error| Failure::writing("the key file", &error))?;
    let mut beside = out.as_os_str().to_owned();
    beside.push(".pub");
    let line = public_line(&key.verifying_key());
    write_new(&PathBuf::from(beside), line.as_bytes())
        .map_err(|error| Failure::writing("the public line", &error))?;
    println!(
        "Public half, for `bundle build --root`: {}",
        key.verifying_key()
    );
    println!("The file with .pub at its end is the public line, for `root collect`.");
    Ok(())
}

/// Collects public lines and says the 12 words.
pub(crate) fn collect(
    args: &CollectArgs,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let read = |path: &PathBuf| -> Result<_, Failure> {
        let line = read_limited(path, LINE_LIMIT_BYTES)
            .map_err(|error| Failure::reading("a public line", &error))?;
        Ok(parse_public_line(&line)?)
    };
    let roots = args.lines.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // A rehearsal never has the number of a real installation, so nobody takes one for the other.
    let instance = args.instance.unwrap_or_else(|| InstanceId::generate(rng));
    let root = RootDescription::new(
        args.rehearsal,
        instance,
        &args.office_name,
        args.threshold,
        roots,
    )?;
    write_new(&args.out, root.to_text().as_bytes())
        .map_err(|error| Failure::writing("the description", &error))?;
    if root.rehearsal {
        println!("REHEARSAL: for practising only. Use no key here that is real.");
    }
    println!(
        "{} of {} root keys must sign.",
        root.threshold,
        root.roots.len()
    );
    root.roots.iter().for_each(|key| println!("  {key}"));
    println!("Fingerprint: {}", root.fingerprint());
    println!("Every holder finds their own key in this list, and compares the 12 words.");
    Ok(())
}

const LINE_LIMIT_BYTES: usize = 256;
