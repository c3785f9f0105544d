//! One case, ours beside the original.

use crate::{Case, CaseError, Oracle, OracleError};

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Every byte is equal.
    Same,
    /// Both refuse; their words may differ.
    BothFail,
    /// Anything else.
    Different {
        /// What ours gave.
        ours: Result<String, String>,
        /// What the original gave.
        theirs: Result<String, String>,
    },
}

/// Why a case was not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// It is no case.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The original does not answer.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

/// Builds a case twice.
///
/// # Errors
/// The case is none, or the oracle does not answer.
pub fn compare(case: &Case, oracle: &mut Oracle) -> Result<Comparison, CompareError> {
    let ours = case.ours()?;
    let theirs = oracle.build(case)?;
    Ok(match (&ours, &theirs) {
        (Err(_), Err(_)) => Comparison::BothFail,
        (Ok(one), Ok(other)) if one == other => Comparison::Same,
        _ => Comparison::Different { ours, theirs },
    })
}
