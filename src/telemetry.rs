//! What the server says on standard error, and what it never says.
//!
//! Never logged, at any level: bodies, answers, file names, codes, secrets; addresses, ports of
//! peers, user agents, header values, paths and queries; that a page was asked for (there is no
//! access log); the time of an event (the journal keeps its own); SQL statements; what other
//! libraries say about their work.
//!
//! Logged: that the server starts and stops, which protections are off, and each internal error
//! once, by [`crate::error`]. `ASYLIA_LOG` chooses the level for our own events; no setting makes
//! libraries speak.

use std::{io, panic, str::FromStr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::filter_fn, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

/// How much the server says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verbosity(LevelFilter);

impl Default for Verbosity {
    fn default() -> Self {
        Self(LevelFilter::INFO)
    }
}

impl FromStr for Verbosity {
    type Err = ();

    /// Reads `off`, `error`, `warn`, `info`, `debug` or `trace`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let named = ["off", "error", "warn", "info", "debug", "trace"].contains(&text);
        if named {
            text.parse().map(Self).map_err(drop)
        } else {
            Err(())
        }
    }
}

/// Starts logging to standard error and replaces the panic hook. Later calls change nothing.
pub fn start(verbosity: Verbosity) {
    // A second subscriber is refused by the library; the first one, with the same rules, goes on.
    let _ = tracing_subscriber::registry()
        .with(events(verbosity, io::stderr))
        .try_init();
    panic::set_hook(Box::new(report_panic));
}

/// Our own events, without time, written by `writer`.
fn events<S, W>(verbosity: Verbosity, writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(filter_fn(move |event| {
            is_ours(event.target()) && *event.level() <= verbosity.0
        }))
}

fn is_ours(target: &str) -> bool {
    target
        .strip_prefix(OWN_TARGET)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The payload of a panic may hold what a visitor wrote, and a backtrace says nothing the place
/// does not.
fn report_panic(panic: &panic::PanicHookInfo<'_>) {
    let (file, line) = panic
        .location()
        .map_or(("an unknown place", 0), |at| (at.file(), at.line()));
    tracing::error!(file, line, "the program panicked; this is a defect");
}

const OWN_TARGET: &str = "asylia";

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8")
        }
    }

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn libraries_stay_silent_and_our_events_carry_no_time() {
        let memory = Memory::default();
        let writer = memory.clone();
        let verbosity = "trace".parse().expect("a level");
        let subscriber =
            tracing_subscriber::registry().with(events(verbosity, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "hyper::proto", "a library speaks of a visitor");
            tracing::error!(target: "asylia_like", "a stranger with a similar name");
            tracing::trace!(target: "asylia::router", "our own");
        });
        let text =
            String::from_utf8(memory.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        assert_eq!(text, "TRACE asylia::router: our own\n");
    }

    #[test]
    fn a_panic_is_named_by_its_place_and_not_by_its_payload() {
        let memory = Memory::default();
        let writer = memory.clone();
        let layer = events(Verbosity::default(), move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer);
        let before = panic::take_hook();
        panic::set_hook(Box::new(report_panic));
        let outcome = tracing::subscriber::with_default(subscriber, || {
            panic::catch_unwind(|| panic!("what a visitor wrote"))
        });
        panic::set_hook(before);
        outcome.expect_err("it panicked");
        let text = memory.text();
        assert!(
            text.contains("this is a defect file=\"src/telemetry.rs\" line="),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains("visitor"), "{text}");
    }

    #[test]
    fn only_levels_are_accepted() {
        assert!("info".parse::<Verbosity>().is_ok());
        for text in ["", "hyper=trace", "INFO,sqlx=debug", "5", "verbose"] {
            assert!(text.parse::<Verbosity>().is_err(), "{text}");
        }
    }
}
