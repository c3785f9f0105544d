//! Objects of one kind as last seen, fed by a watch and by our own writes, whichever is newer.
//!
//! One object that does not decode is reported and left out; the others are served.

use crate::lenient::Lenient;
use crate::process::Scope;
use crate::queue::ObjectKey;
use futures::{Stream, StreamExt};
use kube::runtime::watcher::{self, Event as WatchEvent};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{mpsc, watch as signal};

/// What changed in a store.
#[derive(Debug, Clone)]
pub enum Change<K> {
    /// An object is new or differs; the version before is there when one was known.
    Applied {
        /// What was known.
        before: Option<Arc<K>>,
        /// What is there now.
        now: Arc<K>,
    },
    /// An object has gone.
    Deleted(Arc<K>),
}

/// The objects of one kind, by key. Cheap to clone.
pub struct Store<K> {
    shared: Arc<Shared<K>>,
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<K> {
    objects: RwLock<HashMap<ObjectKey, Arc<K>>>,
    synced: signal::Sender<bool>,
    listeners: Mutex<Vec<mpsc::UnboundedSender<Change<K>>>>,
}

impl<K> Default for Store<K> {
    fn default() -> Self {
        let shared = Shared { objects: RwLock::default(), synced: signal::Sender::new(false), listeners: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }
}

impl<K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static> Store<K> {
    /// The object of that key, as last seen.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<K>> {
        self.shared.objects.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// All objects, sorted by key.
    pub fn all(&self) -> Vec<Arc<K>> {
        let objects = self.shared.objects.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<(&ObjectKey, &Arc<K>)> = objects.iter().collect();
        all.sort_by(|a, b| a.0.cmp(b.0));
        all.into_iter().map(|(_, object)| Arc::clone(object)).collect()
    }

    /// Waits until the first list has been read.
    pub async fn synced(&self) {
        // The sender lives in `self`: waiting can only end well.
        let _ = self.shared.synced.subscribe().wait_for(|synced| *synced).await;
    }

    /// What changes from now on, by the watch and by our own writes, for those who do not feed this store themselves.
    pub fn changes(&self) -> mpsc::UnboundedReceiver<Change<K>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.shared.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Tells the listeners, and forgets those that have gone.
    fn tell(&self, change: &Change<K>) {
        let mut listeners = self.shared.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.send(change.clone()).is_ok());
    }

    /// Takes in what the server answered to a write of ours, unless the watch brought something newer or the object has gone.
    pub fn written(&self, object: K) -> Arc<K> {
        let object = Arc::new(slim(object));
        let mut objects = self.shared.objects.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = objects.get_mut(&key_of(object.as_ref()))
            && known.uid() == object.uid()
            && newer(object.as_ref(), known.as_ref())
        {
            let before = Some(std::mem::replace(known, Arc::clone(&object)));
            drop(objects);
            self.tell(&Change::Applied { before, now: Arc::clone(&object) });
        }
        object
    }

    fn apply(&self, object: K) -> Option<Change<K>> {
        let object = Arc::new(slim(object));
        let mut objects = self.shared.objects.write().unwrap_or_else(PoisonError::into_inner);
        let key = key_of(object.as_ref());
        let before = objects.get(&key).cloned();
        if before.as_ref().is_some_and(|known| known.uid() == object.uid() && !newer(object.as_ref(), known.as_ref())) {
            return None;
        }
        objects.insert(key, Arc::clone(&object));
        drop(objects);
        let change = Change::Applied { before, now: object };
        self.tell(&change);
        Some(change)
    }

    fn remove(&self, key: &ObjectKey) -> Option<Change<K>> {
        let change = self.shared.objects.write().unwrap_or_else(PoisonError::into_inner).remove(key).map(Change::Deleted)?;
        self.tell(&change);
        Some(change)
    }

    /// Keeps the store current until the stream is dropped, and says what changed. Errors are logged and retried with back-off.
    pub fn watch(&self, client: Client, scope: &Scope) -> impl Stream<Item = Change<K>> + Send + use<K> {
        let api: Api<Lenient<K>> = match &scope.namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &()),
            None => Api::all(client),
        };
        let mut config = watcher::Config::default().any_semantic();
        if let Some(labels) = &scope.label_selector {
            config = config.labels(labels);
        }
        let store = self.clone();
        let mut listed: HashMap<ObjectKey, ()> = HashMap::new();
        watch(api, config).default_backoff().map(move |event| store.take(event, &mut listed)).flat_map(futures::stream::iter)
    }

    fn take(&self, event: Result<WatchEvent<Lenient<K>>, watcher::Error>, listed: &mut HashMap<ObjectKey, ()>) -> Vec<Change<K>> {
        match event {
            Ok(WatchEvent::Apply(object)) => Self::decode(object).and_then(|object| self.apply(object)).into_iter().collect(),
            Ok(WatchEvent::Delete(object)) => self.remove(&key_of(&object)).into_iter().collect(),
            Ok(WatchEvent::Init) => {
                listed.clear();
                Vec::new()
            }
            Ok(WatchEvent::InitApply(object)) => {
                listed.insert(key_of(&object), ());
                Self::decode(object).and_then(|object| self.apply(object)).into_iter().collect()
            }
            Ok(WatchEvent::InitDone) => {
                let mut gone: Vec<ObjectKey> = {
                    let objects = self.shared.objects.read().unwrap_or_else(PoisonError::into_inner);
                    objects.keys().filter(|key| !listed.contains_key(*key)).cloned().collect()
                };
                gone.sort();
                *listed = HashMap::new();
                self.shared.synced.send_replace(true);
                gone.iter().filter_map(|key| self.remove(key)).collect()
            }
            Err(error) => {
                let kind = K::kind(&());
                tracing::warn!(error = crate::error_chain::error_chain(&error), "watch of {kind} objects failed, retrying");
                Vec::new()
            }
        }
    }

    fn decode(object: Lenient<K>) -> Option<K> {
        match object {
            Lenient::Decoded(object) => Some(*object),
            Lenient::Undecodable { metadata, error } => {
                let (namespace, name) = (metadata.namespace.unwrap_or_default(), metadata.name.unwrap_or_default());
                let kind = K::kind(&());
                let error = crate::error_chain::sanitize(&error);
                tracing::error!(%error, "{kind} {namespace}/{name} cannot be decoded and is left alone; correct its fields");
                None
            }
        }
    }
}

/// The key of any namespaced object.
pub fn key_of<K: ResourceExt>(object: &K) -> ObjectKey {
    ObjectKey::new(object.namespace().unwrap_or_default(), object.name_any())
}

fn slim<K: Resource>(mut object: K) -> K {
    object.meta_mut().managed_fields = None;
    object
}

/// Resource versions grow as numbers; what cannot be compared counts as newer.
fn newer<K: Resource>(a: &K, b: &K) -> bool {
    let number = |object: &K| object.meta().resource_version.as_ref().and_then(|version| version.parse::<u128>().ok());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a > b,
        _ => true,
    }
}
