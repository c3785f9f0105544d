//! Exact arithmetic on decimal numbers of any length: what comparing and dividing need, no more.

use std::cmp::Ordering;

/// Exponents beyond this are not numbers for Go's rationals, either.
const MAX_EXPONENT: i64 = 1_000_000;

/// A decimal number, `digits` × 10^`exponent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Values 0 to 9, the highest place first, without zeros at either end; empty for zero.
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a JSON number. `None` if its exponent is out of bounds.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let mut exponent = exponent.checked_sub(i64::try_from(fraction).ok()?)?;
        if exponent.abs() > MAX_EXPONENT {
            return None;
        }
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
            exponent += 1;
        }
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros);
        if digits.is_empty() {
            return Some(Decimal { negative: false, digits, exponent: 0 });
        }
        Some(Decimal { negative, digits, exponent })
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The value if it is an integer of that size; a larger one is the largest.
    pub(crate) fn to_usize(&self) -> Option<usize> {
        if self.negative || !self.is_integer() {
            return None;
        }
        let zeros = usize::try_from(self.exponent).ok()?;
        let digits = self.digits.iter().chain(std::iter::repeat_n(&0, zeros));
        Some(digits.take(40).fold(0_usize, |value, digit| value.saturating_mul(10).saturating_add(usize::from(*digit))))
    }

    /// The nearest floating-point number.
    pub(crate) fn to_f64(&self) -> f64 {
        // The text is a number, so that the default is never used.
        self.to_string().parse().unwrap_or_default()
    }

    /// How many digits [`Self::is_multiple_of`] looks at.
    pub(crate) fn cost_of_division(&self, divisor: &Decimal) -> usize {
        (self.digits.len() + self.zeros_to_divide(divisor)).saturating_mul(divisor.digits.len())
    }

    /// Whether this is an integer times `divisor`, which is not zero.
    pub(crate) fn is_multiple_of(&self, divisor: &Decimal) -> bool {
        if self.digits.is_empty() || divisor.digits.is_empty() {
            return self.digits.is_empty();
        }
        if self.exponent < divisor.exponent {
            // The divisor ends in zeros that this number has not.
            return false;
        }
        let zeros = self.zeros_to_divide(divisor);
        let mut rest = Vec::new();
        for digit in self.digits.iter().copied().chain(std::iter::repeat_n(0, zeros)) {
            if digit != 0 || !rest.is_empty() {
                rest.push(digit);
            }
            while compare_integers(&rest, &divisor.digits).is_ge() {
                subtract(&mut rest, &divisor.digits);
            }
        }
        rest.is_empty()
    }

    /// How many zeros stand behind the digits if both numbers are written without exponent. A divisor of n digits has at most 4n
    /// factors 2 or 5; more zeros than that divide out nothing more.
    fn zeros_to_divide(&self, divisor: &Decimal) -> usize {
        let zeros = usize::try_from(self.exponent.saturating_sub(divisor.exponent)).unwrap_or_default();
        zeros.min(divisor.digits.len().saturating_mul(4))
    }
}

/// The one text of the number: `-012e3`.
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits: String = self.digits.iter().map(|digit| char::from(digit + b'0')).collect();
        write!(f, "{}0{digits}e{}", if self.negative { "-" } else { "" }, self.exponent)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Decimal| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = |number: &Decimal| i64::try_from(number.digits.len()).unwrap_or(i64::MAX).saturating_add(number.exponent);
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign.is_ne() || self.digits.is_empty() {
            return by_sign;
        }
        let by_size = magnitude(self).cmp(&magnitude(other)).then_with(|| self.digits.cmp(&other.digits));
        if self.negative { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_integers(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Takes `right` away from `left`, which is not smaller, and cuts the zeros in front.
fn subtract(left: &mut Vec<u8>, right: &[u8]) {
    let offset = left.len() - right.len();
    let mut borrow = 0;
    for index in (0..left.len()).rev() {
        let taken = borrow + if index >= offset { right[index - offset] } else { 0 };
        borrow = u8::from(left[index] < taken);
        left[index] = left[index] + 10 * borrow - taken;
    }
    let zeros = left.iter().take_while(|digit| **digit == 0).count();
    left.drain(..zeros);
}
