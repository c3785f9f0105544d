//! Ranges of versions: `>=1.2 <3`, `^1`, `~1.2`, `1.x || 2.3.4 - 2.9`.
//!
//! The grammar and each operator's meaning are those of Masterminds/semver v3.5.0, with its surprises: a bare version with parts
//! missing is a `~` range, `^*` holds for 0.0.0 only, and pre-releases count only in a group that names one.

use crate::version::{Version, compare_prereleases};
use regex::{Captures, Regex};
use std::{cmp::Ordering, fmt, str::FromStr, sync::LazyLock};

/// The longest text that is read as a range, in bytes.
const LENGTH_LIMIT: usize = 512;

/// The most alternatives that a range may have.
const GROUP_LIMIT: usize = 32;

/// A range of versions: groups of terms of which one group must hold as a whole.
#[derive(Debug, Clone)]
pub struct Constraint {
    groups: Vec<Group>,
    text: String,
}

/// Why a text is not a range; worded as Masterminds/semver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// The text has another form.
    #[error("improper constraint: {0:?}")]
    Improper(String),
    /// A version in it cannot be read.
    #[error("constraint parser error")]
    Version,
    /// The text is longer than a range may be.
    #[error("constraint string is too long (max {LENGTH_LIMIT} bytes)")]
    TooLong,
    /// The range has more alternatives than it may have.
    #[error("too many constraint groups (max {GROUP_LIMIT})")]
    TooManyGroups,
}

#[derive(Debug, Clone)]
struct Group {
    terms: Vec<Term>,
    /// Whether a term names a pre-release, so that they count.
    prereleases: bool,
}

#[derive(Debug, Clone)]
struct Term {
    operator: Operator,
    version: Version,
    open: Open,
}

/// From which number on a term's version is left open, by an `x` or by being short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Major,
    Minor,
    Patch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// The parts of the grammar. White space is what Go counts as such.
mod grammar {
    pub(super) const SPACE: &str = r"[\t\n\f\r ]";
    pub(super) const OPERATOR: &str = r"(?:>=|=>|<=|=<|!=|~>|=|>|<|~|\^)?";
    pub(super) const NUMBER: &str = r"[0-9xX*|]+";
    pub(super) const IDENTIFIERS: &str = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";

    /// A version, with `x` for numbers that are open.
    pub(super) fn version() -> String {
        format!(r"v?{NUMBER}(?:\.{NUMBER})?(?:\.{NUMBER})?(?:-{IDENTIFIERS})?(?:\+{IDENTIFIERS})?")
    }
}

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("because the patterns are constant and covered by tests")
}

/// One term. The version is taken apart as well.
static TERM: LazyLock<Regex> = LazyLock::new(|| {
    use grammar::{IDENTIFIERS, NUMBER, OPERATOR, SPACE};
    compile(&format!(
        r"(?<operator>{OPERATOR}){SPACE}*(?<version>v?(?<major>{NUMBER})(?:\.(?<minor>{NUMBER}))?(?:\.(?<patch>{NUMBER}))?(?<prerelease>-{IDENTIFIERS})?(?:\+{IDENTIFIERS})?)"
    ))
});

/// Terms with space or commas between them.
static GROUP: LazyLock<Regex> = LazyLock::new(|| {
    use grammar::{OPERATOR, SPACE};
    let term = format!("{OPERATOR}{SPACE}*{}{SPACE}*", grammar::version());
    compile(&format!("^{SPACE}*{term}(?:(?:{SPACE}+|,{SPACE}*){term})*$"))
});

/// Two versions with a dash between them.
static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    let (space, version) = (grammar::SPACE, grammar::version());
    compile(&format!("{space}*(?<low>{version}){space}+-{space}+(?<high>{version}){space}*"))
});

impl Constraint {
    /// Whether a version is in the range.
    pub fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            (version.prerelease().is_empty() || group.prereleases) && group.terms.iter().all(|term| term.allows(version))
        })
    }
}

impl FromStr for Constraint {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        if text.len() > LENGTH_LIMIT {
            return Err(ConstraintError::TooLong);
        }
        let rewritten = RANGE.replace_all(text, ">= $low, <= $high ");
        let groups: Vec<&str> = rewritten.split("||").collect();
        if groups.len() > GROUP_LIMIT {
            return Err(ConstraintError::TooManyGroups);
        }
        let groups = groups.into_iter().map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Self { groups, text: text.to_owned() })
    }
}

