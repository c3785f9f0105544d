//! Templates as users write them. The expected texts were computed by Go's `text/template` over structures with the fields and
//! methods of Flux's.

use commit_message::{MessageError, Subject, render};
use std::collections::BTreeMap;
use yaml_setters::{Change, Changes, ObjectChanges, ObjectIdentifier};

fn changes() -> Changes {
    let object = |kind: &str, name: &str| ObjectIdentifier {
        api_version: "apps/v1".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: "prod".to_owned(),
    };
    let change =
        |old: &str, new: &str| Change { old_value: old.to_owned(), new_value: new.to_owned(), setter: "apps:web".to_owned() };
    let deployment = ObjectChanges::from([(object("Deployment", "web"), vec![change("app:1", "app:2")])]);
    let job = ObjectChanges::from([(object("CronJob", "job"), vec![change("app:1", "app:2"), change("1", "2")])]);
    Changes { file_changes: BTreeMap::from([("a/web.yaml".to_owned(), deployment), ("job.yaml".to_owned(), job)]) }
}

fn run(template: &str) -> Result<String, MessageError> {
    let values = BTreeMap::from([("cluster".to_owned(), "Prod".to_owned())]);
    render(template, &Subject { namespace: "apps", name: "auto", changes: &changes(), values: &values })
}

fn check(template: &str, expect: &str) {
    assert_eq!(run(template).expect("a message"), expect, "{template}");
}

#[test]
fn every_documented_field_is_there() {
    check("", "Update from image update automation");
    check("{{ .AutomationObject }} {{ .AutomationObject.Namespace }} {{ .AutomationObject.Name }}", "apps/auto apps auto");
    check("{{ .Values.cluster | lower }}{{ .Values.absent }}", "prod<no value>");
    check("{{ range $file, $_ := .Changed.FileChanges -}}\n- {{ $file }}\n{{ end -}}", "- a/web.yaml\n- job.yaml\n");
    check(
        "{{ range $resource, $changes := .Changed.Objects -}}\n- {{ $resource.Kind }} {{ $resource.Name }}\n  Changes:\n\
         {{- range $_, $change := $changes }}\n    - {{ $change.OldValue }} -> {{ $change.NewValue }}\n{{- end }}\n{{ end -}}",
        "- CronJob job\n  Changes:\n    - app:1 -> app:2\n    - 1 -> 2\n- Deployment web\n  Changes:\n    - app:1 -> app:2\n",
    );
    check(
        "{{ range .Changed.Changes }}{{ .Setter }}: {{ print .OldValue }} -> {{ println .NewValue }}{{ end }}",
        "apps:web: 1 -> 2\napps:web: app:1 -> app:2\n",
    );
    check("{{ len .Changed.Changes }} {{ len .Changed.Objects }} {{ len .Changed.FileChanges }}", "2 2 2");
    check(
        "{{ range $file, $objects := .Changed.FileChanges }}{{ range $object, $_ := $objects }}{{ $file }} {{ $object.APIVersion }} \
         {{ $object.Namespace }};{{ end }}{{ end }}",
        "a/web.yaml apps/v1 prod;job.yaml apps/v1 prod;",
    );
    let (job, web) = ("[{app:1 app:2 apps:web} {1 2 apps:web}]", "[{app:1 app:2 apps:web}]");
    check(
        "{{ .Changed.Objects }}",
        &format!("map[{{{{{{apps/v1 CronJob}} {{job prod}}}}}}:{job} {{{{{{apps/v1 Deployment}} {{web prod}}}}}}:{web}]"),
    );
    check(
        "{{ with index .Changed.FileChanges \"job.yaml\" }}{{ range $o, $_ := . }}{{ $o }}{{ end }}{{ end }}",
        "{{{apps/v1 CronJob} {job prod}}}",
    );
}

#[test]
fn fields_that_are_gone_say_what_to_use() {
    for (template, field) in
        [("{{ range .Updated.Images }}{{ end }}", ".Updated"), ("{{ .Changed.ImageResult.Images }}", ".Changed.ImageResult")]
    {
        let error = run(template).expect_err("no message");
        assert!(matches!(error, MessageError::Removed { field: found, .. } if found == field), "{error}");
    }
}

#[test]
fn sec_b11_a_template_reaches_nothing_and_ends() {
    for template in
        ["{{ env \"HOME\" }}", "{{ now }}", "{{ getHostByName \"x\" }}", "{{ lookup \"v1\" \"Secret\" \"a\" \"b\" }}", "{{ "]
    {
        assert!(matches!(run(template), Err(MessageError::Parse(_))), "{template}");
    }
    for template in
        ["{{ .Absent }}", "{{ shuffle \"abc\" }}", "{{ range until 100000000 }}x{{ end }}", "{{ repeat 10000000 \"x\" }}"]
    {
        assert!(matches!(run(template), Err(MessageError::Execute(_))), "{template}");
    }
}
