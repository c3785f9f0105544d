//! Numbers as Go's `strconv` reads them and its conversions round them.

/// Why a text is no number of the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// It is not written like one.
    Syntax,
    /// It does not fit: the number that is nearest to it.
    Range(i64),
}

/// `strconv.ParseInt(text, base, 64)`: with base 0 the prefix tells the base, and underscores may separate digits.
pub(crate) fn parse_int(text: &[u8], base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = parse_magnitude(digits, base)?;
    let value = if negative { -magnitude } else { magnitude };
    i64::try_from(value).map_err(|_| NumberError::Range(if negative { i64::MIN } else { i64::MAX }))
}

/// The number without its sign. Go gives up as soon as it does not fit, whatever comes after.
fn parse_magnitude(text: &[u8], base: u32) -> Result<i128, NumberError> {
    let (radix, digits) = match (base, text) {
        (0, [b'0', b'b' | b'B', rest @ ..]) if !rest.is_empty() => (2, rest),
        (0, [b'0', b'o' | b'O', rest @ ..]) if !rest.is_empty() => (8, rest),
        (0, [b'0', b'x' | b'X', rest @ ..]) if !rest.is_empty() => (16, rest),
        (0, [b'0', rest @ ..]) => (8, rest),
        (0, _) => (10, text),
        (base, _) => (base, text),
    };
    if text.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut magnitude = 0i128;
    for &byte in digits.iter().filter(|&&byte| base != 0 || byte != b'_') {
        let digit = char::from(byte).to_digit(radix).ok_or(NumberError::Syntax)?;
        magnitude = magnitude * i128::from(radix) + i128::from(digit);
        if magnitude > i128::from(u64::MAX) {
            return Ok(magnitude);
        }
    }
    if digits.contains(&b'_') && !underscores_separate_digits(text) {
        return Err(NumberError::Syntax);
    }
    Ok(magnitude)
}

/// Whether each underscore stands between digits, or between a base's prefix and a digit.
fn underscores_separate_digits(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let prefix = matches!(unsigned, [b'0', b'b' | b'B' | b'o' | b'O' | b'x' | b'X', ..]);
    let hexadecimal = matches!(unsigned, [b'0', b'x' | b'X', ..]);
    let mut previous = if prefix { b'0' } else { b'^' };
    for &byte in &unsigned[if prefix { 2 } else { 0 }..] {
        let kind = match byte {
            b'0'..=b'9' => b'0',
            b'a'..=b'f' | b'A'..=b'F' if hexadecimal => b'0',
            b'_' => b'_',
            _ => b'!',
        };
        if (kind == b'_' && previous != b'0') || (previous == b'_' && kind != b'0') {
            return false;
        }
        previous = kind;
    }
    previous != b'_'
}

/// `strconv.ParseFloat(text, 64)`; `None` when it is not written like a float or does not fit.
pub(crate) fn parse_float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") || text.eq_ignore_ascii_case("nan") {
        return text.parse().ok();
    }
    if text.contains('_') && !underscores_separate_digits(text.as_bytes()) {
        return None;
    }
    let plain = text.replace('_', "");
    let hexadecimal = unsigned.starts_with("0x") || unsigned.starts_with("0X");
    let value: f64 = if hexadecimal { parse_hexadecimal_float(&plain)? } else { plain.parse().ok()? };
    value.is_finite().then_some(value)
}

/// `0x1.8p3`: an exponent is needed.
fn parse_hexadecimal_float(text: &str) -> Option<f64> {
    let (negative, unsigned) =
        text.strip_prefix('-').map_or((false, text.strip_prefix('+').unwrap_or(text)), |rest| (true, rest));
    let (mantissa, exponent) = unsigned.get(2..)?.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut exponent: i32 = exponent.parse().ok()?;
    let mut bits = 0u128;
    let mut lost = false;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = digit.to_digit(16)?;
        if bits >> 120 == 0 {
            bits = bits << 4 | u128::from(digit);
        } else {
            lost |= digit != 0;
            exponent = exponent.saturating_add(4);
        }
        if index >= whole.len() {
            exponent = exponent.saturating_sub(4);
        }
    }
    let value = scaled(bits | u128::from(lost), exponent.clamp(-2_000, 2_000));
    Some(if negative { -value } else { value })
}

/// `bits` times two to the power of `exponent`, rounded once.
fn scaled(bits: u128, exponent: i32) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let length = 128 - i32::try_from(bits.leading_zeros()).unwrap_or(0);
    // The weight of the last bit that a float of this size has.
    let last = (length + exponent - 53).max(-1074);
    let drop = last - exponent;
    let mantissa = if drop <= 0 {
        bits << (-drop).min(127)
    } else if drop >= 127 {
        0
    } else {
        let (kept, rest, half) = (bits >> drop, bits & ((1 << drop) - 1), 1u128 << (drop - 1));
        kept + u128::from(rest > half || (rest == half && kept & 1 == 1))
    };
    mantissa as f64 * 2f64.powi(last.max(-1022)) * 2f64.powi(last - last.max(-1022))
}

/// Go's conversion of a float to `int64` on 64-bit machines: what does not fit is the least number.
pub(crate) fn float_to_int(value: f64) -> i64 {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&value) { value as i64 } else { i64::MIN }
}

/// `math.Pow(10, exponent)`, by the squarings with which Go computes it: large powers are not always the nearest floats.
pub(crate) fn power_of_ten(exponent: i64) -> f64 {
    match exponent {
        0 => return 1.0,
        1 => return 10.0,
        _ => {}
    }
    let (mut factor, mut power) = (1.0f64, 0i32);
    // Ten is 0.625 times two to the power of four.
    let (mut square, mut square_power) = (0.625f64, 4i32);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if !(-4096..=4096).contains(&square_power) {
            power += square_power;
            break;
        }
        if left & 1 == 1 {
            factor *= square;
            power += square_power;
        }
        square *= square;
        square_power <<= 1;
        if square < 0.5 {
            square += square;
            square_power -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        return load_exponent(1.0 / factor, -power);
    }
    load_exponent(factor, power)
}

/// `math.Ldexp`: in two steps, so that the way to a small result is not below the smallest float.
fn load_exponent(fraction: f64, power: i32) -> f64 {
    let power = power.clamp(-2_100, 2_100);
    let first = power.clamp(-1_000, 1_000);
    let second = (power - first).clamp(-1_000, 1_000);
    fraction * 2f64.powi(first) * 2f64.powi(second) * 2f64.powi(power - first - second)
}
