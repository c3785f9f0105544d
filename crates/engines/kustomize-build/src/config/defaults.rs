//! The fields that transformers change without any configuration, as kustomize 5.8 has them.

use super::{BackReference, FieldConfig};
use crate::fields::FieldPath;
use crate::identity::Gvk;

/// Where each kind of workload keeps its pod's specification, as the path before `spec/`.
const TEMPLATES: &[(&str, &str)] = &[
    ("Pod", ""),
    ("PodTemplate", "template/"),
    ("Deployment", "spec/template/"),
    ("ReplicaSet", "spec/template/"),
    ("DaemonSet", "spec/template/"),
    ("StatefulSet", "spec/template/"),
    ("Job", "spec/template/"),
    ("CronJob", "spec/jobTemplate/spec/template/"),
    ("ReplicationController", "spec/template/"),
];

/// The workloads whose references to ConfigMaps and Secrets are followed.
const DATA_USERS: &[&str] = &["Pod", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob"];

/// The workloads whose references to accounts, claims and priorities are followed.
const ACCOUNT_USERS: &[&str] = &["Pod", "StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet"];

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

fn gvk(group: &str, version: &str, kind: &str) -> Gvk {
    Gvk { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
}

fn field(kind: &str, path: &str) -> FieldPath {
    FieldPath::new(gvk("", "", kind), path, false)
}

fn field_of(group: &str, kind: &str, path: &str) -> FieldPath {
    FieldPath::new(gvk(group, "", kind), path, false)
}

fn created(group: &str, kind: &str, path: &str) -> FieldPath {
    FieldPath::new(gvk(group, "", kind), path, true)
}

fn template(kind: &str) -> &'static str {
    TEMPLATES.iter().find(|(known, _)| *known == kind).map_or("", |(_, path)| path)
}

pub(super) fn config() -> FieldConfig {
    let metadata_labels = metadata_labels();
    let claims = vec![created("apps", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels")];
    let mut common_labels = selector_labels();
    common_labels.extend(metadata_labels.iter().cloned());
    common_labels.extend(claims.iter().cloned());
    FieldConfig {
        name_prefix: vec![field("", "metadata/name")],
        name_suffix: vec![field("", "metadata/name")],
        namespace: vec![
            created("", "Namespace", "metadata/name"),
            created("apiregistration.k8s.io", "APIService", "spec/service/namespace"),
            field_of(
                "apiextensions.k8s.io",
                "CustomResourceDefinition",
                "spec/conversion/webhook/clientConfig/service/namespace",
            ),
        ],
        common_labels,
        labels: Vec::new(),
        template_labels: metadata_labels,
        volume_claim_template_labels: claims,
        common_annotations: annotations(),
        name_reference: name_references(),
        var_reference: var_references(),
        images: images(),
        replicas: ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
            .map(|kind| created("", kind, "spec/replicas"))
            .to_vec(),
    }
}

fn metadata_labels() -> Vec<FieldPath> {
    let mut controller = created("", "ReplicationController", "spec/template/metadata/labels");
    controller.gvk.version = "v1".to_owned();
    vec![
        created("", "", "metadata/labels"),
        controller,
        created("", "Deployment", "spec/template/metadata/labels"),
        created("", "ReplicaSet", "spec/template/metadata/labels"),
        created("", "DaemonSet", "spec/template/metadata/labels"),
        created("apps", "StatefulSet", "spec/template/metadata/labels"),
        created("batch", "Job", "spec/template/metadata/labels"),
        created("batch", "CronJob", "spec/jobTemplate/metadata/labels"),
        created("batch", "CronJob", "spec/jobTemplate/spec/template/metadata/labels"),
    ]
}

fn annotations() -> Vec<FieldPath> {
    let mut controller = created("", "ReplicationController", "spec/template/metadata/annotations");
    controller.gvk.version = "v1".to_owned();
    vec![
        created("", "", "metadata/annotations"),
        controller,
        created("", "Deployment", "spec/template/metadata/annotations"),
        created("", "ReplicaSet", "spec/template/metadata/annotations"),
        created("", "DaemonSet", "spec/template/metadata/annotations"),
        created("", "StatefulSet", "spec/template/metadata/annotations"),
        created("batch", "Job", "spec/template/metadata/annotations"),
        created("batch", "CronJob", "spec/jobTemplate/metadata/annotations"),
        created("batch", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations"),
    ]
}

fn selector_labels() -> Vec<FieldPath> {
    let mut list = Vec::new();
    for kind in ["Service", "ReplicationController"] {
        list.push(FieldPath::new(gvk("", "v1", kind), "spec/selector", true));
    }
    for (group, kind) in [("", "Deployment"), ("", "ReplicaSet"), ("", "DaemonSet"), ("apps", "StatefulSet")] {
        list.push(created(group, kind, "spec/selector/matchLabels"));
    }
    for kind in ["Deployment", "StatefulSet"] {
        for affinity in ["podAffinity", "podAntiAffinity"] {
            for term in [
                "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
                "requiredDuringSchedulingIgnoredDuringExecution",
            ] {
                let path = format!("spec/template/spec/affinity/{affinity}/{term}/labelSelector/matchLabels");
                list.push(field_of("apps", kind, &path));
            }
        }
        list.push(field_of("apps", kind, "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels"));
    }
    list.push(field_of("batch", "Job", "spec/selector/matchLabels"));
    list.push(field_of("batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels"));
    list.push(field_of("policy", "PodDisruptionBudget", "spec/selector/matchLabels"));
    for path in
        ["spec/podSelector/matchLabels", "spec/ingress/from/podSelector/matchLabels", "spec/egress/to/podSelector/matchLabels"]
    {
        list.push(field_of("networking.k8s.io", "NetworkPolicy", path));
    }
    list
}

fn images() -> Vec<FieldPath> {
    [
        "spec/containers[]/image",
        "spec/initContainers[]/image",
        "spec/volumes[]/image/reference",
        "spec/template/spec/containers[]/image",
        "spec/template/spec/initContainers[]/image",
        "spec/template/spec/volumes[]/image/reference",
        "spec/jobTemplate/spec/template/spec/volumes[]/image/reference",
    ]
    .map(|path| created("", "", path))
    .to_vec()
}

fn var_references() -> Vec<FieldPath> {
    let mut list = Vec::new();
    for kind in ["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"] {
        let base = format!("{}spec", template(kind));
        for containers in ["containers", "initContainers"] {
            for path in ["args", "command", "env/value", "volumeMounts/mountPath"] {
                list.push(field(kind, &format!("{base}/{containers}/{path}")));
            }
        }
        let server = match kind {
            "CronJob" => "spec/jobTemplate/spec/template/volumes/nfs/server".to_owned(),
            "StatefulSet" => "spec/volumeClaimTemplates/spec/nfs/server".to_owned(),
            _ => format!("{base}/volumes/nfs/server"),
        };
        list.push(field(kind, &server));
    }
    list.push(field("Deployment", "spec/template/metadata/annotations"));
    for path in ["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"] {
        list.push(field("Ingress", path));
    }
    for path in ["spec/ports/port", "spec/ports/targetPort"] {
        list.push(field("Service", path));
    }
    list.push(field("PersistentVolume", "spec/nfs/server"));
    list.push(field("", "metadata/labels"));
    list.push(field("", "metadata/annotations"));
    list
}

/// The same path below the pod's specification in each of some workloads.
fn in_pods(kinds: &[&str], paths: &[&str]) -> Vec<FieldPath> {
    let mut list = Vec::new();
    for kind in kinds {
        for path in paths {
            list.push(field(kind, &format!("{}spec/{path}", template(kind))));
        }
    }
    list
}

/// As [`in_pods`], where a bare Pod is one of version v1 only.
fn in_data_users(paths: &[&str]) -> Vec<FieldPath> {
    let mut list = in_pods(DATA_USERS, paths);
    for field in list.iter_mut().filter(|field| field.gvk.kind == "Pod") {
        field.gvk.version = "v1".to_owned();
    }
    list
}

fn name_references() -> Vec<BackReference> {
    let mut list = Vec::new();
    let mut add = |target: Gvk, referrers: Vec<FieldPath>| list.push(BackReference { target, referrers });
    for kind in ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"] {
        add(gvk("", "", kind), vec![field("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]);
    }
    add(gvk("", "v1", "ConfigMap"), config_map_references());
    add(gvk("", "v1", "Secret"), secret_references());
    add(gvk("", "v1", "Service"), service_references());
    add(gvk(RBAC, "", "Role"), vec![field_of(RBAC, "RoleBinding", "roleRef/name")]);
    let bindings = |path: &str| ["RoleBinding", "ClusterRoleBinding"].map(|kind| field_of(RBAC, kind, path));
    add(gvk(RBAC, "", "ClusterRole"), bindings("roleRef/name").to_vec());
    let mut accounts = bindings("subjects").to_vec();
    accounts.extend(in_pods(ACCOUNT_USERS, &["serviceAccountName"]));
    add(gvk("", "v1", "ServiceAccount"), accounts);
    add(gvk("", "v1", "PersistentVolumeClaim"), in_pods(ACCOUNT_USERS, &["volumes/persistentVolumeClaim/claimName"]));
    let volumes = vec![field("PersistentVolumeClaim", "spec/volumeName"), field("ClusterRole", "rules/resourceNames")];
    add(gvk("", "v1", "PersistentVolume"), volumes);
    let classes = vec![
        field("PersistentVolume", "spec/storageClassName"),
        field("PersistentVolumeClaim", "spec/storageClassName"),
        field("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
    ];
    add(gvk("storage.k8s.io", "v1", "StorageClass"), classes);
    add(gvk("scheduling.k8s.io", "v1", "PriorityClass"), in_pods(ACCOUNT_USERS, &["priorityClassName"]));
    // The group is as the original has it: no object has such a group, so that the reference is never followed.
    add(gvk("networking.k8s.io/v1", "v1", "IngressClass"), vec![field("Ingress", "spec/ingressClassName")]);
    let policies = vec![field_of(ADMISSION, "ValidatingAdmissionPolicyBinding", "spec/policyName")];
    add(gvk(ADMISSION, "", "ValidatingAdmissionPolicy"), policies);
    list
}

fn config_map_references() -> Vec<FieldPath> {
    let mut list = in_data_users(&[
        "volumes/configMap/name",
        "containers/env/valueFrom/configMapKeyRef/name",
        "initContainers/env/valueFrom/configMapKeyRef/name",
        "containers/envFrom/configMapRef/name",
        "initContainers/envFrom/configMapRef/name",
        "volumes/projected/sources/configMap/name",
    ]);
    list.push(field("Node", "spec/configSource/configMap"));
    list.push(field("Role", "rules/resourceNames"));
    list.push(field("ClusterRole", "rules/resourceNames"));
    list.push(field("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"));
    list
}

fn secret_references() -> Vec<FieldPath> {
    let mut list = in_data_users(&[
        "volumes/secret/secretName",
        "containers/env/valueFrom/secretKeyRef/name",
        "initContainers/env/valueFrom/secretKeyRef/name",
        "containers/envFrom/secretRef/name",
        "initContainers/envFrom/secretRef/name",
        "imagePullSecrets/name",
        "volumes/projected/sources/secret/name",
    ]);
    for path in [
        "spec/tls/secretName",
        r"metadata/annotations/ingress.kubernetes.io\/auth-secret",
        r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
        r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
    ] {
        list.push(field("Ingress", path));
    }
    list.push(field("ServiceAccount", "imagePullSecrets/name"));
    for parameter in ["secretName", "adminSecretName", "userSecretName", "secretRef"] {
        list.push(field("StorageClass", &format!("parameters/{parameter}")));
    }
    list.push(field("Role", "rules/resourceNames"));
    list.push(field("ClusterRole", "rules/resourceNames"));
    let knative = "spec/template/spec/containers/env/valueFrom/secretKeyRef/name";
    list.push(FieldPath::new(gvk("serving.knative.dev", "v1", "Service"), knative, false));
    list.push(field("PersistentVolume", "spec/azureFile/secretName"));
    list
}

fn service_references() -> Vec<FieldPath> {
    let mut list = vec![field_of("apps", "StatefulSet", "spec/serviceName")];
    for path in [
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
    ] {
        list.push(field("Ingress", path));
    }
    list.push(field_of("apiregistration.k8s.io", "APIService", "spec/service/name"));
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        list.push(field_of(ADMISSION, kind, "webhooks/clientConfig/service"));
    }
    list
}
