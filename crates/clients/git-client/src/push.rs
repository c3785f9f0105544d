//! One push: what every ref must be before, what it becomes, and why a server did not want it so.

use crate::{
    Cause, Remote,
    client::Shared,
    operation::{Talk, converse, is_valid_reference},
    wire::Wire,
};
use git_model::{
    ObjectId,
    write::{NewObject, RefUpdate, encode_pack},
};
use gix::protocol::transport::Service;

/// Objects for a server, and the refs that will lead to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The refs.
    pub refs: Vec<RefPush>,
    /// What the server has not. What these objects refer to, it has.
    pub objects: Vec<NewObject>,
    /// `git push -o`, each `key=value` or `key`.
    pub options: Vec<String>,
}

/// A ref that is moved or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefPush {
    /// The full name.
    pub name: String,
    /// What it must be before.
    pub expected: Expected,
    /// What it becomes.
    pub new: ObjectId,
}

/// What a ref must be for a push to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// This commit.
    At(ObjectId),
    /// It does not exist.
    Absent,
    /// This commit, or it does not exist.
    AtOrAbsent(ObjectId),
    /// Whatever it is, it may be thrown away: a forced push.
    Anything,
}

/// Options longer than this are not sent: a packet line has room for no more.
const LONGEST_OPTION: usize = 65_000;

/// Pushes. Refs that are already what they should become are left out.
pub(crate) fn push(shared: &Shared, wire: &Wire, remote: &Remote, push: &Push) -> Result<(), Cause> {
    if let Some(wrong) = push.refs.iter().find(|reference| !is_valid_reference(&reference.name) || reference.name == "HEAD") {
        return Err(Cause::InvalidReference(wrong.name.escape_debug().to_string()));
    }
    if push.options.iter().any(|option| option.len() > LONGEST_OPTION || option.contains(['\n', '\0'])) {
        return Err(Cause::Option("a push option is too long or has more than one line".to_owned()));
    }
    let pack = encode_pack(&push.objects).map_err(|error| Cause::Edit(crate::error::chain(&error)))?;
    let result = converse(shared, wire, remote, Service::ReceivePack, |talk| {
        let updates = updates(talk, &push.refs)?;
        if updates.is_empty() {
            return Ok(());
        }
        let (report, said) = talk.push(&updates, &push.options, &pack)?;
        let refused = updates.iter().find_map(|update| Some((&update.name, report.refusal(&update.name)?)));
        refused.map_or(Ok(()), |(name, reason)| Err(refusal(wire, name, reason, &said)))
    });
    match result {
        Err(Cause::Rejected { name, reason }) => Err(explain(shared, wire, remote, push, (name, reason))),
        other => other,
    }
}

/// Compares what the server has with what is expected.
fn updates(talk: &mut dyn Talk, refs: &[RefPush]) -> Result<Vec<RefUpdate>, Cause> {
    let names: Vec<String> = refs.iter().map(|reference| reference.name.clone()).collect();
    let listing = talk.list(&names)?;
    let mut updates = Vec::new();
    for RefPush { name, expected, new } in refs {
        let old = listing.find(name).map(|found| found.object.clone());
        let is_expected = match expected {
            Expected::At(id) => old.as_ref() == Some(id),
            Expected::Absent => old.is_none(),
            Expected::AtOrAbsent(id) => old.as_ref().is_none_or(|old| old == id),
            Expected::Anything => true,
        };
        match old.as_ref() == Some(new) {
            true => {}
            false if is_expected => updates.push(RefUpdate { name: name.clone(), old, new: new.clone() }),
            false => return Err(Cause::Moved(name.clone())),
        }
    }
    Ok(updates)
}

/// What Git and forges say when somebody else was faster or is at it this very moment.
const RACES: &[&str] = &[
    "fetch first",
    "non-fast-forward",
    "stale info",
    "incorrect old value",
    "reference already exists",
    "failed to update ref",
    "failed to lock",
    "cannot lock ref",
    "unable to lock",
];

fn refusal(wire: &Wire, name: &str, reason: &str, said: &str) -> Cause {
    if RACES.iter().any(|race| reason.to_lowercase().contains(race)) {
        return Cause::Moved(name.to_owned());
    }
    let reason = wire.clean(reason);
    let reason = if said.is_empty() { reason } else { format!("{reason} (remote: {said})") };
    Cause::Rejected { name: name.to_owned(), reason }
}

/// Servers word it in many ways that a ref moved; whether it did can be seen. A ref that is what it should become was moved by
/// ourselves, in an attempt whose answer was lost.
fn explain(shared: &Shared, wire: &Wire, remote: &Remote, push: &Push, (name, reason): (String, String)) -> Cause {
    let moved = converse(shared, wire, remote, Service::ReceivePack, |talk| updates(talk, &push.refs));
    match moved {
        Err(Cause::Moved(name)) => Cause::Moved(name),
        _ => Cause::Rejected { name, reason },
    }
}