impl fmt::Display for Constraint {
    /// The text that was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Group {
    fn parse(text: &str) -> Result<Self, ConstraintError> {
        if !GROUP.is_match(text) {
            return Err(ConstraintError::Improper(text.to_owned()));
        }
        let terms: Vec<Term> = TERM.captures_iter(text).map(|parts| Term::new(&parts)).collect::<Result<_, _>>()?;
        let prereleases = terms.iter().any(|term| !term.version.prerelease().is_empty());
        Ok(Self { terms, prereleases })
    }
}

impl Term {
    fn new(parts: &Captures<'_>) -> Result<Self, ConstraintError> {
        let part = |name| parts.name(name).map_or("", |found| found.as_str());
        let is_open = |text: &str| matches!(text, "" | "x" | "X" | "*");
        let (major, minor, patch, prerelease) = (part("major"), part("minor"), part("patch"), part("prerelease"));
        let (open, text) = if is_open(major) {
            (Open::Major, format!("0.0.0{prerelease}"))
        } else if is_open(minor) {
            (Open::Minor, format!("{major}.0.0{prerelease}"))
        } else if is_open(patch) {
            (Open::Patch, format!("{major}.{minor}.0{prerelease}"))
        } else {
            (Open::Nothing, part("version").to_owned())
        };
        let version = text.parse().map_err(|_| ConstraintError::Version)?;
        Ok(Self { operator: Operator::parse(part("operator")), version, open })
    }

    /// Whether the term holds, pre-releases being admitted.
    fn allows(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.operator {
            Operator::Less => order == Ordering::Less,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::Equal if self.open == Open::Nothing => order == Ordering::Equal,
            Operator::Greater if self.open == Open::Nothing => order == Ordering::Greater,
            Operator::LessOrEqual if self.open == Open::Nothing => order != Ordering::Greater,
            Operator::Equal | Operator::Tilde => order != Ordering::Less && self.tilde(version),
            Operator::Caret => order != Ordering::Less && self.caret(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => self.above(version),
            Operator::LessOrEqual => !self.beyond(version),
        }
    }

    /// Whether a version that is not below the term's stays within its last given number.
    fn tilde(&self, version: &Version) -> bool {
        let least = &self.version;
        let zero = (least.major(), least.minor(), least.patch()) == (0, 0, 0);
        if zero && !matches!(self.open, Open::Minor | Open::Patch) {
            return true;
        }
        version.major() == least.major() && (self.open == Open::Minor || version.minor() == least.minor())
    }

    /// Whether a version that is not below the term's keeps the first number that is not zero.
    fn caret(&self, version: &Version) -> bool {
        let least = &self.version;
        if least.major() > 0 || self.open == Open::Minor {
            return version.major() == least.major();
        }
        if least.minor() > 0 || self.open == Open::Patch {
            return version.major() == 0 && version.minor() == least.minor();
        }
        version.major() == 0 && version.minor() == 0 && version.patch() == least.patch()
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing | Open::Major => version != own,
            Open::Minor => version.major() != own.major(),
            Open::Patch => {
                let same = (version.major(), version.minor()) == (own.major(), own.minor());
                !same || compare_prereleases(version.prerelease(), own.prerelease()) != Ordering::Equal
            }
        }
    }

    /// `>` with open numbers: `>11` begins at 12.
    fn above(&self, version: &Version) -> bool {
        let own = &self.version;
        match version.major().cmp(&own.major()) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => match self.open {
                Open::Minor => false,
                Open::Patch => version.minor() > own.minor(),
                Open::Nothing | Open::Major => version > own,
            },
        }
    }

    /// The opposite of `<=` with open numbers: `<=11` ends before 12.
    fn beyond(&self, version: &Version) -> bool {
        let own = &self.version;
        version.major() > own.major()
            || (version.major() == own.major() && version.minor() > own.minor() && self.open != Open::Minor)
    }
}

impl Operator {
    fn parse(text: &str) -> Self {
        match text {
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            "<" => Self::Less,
            ">=" | "=>" => Self::GreaterOrEqual,
            "<=" | "=<" => Self::LessOrEqual,
            "~" | "~>" => Self::Tilde,
            "^" => Self::Caret,
            _ => Self::Equal,
        }
    }
}
