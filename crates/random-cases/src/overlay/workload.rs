//! Objects with pods in them.

use super::scalar::{NAMES, any, labels, scalar, string};
use crate::Choices;
use crate::yaml::{Item, list, map, raw, text};

/// Calls a function some times.
pub(super) fn some(choices: &mut Choices<'_>, most: usize, make: &mut dyn FnMut(&mut Choices<'_>) -> Item) -> Item {
    let count = choices.below(most + 1);
    list((0..count).map(|_| make(choices)).collect::<Vec<_>>())
}

fn container(choices: &mut Choices<'_>) -> Item {
    let name = choices.of(&["main", "side", "setup"]);
    let image = choices.of(&[
        "nginx",
        "nginx:1.25",
        "registry.example.com:5000/team/app:v1",
        "busybox@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3",
        "app:v1@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3",
        "docker.io/library/postgres",
    ]);
    let mut item = map([("name", text(name)), ("image", text(image))]);
    if choices.once_in(3) {
        item.put("args", some(choices, 3, &mut string));
    }
    if choices.once_in(6) {
        item.put("command", some(choices, 2, &mut string));
    }
    if choices.once_in(2) {
        item.put("env", some(choices, 3, &mut variable));
    }
    if choices.once_in(4) {
        let name = choices.of(&NAMES);
        let kind = choices.of(&["configMapRef", "secretRef"]);
        item.put("envFrom", list([map([(kind, map([("name", text(name))]))])]));
    }
    if choices.once_in(3) {
        item.put("ports", some(choices, 3, &mut port));
    }
    if choices.once_in(4) {
        item.put(
            "volumeMounts",
            some(choices, 2, &mut |choices| {
                map([("name", text(choices.of(&["data", "config"]))), ("mountPath", text(choices.of(&["/data", "/etc/config"])))])
            }),
        );
    }
    if choices.once_in(4) {
        let limits = map([("cpu", raw(choices.of(&["1", "500m", "0.5"]))), ("memory", text("64Mi"))]);
        item.put("resources", map([(choices.of(&["limits", "requests"]), limits)]));
    }
    if choices.once_in(8) {
        item.put("livenessProbe", map([("httpGet", map([("path", text("/")), ("port", raw(choices.of(&["80", "http"])))]))]));
    }
    item
}

fn variable(choices: &mut Choices<'_>) -> Item {
    let name = text(choices.of(&["A", "B", "C", "HOST"]));
    let reference = choices.of(&NAMES);
    match choices.below(6) {
        0 => {
            let key = choices.of(&["configMapKeyRef", "secretKeyRef"]);
            map([("name", name), ("valueFrom", map([(key, map([("name", text(reference)), ("key", text("k9"))]))]))])
        }
        1 => map([("name", name)]),
        2 => map([("name", name), ("value", scalar(choices))]),
        _ => map([("name", name), ("value", string(choices))]),
    }
}

fn port(choices: &mut Choices<'_>) -> Item {
    let mut item = map([("containerPort", raw(choices.of(&["80", "8080", "53"])))]);
    if choices.once_in(2) {
        item.put("protocol", text(choices.of(&["TCP", "UDP"])));
    }
    if choices.once_in(2) {
        item.put("name", text(choices.of(&["http", "dns"])));
    }
    item
}

fn volume(choices: &mut Choices<'_>) -> Item {
    let name = text(choices.of(&["data", "config"]));
    let reference = text(choices.of(&NAMES));
    match choices.below(6) {
        0 => map([("name", name), ("configMap", map([("name", reference)]))]),
        1 => map([("name", name), ("secret", map([("secretName", reference)]))]),
        2 => map([("name", name), ("persistentVolumeClaim", map([("claimName", reference)]))]),
        3 => {
            let source = map([(choices.of(&["configMap", "secret"]), map([("name", reference)]))]);
            map([("name", name), ("projected", map([("sources", list([source]))]))])
        }
        4 => map([("name", name), ("hostPath", map([("path", text("/x"))]))]),
        _ => map([("name", name), ("emptyDir", Item::Map(Vec::new()))]),
    }
}

/// The `spec` of a pod.
pub(super) fn pod(choices: &mut Choices<'_>) -> Item {
    let containers: Vec<Item> = (0..=choices.below(3)).map(|_| container(choices)).collect();
    let mut item = map([("containers", list(containers))]);
    if choices.once_in(6) {
        item.put("initContainers", some(choices, 2, &mut container));
    }
    if choices.once_in(2) {
        item.put("volumes", some(choices, 2, &mut volume));
    }
    if choices.once_in(4) {
        item.put("serviceAccountName", text(choices.of(&NAMES)));
    }
    if choices.once_in(8) {
        item.put("imagePullSecrets", list([map([("name", text(choices.of(&NAMES)))])]));
    }
    if choices.once_in(8) {
        item.put("nodeSelector", labels(choices));
    }
    if choices.once_in(10) {
        let toleration = map([("key", text(choices.of(&["a", "b"]))), ("operator", text("Exists"))]);
        item.put("tolerations", list([toleration]));
    }
    if choices.once_in(10) {
        let alias = map([("ip", text(choices.of(&["127.0.0.1", "10.0.0.1"]))), ("hostnames", some(choices, 2, &mut string))]);
        item.put("hostAliases", list([alias]));
    }
    if choices.once_in(10) {
        let term = map([("labelSelector", map([("matchLabels", labels(choices))])), ("topologyKey", text("zone"))]);
        let required = map([("requiredDuringSchedulingIgnoredDuringExecution", list([term]))]);
        item.put("affinity", map([(choices.of(&["podAffinity", "podAntiAffinity"]), required)]));
    }
    if choices.once_in(12) {
        let constraint = map([
            ("maxSkew", raw("1")),
            ("topologyKey", text(choices.of(&["zone", "host"]))),
            ("whenUnsatisfiable", text("DoNotSchedule")),
            ("labelSelector", map([("matchLabels", labels(choices))])),
        ]);
        item.put("topologySpreadConstraints", list([constraint]));
    }
    if choices.once_in(30) {
        item.put(choices.of(&["securityContext", "dnsConfig", "unknownField"]), any(choices, 2));
    }
    item
}

/// A pod's template with labels, and the selector that goes with it.
pub(super) fn template(choices: &mut Choices<'_>) -> (Item, Item) {
    let labels = labels(choices);
    let mut metadata = map([("labels", labels.clone())]);
    if choices.once_in(6) {
        metadata.put("annotations", super::scalar::labels(choices));
    }
    (map([("metadata", metadata), ("spec", pod(choices))]), map([("matchLabels", labels)]))
}
