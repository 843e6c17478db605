//! Debian's nginx with `packaging/nginx.conf` in front of the server, as on the clear web: nothing that passes stays
//! in a file of the proxy, and one address's excess is its own affair. Names end in the program's, so that a run
//! without it can leave them out and say so.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rand_core::{OsRng, RngCore as _};
use tempfile::TempDir;

use crate::server::{
    Place, Program, Server,
    http::{Form, Seeded, Visitor},
    sealed::Sealed,
    wait_for,
};

/// A server behind a running nginx.
struct Site {
    nginx: Child,
    port: u16,
    /// Everything that nginx can write: temporary files and logs.
    folder: TempDir,
    _server: Server,
    place: Place,
}

impl Site {
    /// With the shipped file, `change` applied to it.
    fn start(change: impl Fn(String) -> String) -> Self {
        let place = Place::with_config("");
        let socket = place.path("clear.sock");
        place.configure(&format!(
            "clear_web = true\nlisten = \"unix:{}\"\nsocket_mode = \"666\"\n\
             client_address_header = \"x-client-address\"\n",
            socket.display()
        ));
        let server = place.start_where_it_says(Program::Asylia);
        open(&place.path(""));
        let folder = tempfile::tempdir().expect("a temporary folder");
        open(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let configuration = folder.path().join("nginx.conf");
        let text = change(shipped(port, &socket, folder.path()));
        fs::write(&configuration, text).expect("own folder");
        let nginx = Command::new("nginx")
            .arg("-c")
            .arg(&configuration)
            .arg("-p")
            .arg(folder.path())
            .args(["-e", "stderr"])
            .stderr(Stdio::inherit())
            .spawn()
            .expect("nginx is installed");
        let site = Self {
            nginx,
            port,
            folder,
            _server: server,
            place,
        };
        let up = wait_for(Duration::from_secs(20), || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        up.expect("nginx listens");
        site
    }

    fn visitor(&self) -> Visitor {
        Visitor::connect(([127, 0, 0, 1], self.port).into()).expect("nginx listens")
    }

    /// Sends the beginning of a large report, and waits until the server has read it.
    fn begin(&self, mark: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("nginx listens");
        let head = format!(
            "POST /sealed HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n\
             Content-Length: {}\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"sealed\"; filename=\"f\"\r\n\r\n",
            100 << 20
        );
        stream.write_all(head.as_bytes()).expect("a head is taken");
        let text = mark.repeat((8 << 20) / mark.len());
        stream.write_all(text.as_bytes()).expect("nginx reads on");
        stream
    }

    /// Whether a file of nginx, open and deleted ones included, holds the mark.
    fn keeps(&self, mark: &str) -> bool {
        let mut looked_at = files(self.folder.path());
        // nginx removes a temporary file's name at once and keeps the file open.
        looked_at.extend(open_files(self.nginx.id()));
        looked_at.iter().any(|path| holds(path, mark))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // SIGKILL would leave its worker behind.
        let stop = Command::new("kill")
            .arg(self.nginx.id().to_string())
            .status();
        if stop.is_ok() {
            drop(self.nginx.wait());
        }
    }
}

/// P117.
#[test]
fn no_file_of_the_proxy_holds_what_passes_through_nginx() {
    let mark = mark();
    let site = Site::start(|text| text);
    let stream = site.begin(&mark);
    // What is refused is read to its end, so the bytes have passed when the answer comes; here they still flow.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        assert!(!site.keeps(&mark), "a file of nginx holds what passes");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(stream);
    let refused = site.visitor().post(Form::default().text("story", &mark));
    let refused = refused.expect("an answer");
    assert_eq!(refused.status, 403, "without JavaScript this way is shut");
    assert!(refused.body.contains("Tor Browser"));
    assert!(!site.keeps(&mark));
}

/// Negative control: where request buffering is on, the same search finds the story.
#[test]
fn with_request_buffering_the_same_search_finds_what_passes_through_nginx() {
    let mark = mark();
    let site = Site::start(|text| {
        text.replace("proxy_request_buffering off", "proxy_request_buffering on")
    });
    let _stream = site.begin(&mark);
    let found = wait_for(Duration::from_secs(20), || site.keeps(&mark).then_some(()));
    found.expect("a temporary file holds it");
}

#[test]
fn sealed_reports_come_through_nginx_whole_and_one_address_s_excess_is_told() {
    let site = Site::start(|text| text);
    let office = &site.place.office().content;
    let files = [Seeded::new(7, 5 << 20)];
    let sealed = Sealed::new(office, "It happened.", &files).to_bytes();
    let answer = site
        .visitor()
        .post_sealed(Form::default().sealed("report.asylia", &sealed))
        .expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let bundle = site.place.export("1.asylia");
    assert_eq!(site.place.open_all(&bundle).len(), 1);
    let statuses: Vec<u16> = (0..40)
        .map(|_| {
            let form = Form::default().sealed("x", b"nothing sealed");
            site.visitor().post_sealed(form).expect("an answer").status
        })
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    let page = site.visitor().ask("GET /", None).expect("an answer");
    assert_eq!(page.status, 200);
}

/// The shipped file, but for where it listens, and what a certificate would be needed for.
fn shipped(port: u16, socket: &Path, folder: &Path) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/nginx.conf");
    let site = fs::read_to_string(path).expect("it is shipped");
    let mut kept: Vec<String> = Vec::new();
    for line in site.lines() {
        let word = line.trim_start();
        if word.starts_with("ssl_") {
            continue;
        }
        kept.push(match word.starts_with("listen ") {
            true => format!("listen 127.0.0.1:{port};"),
            false => line.replace("/run/asylia/clear.sock", &socket.display().to_string()),
        });
    }
    let folder = folder.display();
    format!(
        "daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n\
         access_log {folder}/access.log;\n{}\n}}\n",
        kept.join("\n")
    )
}

/// nginx's worker is another user.
fn open(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("own folder");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // What is removed while it is looked at was there for an instant only, and is met the next time.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            _ => found.push(entry.path()),
        }
    }
    found
}

/// Files that a process or a child of it holds open.
fn open_files(process: u32) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let own = stat.split(' ').next() == Some(&process.to_string());
        // Behind the name: the state, then the parent.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        if own || behind.split(' ').nth(2) == Some(&process.to_string()) {
            found.extend(files(&entry.path().join("fd")));
        }
    }
    let is_file = |path: &PathBuf| fs::metadata(path).is_ok_and(|found| found.is_file());
    found.into_iter().filter(is_file).collect()
}

fn holds(path: &Path, mark: &str) -> bool {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    read.is_ok()
        && bytes
            .windows(mark.len())
            .any(|some| some == mark.as_bytes())
}

fn mark() -> String {
    let letter = || char::from(b'a' + (OsRng.next_u32() % 26) as u8);
    std::iter::repeat_with(letter).take(32).collect()
}
