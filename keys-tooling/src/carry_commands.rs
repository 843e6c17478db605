//! `qr` and `scan`: a public file as codes, and back.

use std::path::Path;

use asylia_keys::{
    carry::{BadCarry, CARRY_LIMIT_BYTES, Carried, page, parts},
    files::{read_limited, write_new},
    terminal::read_line,
};

use crate::failure::Failure;

/// Writes a page of codes.
pub(crate) fn qr(file: &Path, out: &Path) -> Result<(), Failure> {
    let text = read_limited(file, CARRY_LIMIT_BYTES).map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => BadCarry::NotPublic.into(),
        _ => Failure::reading("the file", &error),
    })?;
    let parts = parts(&text)?;
    write_new(out, page(&parts).as_bytes())
        .map_err(|error| Failure::writing("the page", &error))?;
    println!(
        "{} codes. Open the page in a browser, or print it.",
        parts.len()
    );
    Ok(())
}

/// Reads scanned lines until the file is whole.
pub(crate) fn scan(out: &Path) -> Result<(), Failure> {
    let mut carried = Carried::default();
    println!("Scan the codes, in any order. A scanner types each as a line; Ctrl-D stops.");
    while let Some(line) = read_line()? {
        if line.trim().is_empty() {
            continue;
        }
        match carried.add(&line) {
            Ok(Some(file)) => {
                write_new(out, &file).map_err(|error| Failure::writing("the file", &error))?;
                println!("The file is whole.");
                return Ok(());
            }
            Ok(None) => {
                let missing: Vec<String> =
                    carried.missing().iter().map(ToString::to_string).collect();
                println!("Good. Missing: {}.", missing.join(", "));
            }
            Err(refusal) => println!("{refusal}"),
        }
    }
    Err(Failure::new(
        "The codes ended before the file was whole, and nothing was written",
        "Run the same command again and scan all of them",
    ))
}
