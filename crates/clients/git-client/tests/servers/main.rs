//! The client against real servers (`git http-backend`, `sshd`) and against scripted ones that misbehave.

mod commit;
mod forge;
mod hostile;
mod http;
mod proxy;
mod push;
mod ssh;
mod support;
