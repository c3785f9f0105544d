//! Kustomizations and values: what is written where, byte for byte.

use yaml_setters::{KustomizationError, NewImage, ValueError, set_kustomize_image, set_value};

fn check(content: &str, image: &str, expected: &str) {
    let image = NewImage::parse(image).expect("the content is editable");
    assert_eq!(set_kustomize_image(content, &image).expect("the content is editable"), expected);
    assert_eq!(
        set_kustomize_image(expected, &image).expect("the content is editable"),
        expected,
        "a second time changes nothing"
    );
}

#[test]
fn an_argument_is_a_name_and_a_reference() {
    let parse = |text| NewImage::parse(text).map(|image| (image.name, image.new_name, image.new_tag, image.digest)).ok();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(parse("app=r.example.com:5000/a/b:v1"), Some(("app".into(), text("r.example.com:5000/a/b"), text("v1"), None)));
    assert_eq!(parse("app=r:5000/a@sha256:ab"), Some(("app".into(), text("r:5000/a"), None, text("sha256:ab"))));
    assert_eq!(parse("app=r/a:v1@sha256:ab"), Some(("app".into(), text("r/a"), text("v1"), text("sha256:ab"))));
    assert_eq!(parse("ghcr.io/a/b:v1"), Some(("ghcr.io/a/b".into(), None, text("v1"), None)));
    assert_eq!(parse("app=:v1"), Some(("app".into(), None, text("v1"), None)));
    for wrong in ["", "app", "=x:1", "app=", "app=x:", "app=x@", "a b=x:1", "app=x:1\n2"] {
        assert_eq!(NewImage::parse(wrong), Err(KustomizationError::Argument(wrong.to_owned())));
    }
}

#[test]
fn existing_fields_change_in_place() {
    check(
        "images: # all\n  - name: app   # ours\n    newTag: \"1\"  # tag\n    newName: r/old\n  - name: b\n",
        "app=r/app:2.0",
        "images: # all\n  - name: app   # ours\n    newTag: \"2.0\"  # tag\n    newName: r/app\n  - name: b\n",
    );
    check("images:\n- name: app\n  newTag: v1\n", "app:1.20", "images:\n- name: app\n  newTag: \"1.20\"\n");
    check("images:\n- {name: app, newTag: v1} # x\n", "app:v2", "images:\n- {name: app, newTag: v2} # x\n");
    check("images:\n- name: app\n  newTag:\n", "app:v2", "images:\n- name: app\n  newTag: v2\n");
}

#[test]
fn missing_fields_and_entries_are_added() {
    check(
        "images:\n- name: app # x\nresources: []\n",
        "app=r/a:v2",
        "images:\n- name: app # x\n  newName: r/a\n  newTag: v2\nresources: []\n",
    );
    check("images:\n- name: app\n  newTag: v1", "app=r:v2", "images:\n- name: app\n  newTag: v2\n  newName: r\n");
    check("images:\n- {name: app}\n", "app:v2", "images:\n- {name: app, newTag: v2}\n");
    check(
        "images:\n    -   name: b\n        newTag: x\n# end\n",
        "app:v2",
        "images:\n    -   name: b\n        newTag: x\n    - name: app\n      newTag: v2\n# end\n",
    );
    check("kind: Kustomization\n", "app:v2", "kind: Kustomization\nimages:\n- name: app\n  newTag: v2\n");
    check("kind: Kustomization", "app:v2", "kind: Kustomization\nimages:\n- name: app\n  newTag: v2\n");
    check("", "app:v2", "images:\n- name: app\n  newTag: v2\n");
    check("images: [] # none\na: b\n", "app:v2", "images:  # none\n- name: app\n  newTag: v2\na: b\n");
    check("images:\na: b\n", "app:v2", "images:\n- name: app\n  newTag: v2\na: b\n");
    check("a: b\r\nimages:\r\n- name: app\r\n", "app:v2", "a: b\r\nimages:\r\n- name: app\r\n  newTag: v2\r\n");
    check("\u{feff}a: b\n", "app:v2", "\u{feff}a: b\nimages:\n- name: app\n  newTag: v2\n");
}

#[test]
fn a_tag_and_a_digest_replace_each_other() {
    check(
        "images:\n- name: app\n  newTag: v1 # gone\n  newName: r\n",
        "app@sha256:ab",
        "images:\n- name: app\n  newName: r\n  digest: sha256:ab\n",
    );
    check("images:\n- digest: sha256:ab\n  name: app\n", "app:v2", "images:\n- name: app\n  newTag: v2\n");
    check("images:\n- {name: app, digest: 'sha256:ab'}\n", "app:v2", "images:\n- {name: app, newTag: v2}\n");
    check(
        "images:\n- name: app\n  newTag: v1\n",
        "app:v2@sha256:ab",
        "images:\n- name: app\n  newTag: v2\n  digest: sha256:ab\n",
    );
}

#[test]
fn what_cannot_be_edited_is_said() {
    let image = NewImage::parse("app:v2").unwrap();
    let error = |content: &str| set_kustomize_image(content, &image).unwrap_err().to_string();
    assert_eq!(error("a: b\nimages: {a: b}\n"), "line 2: 'images' is not a list of mappings in block style");
    assert_eq!(error("images: [{name: b}]\n"), "line 1: 'images' is not a list of mappings in block style");
    assert_eq!(error("- a\n"), "a kustomization is one YAML mapping");
    assert_eq!(error("a: [\n"), "read the kustomization");
}

#[test]
fn a_value_is_set_by_its_path() {
    let set = |content: &str, path: &str, value: &str| {
        set_value(content, &path.split('.').collect::<Vec<_>>(), value).map_err(|error| error.to_string())
    };
    let values = "image:\n  repository: r/a # where\n  tag: 'v1'\n  pull: &p Always\nlist:\n  - name: x\n    tag:  # none yet\n  - {tag: 1.0}\n  - plain\nalias: *p\n";
    assert_eq!(set(values, "image.tag", "1.20"), Ok(values.replace("'v1'", "'1.20'")));
    assert_eq!(set(values, "list.1.tag", "1.20"), Ok(values.replace("1.0", "\"1.20\"")));
    assert_eq!(set(values, "list.0.tag", "v2"), Ok(values.replace("tag:  #", "tag: v2  #")));
    assert_eq!(set(values, "list.2", "v2"), Ok(values.replace("- plain", "- v2")));
    assert_eq!(set(values, "image.pull", "Never: x"), Ok(values.replace("&p Always", "&p \"Never: x\"")));
    assert_eq!(set("a: |\n  x\n  y\nb: c\n", "a", "v2"), Ok("a: |-\n  v2\nb: c\n".to_owned()));
    assert_eq!(set(values, "image.tags", "v2"), Err("nothing is at 'image.tags'".to_owned()));
    assert_eq!(set(values, "image.tag.x", "v2"), Err("nothing is at 'image.tag.x'".to_owned()));
    assert_eq!(set(values, "list.9", "v2"), Err("nothing is at 'list.9'".to_owned()));
    assert_eq!(set(values, "image", "v2"), Err("line 2: 'image' is not a scalar that can be set".to_owned()));
    assert_eq!(set(values, "alias", "v2"), Err("line 10: 'alias' is not a scalar that can be set".to_owned()));
    assert!(matches!(set_value("a: [", &["a"], "b"), Err(ValueError::Yaml(_))));
}
