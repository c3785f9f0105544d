//! The whole system on a real control plane. The controllers are driven as users drive them: as processes, through objects.
//!
//! Objects are plain JSON here, not our own types, so that any binaries that take Flux's flags can be run in place of ours.

pub mod bench;
pub mod conformance;
pub mod crds;
pub mod demo;
pub mod helm;
pub mod image;
pub mod install;
pub mod live;
pub mod metrics;
pub mod objects;
pub mod oracle;
pub mod world;

pub use live::Live;
pub use world::World;
