//! How the templates of a chart are rendered as one set. The expected texts are Helm v4.3.1's.

use std::rc::Rc;

use helm_engine::{Engine, Limits, Map, Offline, Ports, RenderError, Rendered, Scope, Text, VALUES, Value};

fn ports() -> Rc<dyn Ports> {
    Rc::new(Offline::default())
}

fn render(files: &[(&str, &str)], values: &serde_json::Value) -> Result<Vec<(String, String)>, RenderError> {
    let set = Engine::new().parse(files.iter().map(|(path, text)| (*path, text.as_bytes())))?;
    let Value::Map(values) = Value::from(values) else { unreachable!("values are a map") };
    let top: Map = [(Text::from("Values"), Value::Map(values.retyped(VALUES)))].into_iter().collect();
    let scope = |_: &str| Scope { top: top.clone(), base_path: "c/templates".to_owned() };
    let text = |Rendered { path, content }| (path, String::from_utf8(content).expect("UTF-8"));
    set.render(scope, &ports(), Limits::default()).map(|files| files.into_iter().map(text).collect())
}

fn one(template: &str) -> Result<String, RenderError> {
    let values = serde_json::json!({"a": {"b": 1, "c": {"d": "e"}}, "n": null});
    render(&[("c/templates/t", template)], &values).map(|files| files[0].1.clone())
}

fn check(template: &str, expected: &str) {
    assert_eq!(one(template).unwrap_or_else(|error| format!("error: {error}")), expected, "{template}");
}

#[test]
fn deeper_files_come_first_then_those_later_in_the_alphabet_and_partials_not_at_all() {
    let files = [
        ("c/templates/a", "a{{ .Values.seen }}"),
        ("c/templates/b", "{{ $_ := set .Values \"seen\" \"!\" }}b"),
        ("c/charts/s/templates/z", "z"),
        ("c/templates/_p", "p"),
    ];
    let rendered = render(&files, &serde_json::json!({})).expect("renders");
    let names: Vec<&str> = rendered.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["c/charts/s/templates/z", "c/templates/b", "c/templates/a"]);
    assert_eq!(rendered[2].1, "a!");
}

#[test]
fn a_file_knows_its_name() {
    check(
        "{{ .Template.Name }} {{ .Template.BasePath }} {{ typeOf .Template }} {{ typeOf . }}",
        "c/templates/t c/templates common.Values common.Values",
    );
}

#[test]
fn values_have_methods() {
    check(
        "{{ .Values.a.b }}{{ (.Values.Table \"a.c\").d }}{{ .Values.PathValue \"a.c.d\" }}{{ typeOf .Values.AsMap }}",
        "1eemap[string]interface {}",
    );
    check("{{ .Values.YAML }}", "a:\n  b: 1\n  c:\n    d: e\n\"n\": null\n");
    check("{{ dig \"a\" \"b\" 0 .Values.AsMap }}", "1");
    check(
        "{{ .Values.Table \"x\" }}",
        "error: template: c/templates/t:1:10: executing \"c/templates/t\" at <.Values.Table>: error calling Table: \"x\" is not a table",
    );
}

#[test]
fn a_text_of_white_space_in_tpl_is_itself() {
    check("{{ tpl \"<{{ tpl \\\" \\\" . }}>\" . }}", "< >");
    check("{{ tpl \"<{{ tpl \\\"{{ define `x` }}y{{ end }}\\\" . }}>\" . }}", "<>");
}

#[test]
fn what_tpl_defines_stays_in_it() {
    check("{{ tpl \"{{ define `x` }}y{{ end }}{{ include `x` . }}\" . }}", "y");
    check(
        "{{ $_ := tpl \"{{ define `x` }}y{{ end }}\" . }}{{ include \"x\" . }}",
        "error: c/templates/t:1:49\n  executing \"c/templates/t\" at <include \"x\" .>:\n    error calling include:\ntemplate: no template \"x\" associated with template \"gotpl\"",
    );
}

#[test]
fn a_strict_engine_refuses_missing_keys() {
    let engine = Engine::new().strict();
    let set = engine.parse([("t", &b"{{ .a }}"[..])]).expect("parses");
    let error = set.render_template("t", Value::Map(Map::new()), &ports(), Limits::default()).expect_err("the key is missing");
    assert_eq!(error.to_string(), "t:1:3\n  executing \"t\" at <.a>:\n    map has no entry for key \"a\"");
}

#[test]
fn functions_can_be_replaced() {
    let mut replaced = helm_engine::Functions::new();
    replaced
        .insert_native("upper", go_template::Signature::variadic(&[go_template::Type::Any]), |_, _| Ok(Value::from("replaced")));
    let set = Engine::new().with_functions(&replaced).parse([("t", &b"{{ upper 1 }} {{ lower \"A\" }}"[..])]).expect("parses");
    let output = set.render_template("t", Value::Nil, &ports(), Limits::default()).expect("renders");
    assert_eq!(output, b"replaced a");
}

#[test]
fn recursion_ends_with_helms_words() {
    let error =
        one("{{ define \"r\" }}{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}").expect_err("it does not end").to_string();
    assert!(error.ends_with("rendering template has a nested reference name: r: unable to execute template"), "{error}");
}

#[test]
fn limits_hold_for_what_functions_make() {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let bounded = |template: &str| {
        let set = Engine::new().parse([("t", template.as_bytes())]).expect("parses");
        set.render_template("t", Value::Nil, &ports(), limits)
    };
    for template in ["{{ repeat 1000000 (repeat 1000 \"x\") }}", "{{ until 9999999999 }}", "{{ indent 1048577 \"\" }}"] {
        let error = bounded(template).expect_err("too long");
        assert!(matches!(error, RenderError::Execute { limit: Some(_), .. }), "{error:?}");
    }
    for function in ["toYaml", "toJson", "toYamlPretty", "toToml", "deepCopy", "deepEqual (deepCopy (dict))", "merge (dict)"] {
        let itself = format!("{{{{ $d := dict }}}}{{{{ $_ := set $d \"d\" $d }}}}{{{{ {function} $d }}}}");
        let output = bounded(&itself);
        assert!(output.is_err() || function.contains("dict"), "{itself}: {output:?}");
    }
}
