//! Against a real API server: which writes and how many requests an apply, a prune and a wait make, and in which words they fail.

mod applying;
mod discovery;
mod drift;
mod failing;
mod pruning;
mod waiting;
mod world;
