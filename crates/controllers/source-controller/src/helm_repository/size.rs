//! Sizes as Flux prints them: four significant digits and a decimal unit.

const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/// Such as `30.88MB`.
pub(super) fn human_size(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = UNITS.iter();
    let mut unit = units.next().unwrap_or(&"");
    while size >= 1000.0
        && let Some(larger) = units.next()
    {
        (size, unit) = (size / 1000.0, larger);
    }
    let decimals = if size >= 1000.0 { 0 } else { [3, 2, 1][usize::from(size >= 10.0) + usize::from(size >= 100.0)] };
    let digits = format!("{size:.decimals$}");
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits}{unit}")
}

#[cfg(test)]
mod tests {
    use super::human_size;

    /// Docker's `units.HumanSize`, a `%.4g`.
    #[test]
    fn sizes_have_four_digits() {
        for (bytes, expect) in [
            (0, "0B"),
            (999, "999B"),
            (1_000, "1kB"),
            (1_234, "1.234kB"),
            (12_345, "12.35kB"),
            (123_456, "123.5kB"),
            (1_048_576, "1.049MB"),
            (30_880_000, "30.88MB"),
            (999_999, "1000kB"),
        ] {
            assert_eq!(human_size(bytes), expect);
        }
    }
}
