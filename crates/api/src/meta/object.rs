//! What code for every kind may ask of one.

use super::{Conditions, GoDuration};
use kube::core::object::HasStatus;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// A namespaced kind that a controller reconciles.
pub trait ReconciledObject:
    kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
    + HasStatus<Status: ReconciledStatus>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// Whether `spec.suspend` is set.
    fn suspended(&self) -> bool;

    /// `spec.interval`: how long after a success the object is looked at again; `None` for kinds that have none.
    fn interval(&self) -> Option<&GoDuration>;

    /// The conditions in status; none where there is no status.
    fn conditions(&self) -> Conditions {
        self.status().map(|status| status.conditions().clone()).unwrap_or_default()
    }
}

/// The part of a status that all kinds share.
pub trait ReconciledStatus: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `conditions`.
    fn conditions(&self) -> &Conditions;
    /// `conditions`, to change them.
    fn conditions_mut(&mut self) -> &mut Conditions;
    /// `observedGeneration`; −1 on objects that no controller has seen, zero where absent.
    fn observed_generation(&self) -> i64;
    /// Writes `observedGeneration`.
    fn set_observed_generation(&mut self, generation: i64);
    /// `lastHandledReconcileAt`.
    fn last_handled_reconcile_at(&self) -> Option<&str>;
    /// Writes `lastHandledReconcileAt`.
    fn set_last_handled_reconcile_at(&mut self, value: String);
}

/// Implements [`ReconciledStatus`] for a struct with the usual three fields.
macro_rules! reconciled_status {
    ($status:ty) => {
        impl $crate::meta::ReconciledStatus for $status {
            fn conditions(&self) -> &$crate::meta::Conditions {
                &self.conditions
            }
            fn conditions_mut(&mut self) -> &mut $crate::meta::Conditions {
                &mut self.conditions
            }
            fn observed_generation(&self) -> i64 {
                self.observed_generation
            }
            fn set_observed_generation(&mut self, generation: i64) {
                self.observed_generation = generation;
            }
            fn last_handled_reconcile_at(&self) -> Option<&str> {
                self.last_handled_reconcile_at.as_deref()
            }
            fn set_last_handled_reconcile_at(&mut self, value: String) {
                self.last_handled_reconcile_at = Some(value);
            }
        }
    };
}
pub(crate) use reconciled_status;
