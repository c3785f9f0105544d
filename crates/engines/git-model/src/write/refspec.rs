//! Where a commit is pushed to besides its branch.

use crate::check_ref_name;

/// `[+]source:destination`, in which the source can only be the branch that is pushed anyway: nothing else exists here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refspec {
    /// Whether what is at the destination may be thrown away.
    pub force: bool,
    /// `HEAD`, or a full name, perhaps with one `*`.
    source: String,
    /// A full name, with `*` where the source has one.
    destination: String,
}

/// Why a text is no refspec for a push.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefspecError {
    /// It has not the form.
    #[error("refspec {0:?} is not of the form [+]source:destination with full names")]
    Malformed(String),
    /// Its source is not what is pushed.
    #[error("refspec '{refspec}' does not begin with the branch that is pushed, '{branch}'")]
    OtherSource {
        /// The refspec.
        refspec: String,
        /// The full name of the branch.
        branch: String,
    },
}

impl Refspec {
    /// Reads a refspec. A name alone is pushed under the same name. Deleting (`:name`) is not for us.
    ///
    /// # Errors
    /// [`RefspecError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, RefspecError> {
        let malformed = || RefspecError::Malformed(text.to_owned());
        let (force, names) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
        let (source, destination) = names.split_once(':').unwrap_or((names, names));
        let is_full = |name: &str| name.starts_with("refs/") && check_ref_name(&name.replacen('*', "x", 1)).is_ok();
        let stars = (source.matches('*').count(), destination.matches('*').count());
        if !(source == "HEAD" || is_full(source)) || !is_full(destination) || !matches!(stars, (0, 0) | (1, 1)) {
            return Err(malformed());
        }
        Ok(Self { force, source: source.to_owned(), destination: destination.to_owned() })
    }

    /// The full name under which the branch of the full name `branch` is pushed.
    ///
    /// # Errors
    /// [`RefspecError::OtherSource`].
    pub fn destination(&self, branch: &str) -> Result<String, RefspecError> {
        let matched = match self.source.split_once('*') {
            Some((before, after)) => branch.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)),
            None => (self.source == "HEAD" || self.source == branch).then_some(""),
        };
        let refspec = || format!("{}{}:{}", if self.force { "+" } else { "" }, self.source, self.destination);
        let matched = matched.ok_or_else(|| RefspecError::OtherSource { refspec: refspec(), branch: branch.to_owned() })?;
        Ok(self.destination.replacen('*', matched, 1))
    }
}
