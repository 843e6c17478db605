//! Starting the browser: this computer's own, in a throwaway profile that keeps nothing.
//!
//! An ordinary profile keeps typed text in its session store and page titles in its history. So a browser is
//! started only with a private profile in a folder that goes away with it; there is no falling back to whatever
//! the desktop would open. The launch secret is in the page's file, never in an argument.
#![expect(
    clippy::disallowed_types,
    reason = "the pages are shown by a browser, which is a program of its own; this file alone starts one"
)]

use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A browser that was started.
pub struct Browser(Child);

impl Browser {
    /// Ends it, if it still runs.
    pub fn end(mut self) {
        // It has ended already, or it ends now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Firefox,
    Chromium,
}

/// Starts the first browser that is there on `page`, with a new profile in the empty folder `profile`.
///
/// `None` when none of those known here is installed.
///
/// # Errors
/// When the profile cannot be written.
pub fn start(page: &Path, profile: &Path) -> io::Result<Option<Browser>> {
    fs::write(profile.join("user.js"), FIREFOX_PREFERENCES)?;
    for (program, kind) in PROGRAMS {
        let started = Command::new(program)
            .args(arguments(kind, page, profile))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Ok(child) = started {
            return Ok(Some(Browser(child)));
        }
    }
    Ok(None)
}

fn arguments(kind: Kind, page: &Path, profile: &Path) -> Vec<String> {
    let (page, profile) = (page.display().to_string(), profile.display().to_string());
    match kind {
        Kind::Firefox => vec![
            "--no-remote".to_owned(),
            "--new-instance".to_owned(),
            "--profile".to_owned(),
            profile,
            "--private-window".to_owned(),
            page,
        ],
        Kind::Chromium => {
            let mut arguments = vec![format!("--user-data-dir={profile}")];
            arguments.extend(CHROMIUM_SWITCHES.map(str::to_owned));
            arguments.push(page);
            arguments
        }
    }
}

const PROGRAMS: [(&str, Kind); 5] = [
    ("firefox-esr", Kind::Firefox),
    ("firefox", Kind::Firefox),
    ("chromium", Kind::Chromium),
    ("chromium-browser", Kind::Chromium),
    ("google-chrome", Kind::Chromium),
];
const CHROMIUM_SWITCHES: [&str; 8] = [
    "--incognito",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--no-pings",
];
const FIREFOX_PREFERENCES: &str = include_str!("launcher/user.js");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_browser_gets_the_private_profile_and_no_secret() {
        let (page, profile) = (Path::new("/p/open.html"), Path::new("/p/profile"));
        for (_, kind) in PROGRAMS {
            let arguments = arguments(kind, page, profile);
            assert!(arguments.iter().any(|a| a.ends_with("/p/profile")));
            assert!(
                arguments
                    .iter()
                    .any(|a| a == "--incognito" || a == "--private-window")
            );
            assert_eq!(arguments.last().unwrap(), "/p/open.html");
        }
    }

    #[test]
    fn the_profile_keeps_nothing() {
        for preference in [
            "browser.privatebrowsing.autostart\", true",
            "browser.sessionstore.privacy_level\", 2",
            "browser.formfill.enable\", false",
            "places.history.enabled\", false",
            "browser.cache.disk.enable\", false",
            "layout.spellcheckDefault\", 0",
            "network.dns.disablePrefetch\", true",
        ] {
            assert!(FIREFOX_PREFERENCES.contains(preference), "{preference}");
        }
    }
}
