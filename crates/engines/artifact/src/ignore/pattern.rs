//! One line of an ignore file.

use super::glob::Glob;

/// A compiled line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    inclusion: bool,
    directory_only: bool,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// A pattern without a slash: some name of the path matches.
    Name(Glob),
    /// A pattern with a slash: the path begins with it.
    Path(Vec<Segment>),
    /// A malformed pattern.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// Between slashes that follow each other, or before the first one.
    Empty,
    /// `**`.
    AnyDirectories,
    Name(Glob),
}

/// What a pattern says about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    None,
    Exclude,
    Include,
}

impl Pattern {
    /// Reads a line that is neither blank nor a comment.
    pub(super) fn parse(line: &str) -> Self {
        let (inclusion, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let line = if line.ends_with("\\ ") { line } else { line.trim_end_matches(' ') };
        let (directory_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        Self { inclusion, directory_only, shape: Shape::parse(line) }
    }

    /// Whether the pattern takes paths back in.
    pub(super) fn is_inclusion(&self) -> bool {
        self.inclusion
    }

    /// What the pattern says about a path below its domain, given by its names; an empty path matches nothing.
    pub(super) fn matches(&self, names: &[&str], is_directory: bool) -> Match {
        let applies = match &self.shape {
            _ if names.is_empty() => false,
            Shape::Nothing => false,
            Shape::Name(glob) => names
                .iter()
                .position(|name| glob.matches(name))
                .is_some_and(|index| self.fits(is_directory, index + 1 == names.len())),
            Shape::Path(segments) => match_path(segments, names).is_some_and(|rest| self.fits(is_directory, rest.is_empty())),
        };
        match (applies, self.inclusion) {
            (false, _) => Match::None,
            (true, true) => Match::Include,
            (true, false) => Match::Exclude,
        }
    }

    /// Whether what matched is a directory, if it must be: everything above the last name is.
    fn fits(&self, is_directory: bool, whole: bool) -> bool {
        !self.directory_only || is_directory || !whole
    }
}

impl Shape {
    fn parse(line: &str) -> Self {
        if !line.contains('/') {
            return Glob::parse(line).map_or(Self::Nothing, Self::Name);
        }
        let segments: Option<Vec<Segment>> = line
            .split('/')
            .map(|segment| match segment {
                "" => Some(Segment::Empty),
                "**" => Some(Segment::AnyDirectories),
                // `**` within a name stands for nothing.
                name if name.contains("**") => None,
                name => Glob::parse(name).map(Segment::Name),
            })
            .collect();
        segments.map_or(Self::Nothing, Self::Path)
    }
}

/// Matches the beginning of a path; the names that are left.
///
/// After `**` the first name that matches is taken for good: Flux's matcher does not look further if the rest fails there.
fn match_path<'a, 'b>(segments: &[Segment], mut names: &'a [&'b str]) -> Option<&'a [&'b str]> {
    let mut matched = false;
    let mut anywhere = false;
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Empty => anywhere = false,
            Segment::AnyDirectories if index + 1 == segments.len() => break,
            Segment::AnyDirectories => anywhere = true,
            Segment::Name(glob) => {
                let found = if anywhere {
                    names.iter().position(|name| glob.matches(name))
                } else {
                    names.first().filter(|name| glob.matches(name)).map(|_| 0)
                };
                names = &names[found? + 1..];
                matched = true;
                anywhere = false;
            }
        }
    }
    matched.then_some(names)
}
