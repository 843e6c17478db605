//! Dates as casework writes them: EDTF levels 0 and 1, such as `2026-05~`, `2026-XX` or `2025-10/2026-01`.

use asylia_envelope::day::Day;

/// Whether a text is such a date; the empty text, for an unknown one, is.
#[must_use]
pub fn is_date(text: &str) -> bool {
    match text.split_once('/') {
        None => text.is_empty() || is_single(text),
        Some((from, to)) => {
            let end = |text: &str| text.is_empty() || text == ".." || is_single(text);
            end(from) && end(to) && (is_single(from) || is_single(to))
        }
    }
}

fn is_single(text: &str) -> bool {
    let text = text.strip_suffix(['?', '~', '%']).unwrap_or(text);
    let mut parts = text.split('-');
    let (Some(year), month, day) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let open = |text: &str| text == "XX";
    let sound_year = digits(year, 4)
        || year.len() == 4
            && (year.ends_with('X') && digits(year.trim_end_matches('X'), 3)
                || year.ends_with("XX") && digits(year.trim_end_matches('X'), 2));
    let within = |text: &str, most: u8| {
        digits(text, 2)
            && text
                .parse::<u8>()
                .is_ok_and(|number| (1..=most).contains(&number))
    };
    let rest = match (month, day) {
        (None, _) => true,
        // 21 to 24 are seasons.
        (Some(month), None) => {
            within(month, 12) || open(month) || ["21", "22", "23", "24"].contains(&month)
        }
        (Some(month), Some(day)) if open(month) || open(day) => {
            (within(month, 12) || open(month)) && (within(day, 31) || open(day))
        }
        (Some(month), Some(day)) => format!("{year}-{month}-{day}").parse::<Day>().is_ok(),
    };
    sound_year && rest && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_far_as_they_are_known_pass_and_nonsense_does_not() {
        for date in [
            "",
            "2026",
            "202X",
            "2026-05",
            "2026-05~",
            "2026-05-27",
            "2026-05-27?",
            "2026-XX",
            "2026-05-XX",
            "2026-22",
            "2025-10/2026-01",
            "2026-03/..",
            "/2026",
            "19XX",
        ] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "0000-13-99",
            "2026-13",
            "2026-02-30",
            "27 May 2026",
            "2026-5-1",
            "/",
            "../..",
            "2026-05-27T10:00",
            "٢٠٢٦",
            "2026-05-27-01",
            "XXXX",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
