//! Makes a differing case small.

use crate::{Case, CompareError, Comparison, Oracle, compare};

/// What must stay the same while a case becomes smaller.
#[derive(PartialEq)]
enum Kind {
    Outputs,
    OnlyOursFails,
    /// With the beginning of the original's words.
    OnlyTheirsFails(String),
}

fn kind(comparison: &Comparison) -> Option<Kind> {
    match comparison {
        Comparison::Same | Comparison::BothFail => None,
        Comparison::Different { ours: Err(_), .. } => Some(Kind::OnlyOursFails),
        Comparison::Different { theirs: Err(error), .. } => Some(Kind::OnlyTheirsFails(error.chars().take(12).collect())),
        Comparison::Different { .. } => Some(Kind::Outputs),
    }
}

/// Leaves out lines as long as the results differ in the same way.
///
/// # Errors
/// The oracle does not answer.
pub fn shrink(case: &Case, oracle: &mut Oracle) -> Result<Case, CompareError> {
    let mut best = case.clone();
    let Some(wanted) = kind(&compare(&best, oracle)?) else { return Ok(best) };
    loop {
        let before = size(&best);
        let paths: Vec<String> = best.files.keys().cloned().collect();
        for path in paths {
            let mut without = best.clone();
            without.files.remove(&path);
            if kind(&compare(&without, oracle)?).as_ref() == Some(&wanted) {
                best = without;
                continue;
            }
            shrink_file(&mut best, &path, &wanted, oracle)?;
        }
        if size(&best) == before {
            return Ok(best);
        }
    }
}

fn size(case: &Case) -> usize {
    case.files.values().map(String::len).sum::<usize>() + case.files.len()
}

/// Leaves out ever shorter runs of lines of one file.
fn shrink_file(best: &mut Case, path: &str, wanted: &Kind, oracle: &mut Oracle) -> Result<(), CompareError> {
    let lines = |case: &Case| case.files.get(path).map_or(0, |text| text.lines().count());
    let mut run = lines(best).max(1);
    while run > 0 {
        let mut at = 0;
        while at < lines(best) {
            let smaller = without_lines(best, path, at..at + run);
            if kind(&compare(&smaller, oracle)?).as_ref() == Some(wanted) {
                *best = smaller;
            } else {
                at += run;
            }
        }
        run /= 2;
    }
    Ok(())
}

fn without_lines(case: &Case, path: &str, left_out: std::ops::Range<usize>) -> Case {
    let mut smaller = case.clone();
    if let Some(text) = smaller.files.get_mut(path) {
        let kept = text.split_inclusive('\n').enumerate().filter(|(at, _)| !left_out.contains(at));
        *text = kept.map(|(_, line)| line).collect();
    }
    smaller
}
