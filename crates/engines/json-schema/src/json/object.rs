//! Objects.

use std::borrow::Cow;

use super::Json;

/// Up to how many members it is faster to look at each than to halve.
const FEW: usize = 8;

/// The members of an object, sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object<'t>(Vec<(Cow<'t, str>, Json<'t>)>);

impl<'t> Object<'t> {
    /// Of members with the same name the last one counts.
    pub(crate) fn new(mut members: Vec<(Cow<'t, str>, Json<'t>)>) -> Object<'t> {
        if !members.is_sorted_by(|(one, _), (next, _)| one < next) {
            members.reverse();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.dedup_by(|(later, _), (kept, _)| later == kept);
        }
        Object(members)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Json<'t>> {
        if self.0.len() <= FEW {
            return self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value);
        }
        let at = self.0.binary_search_by(|(found, _)| (**found).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// The only member, if it has this name.
    pub(crate) fn only(&self, name: &str) -> Option<&Json<'t>> {
        match self.0.as_slice() {
            [(found, value)] if found == name => Some(value),
            _ => None,
        }
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn into_owned(self) -> Object<'static> {
        Object(self.0.into_iter().map(|(name, value)| (name.into_owned().into(), value.into_owned())).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Json<'t>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_and_the_last_of_a_name_counts() {
        let number = |text: &'static str| Json::Number(text.into());
        let members = [("b", "1"), ("a", "2"), ("b", "3"), ("c", "4"), ("b", "5")];
        let object = Object::new(members.map(|(name, value)| (name.into(), number(value))).into());
        assert_eq!(object.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!((object.get("b"), object.get("d"), object.len()), (Some(&number("5")), None, 3));
        let many = Object::new((0..20).rev().map(|at| (format!("{at:02}").into(), number("0"))).collect());
        assert!(many.contains_key("00") && many.contains_key("19") && !many.contains_key("20"));
    }
}
