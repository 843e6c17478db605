//! Honest and hostile visitors for a server of their own: `asylia-loadgen --programs DIR` prints the figures of
//! `docs/PERFORMANCE.md` with the machine's name. Loopback and Unix sockets only, bounded in number and time; every
//! report that was acknowledged must open afterwards, or the run fails. Rates and times of the processor are printed
//! and fail nothing: a busy machine misses them without anything being wrong.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

mod attack;
mod figures;
mod machine;
mod site;
mod visitor;

/// What to measure, and how long.
#[derive(Parser)]
#[command(name = "asylia-loadgen", version, about)]
struct Arguments {
    /// Folder of the built programs
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,
    /// Measure this only, by a word of its heading; may be given again
    #[arg(long, value_name = "WORD")]
    only: Vec<String>,
    /// Seconds of each rate and of the attack
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Reports of the soak; 0 leaves it out
    #[arg(long, default_value_t = 0)]
    soak: u64,
}

/// One line of the table.
struct Figure {
    what: &'static str,
    target: &'static str,
    measured: String,
    held: bool,
    /// A rate, a time of the processor, or a miss that is known: it fails no run.
    of_machine: bool,
}

type Measure = fn(&Arguments) -> anyhow::Result<Vec<Figure>>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!("Machine: {}\n", machine::name());
    println!("| figure | target | measured | |\n| --- | --- | --- | --- |");
    let mut missed = 0;
    for (name, measure) in MEASURES {
        let wanted = arguments.only.is_empty() || arguments.only.iter().any(|word| word == name);
        if !wanted {
            continue;
        }
        match measure(&arguments) {
            Ok(figures) => {
                for figure in figures {
                    let verdict = if figure.held { "held" } else { "MISSED" };
                    missed += usize::from(!figure.held && !figure.of_machine);
                    let Figure {
                        what,
                        target,
                        measured,
                        ..
                    } = figure;
                    println!("| {what} | {target} | {measured} | {verdict} |");
                }
            }
            Err(error) => {
                missed += 1;
                println!("| {name} | | {error:#} | FAILED |");
            }
        }
    }
    match missed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

const MEASURES: &[(&str, Measure)] = &[
    ("page", figures::page),
    ("rate", figures::rate),
    ("store", figures::store),
    ("files", figures::files),
    ("memory", figures::memory),
    ("text", figures::text),
    ("slow", attack::slow),
    ("garbage", attack::garbage),
    ("hostile", attack::hostile),
    ("soak", figures::soak),
];
