//! An object that is read even if it does not decode, so that one bad object of a list or watch does not hide the others.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::DynamicResourceScope;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An object as the API server sent it.
#[derive(Debug, Clone)]
pub(crate) enum Lenient<K> {
    /// It is what it should be.
    Decoded(Box<K>),
    /// A field has a type that it should not have.
    Undecodable {
        /// Which object.
        metadata: Box<ObjectMeta>,
        /// What is wrong.
        error: String,
    },
}

impl<'de, K: DeserializeOwned> Deserialize<'de> for Lenient<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Named {
            #[serde(default)]
            metadata: Box<ObjectMeta>,
        }
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str(raw.get()) {
            Ok(object) => Ok(Self::Decoded(Box::new(object))),
            Err(error) => {
                let named: Named = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
                Ok(Self::Undecodable { metadata: named.metadata, error: error.to_string() })
            }
        }
    }
}

impl<K: Resource<DynamicType = ()>> Resource for Lenient<K> {
    type DynamicType = ();
    type Scope = DynamicResourceScope;

    fn kind(_: &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group(_: &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version(_: &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural(_: &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Decoded(object) => object.meta(),
            Self::Undecodable { metadata, .. } => metadata,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Decoded(object) => object.meta_mut(),
            Self::Undecodable { metadata, .. } => metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::core::{ObjectList, WatchEvent};

    const BAD: &str = r#"{"metadata":{"name":"bad","namespace":"ns"},"data":["not","a","map"]}"#;
    const GOOD: &str = r#"{"metadata":{"name":"good","namespace":"ns"},"data":{"k":"v"}}"#;

    fn name(object: &Lenient<ConfigMap>) -> Option<&str> {
        object.meta().name.as_deref()
    }

    #[test]
    fn a_bad_object_of_a_list_leaves_the_others_readable() {
        let list = format!(r#"{{"apiVersion":"v1","kind":"ConfigMapList","metadata":{{}},"items":[{BAD},{GOOD}]}}"#);
        let list: ObjectList<Lenient<ConfigMap>> = serde_json::from_str(&list).expect("the list is read");
        assert!(matches!(&list.items[0], Lenient::Undecodable { error, .. } if error.contains("invalid type")));
        assert_eq!(name(&list.items[0]), Some("bad"));
        assert!(matches!(&list.items[1], Lenient::Decoded(object) if object.data.as_ref().is_some_and(|data| data["k"] == "v")));
    }

    #[test]
    fn a_watch_tells_which_object_is_bad() {
        let event = format!(r#"{{"type":"MODIFIED","object":{BAD}}}"#);
        let event: WatchEvent<Lenient<ConfigMap>> = serde_json::from_str(&event).expect("the event is read");
        assert!(matches!(&event, WatchEvent::Modified(object) if name(object) == Some("bad")));
    }
}
