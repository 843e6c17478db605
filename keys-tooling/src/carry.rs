//! Public files as QR codes on paper or a screen, for computers between which no stick goes.
//!
//! A file is cut in parts, each a line of text that a scanner types; every part names the whole by its digest, so
//! that parts of two files never make one. Nothing here is secret, and nothing secret may be carried like this:
//! what does not begin as one of our public texts is refused.

use base64::{Engine, prelude::BASE64_STANDARD};
use qrcode::{EcLevel, QrCode, render::svg};
use sha2::{Digest, Sha256};

/// Most bytes of a file that is carried.
pub const CARRY_LIMIT_BYTES: usize = 128 * 1024;

/// Parts that have arrived, in any order.
#[derive(Default)]
pub struct Carried {
    digest: String,
    parts: Vec<Option<Vec<u8>>>,
}

/// Why a file is not carried, or a part not taken. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCarry {
    /// Not a public text of ours.
    #[error(
        "Only public texts of Asylia are carried as codes, of at most 128 KiB. \
         A key file goes by stick, or not at all."
    )]
    NotPublic,
    /// The line is no part.
    #[error("This is not a part of a file. Scan one of the codes that `qr` made.")]
    NotAPart,
    /// The part is of another file.
    #[error("This part belongs to another file. Scan the codes of one page only.")]
    OtherFile,
    /// All parts are there and do not make the file.
    #[error("The parts do not make the file that they name. Scan all of them again.")]
    Damaged,
}

/// The lines that together are a file.
///
/// # Errors
/// [`BadCarry::NotPublic`].
pub fn parts(file: &[u8]) -> Result<Vec<String>, BadCarry> {
    let public = core::str::from_utf8(file).is_ok_and(is_public);
    if !public || file.len() > CARRY_LIMIT_BYTES {
        return Err(BadCarry::NotPublic);
    }
    let (digest, chunks) = (digest(file), file.chunks(PART_BYTES));
    let count = chunks.len();
    let part = |(number, chunk): (usize, &[u8])| {
        let chunk = BASE64_STANDARD.encode(chunk);
        format!("{MAGIC} {number}/{count} {digest} {chunk}")
    };
    Ok((1..).zip(chunks).map(part).collect())
}

impl Carried {
    /// Takes a scanned line; `Some` with the whole file when it was the last that was missing.
    ///
    /// # Errors
    /// [`BadCarry::NotAPart`], `OtherFile` and `Damaged`.
    pub fn add(&mut self, line: &str) -> Result<Option<Vec<u8>>, BadCarry> {
        let (number, count, digest, chunk) = read(line).ok_or(BadCarry::NotAPart)?;
        if self.parts.is_empty() {
            self.parts = vec![None; count];
            digest.clone_into(&mut self.digest);
        }
        if digest != self.digest || count != self.parts.len() {
            return Err(BadCarry::OtherFile);
        }
        let place = self.parts.get_mut(number - 1).ok_or(BadCarry::NotAPart)?;
        *place = Some(chunk);
        let whole: Option<Vec<Vec<u8>>> = self.parts.iter().cloned().collect();
        match whole.map(|parts| parts.concat()) {
            Some(file) if self::digest(&file) == self.digest => Ok(Some(file)),
            Some(_) => {
                *self = Self::default();
                Err(BadCarry::Damaged)
            }
            None => Ok(None),
        }
    }

    /// Numbers of the parts that are missing still.
    #[must_use]
    pub fn missing(&self) -> Vec<usize> {
        let parts = (1..).zip(&self.parts);
        parts
            .filter(|(_, part)| part.is_none())
            .map(|(number, _)| number)
            .collect()
    }
}

/// A page with a code for each part, without scripts; one file's text.
///
/// # Panics
/// Never for lines that [`parts`] made.
#[must_use]
pub fn page(parts: &[String]) -> String {
    let mut page = HEAD.to_owned();
    let count = parts.len();
    for (number, part) in (1..).zip(parts) {
        let code = QrCode::with_error_correction_level(part.as_bytes(), EcLevel::L)
            .expect("a part is far below what a code holds");
        let image = code.render::<svg::Color<'_>>().build();
        let from = image.find("<svg").unwrap_or_default();
        let svg = image.get(from..).unwrap_or_default();
        page.push_str(&format!(
            "<figure>{svg}<figcaption>{number} of {count}</figcaption></figure>\n"
        ));
    }
    page
}

/// Whether a text is one of those that anybody may read, by its first line.
fn is_public(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    PUBLIC.contains(&first) || PUBLIC_LINES.iter().any(|line| first.starts_with(line))
}

fn read(line: &str) -> Option<(usize, usize, &str, Vec<u8>)> {
    let mut words = line
        .trim()
        .strip_prefix(MAGIC)?
        .strip_prefix(' ')?
        .split(' ');
    let (number, count) = words.next()?.split_once('/')?;
    let (number, count) = (number.parse().ok()?, count.parse().ok()?);
    let digest = words.next().filter(|digest| digest.len() == DIGEST_CHARS)?;
    let chunk = BASE64_STANDARD.decode(words.next()?).ok()?;
    let within = (1..=count).contains(&number) && count <= PARTS_LIMIT;
    (within && chunk.len() <= PART_BYTES && words.next().is_none())
        .then_some((number, count, digest, chunk))
}

