use super::*;

const EXAMPLE: &str = include_str!("../../packaging/asylia.example.toml");

fn source(text: &str) -> Source {
    Source {
        name: "asylia.toml".to_owned(),
        text: text.to_owned(),
    }
}

fn load(text: &str) -> Result<Config, Advice> {
    let source = source(text);
    Config::merge(&ServeArgs::default(), File::parse(&source)?, &source)
}

fn message(text: &str) -> String {
    load(text).expect_err("the text is refused").to_string()
}

/// The example with its commented keys switched on.
fn uncommented() -> String {
    let on = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| !rest.starts_with(' '))
            .unwrap_or(line)
            .to_owned()
    };
    EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_names_every_key_and_is_accepted() {
    let text = uncommented();
    load(&text).expect("the example is valid");
    // serde names the known fields when it meets one it does not know.
    let unknown = message("no_such_key = 1\n");
    let known: Vec<&str> = unknown
        .split('`')
        .skip(5)
        .step_by(2)
        .filter(|name| !name.contains(' '))
        .collect();
    assert!(known.len() >= 11, "{unknown}");
    for key in known {
        assert!(
            text.lines()
                .any(|line| line.starts_with(&format!("{key} ="))),
            "{key} has no example"
        );
    }
}

#[test]
fn the_example_as_shipped_sets_no_danger() {
    let config = load(EXAMPLE).expect("the example is valid as it stands");
    assert_eq!(config.allowances, Allowances::default());
    assert_eq!(config.report_limit_mib, 1024);
    assert!(!config.clear_web);
}

#[test]
fn defaults_are_the_safe_values() {
    let config = load("data = \"/srv/a\"\nkeys = \"/srv/k\"\n").expect("two keys suffice");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.store, StoreAt::Sqlite("/srv/a/intake.db".into()));
    assert_eq!(config.socket_mode, 0o660);
    assert_eq!(config.max_connections, 512);
    assert_eq!(
        config.allowances,
        Allowances {
            swap: false,
            unlocked_memory: false
        }
    );
}

#[test]
fn a_header_that_any_client_can_write_is_refused() {
    let keys = "data = \"a\"\nkeys = \"k\"\nclient_address_header = \"x-client\"\n";
    for listen in ["", "listen = \"127.0.0.1:80\"\n", "listen = \"none\"\n"] {
        let refused = message(&format!("{keys}{listen}"));
        assert!(
            refused.contains("believed on a Unix socket only"),
            "{refused}"
        );
    }
    let config = load(&format!("{keys}listen = \"unix:/s\"\n")).expect("a proxy's socket");
    assert!(
        config
            .client_address_header
            .is_some_and(|name| name == "x-client")
    );
    let wrong = keys.replace("x-client", "x client");
    assert!(message(&format!("{wrong}listen = \"unix:/s\"\n")).contains("no header's name"));
}

#[test]
fn flags_win_over_the_file() {
    let source = source("data = \"a\"\nkeys = \"k\"\nlisten = \"none\"\nstore = \"sqlite:x\"\n");
    let args = ServeArgs {
        data: Some("b".into()),
        listen: Some("unix:/s".to_owned()),
        store: Some("postgres:/run/postgresql/asylia".to_owned()),
        ..ServeArgs::default()
    };
    let file = File::parse(&source).expect("valid");
    let config = Config::merge(&args, file, &source).expect("valid");
    assert_eq!(config.data, PathBuf::from("b"));
    assert_eq!(config.keys, PathBuf::from("k"));
    assert_eq!(config.listen, ListenAt::Unix("/s".into()));
    let store = StoreAt::Postgres {
        socket_dir: "/run/postgresql".into(),
        database: "asylia".to_owned(),
    };
    assert_eq!(config.store, store);
}

#[test]
fn a_refusal_names_line_and_key_in_two_sentences() {
    let head = "data = \"a\"\nkeys = \"k\"\n";
    for (line, key, why) in [
        ("no_such_key = 1", "no_such_key", "unknown field"),
        (
            "report_limit_mib = \"much\"",
            "report_limit_mib",
            "invalid type",
        ),
        (
            "report_limit_mib = 0",
            "report_limit_mib",
            "between 1 and 65536",
        ),
        ("max_connections = 1", "max_connections", "between 8"),
        ("listen = \"0.0.0.0:80\"", "listen", "not on loopback"),
        ("store = \"mysql:x\"", "store", "neither sqlite:PATH"),
        (
            "store = \"postgres:asylia\"",
            "store",
            "neither sqlite:PATH",
        ),
        ("socket_mode = \"999\"", "socket_mode", "octal"),
        ("socket_mode = \"+77\"", "socket_mode", "octal"),
        ("clear_web = 1", "clear_web", "invalid type"),
    ] {
        let text = message(&format!("{head}{line}\n"));
        assert!(
            text.starts_with(&format!("asylia.toml, line 3, key `{key}`: ")),
            "{text}"
        );
        assert!(text.contains(why), "{text}");
        assert!(text.ends_with("explains every key."), "{text}");
    }
    assert!(message("data = \n").starts_with("asylia.toml, line 1"));
}

#[test]
fn what_is_missing_is_said_with_the_flag() {
    assert!(message("data = \"a\"\n").contains("--keys FILE"));
    assert!(message("").contains("--data DIR"));
    let args = ServeArgs {
        listen: Some("x".to_owned()),
        ..ServeArgs::default()
    };
    let source = source("data = \"a\"\nkeys = \"k\"\n");
    let error = Config::merge(&args, File::parse(&source).expect("valid"), &source);
    assert!(error.expect_err("refused").to_string().contains("--listen"));
}
