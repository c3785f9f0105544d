//! Against a real API server: what each action writes, in which order, and what is left when it dies in between.

mod adoption;
mod client_side;
mod crash;
mod crds;
mod drift;
mod hooks;
mod lifecycle;
mod templates;
mod waiting;
mod world;
