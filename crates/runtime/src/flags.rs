//! Command lines as pflag reads them, and the flags that all controllers share.
//!
//! A [`FlagSet`] is a list of definitions. Each `add` returns a [`Flag`] that holds the default until `parse` ran and the value
//! afterwards. Arguments that Flux's binaries accept are accepted here with the same meaning: `--name=value`, `--name value`,
//! `--switch`, `--switch=false`, `--` and stray arguments, which are ignored as there. What is not here: which flags a single
//! controller has; it adds its own to the set.

mod common;
mod gates;
mod selector;
mod value;

pub use common::{CommonDefaults, CommonFlags, LeaderElectionFlags, OptionalFlag};
pub use gates::FeatureGates;
pub use value::{CommaList, FlagValue};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::rc::Rc;

/// Why the process cannot start with this command line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// `--help` or `-h` was asked for; the text is the usage.
    #[error("{0}")]
    Help(String),
    /// No flag has that name; the text is the argument without its value.
    #[error("unknown flag: {0}")]
    Unknown(String),
    /// The flag stands at the end and wants a value.
    #[error("flag needs an argument: --{0}")]
    MissingValue(String),
    /// The argument is no flag, such as `--=x`, or is not UTF-8.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// The value cannot be read as what the flag takes.
    #[error("invalid argument {value:?} for \"--{name}\" flag: {reason}")]
    Value {
        /// The flag without dashes.
        name: String,
        /// The text that was given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `--feature-gates` names a gate that this controller does not have.
    #[error("feature-gate '{0}' not supported")]
    UnknownGate(String),
    /// Two flags contradict each other or a value is out of bounds.
    #[error("{0}")]
    Inconsistent(String),
}

impl FlagError {
    /// Tells the user on standard error and gives the exit code: 0 for help, 2 for a command line that cannot be read (as
    /// pflag does), 1 for values that do not fit together.
    pub fn report(&self, usage: &str) -> ExitCode {
        match self {
            Self::Help(usage) => {
                eprint!("{usage}");
                ExitCode::SUCCESS
            }
            Self::UnknownGate(_) | Self::Inconsistent(_) => {
                eprintln!("Error: {self}");
                ExitCode::from(1)
            }
            _ => {
                eprint!("{self}\n{usage}{self}\n");
                ExitCode::from(2)
            }
        }
    }
}

/// The value of one flag: the default before parsing, what was given afterwards. Clones share the value.
#[derive(Debug, Clone)]
pub struct Flag<T>(Rc<RefCell<T>>);

impl<T: Clone> Flag<T> {
    /// A value that no argument can change.
    fn fixed(value: T) -> Self {
        Self(Rc::new(RefCell::new(value)))
    }

    /// The current value.
    pub fn get(&self) -> T {
        self.0.borrow().clone()
    }
}

/// One entry of the set, without its type.
struct Definition {
    type_name: &'static str,
    default: String,
    usage: String,
    value_when_bare: Option<&'static str>,
    slot: Box<dyn Slot>,
}

/// Where a parsed text goes.
trait Slot {
    fn set(&mut self, text: &str) -> Result<(), String>;
}

struct TypedSlot<T> {
    value: Rc<RefCell<T>>,
    changed: bool,
}

impl<T: FlagValue> Slot for TypedSlot<T> {
    fn set(&mut self, text: &str) -> Result<(), String> {
        let parsed = T::parse(text)?;
        let mut value = self.value.borrow_mut();
        if self.changed {
            value.add(parsed)
        } else {
            *value = parsed
        }
        self.changed = true;
        Ok(())
    }
}

/// The flags of one program.
pub struct FlagSet {
    program: String,
    definitions: BTreeMap<String, Definition>,
}

impl FlagSet {
    /// An empty set; `program` is the name shown in the usage.
    pub fn new(program: &str) -> Self {
        Self { program: program.to_owned(), definitions: BTreeMap::new() }
    }

    /// Defines `--name`. A second definition of the same name replaces the first.
    pub fn add<T: FlagValue>(&mut self, name: &str, default: T, usage: &str) -> Flag<T> {
        let printed = default.print();
        let value = Rc::new(RefCell::new(default));
        let slot = Box::new(TypedSlot { value: Rc::clone(&value), changed: false });
        let definition = Definition {
            type_name: T::TYPE_NAME,
            default: printed,
            usage: usage.to_owned(),
            value_when_bare: T::WHEN_BARE,
            slot,
        };
        self.definitions.insert(name.to_owned(), definition);
        Flag(value)
    }

    /// Reads the arguments, without the program's own name in front.
    pub fn parse(&mut self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), FlagError> {
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let argument = text_of(argument)?;
            if argument == "--" {
                return Ok(());
            }
            if argument == "--help" || argument == "-h" {
                return Err(FlagError::Help(self.usage()));
            }
            let Some(flag) = argument.strip_prefix("--") else {
                if argument.len() > 1 && argument.starts_with('-') {
                    return Err(FlagError::Unknown(argument));
                }
                continue;
            };
            let (name, inline) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            if name.is_empty() || name.starts_with('-') {
                return Err(FlagError::Syntax(argument));
            }
            self.assign(name, inline, &mut arguments)?;
        }
        Ok(())
    }

    fn assign(&mut self, name: &str, inline: Option<String>, rest: &mut impl Iterator<Item = OsString>) -> Result<(), FlagError> {
        let definition = self.definitions.get_mut(name).ok_or_else(|| FlagError::Unknown(format!("--{name}")))?;
        let value = match (inline, definition.value_when_bare) {
            (Some(value), _) => value,
            (None, Some(bare)) => bare.to_owned(),
            (None, None) => text_of(rest.next().ok_or_else(|| FlagError::MissingValue(name.to_owned()))?)?,
        };
        definition.slot.set(&value).map_err(|reason| FlagError::Value { name: name.to_owned(), value, reason })
    }

    /// The text that `--help` prints: one paragraph per flag, sorted by name.
    pub fn usage(&self) -> String {
        let mut text = format!("Usage of {}:\n", self.program);
        for (name, definition) in &self.definitions {
            let kind = if definition.type_name == "bool" { "" } else { definition.type_name };
            // Writing to a String cannot fail.
            let _ = write!(text, "      --{name} {kind}");
            let _ = write!(text, "\n            {}", definition.usage);
            if !matches!(definition.default.as_str(), "" | "false" | "[]" | "0") {
                let _ = write!(text, " (default {})", definition.default);
            }
            text.push('\n');
        }
        text
    }
}

/// The environment variable `name`, or `default` where it is unset or empty: how source-controller takes its defaults.
pub fn environment_or(name: &str, default: &str) -> String {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => default.to_owned(),
    }
}

fn text_of(argument: OsString) -> Result<String, FlagError> {
    argument.into_string().map_err(|raw| FlagError::Syntax(raw.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests;
