//! The little of ASN.1 that keys and certificates need, in its distinguished encoding (DER).

/// Tags of elements.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const BIT_STRING: u8 = 0x03;
    pub(in super::super) const OCTET_STRING: u8 = 0x04;
    pub(in super::super) const NULL: u8 = 0x05;
    pub(in super::super) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in super::super) const UTF8_STRING: u8 = 0x0c;
    pub(in super::super) const PRINTABLE_STRING: u8 = 0x13;
    pub(in super::super) const UTC_TIME: u8 = 0x17;
    pub(in super::super) const GENERALIZED_TIME: u8 = 0x18;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;

    /// A context-specific element made of others.
    pub(in super::super) const fn context(number: u8) -> u8 {
        0xa0 | number
    }

    /// A context-specific element that is a value itself.
    pub(in super::super) const fn context_value(number: u8) -> u8 {
        0x80 | number
    }
}

/// An element with its tag and length.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    match significant {
        [] => encoded.push(0),
        [short @ ..=0x7f] => encoded.push(*short),
        long => {
            encoded.push(0x80 | long.len() as u8);
            encoded.extend_from_slice(long);
        }
    }
    encoded.extend_from_slice(content);
    encoded
}

/// A sequence of elements.
pub(super) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(tag::SEQUENCE, &elements.concat())
}

/// A non-negative integer from its big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let mut content = bytes[zeros..].to_vec();
    // The first bit is the sign.
    if content.first().is_none_or(|&first| first >= 0x80) {
        content.insert(0, 0);
    }
    element(tag::INTEGER, &content)
}

/// Whole bytes as a string of bits.
pub(super) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// Reads elements one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d> {
    rest: &'d [u8],
}

/// An element that was read.
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    /// With tag and length.
    pub(super) whole: &'d [u8],
    pub(super) content: &'d [u8],
}

impl<'d> Reader<'d> {
    pub(super) fn new(data: &'d [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element; `None` at the end and for what is none.
    pub(super) fn next(&mut self) -> Option<Element<'d>> {
        let [tag, first, ..] = *self.rest else { return None };
        let (header, length) = match first {
            ..=0x7f => (2, usize::from(first)),
            0x81..=0x84 => {
                let count = usize::from(first - 0x80);
                let bytes = self.rest.get(2..2 + count)?;
                (2 + count, bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)))
            }
            _ => return None,
        };
        let whole = self.rest.get(..header.checked_add(length)?)?;
        self.rest = &self.rest[whole.len()..];
        Some(Element { tag, whole, content: &whole[header..] })
    }

    /// The content of the next element, if it has that tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.next().filter(|element| element.tag == tag).map(|element| element.content)
    }

    /// The inside of the next element, if it has that tag.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.expect(tag).map(Self::new)
    }

    /// The next element, if it has that tag; else it stays the next.
    pub(super) fn take_if(&mut self, tag: u8) -> Option<&'d [u8]> {
        let mut after = *self;
        let content = after.expect(tag)?;
        *self = after;
        Some(content)
    }
}
