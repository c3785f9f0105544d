//! The actions. Each file is one; the order of its writes is what makes it safe to die in.

mod install;
mod rollback;
mod stages;
mod test;
mod uninstall;
mod upgrade;

pub use uninstall::Uninstalled;
