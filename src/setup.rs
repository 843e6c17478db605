//! `asylia setup`: from the office's key bundle and its twelve words to a configuration that serves.
//!
//! Trusts the words alone, which the operator heard over a telephone and types here; the bundle must match them.
//! Writes one file and never over another.

use std::{
    fs::File,
    io::{self, BufRead, IsTerminal, Write},
    path::Path,
};

use asylia_envelope::{day::Day, key_bundle::UnverifiedBundle};

use crate::{
    cli::SetupArgs,
    clock::Clock,
    error::Advice,
    keys::{self, offered},
    keys_install::last_day,
};

/// Runs the verb.
///
/// # Errors
/// [`Advice`] for a bundle that does not match the words, and for a file that exists.
pub fn run(args: &SetupArgs) -> anyhow::Result<()> {
    let words = read_words()?;
    let last = check(&args.keys, &words, Clock::System)?;
    let text = configuration(&args.data, &args.keys, &words);
    write(&args.config, &text)?;
    println!("The key bundle is the office's. Reports can be taken with it until {last}.");
    println!("{} is written. Next:", args.config.display());
    for step in NEXT {
        println!("  {step}");
    }
    Ok(())
}

fn read_words() -> anyhow::Result<String> {
    let input = io::stdin();
    if input.is_terminal() {
        eprint!("The office's twelve words, as it reads them to you over the telephone: ");
        io::stderr().flush()?;
    }
    let mut typed = String::new();
    input.lock().read_line(&mut typed)?;
    Ok(typed.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The last day on which the bundle can be used, if it is the office's.
fn check(path: &Path, words: &str, clock: Clock) -> anyhow::Result<Day> {
    let anchor = keys::anchor(Some(words))?;
    let today = Day::from_days_since_1970(i64::from(clock.today()));
    let refused = |why: String| {
        Advice::failed(
            format!("The key bundle is refused: {why}"),
            "Fetch keys.note again from the office, and compare the words with it by telephone",
        )
    };
    let note = offered(path).map_err(|closed| refused(closed.to_string()))?;
    let bundle = UnverifiedBundle::parse(&note)
        .and_then(|bundle| bundle.verify(&anchor, None))
        .map_err(|error| refused(error.to_string()))?;
    let today =
        today.ok_or_else(|| Advice::failed("The machine's date is not usable", "Set its clock"))?;
    bundle
        .period_on(today)
        .map_err(|error| refused(error.to_string()))?;
    Ok(last_day(&bundle))
}

fn configuration(data: &Path, keys: &Path, words: &str) -> String {
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    format!(
        "# Made by `asylia setup`; packaging/asylia.example.toml explains every key.\n\
         data = {}\nkeys = {}\noffice = \"{words}\"\nlisten = \"none\"\n\
         onion_socket = \"/run/asylia/onion.sock\"\nhealth_socket = \"/run/asylia/health.sock\"\n",
        quoted(data),
        quoted(keys)
    )
}

fn write(path: &Path, text: &str) -> Result<(), Advice> {
    let created = File::create_new(path);
    let written = created.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Advice::failed(
            format!("{} exists already", path.display()),
            "Change it by hand, or give another name with --config",
        ),
        _ => Advice::failed(
            format!("{} cannot be written: {error}", path.display()),
            "Run this as a user that may write there",
        ),
    })
}

const NEXT: [&str; 5] = [
    "1. Install packaging/asylia.service and start it: systemctl enable --now asylia",
    "2. Add packaging/torrc to /etc/tor/torrc, and tor's user to the group asylia; restart tor",
    "3. asylia doctor --data DIR --config FILE, until nothing is missing",
    "4. asylia status --data DIR: read `server key` to the office over the telephone",
    "5. Give the office the address in /var/lib/tor/asylia/hostname",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_configuration_that_is_written_is_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("asylia.toml");
        let text = configuration(Path::new("/srv/\"a\""), Path::new("/srv/keys"), "one two");
        write(&path, &text).expect("a new file");
        let args = crate::cli::ServeArgs {
            config: Some(path.clone()),
            ..Default::default()
        };
        let config = Config::load(&args).expect("it is accepted");
        assert_eq!(config.data, Path::new("/srv/\"a\""));
        assert_eq!(config.office.as_deref(), Some("one two"));
        let again = write(&path, "other").expect_err("it is kept");
        assert!(again.to_string().contains("exists already"), "{again}");
    }
}
