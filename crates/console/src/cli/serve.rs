//! `browser`: serves the pages on loopback and opens them, until Ctrl-C.

use std::{
    fs::{OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    time::MissedTickBehavior,
};

use super::{BrowserArgs, Failure, say_demo};
use crate::{
    door::{Door, guarded},
    l10n::Texts,
    launcher::{Helper, LAUNCH_PAGE},
    listen::Listener,
    lockdown::{Lock, lock_down},
    machine::Machine,
    ui::{App, router},
    vault::Vault,
};

/// Serves until the program is told to end. With a passphrase file the vault is unlocked from the start.
pub(super) fn run(runtime: &Runtime, machine: &Machine, args: &BrowserArgs) -> Result<(), Failure> {
    Vault::look(&args.vault.vault)?;
    let mut app = App::new(machine.clone(), args.vault.vault.clone(), Instant::now());
    if !args.sticks.is_empty() {
        app = app.with_sticks(args.sticks.clone());
    }
    if args.vault.passphrase_file.is_some() {
        app.unlock(&args.vault.credentials()?)?;
        say_demo(app.demo());
    }
    let listener = runtime.block_on(Listener::bind(args.listen))?;
    let door = Arc::new(Door::new(
        listener.address(),
        app.demo(),
        &mut (machine.random)(),
    ));
    let folder = private_folder().map_err(unwritable)?;
    let page = folder.path().join(LAUNCH_PAGE);
    write_launch_page(&page, &door).map_err(unwritable)?;
    let mut helper = Helper::start(folder.path()).map_err(unwritable)?;
    // The listener is there, and the helper is no part of this process: from here on nothing reaches a network.
    lock_down(Lock::Pages)?;
    open(args.no_open, &page, &mut helper)?;
    let app = Arc::new(app);
    let pages = guarded(router(Arc::clone(&app)), door);
    runtime.block_on(async {
        tokio::select! {
            () = listener.serve(pages) => {}
            () = lock_when_idle(&app) => {}
            () = told_to_end() => {}
        }
    });
    app.lock();
    // The browser ends, and the folder with launch page and profile goes away.
    helper.end();
    match folder.close() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(error)),
        _ => Ok(()),
    }
}

fn open(no_open: bool, page: &Path, helper: &mut Helper) -> Result<(), Failure> {
    let texts = Texts::english();
    if no_open {
        println!("{}", page.display());
        return Ok(());
    }
    if !helper.open().map_err(unwritable)? {
        println!("{}", texts.get("console-cli-browser-none"));
        println!("{}", page.display());
    }
    println!("{}", texts.get("console-cli-browser-serving"));
    Ok(())
}

/// A folder for the owner only, in memory where the system has such a place.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder
        .prefix("asylia-console-")
        .permissions(Permissions::from_mode(0o700));
    let in_memory = PathBuf::from(MEMORY_FOLDER);
    if in_memory.is_dir()
        && let Ok(folder) = builder.tempdir_in(in_memory)
    {
        return Ok(folder);
    }
    builder.tempdir()
}

fn write_launch_page(page: &Path, door: &Door) -> io::Result<()> {
    let text = door
        .launch_page()
        .ok_or_else(|| io::Error::other("the launch secret was used already"))?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(page)?
        .write_all(text.as_bytes())
}

async fn lock_when_idle(app: &Arc<App>) {
    let mut tick = tokio::time::interval(IDLE_CHECK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let app = Arc::clone(app);
        // A page that is being made holds the vault; wait for it where waiting is allowed.
        let _ =
            tokio::task::spawn_blocking(move || app.lock_if_idle(Instant::now(), IDLE_LIMIT)).await;
    }
}

async fn told_to_end() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        // Without handlers the signals end the program by themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn unwritable(error: io::Error) -> Failure {
    Failure(format!(
        "The folder for the launch page could not be used ({}). Check that the disk has room.",
        error.kind()
    ))
}

const MEMORY_FOLDER: &str = "/dev/shm";
const IDLE_CHECK: Duration = Duration::from_secs(15);
/// After this long without a request the vault locks by itself.
const IDLE_LIMIT: Duration = Duration::from_secs(15 * 60);
