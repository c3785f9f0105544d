//! Numbers as Go's `strconv` and `encoding/json` print them.

use serde_json::Number;

/// Digits and decimal exponent of a finite float: `0.d1d2d3… × 10^point`.
struct Decimal {
    negative: bool,
    digits: String,
    point: i32,
}

fn decimal(value: f64) -> Decimal {
    // serde_json prints the shortest digits that read back as the same float and, of two, the closest and then the even ones, as Go
    // does; the standard library rounds ties up.
    Number::from_f64(value).map_or_else(|| parse("0"), |number| parse(&number.to_string()))
}

/// Takes apart `-12.5`, `1e21` and the like.
fn parse(text: &str) -> Decimal {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading_zeros = i32::try_from(all.len() - significant.len()).unwrap_or_default();
    let digits = significant.trim_end_matches('0');
    if digits.is_empty() {
        return Decimal { negative: text.starts_with('-'), digits: "0".to_owned(), point: 1 };
    }
    let point = exponent + i32::try_from(whole.len()).unwrap_or_default() - leading_zeros;
    Decimal { negative: text.starts_with('-'), digits: digits.to_owned(), point }
}

impl Decimal {
    /// `d.ddde±xx`, the exponent with at least `exponent_width` digits.
    fn scientific(&self, exponent_width: usize) -> String {
        let (first, rest) = self.digits.split_at(1);
        let exponent = self.point - 1;
        let sign = if exponent < 0 { '-' } else { '+' };
        let point = if rest.is_empty() { "" } else { "." };
        format!("{}{first}{point}{rest}e{sign}{:0exponent_width$}", self.sign(), exponent.unsigned_abs())
    }

    /// `ddd.ddd`, without a fraction when there is none.
    fn fixed(&self) -> String {
        let point = usize::try_from(self.point).unwrap_or_default();
        if self.point <= 0 {
            let zeros = usize::try_from(-self.point).unwrap_or_default();
            if self.digits == "0" {
                return format!("{}0", self.sign());
            }
            return format!("{}0.{}{}", self.sign(), "0".repeat(zeros), self.digits);
        }
        if point >= self.digits.len() {
            return format!("{}{}{}", self.sign(), self.digits, "0".repeat(point - self.digits.len()));
        }
        format!("{}{}.{}", self.sign(), &self.digits[..point], &self.digits[point..])
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }
}

/// A finite float as `encoding/json` prints it: plain from 1e-6 to below 1e21, else `1e+21`, `1e-7`.
pub(crate) fn json_float(value: f64) -> String {
    let size = value.abs();
    let decimal = decimal(value);
    if size != 0.0 && !(1e-6..1e21).contains(&size) { decimal.scientific(1) } else { decimal.fixed() }
}

/// A finite float as `strconv.FormatFloat(value, 'g', -1, 64)` prints it: `1e+06`, `1e-07`, `0.5`.
pub(crate) fn general_float(value: f64) -> String {
    let decimal = decimal(value);
    let exponent = decimal.point - 1;
    if value != 0.0 && !(-4..6).contains(&exponent) { decimal.scientific(2) } else { decimal.fixed() }
}

/// A float as `strconv.FormatFloat(float64(value), 'g', -1, 32)` prints it, infinities and not-a-number as YAML has them.
///
/// Go's sigs yaml prints float keys with 32 bits.
pub(crate) fn general_float32(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds keys to 32 bits here")]
    let narrow = value as f32;
    if narrow.is_nan() {
        return ".nan".to_owned();
    }
    if narrow.is_infinite() {
        return if narrow > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let decimal = parse(&format!("{narrow:e}"));
    let exponent = decimal.point - 1;
    if narrow != 0.0 && !(-4..6).contains(&exponent) { decimal.scientific(2) } else { decimal.fixed() }
}

/// The number JSON text of this float reads back as: integers where the text is one.
///
/// `None` for infinities and not-a-number.
pub(crate) fn through_json(value: f64) -> Option<Number> {
    if value.fract() == 0.0 && value.abs() < 1e21 && !(value == 0.0 && value.is_sign_negative()) {
        let text = json_float(value);
        if let Ok(integer) = text.parse::<i64>() {
            return Some(Number::from(integer));
        }
        if let Ok(integer) = text.parse::<u64>() {
            return Some(Number::from(integer));
        }
    }
    Number::from_f64(value)
}
