//! What the fuzz targets ask, for a few hundred overlays.

use random_cases::{overlay, seeded};

#[test]
fn the_same_bytes_make_the_same_case() {
    for number in 0..50 {
        let bytes = seeded(1, number, 4096);
        assert_eq!(overlay::case(&bytes), overlay::case(&bytes));
    }
}

#[test]
fn cases_are_different_and_some_of_them_can_be_built() {
    let cases: Vec<_> = (0..200).map(|number| overlay::case(&seeded(2, number, 4096))).collect();
    let built = cases.iter().filter(|case| case.ours().expect("a case").is_ok()).count();
    assert!(built > 20, "{built} of {} can be built", cases.len());
    let mut texts: Vec<String> = cases.iter().map(|case| format!("{case:?}")).collect();
    texts.sort();
    texts.dedup();
    assert!(texts.len() > 190, "{} are different", texts.len());
}

#[test]
fn nothing_panics_on_damaged_overlays() {
    for number in 0..300 {
        let bytes = seeded(3, number, 2048);
        let _ = overlay::torn(&bytes).ours();
    }
}

#[test]
fn no_bytes_are_a_case() {
    assert!(overlay::case(&[]).ours().is_ok());
}
