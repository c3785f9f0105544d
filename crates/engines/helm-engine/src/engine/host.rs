//! What one rendering shares between all its files, and hands to the functions.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use go_template::{Call, FunctionError, Parsed, Text};

use crate::ports::Ports;

/// The state of one rendering.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) ports: Rc<dyn Ports>,
    /// How many times each template is included right now.
    pub(crate) included: RefCell<BTreeMap<Text, usize>>,
    /// What `tpl` parsed so far: charts give it the same few texts again and again.
    pub(crate) parsed: RefCell<BTreeMap<Text, Rc<Parsed>>>,
}

impl Host {
    pub(crate) fn new(ports: Rc<dyn Ports>) -> Self {
        Self { ports, included: RefCell::default(), parsed: RefCell::default() }
    }
}

/// The state of the rendering that calls a function.
pub(crate) fn host<'c>(call: &Call<'c>) -> Result<&'c Host, FunctionError> {
    call.host().ok_or_else(|| FunctionError::new("this execution has no host"))
}
