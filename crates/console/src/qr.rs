//! A short text as a QR code, for a page or a terminal: how a signed head leaves the computer without a cable.

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// The code as a picture of a page; `None` for a text that is too long for one.
#[must_use]
pub fn picture(text: &str, label: &str) -> Option<Markup> {
    let code = code(text)?;
    let side = code.width() + 2 * QUIET;
    let mut path = String::new();
    for (number, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (number % code.width() + QUIET, number / code.width() + QUIET);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    Some(html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" role="img" aria-label=(label)
            viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}

/// The code for a terminal with a dark background, two rows a line; likewise.
#[must_use]
pub fn lines(text: &str) -> Option<String> {
    let code = code(text)?;
    let width = code.width();
    let colors = code.to_colors();
    let light = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        !inside || colors.get((y - QUIET) * width + x - QUIET) != Some(&Color::Dark)
    };
    let side = width + 2 * QUIET;
    let mut text = String::new();
    for y in (0..side).step_by(2) {
        for x in 0..side {
            text.push(match (light(x, y), y + 1 < side && light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push('\n');
    }
    Some(text)
}

fn code(text: &str) -> Option<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::L).ok()
}

/// Light cells round the code, which readers need.
const QUIET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    /// A second program reads both forms back.
    #[test]
    fn both_forms_are_read_back() {
        let text = "asylia vault head v1\nvault: 0f0b0a3cde2e2e5a\nsequence: 12\n".repeat(6);
        let drawn = lines(&text).unwrap();
        let rows: Vec<Vec<char>> = drawn.lines().map(|line| line.chars().collect()).collect();
        let dark =
            |x: usize, y: usize| !matches!((rows[y / 2][x], y % 2), ('█', _) | ('▀', 0) | ('▄', 1));
        assert_eq!(read(rows[0].len(), dark), text);
        let page = picture(&text, "a head").unwrap().into_string();
        let side: usize = between(&page, "viewBox=\"0 0 ", " ").parse().unwrap();
        let cells: std::collections::HashSet<(usize, usize)> = between(&page, "path d=\"", "\"")
            .split('M')
            .filter_map(|cell| cell.strip_suffix("h1v1h-1z")?.split_once(' '))
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect();
        assert_eq!(read(side, |x, y| cells.contains(&(x, y))), text);
        assert!(picture(&"x".repeat(5000), "").is_none());
    }

    fn read(side: usize, dark: impl Fn(usize, usize) -> bool) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * 4, side * 4, |x, y| {
            if dark(x / 4, y / 4) { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code is seen");
        grids[0].decode().expect("it is read").1
    }

    fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
        let (_, rest) = text.split_once(from).unwrap();
        rest.split_once(to).unwrap().0
    }
}
