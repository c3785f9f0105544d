//! Go's layouts: a date is described by how the date of reference, 2 January 2006 15:04:05 -0700, would be written.

/// What a part of a layout stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// `06`.
    ShortYear,
    /// `2006`.
    Year,
    /// `Jan`.
    MonthName,
    /// `January`.
    LongMonthName,
    /// `1`, or `01`.
    Month { padded: bool },
    /// `Mon`.
    WeekdayName,
    /// `Monday`.
    LongWeekdayName,
    /// `2`, `_2` or `02`.
    Day(Padding),
    /// `__2` or `002`.
    DayOfYear(Padding),
    /// `15`.
    Hour,
    /// `3`, or `03`.
    Hour12 { padded: bool },
    /// `4`, or `04`.
    Minute { padded: bool },
    /// `5`, or `05`.
    Second { padded: bool },
    /// `PM`, or `pm`.
    HalfDay { upper: bool },
    /// `MST`.
    ZoneName,
    /// `-0700`, `Z07:00` and their like.
    Offset(Offset),
    /// `.000` or `,000`: so many digits.
    Fraction { separator: u8, digits: usize },
    /// `.999` or `,999`: at most so many digits, none for zero.
    TrimmedFraction { separator: u8, digits: usize },
}

/// How a number is filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    Not,
    Space,
    Zero,
}

/// How an offset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// Whether UTC is written `Z`.
    pub(super) zulu: bool,
    /// Whether there are colons.
    pub(super) colons: bool,
    /// Numbers: hours, minutes, seconds.
    pub(super) numbers: usize,
}

/// A layout up to and with its first element.
pub(super) struct Chunk<'l> {
    /// Text that means itself.
    pub(super) prefix: &'l [u8],
    /// The element and how it is written; `None` at the end.
    pub(super) element: Option<(Element, &'l [u8])>,
    /// What comes behind.
    pub(super) rest: &'l [u8],
}

/// Finds the first element of a layout.
pub(super) fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for start in 0..layout.len() {
        if let Some((skip, length, element)) = element(&layout[start..]) {
            let (prefix, rest) = layout.split_at(start + skip);
            let (text, rest) = rest.split_at(length);
            return Chunk { prefix, element: Some((element, text)), rest };
        }
    }
    Chunk { prefix: layout, element: None, rest: b"" }
}

/// Elements by their text. Of those that begin alike the longer goes first.
const ELEMENTS: [(&str, Element); 33] = [
    ("January", Element::LongMonthName),
    ("Jan", Element::MonthName),
    ("Monday", Element::LongWeekdayName),
    ("Mon", Element::WeekdayName),
    ("MST", Element::ZoneName),
    ("01", Element::Month { padded: true }),
    ("02", Element::Day(Padding::Zero)),
    ("03", Element::Hour12 { padded: true }),
    ("04", Element::Minute { padded: true }),
    ("05", Element::Second { padded: true }),
    ("06", Element::ShortYear),
    ("002", Element::DayOfYear(Padding::Zero)),
    ("15", Element::Hour),
    ("1", Element::Month { padded: false }),
    ("2006", Element::Year),
    ("2", Element::Day(Padding::Not)),
    ("_2", Element::Day(Padding::Space)),
    ("__2", Element::DayOfYear(Padding::Space)),
    ("3", Element::Hour12 { padded: false }),
    ("4", Element::Minute { padded: false }),
    ("5", Element::Second { padded: false }),
    ("PM", Element::HalfDay { upper: true }),
    ("pm", Element::HalfDay { upper: false }),
    ("-070000", Element::Offset(Offset { zulu: false, colons: false, numbers: 3 })),
    ("-07:00:00", Element::Offset(Offset { zulu: false, colons: true, numbers: 3 })),
    ("-0700", Element::Offset(Offset { zulu: false, colons: false, numbers: 2 })),
    ("-07:00", Element::Offset(Offset { zulu: false, colons: true, numbers: 2 })),
    ("-07", Element::Offset(Offset { zulu: false, colons: false, numbers: 1 })),
    ("Z070000", Element::Offset(Offset { zulu: true, colons: false, numbers: 3 })),
    ("Z07:00:00", Element::Offset(Offset { zulu: true, colons: true, numbers: 3 })),
    ("Z0700", Element::Offset(Offset { zulu: true, colons: false, numbers: 2 })),
    ("Z07:00", Element::Offset(Offset { zulu: true, colons: true, numbers: 2 })),
    ("Z07", Element::Offset(Offset { zulu: true, colons: false, numbers: 1 })),
];

/// The element at the beginning of a text: bytes before it, its length, and what it is.
fn element(text: &[u8]) -> Option<(usize, usize, Element)> {
    // In `_2006` the underscore means itself.
    if text.starts_with(b"_2006") {
        return Some((1, 4, Element::Year));
    }
    if let Some((length, element)) = fraction(text) {
        return Some((0, length, element));
    }
    let (name, element) = ELEMENTS.into_iter().find(|(name, _)| text.starts_with(name.as_bytes()))?;
    let is_short_name = matches!(element, Element::MonthName | Element::WeekdayName);
    // `Janet` and `Month` are words of their own.
    let is_word = is_short_name && text.get(name.len()).is_some_and(u8::is_ascii_lowercase);
    (!is_word).then_some((0, name.len(), element))
}

fn fraction(text: &[u8]) -> Option<(usize, Element)> {
    let [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] = *text else { return None };
    let digits = text[1..].iter().take_while(|&&byte| byte == digit).count();
    if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let element = match digit {
        b'0' => Element::Fraction { separator, digits },
        _ => Element::TrimmedFraction { separator, digits },
    };
    Some((1 + digits, element))
}
