//! Patterns of `.Files.Glob`, as the Go library `gobwas/glob` reads them with `/` between folders: `*` and `?` stay within a
//! folder, `**` does not; `[abc]`, `[a-c]`, `[!…]` are classes, `{a,b}` alternatives, `\` takes meanings away.

/// A pattern, as states between which characters lead.
#[derive(Debug)]
pub(super) struct Glob {
    states: Vec<State>,
}

/// What leads on from a state.
#[derive(Debug)]
enum State {
    /// A character that fits leads to the next state.
    One(Fit),
    /// Nothing leads to any of these states.
    Jump(Vec<usize>),
    /// The pattern ends here.
    End,
}

#[derive(Debug)]
enum Fit {
    Any,
    WithinFolder,
    Character(char),
    Range { low: char, high: char, negated: bool },
    List { characters: Vec<char>, negated: bool },
}

impl Fit {
    fn allows(&self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::WithinFolder => character != '/',
            Self::Character(wanted) => character == *wanted,
            Self::Range { low, high, negated } => (*low..=*high).contains(&character) != *negated,
            Self::List { characters, negated } => characters.contains(&character) != *negated,
        }
    }
}

impl Glob {
    /// Reads a pattern; `None` when it is malformed.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut parser = Parser { rest: pattern.chars().peekable(), states: Vec::new(), open: Vec::new() };
        while let Some(character) = parser.rest.next() {
            parser.item(character)?;
        }
        // A group without an end ends with the pattern.
        while let Some(group) = parser.open.pop() {
            parser.close(group);
        }
        parser.states.push(State::End);
        Some(Self { states: parser.states })
    }

    /// Whether the whole path matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut here = vec![false; self.states.len()];
        self.enter(0, &mut here);
        for character in path.chars() {
            let mut next = vec![false; self.states.len()];
            for (at, state) in self.states.iter().enumerate() {
                if let State::One(fit) = state
                    && here[at]
                    && fit.allows(character)
                {
                    self.enter(at + 1, &mut next);
                }
            }
            here = next;
        }
        here.last().copied().unwrap_or_default()
    }

    /// Marks a state and all that nothing leads to from there.
    fn enter(&self, state: usize, marked: &mut [bool]) {
        let mut pending = vec![state];
        while let Some(state) = pending.pop() {
            if !std::mem::replace(&mut marked[state], true)
                && let State::Jump(targets) = &self.states[state]
            {
                pending.extend(targets);
            }
        }
    }
}

/// A group of alternatives that has not ended yet.
struct Group {
    /// The state that leads into the alternatives.
    entry: usize,
    /// Where they begin.
    starts: Vec<usize>,
    /// The states at their ends.
    ends: Vec<usize>,
}

struct Parser<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    states: Vec<State>,
    open: Vec<Group>,
}

impl Parser<'_> {
    fn item(&mut self, character: char) -> Option<()> {
        match character {
            '*' => {
                let fit = if self.rest.next_if_eq(&'*').is_some() { Fit::Any } else { Fit::WithinFolder };
                // Around in a loop, or past it.
                let start = self.states.len();
                self.states.push(State::Jump(vec![start + 1, start + 3]));
                self.states.push(State::One(fit));
                self.states.push(State::Jump(vec![start]));
            }
            '?' => self.states.push(State::One(Fit::WithinFolder)),
            '[' => {
                let class = self.class()?;
                self.states.push(State::One(class));
            }
            '{' => {
                let entry = self.states.len();
                self.states.push(State::Jump(Vec::new()));
                self.open.push(Group { entry, starts: vec![entry + 1], ends: Vec::new() });
            }
            ',' if !self.open.is_empty() => {
                let end = self.states.len();
                self.states.push(State::Jump(Vec::new()));
                if let Some(group) = self.open.last_mut() {
                    group.ends.push(end);
                    group.starts.push(end + 1);
                }
            }
            '}' => match self.open.pop() {
                Some(group) => self.close(group),
                None => self.states.push(State::One(Fit::Character('}'))),
            },
            '\\' => {
                if let Some(literal) = self.rest.next() {
                    self.states.push(State::One(Fit::Character(literal)));
                }
            }
            literal => self.states.push(State::One(Fit::Character(literal))),
        }
        Some(())
    }

    fn close(&mut self, group: Group) {
        let after = self.states.len();
        for end in group.ends {
            self.states[end] = State::Jump(vec![after]);
        }
        self.states[group.entry] = State::Jump(group.starts);
    }

    /// The class whose text begins after `[`: one range, or a list of characters.
    fn class(&mut self) -> Option<Fit> {
        let negated = self.rest.next_if_eq(&'!').is_some();
        let first = self.rest.next()?;
        if self.rest.next_if_eq(&'-').is_some() {
            let high = self.rest.next()?;
            let closed = self.rest.next()? == ']';
            return (closed && first <= high).then_some(Fit::Range { low: first, high, negated });
        }
        let mut characters = Vec::new();
        let mut next = first;
        loop {
            match next {
                ']' => break,
                '\\' => characters.push(self.rest.next()?),
                character => characters.push(character),
            }
            next = self.rest.next()?;
        }
        (!characters.is_empty()).then_some(Fit::List { characters, negated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked with `gobwas/glob` v0.2.3, separator `/`; a malformed pattern matches nothing here.
    #[test]
    fn patterns_match_as_in_gobwas() {
        for (pattern, path, expect) in [
            ("*", "a.txt", true),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("a/**", "a/b/c", true),
            ("a/*", "a/b/c", false),
            ("?.txt", "a.txt", true),
            ("?", "/", false),
            ("{a,b*}.txt", "bcd.txt", true),
            ("{a,b}.txt", "c.txt", false),
            ("{a,{b,c}}", "c", true),
            ("[ab].txt", "b.txt", true),
            ("[a-c].txt", "c.txt", true),
            ("[!a-c].txt", "c.txt", false),
            ("[!a]", "/", true),
            ("[a-zA-Z]", "a", false),
            ("[", "[", false),
            ("\\*", "*", true),
            ("a}", "a}", true),
            ("{a,b", "b", true),
            ("", "a", false),
        ] {
            let found = Glob::parse(pattern).is_some_and(|glob| glob.matches(path));
            assert_eq!(found, expect, "{pattern} on {path}");
        }
    }
}
