//! Starting the browser: this computer's own, in a throwaway profile that keeps nothing.
//!
//! An ordinary profile keeps typed text in its session store and page titles in its history. So a browser is
//! started only with a private profile in a folder that goes away with it; there is no falling back to whatever
//! the desktop would open. The launch secret is in the page's file, never in an argument.
//!
//! A helper does it, this same program started before the kernel's rule ([`crate::lockdown`]), which a browser
//! could not live under. It also outlives the console: however that ends, the browser and the folder go.
#![expect(
    clippy::disallowed_types,
    reason = "the pages are shown by a browser, which is a program of its own; this file alone starts one"
)]

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// The helper, as the console sees it.
pub struct Helper {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Helper {
    /// Starts the helper over the private folder in which the launch page lies.
    ///
    /// # Errors
    /// When this program cannot be started once more.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .arg(VERB)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // What the terminal sends to the console is the console's alone.
            .process_group(0)
            .spawn()?;
        let (orders, answers) = (process.stdin.take(), process.stdout.take());
        let (Some(orders), Some(answers)) = (orders, answers) else {
            return Err(io::Error::other("no pipe"));
        };
        let mut helper = Self {
            process,
            orders,
            answers: BufReader::new(answers),
        };
        match helper.answer()?.as_str() {
            READY => Ok(helper),
            _ => Err(io::Error::other("the helper did not begin")),
        }
    }

    /// Has it open the launch page; `false` when no browser known here is installed.
    ///
    /// # Errors
    /// When the helper has ended, or could not write the profile.
    pub fn open(&mut self) -> io::Result<bool> {
        self.orders.write_all(format!("{OPEN}\n").as_bytes())?;
        self.orders.flush()?;
        match self.answer()?.as_str() {
            STARTED => Ok(true),
            NONE => Ok(false),
            _ => Err(io::Error::other("the profile could not be written")),
        }
    }

    /// Ends the browser and removes the folder.
    pub fn end(self) {
        let Self {
            mut process,
            orders,
            ..
        } = self;
        drop(orders);
        // It ends by itself; a failure to wait is nobody's concern.
        let _ = process.wait();
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// What the helper does: opens the page when it is told to, and once nobody can tell it anything any more, ends
/// the browser and removes the folder.
///
/// # Errors
/// Those of the pipes.
pub fn help(folder: &Path, orders: impl Read, mut answers: impl Write) -> io::Result<()> {
    if !folder.join(LAUNCH_PAGE).is_file() {
        return Err(io::Error::other("this is no folder of the console's"));
    }
    let mut browser = None;
    let told = || -> io::Result<()> {
        writeln!(answers, "{READY}")?;
        answers.flush()?;
        for order in BufReader::new(orders).lines() {
            if order? == OPEN && browser.is_none() {
                let started = start(folder);
                let answer = match &started {
                    Ok(Some(_)) => STARTED,
                    Ok(None) => NONE,
                    Err(_) => FAILED,
                };
                browser = started.ok().flatten();
                writeln!(answers, "{answer}")?;
                answers.flush()?;
            }
        }
        Ok(())
    };
    let told = told();
    if let Some(browser) = browser {
        end(browser);
    }
    clear(folder);
    told
}

/// Removes what the console and the browser keep in the folder, and the folder if nothing else is in it. What is
/// gone already is no fault.
fn clear(folder: &Path) {
    let _ = fs::remove_file(folder.join(LAUNCH_PAGE));
    for of_browser in BROWSER_FOLDERS {
        let _ = fs::remove_dir_all(folder.join(of_browser));
    }
    let _ = fs::remove_dir(folder);
}

/// Ends the browser with all its processes.
fn end(mut browser: Child) {
    // It has ended already, or it ends now.
    let _ = kill_process_group(Pid::from_child(&browser), Signal::KILL);
    let _ = browser.wait();
}

#[derive(Clone, Copy)]
enum Kind {
    Firefox,
    Chromium,
}

/// Starts the first browser that is there on the launch page in `folder`, with everything that it may want to
/// keep below `folder`. `None` when none of those known here is installed.
fn start(folder: &Path) -> io::Result<Option<Child>> {
    let [profile, cache, temporary] =
        ["profile", "cache", "temporary"].map(|name| folder.join(name));
    for new in [&profile, &cache, &temporary] {
        fs::create_dir(new)?;
    }
    fs::write(profile.join("user.js"), FIREFOX_PREFERENCES)?;
    for (program, kind) in PROGRAMS {
        let started = Command::new(program)
            .args(arguments(kind, &folder.join(LAUNCH_PAGE), &profile))
            .env("XDG_CACHE_HOME", &cache)
            .env("TMPDIR", &temporary)
            .env("MOZ_CRASHREPORTER_DISABLE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        if let Ok(child) = started {
            return Ok(Some(child));
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

/// The launch page's name in the private folder.
pub const LAUNCH_PAGE: &str = "open-the-console.html";
/// The helper's verb, which nobody types.
pub const VERB: &str = "open-browser";
const BROWSER_FOLDERS: [&str; 3] = ["profile", "cache", "temporary"];
const READY: &str = "ready";
const OPEN: &str = "open";
const STARTED: &str = "started";
const NONE: &str = "none";
const FAILED: &str = "failed";
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
    fn the_folder_goes_when_nobody_gives_orders_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("private");
        fs::create_dir(&private).unwrap();
        fs::write(private.join(LAUNCH_PAGE), "secret").unwrap();
        let mut answers = Vec::new();
        help(&private, io::empty(), &mut answers).unwrap();
        assert_eq!(answers, b"ready\n");
        assert!(!private.exists() && folder.path().exists());
    }

    #[test]
    fn nothing_that_is_not_the_consoles_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("profile")).unwrap();
        assert!(help(folder.path(), io::empty(), io::sink()).is_err());
        assert!(folder.path().join("profile").exists());
        fs::write(folder.path().join(LAUNCH_PAGE), "secret").unwrap();
        fs::write(folder.path().join("of somebody else"), "x").unwrap();
        help(folder.path(), io::empty(), io::sink()).unwrap();
        assert!(folder.path().join("of somebody else").exists());
        assert!(!folder.path().join(LAUNCH_PAGE).exists());
    }

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
