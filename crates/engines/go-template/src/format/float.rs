//! Floating-point numbers as text, the way Go's `strconv.FormatFloat` writes them.

/// Decimal digits after which a float has only zeros.
const MAX_PRECISION: usize = 1100;

/// How a float is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FloatFormat {
    /// `-d.dddde±dd`.
    Exponent,
    /// `-ddd.dddd`.
    Fixed,
    /// Whichever of the two suits the exponent.
    General,
    /// `-ddddp±ddd`.
    Binary,
    /// `-0x1.yyyp±dd`.
    Hexadecimal,
}

/// A float with a number of digits, or with as few as identify it. The letters are lower case.
pub(crate) fn format_float(value: f64, format: FloatFormat, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match format {
        FloatFormat::Exponent => exponent_form(&Digits::new(value, precision.map(|digits| digits + 1)), precision),
        FloatFormat::Fixed => fixed(value, precision),
        FloatFormat::General => general(value, precision),
        FloatFormat::Binary => binary(value),
        FloatFormat::Hexadecimal => hexadecimal(value, precision),
    }
}

/// Significant decimal digits and the power of ten of the first.
struct Digits {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Digits {
    fn new(value: f64, count: Option<usize>) -> Self {
        let written = match count {
            None => format!("{:e}", value.abs()),
            Some(count) => format!("{:.*e}", count.clamp(1, MAX_PRECISION) - 1, value.abs()),
        };
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        Self { negative: value.is_sign_negative(), digits: mantissa.replace('.', ""), exponent: exponent.parse().unwrap_or(0) }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }
}

fn exponent_form(digits: &Digits, precision: Option<usize>) -> String {
    let (first, rest) = digits.digits.split_at(1);
    let mut output = format!("{}{first}", digits.sign());
    let wanted = precision.unwrap_or(rest.len());
    if wanted > 0 {
        output.push('.');
        output.push_str(rest);
        output.extend(std::iter::repeat_n('0', wanted.saturating_sub(rest.len())));
    }
    output.push_str(&format!("e{}{:02}", if digits.exponent < 0 { '-' } else { '+' }, digits.exponent.unsigned_abs()));
    output
}

fn fixed(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else {
        return format!("{value}");
    };
    let mut output = format!("{:.*}", precision.min(MAX_PRECISION), value);
    output.extend(std::iter::repeat_n('0', precision.saturating_sub(MAX_PRECISION)));
    output
}

fn general(value: f64, precision: Option<usize>) -> String {
    let digits = Digits::new(value, precision.map(|count| count.max(1)));
    let significant = digits.digits.trim_end_matches('0').len().max(1);
    let mut threshold = precision.map_or(6, |count| count.max(1));
    if precision.is_some() && threshold > significant && i32::try_from(significant).is_ok_and(|count| count > digits.exponent) {
        threshold = significant;
    }
    let kept = Digits { digits: digits.digits[..significant].to_owned(), ..digits };
    if kept.exponent < -4 || i32::try_from(threshold).is_ok_and(|threshold| kept.exponent >= threshold) {
        return exponent_form(&kept, None);
    }
    plain(&kept)
}

/// All digits without an exponent.
fn plain(digits: &Digits) -> String {
    let mut output = digits.sign().to_owned();
    let Ok(exponent) = usize::try_from(digits.exponent) else {
        let zeros = usize::try_from(-1 - digits.exponent).unwrap_or(0);
        output.push_str("0.");
        output.extend(std::iter::repeat_n('0', zeros));
        output.push_str(&digits.digits);
        return output;
    };
    let whole = exponent + 1;
    let (before, after) = digits.digits.split_at(whole.min(digits.digits.len()));
    output.push_str(before);
    output.extend(std::iter::repeat_n('0', whole.saturating_sub(before.len())));
    if !after.is_empty() {
        output.push('.');
        output.push_str(after);
    }
    output
}

fn binary(value: f64) -> String {
    let bits = value.to_bits();
    let (mantissa, exponent) = split_bits(bits);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let exponent = exponent - 52;
    format!("{sign}{mantissa}p{}{}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

/// Mantissa with its hidden bit, and the binary exponent of that bit.
fn split_bits(bits: u64) -> (u64, i32) {
    let raw = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    if raw == 0 { (fraction, -1022) } else { (fraction | 1 << 52, raw - 1023) }
}

fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = split_bits(value.to_bits());
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if mantissa == 0 {
        exponent = 0;
    }
    while mantissa != 0 && mantissa >> 52 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    // Thirteen hexadecimal digits follow the leading one.
    if let Some(precision) = precision.filter(|&precision| precision < 13) {
        let dropped_bits = (13 - precision) * 4;
        let dropped = mantissa & ((1 << dropped_bits) - 1);
        let half = 1u64 << (dropped_bits - 1);
        mantissa >>= dropped_bits;
        mantissa += u64::from(dropped > half || dropped == half && mantissa & 1 == 1);
        mantissa <<= dropped_bits;
        if mantissa >> 53 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:013x}", mantissa & ((1 << 52) - 1));
    match precision {
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
        Some(precision) if precision < 13 => fraction.truncate(precision),
        Some(precision) => fraction.extend(std::iter::repeat_n('0', precision - 13)),
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}0x{}{point}{fraction}p{}{:02}", mantissa >> 52, if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}
