//! Scenarios with controllers of their own: they kill them, count all that they do, or change the CRDs. Killing each controller twenty
//! times, the restart of the API server and the change of the leading kustomize-controller are in `e2e/tests/scenarios`.

mod counting;
mod handover;
mod image_killed;
mod killed;
mod release;
mod release_killed;
mod remote_accounts;
mod source_cloud;
mod source_killed;
mod undecodable;
