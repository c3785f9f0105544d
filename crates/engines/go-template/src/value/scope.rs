//! Frees maps that contain themselves: Go collects them, but references to each other are counted forever.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::{Rc, Weak};

use super::map::Shared;

thread_local! {
    /// The maps of this thread into which a list or a map was put since the scope began; `None` outside of scopes.
    static CHANGED: RefCell<Option<Vec<Weak<Shared>>>> = const { RefCell::new(None) };
}

/// A time on one thread, such as the rendering of a chart, after which none of the maps changed in it is needed any more.
///
/// A function such as `set` can put a map into itself, so that it is never freed. The end of the outermost scope empties those
/// changed maps that still exist, which frees them. Whoever executes templates that are not trusted does so in a scope.
#[derive(Debug)]
pub struct Scope {
    outer: Option<Vec<Weak<Shared>>>,
    /// A scope belongs to its thread.
    thread: PhantomData<Rc<()>>,
}

impl Scope {
    /// Begins a scope, which lasts until this value is dropped.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a scope is begun, it is no value")]
    pub fn new() -> Self {
        Self { outer: CHANGED.replace(Some(Vec::new())), thread: PhantomData }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let mut changed = CHANGED.take().unwrap_or_default();
        if let Some(mut outer) = self.outer.take() {
            outer.append(&mut changed);
            CHANGED.set(Some(outer));
        }
        for map in changed.iter().filter_map(Weak::upgrade) {
            map.clear();
        }
    }
}

/// Remembers a map that may contain itself from now on.
pub(super) fn note_changed(map: &Rc<Shared>) {
    CHANGED.with_borrow_mut(|changed| {
        if let Some(changed) = changed
            && !changed.last().is_some_and(|last| std::ptr::eq(last.as_ptr(), Rc::as_ptr(map)))
        {
            changed.push(Rc::downgrade(map));
        }
    });
}
