//! Feature gates: named switches with a default, set by `--feature-gates=A=true,B=false`.

use super::{FlagError, FlagValue};
use std::collections::BTreeMap;

/// The gates of one controller and their state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureGates {
    states: BTreeMap<String, bool>,
}

impl FeatureGates {
    /// The gates that exist, with their defaults.
    pub fn new(gates: &[(&str, bool)]) -> Self {
        Self { states: gates.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect() }
    }

    /// Whether a gate is open. A name that was never defined is closed.
    pub fn enabled(&self, name: &str) -> bool {
        self.states.get(name).copied().unwrap_or(false)
    }

    /// All gates and their state, by name.
    pub fn states(&self) -> impl Iterator<Item = (&str, bool)> {
        self.states.iter().map(|(name, state)| (name.as_str(), *state))
    }

    /// Applies what the command line says; a gate that was not defined is an error, as in Flux.
    pub(super) fn apply(&mut self, settings: &GateSettings) -> Result<(), FlagError> {
        for (name, state) in &settings.0 {
            match self.states.get_mut(name) {
                Some(current) => *current = *state,
                None => return Err(FlagError::UnknownGate(name.clone())),
            }
        }
        Ok(())
    }
}

/// The text of `--feature-gates`.
#[derive(Debug, Clone, Default)]
pub(super) struct GateSettings(BTreeMap<String, bool>);

impl FlagValue for GateSettings {
    const TYPE_NAME: &'static str = "mapStringBool";

    fn parse(text: &str) -> Result<Self, String> {
        let mut settings = BTreeMap::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, state) = pair.split_once('=').ok_or_else(|| format!("malformed pair {pair:?}, expect Name=true"))?;
            let state = bool::parse(state.trim()).map_err(|reason| format!("gate {:?} {reason}", name.trim()))?;
            settings.insert(name.trim().to_owned(), state);
        }
        Ok(Self(settings))
    }

    fn print(&self) -> String {
        String::new()
    }

    fn add(&mut self, next: Self) {
        self.0.extend(next.0);
    }
}
