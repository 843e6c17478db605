//! One running server: started, waited for, stopped or killed. How its folder is made is not known here.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// One running process; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Runs a command that serves, what it prints going to the end of `log`, and waits until it does.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log);
        let file = file.expect("the log's folder is there");
        let before = file.metadata().expect("an open file").len();
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a descriptor is free"))
            .stderr(file);
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{:?} cannot be started: {error}", command.get_program())
        });
        let mut server = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = server.wait_until_serving(log, before);
        server
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would, as far as the process is concerned, and waits for its end.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Waits until it has ended by itself, and says how.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            assert!(begin.elapsed() < START_LIMIT, "it goes on");
            std::thread::sleep(PAUSE);
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = i32::try_from(self.child.id()).expect("process ids are small");
        let id = Pid::from_raw(id).expect("and not 0");
        kill_process(id, Signal::TERM).expect("the child is ours");
        let status = self.child.wait().expect("the child is ours");
        assert!(status.success(), "the server stopped with {status}");
    }

    fn wait_until_serving(&mut self, log: &Path, before: u64) -> SocketAddr {
        let begin = Instant::now();
        loop {
            let text = fs::read(log).expect("the log is there");
            let text = text.get(usize::try_from(before).expect("small")..);
            let text = String::from_utf8_lossy(text.unwrap_or_default());
            let line = text.lines().find_map(|line| line.split_once(SERVING));
            // Complete lines only: the address may still be on its way.
            if let (Some((_, address)), true) = (line, text.ends_with('\n')) {
                // On a Unix socket there is none; whoever starts one there knows its path.
                let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
                return address.trim().parse().unwrap_or(nowhere);
            }
            let ended = self.child.try_wait().expect("the child is ours");
            assert!(ended.is_none(), "the server ended with {ended:?}: {text}");
            assert!(begin.elapsed() < START_LIMIT, "it does not serve: {text}");
            std::thread::sleep(PAUSE);
        }
    }

    fn end(&mut self) {
        // It may have ended by itself, which is what was wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

const SERVING: &str = "serving on ";
const PAUSE: Duration = Duration::from_millis(5);
/// Generous: under strace on a busy machine a start takes seconds.
const START_LIMIT: Duration = Duration::from_secs(60);
