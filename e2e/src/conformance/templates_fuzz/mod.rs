//! Templates at random, executed by ours and by Helm's engine.

#![expect(clippy::print_stdout, reason = "the cases that differ are the result")]

mod generator;
mod kind;
mod random;
mod words;

use crate::helm::{Failure, Outcome, Server};
use anyhow::ensure;
use generator::{Case, case};
use serde_json::{Value, json};
use std::time::Duration;

/// How long one template may take on either side.
const PATIENCE: Duration = Duration::from_secs(5);

/// Flags of `cargo xtask conformance templates-fuzz`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// How many templates
    #[arg(short = 'n', long, default_value_t = 10_000)]
    count: u64,
    /// The number of the first one: the same number gives the same template
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Call these functions only
    #[arg(long)]
    function: Vec<String>,
    /// Messages of errors must be the same too
    #[arg(long)]
    messages: bool,
}

/// What the two outcomes have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    SameOutput,
    SameMessage,
    OtherMessage,
    Different,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut helm, mut ours) = (Server::helm(PATIENCE)?, Server::ours(PATIENCE)?);
    let functions = kind::functions(&helm.functions()?, &arguments.function);
    ensure!(!functions.is_empty(), "there is no such function");
    let (mut failed, mut outputs, mut other_messages) = (0, 0, 0);
    for seed in arguments.seed..arguments.seed.saturating_add(arguments.count) {
        let case = case(seed, &functions);
        let expected = helm.template(&case.text, &case.data)?;
        let actual = ours.template(&case.text, &case.data)?;
        let verdict = verdict(&actual, &expected);
        outputs += u64::from(verdict == Verdict::SameOutput);
        other_messages += u64::from(verdict == Verdict::OtherMessage);
        if verdict == Verdict::Different || (arguments.messages && verdict == Verdict::OtherMessage) {
            failed += 1;
            println!("{}", report(seed, &case, &actual, &expected));
        }
    }
    let both = arguments.count - outputs - failed;
    println!("{outputs} same, {failed} different, {both} fail on both, {other_messages} of them in other words");
    ensure!(failed == 0, "{failed} of {} templates come out otherwise than by Helm", arguments.count);
    Ok(())
}

fn verdict(actual: &Outcome, expected: &Outcome) -> Verdict {
    match (actual, expected) {
        (Ok(actual), Ok(expected)) if actual == expected => Verdict::SameOutput,
        (Err(Failure::Refused(actual)), Err(Failure::Refused(expected))) if actual == expected => Verdict::SameMessage,
        // Whatever stops the original, an error in ours is right.
        (Err(Failure::Refused(_)), Err(_)) => Verdict::OtherMessage,
        _ => Verdict::Different,
    }
}

/// One line in the form of the corpora of templates, and what ours made of it.
fn report(seed: u64, case: &Case, actual: &Outcome, expected: &Outcome) -> Value {
    let shown = |outcome: &Outcome| match outcome {
        Ok(output) => json!({"output": String::from_utf8_lossy(output)}),
        Err(failure) => json!({"error": failure.to_string()}),
    };
    json!({
        "name": format!("fuzz/{seed}"),
        "template": case.text,
        "data": case.data,
        "expect": shown(expected),
        "ours": shown(actual),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_outputs_and_two_errors_are_no_difference() {
        let (output, other) = (Ok(b"a".to_vec()), Ok(b"b".to_vec()));
        let refused = |message: &str| Err(Failure::Refused(message.to_owned()));
        let crashed = Err(Failure::Crashed("x".to_owned()));
        for (actual, expected, wanted) in [
            (&output, &output, Verdict::SameOutput),
            (&output, &other, Verdict::Different),
            (&output, &refused("x"), Verdict::Different),
            (&refused("x"), &refused("x"), Verdict::SameMessage),
            (&refused("x"), &refused("y"), Verdict::OtherMessage),
            (&refused("x"), &crashed, Verdict::OtherMessage),
            (&crashed, &crashed, Verdict::Different),
            (&Err(Failure::TimedOut), &refused("x"), Verdict::Different),
        ] {
            assert_eq!(verdict(actual, expected), wanted, "{actual:?} {expected:?}");
        }
    }
}