fn digest(file: &[u8]) -> String {
    let whole = hex::encode(Sha256::digest(file));
    whole.chars().take(DIGEST_CHARS).collect()
}

const MAGIC: &str = "asylia-part";
/// First lines of what may be carried. What is not on this list may be a key: those texts begin with `asylia ` too.
const PUBLIC: [&str; 15] = [
    "asylia appointment v1",
    "asylia ceremony transcript v1",
    "asylia ceremony transcript v1 REHEARSAL",
    "asylia drill v1",
    "asylia hand-over v1",
    "asylia key bundle v1",
    "asylia office list v1",
    "asylia period destroyed v1",
    "asylia period v1",
    "asylia recovery key v1",
    "asylia root v1",
    "asylia share set v1",
    "asylia shares destroyed v1",
    "asylia site manifest v1",
    "asylia vault head v1",
];
/// Beginnings of the public texts that are one line.
const PUBLIC_LINES: [&str; 2] = ["asylia root key v1: ", "asylia witness v1: "];
const PART_BYTES: usize = 1200;
const PARTS_LIMIT: usize = CARRY_LIMIT_BYTES.div_ceil(PART_BYTES);
/// 64 bits: enough against a mix-up; signatures are checked on what comes out.
const DIGEST_CHARS: usize = 16;
const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Codes</title>\n\
    <style>@page { size: A4; margin: 12mm } figure { display: inline-block; margin: 4mm; text-align: center; \
    font: 12pt sans-serif; break-inside: avoid } svg { width: 82mm; height: 82mm; display: block }</style>\n\
    <p>Public. Scan every code, in any order, with <code>asylia-keys scan</code>.</p>\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut text = "asylia key bundle v1\n".to_owned();
        (0..400).for_each(|number| text.push_str(&format!("line {number}\n")));
        text.into_bytes()
    }

    #[test]
    fn a_file_comes_back_from_its_parts_in_any_order() {
        let file = file();
        let mut parts = parts(&file).unwrap();
        assert_eq!(parts.len(), file.len().div_ceil(1200));
        parts.reverse();
        let mut carried = Carried::default();
        let last = parts.pop().unwrap();
        for part in parts.iter().chain(&parts) {
            assert_eq!(carried.add(part), Ok(None));
        }
        assert_eq!(carried.missing(), [1]);
        assert_eq!(carried.add(&format!(" {last}\r")), Ok(Some(file)));
    }

    #[test]
    fn parts_of_two_files_altered_parts_and_secrets_are_refused() {
        let mut other = file();
        other.push(b'\n');
        let (one, two) = (parts(&file()).unwrap(), parts(&other).unwrap());
        let mut carried = Carried::default();
        assert_eq!(carried.add(&one[0]), Ok(None));
        assert_eq!(carried.add(&two[1]), Err(BadCarry::OtherFile));
        for bad in [
            "",
            "asylia-part 0/4 0123456789abcdef AAAA",
            "asylia-part 1/4 short AAAA",
        ] {
            assert_eq!(carried.add(bad), Err(BadCarry::NotAPart), "{bad}");
        }
        let mut taken = one[1..].iter().map(|part| carried.add(part));
        assert!(taken.all(|part| part.is_ok()));
        let mut carried = Carried::default();
        let altered = one[1].replacen('A', "B", 1);
        for part in one[2..].iter().chain([&one[0]]) {
            assert_eq!(carried.add(part), Ok(None));
        }
        assert_eq!(carried.add(&altered), Err(BadCarry::Damaged));
        assert_eq!(parts(b"age-encryption.org/v1\n"), Err(BadCarry::NotPublic));
    }

    #[test]
    fn no_key_is_carried_though_its_text_is_ours() {
        for first in [
            "asylia identity v1",
            "asylia seed v1",
            "asylia signing key v1",
            "asylia key bundle v1 and more",
            "asylia ",
        ] {
            let file = format!("{first}\nrole: intake\n");
            assert_eq!(parts(file.as_bytes()), Err(BadCarry::NotPublic), "{first}");
        }
        for first in PUBLIC.into_iter().chain(["asylia witness v1: 00 11"]) {
            assert!(parts(format!("{first}\n").as_bytes()).is_ok(), "{first}");
        }
    }

    #[test]
    fn every_code_of_a_page_is_its_part() {
        let parts = parts(&file()).unwrap();
        let page = page(&parts);
        assert_eq!(page.matches("<figure>").count(), parts.len());
        assert!(!page.contains("<script") && !page.contains("http-equiv"));
        for part in &parts {
            let code = QrCode::with_error_correction_level(part.as_bytes(), EcLevel::L).unwrap();
            let width = code.width();
            let colors = code.to_colors();
            let dark = |x: usize, y: usize| colors[y * width + x] == qrcode::Color::Dark;
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(
                (width + 8) * 4,
                (width + 8) * 4,
                |x, y| match (x / 4).checked_sub(4).zip((y / 4).checked_sub(4)) {
                    Some((x, y)) if x < width && y < width && dark(x, y) => 0,
                    _ => 255,
                },
            );
            let (_, read) = image.detect_grids()[0].decode().unwrap();
            assert_eq!(&read, part);
        }
    }
}
