//! Kubernetes objects of many kinds.

use super::scalar::{KEYS, NAMES, any, entries, labels, long, string};
use super::workload::{pod, some, template};
use crate::Choices;
use crate::yaml::{Item, list, map, raw, text};

/// A kind with its version, and how its body is made.
pub(super) type Kind = (&'static str, &'static str, fn(&mut Choices<'_>) -> Item);

/// Every kind; the first ones are made most.
pub(super) const KINDS: [Kind; 31] = [
    ("apps/v1", "Deployment", deployment),
    ("v1", "ConfigMap", config_map),
    ("v1", "Service", service),
    ("example.com/v1", "Widget", custom),
    ("v1", "Secret", secret),
    ("apps/v1", "StatefulSet", stateful_set),
    ("apps/v1", "DaemonSet", daemon_set),
    ("batch/v1", "Job", job),
    ("batch/v1", "CronJob", cron_job),
    ("v1", "Pod", |choices| map([("spec", pod(choices))])),
    ("networking.k8s.io/v1", "Ingress", ingress),
    ("autoscaling/v2", "HorizontalPodAutoscaler", autoscaler),
    ("v1", "ServiceAccount", service_account),
    ("rbac.authorization.k8s.io/v1", "Role", role),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", binding),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", role),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", binding),
    ("v1", "Namespace", |_| Item::Map(Vec::new())),
    ("v1", "PersistentVolumeClaim", claim),
    ("v1", "PersistentVolume", volume),
    ("networking.k8s.io/v1", "NetworkPolicy", network_policy),
    ("policy/v1", "PodDisruptionBudget", |choices| map([("spec", map([("selector", map([("matchLabels", labels(choices))]))]))])),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", webhooks),
    ("apiregistration.k8s.io/v1", "APIService", api_service),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", definition),
    ("storage.k8s.io/v1", "StorageClass", |_| map([("provisioner", text("x"))])),
    ("example.com/v1beta1", "Widget", custom),
    ("other.io/v1", "Gadget", custom),
    ("apps/v1beta1", "Deployment", deployment),
    ("v1", "ReplicationController", deployment),
    ("gateway.networking.k8s.io/v1", "HTTPRoute", custom),
];

fn deployment(choices: &mut Choices<'_>) -> Item {
    let (template, selector) = template(choices);
    let mut spec = map([("selector", selector), ("template", template)]);
    if choices.once_in(3) {
        spec.put("replicas", raw(choices.of(&["1", "3", "0"])));
    }
    if choices.once_in(10) {
        spec.put("strategy", map([("type", text("RollingUpdate")), ("rollingUpdate", map([("maxSurge", raw("1"))]))]));
    }
    map([("spec", spec)])
}

fn stateful_set(choices: &mut Choices<'_>) -> Item {
    let Item::Map(mut entries) = deployment(choices) else { return Item::Map(Vec::new()) };
    if let Some((_, spec)) = entries.first_mut() {
        spec.put("serviceName", text(choices.of(&NAMES)));
        if choices.once_in(2) {
            let mut claim = claim(choices);
            claim.put("metadata", map([("name", text(choices.of(&["data", "config"])))]));
            spec.put("volumeClaimTemplates", list([claim]));
        }
    }
    Item::Map(entries)
}

fn daemon_set(choices: &mut Choices<'_>) -> Item {
    let (template, selector) = template(choices);
    map([("spec", map([("selector", selector), ("template", template)]))])
}

fn job(choices: &mut Choices<'_>) -> Item {
    let (template, _) = template(choices);
    map([("spec", map([("template", template), ("backoffLimit", raw("2"))]))])
}

fn cron_job(choices: &mut Choices<'_>) -> Item {
    map([("spec", map([("schedule", text("* * * * *")), ("jobTemplate", job(choices))]))])
}

fn config_map(choices: &mut Choices<'_>) -> Item {
    let mut item = map([(
        "data",
        Item::Map(entries(choices, 4, &mut |choices| match choices.below(12) {
            0 => long(choices),
            1 => super::scalar::scalar(choices),
            _ => string(choices),
        })),
    )]);
    if choices.once_in(20) {
        item.put("binaryData", map([("bin", text("aGVsbG8="))]));
    }
    if choices.once_in(20) {
        item.put("immutable", raw("true"));
    }
    item
}

fn secret(choices: &mut Choices<'_>) -> Item {
    let mut item = map([("data", map([(choices.of(&KEYS), text("aGVsbG8="))]))]);
    if choices.once_in(2) {
        item.put("type", text(choices.of(&["Opaque", "kubernetes.io/tls"])));
    }
    if choices.once_in(4) {
        item.put("stringData", Item::Map(entries(choices, 2, &mut string)));
    }
    item
}

fn service(choices: &mut Choices<'_>) -> Item {
    let mut spec = map([("selector", labels(choices))]);
    spec.put(
        "ports",
        some(choices, 3, &mut |choices| {
            let mut port = map([("port", raw(choices.of(&["80", "443", "53"])))]);
            if choices.once_in(2) {
                port.put("targetPort", raw(choices.of(&["8080", "http"])));
            }
            if choices.once_in(3) {
                port.put("protocol", text(choices.of(&["TCP", "UDP"])));
            }
            if choices.once_in(3) {
                port.put("name", text(choices.of(&["http", "dns"])));
            }
            port
        }),
    );
    if choices.once_in(4) {
        spec.put("type", text(choices.of(&["ClusterIP", "LoadBalancer"])));
    }
    map([("spec", spec)])
}

fn ingress(choices: &mut Choices<'_>) -> Item {
    let service = map([("name", text(choices.of(&NAMES))), ("port", map([("number", raw("80"))]))]);
    let path = map([
        ("path", text(choices.of(&["/", "/a"]))),
        ("pathType", text("Prefix")),
        ("backend", map([("service", service.clone())])),
    ]);
    let rule = map([("host", text(choices.of(&["a.example.com", "$(VAR_A)"]))), ("http", map([("paths", list([path]))]))]);
    let mut spec = map([("rules", list([rule]))]);
    if choices.once_in(3) {
        spec.put("defaultBackend", map([("service", service)]));
    }
    if choices.once_in(3) {
        spec.put("tls", list([map([("secretName", text(choices.of(&NAMES))), ("hosts", list([text("a.example.com")]))])]));
    }
    map([("spec", spec)])
}

fn autoscaler(choices: &mut Choices<'_>) -> Item {
    let target = map([
        ("apiVersion", text("apps/v1")),
        ("kind", text(choices.of(&["Deployment", "StatefulSet"]))),
        ("name", text(choices.of(&NAMES))),
    ]);
    map([("spec", map([("scaleTargetRef", target), ("maxReplicas", raw("3"))]))])
}

fn service_account(choices: &mut Choices<'_>) -> Item {
    let mut item = Item::Map(Vec::new());
    if choices.once_in(2) {
        item.put(choices.of(&["secrets", "imagePullSecrets"]), list([map([("name", text(choices.of(&NAMES)))])]));
    }
    item
}

fn role(choices: &mut Choices<'_>) -> Item {
    let mut item = map([(
        "rules",
        some(choices, 2, &mut |choices| {
            let mut rule = map([
                ("apiGroups", list([text("")])),
                ("resources", list([text(choices.of(&["secrets", "configmaps", "services"]))])),
                ("verbs", list([text("get"), text("*")])),
            ]);
            if choices.once_in(3) {
                rule.put("resourceNames", some(choices, 2, &mut |choices| text(choices.of(&NAMES))));
            }
            rule
        }),
    )]);
    if choices.once_in(12) {
        item.put("aggregationRule", map([("clusterRoleSelectors", list([map([("matchLabels", labels(choices))])]))]));
    }
    item
}

fn binding(choices: &mut Choices<'_>) -> Item {
    let reference = map([
        ("apiGroup", text("rbac.authorization.k8s.io")),
        ("kind", text(choices.of(&["Role", "ClusterRole"]))),
        ("name", text(choices.of(&NAMES))),
    ]);
    let subjects = some(choices, 3, &mut |choices| {
        let kind = choices.of(&["ServiceAccount", "ServiceAccount", "User", "Group"]);
        let mut subject = map([("kind", text(kind)), ("name", text(choices.of(&["default", "app", "web", "db"])))]);
        if choices.once_in(2) {
            subject.put("namespace", text(choices.of(&["default", "prod", "dev"])));
        }
        subject
    });
    map([("roleRef", reference), ("subjects", subjects)])
}

fn claim(choices: &mut Choices<'_>) -> Item {
    let mut spec = map([("accessModes", list([text("ReadWriteOnce")]))]);
    if choices.once_in(2) {
        spec.put("storageClassName", text(choices.of(&NAMES)));
    }
    if choices.once_in(3) {
        spec.put("volumeName", text(choices.of(&NAMES)));
    }
    map([("spec", spec)])
}

fn volume(choices: &mut Choices<'_>) -> Item {
    let claim = map([("name", text(choices.of(&NAMES))), ("namespace", text(choices.of(&["default", "prod"])))]);
    map([("spec", map([("claimRef", claim), ("storageClassName", text(choices.of(&NAMES)))]))])
}

fn network_policy(choices: &mut Choices<'_>) -> Item {
    let from = map([(choices.of(&["podSelector", "namespaceSelector"]), map([("matchLabels", labels(choices))]))]);
    let rules = list([map([("from", list([from]))])]);
    map([("spec", map([("podSelector", map([("matchLabels", labels(choices))])), ("ingress", rules)]))])
}

fn webhooks(choices: &mut Choices<'_>) -> Item {
    let service = map([("name", text(choices.of(&NAMES))), ("namespace", text(choices.of(&["default", "prod"])))]);
    map([("webhooks", list([map([("name", text("a.example.com")), ("clientConfig", map([("service", service)]))])]))])
}

fn api_service(choices: &mut Choices<'_>) -> Item {
    let service = map([("name", text(choices.of(&NAMES))), ("namespace", text(choices.of(&["default", "prod"])))]);
    map([("spec", map([("group", text("example.com")), ("service", service)]))])
}

fn definition(choices: &mut Choices<'_>) -> Item {
    let names = map([("kind", text("Widget")), ("plural", text("widgets"))]);
    let mut spec =
        map([("group", text("example.com")), ("names", names), ("scope", text(choices.of(&["Namespaced", "Cluster"])))]);
    if choices.once_in(4) {
        let service = map([("name", text(choices.of(&NAMES))), ("namespace", text("default"))]);
        let webhook = map([("clientConfig", map([("service", service)]))]);
        spec.put("conversion", map([("strategy", text("Webhook")), ("webhook", webhook)]));
    }
    map([("spec", spec)])
}

fn custom(choices: &mut Choices<'_>) -> Item {
    let mut spec = Item::Map(entries(choices, 4, &mut |choices| any(choices, 3)));
    if choices.once_in(3) {
        let (template, selector) = template(choices);
        spec.put("template", template);
        spec.put("selector", selector);
    }
    if choices.once_in(5) {
        spec.put("configRef", map([("kind", text("ConfigMap")), ("name", text(choices.of(&NAMES)))]));
    }
    if choices.once_in(6) {
        spec.put(
            "items",
            some(choices, 3, &mut |choices| map([("name", text(choices.of(&["main", "side"]))), ("value", any(choices, 1))])),
        );
    }
    map([(choices.of(&["spec", "spec", "data", "parameters"]), spec)])
}
