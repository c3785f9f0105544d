//! What the host relies on: functions, sets, shared values, limits, and that hostile templates end with an error.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use go_template::{
    ANY_MAP, Call, Function, FunctionError, Functions, Limit, Limits, List, Map, NamedType, NativeFunction, Object, Options,
    STRING_LIST, Scope, Shape, Signature, Templates, Text, Type, Value,
};

/// The functions that these tests call.
fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.insert_native("upper", Signature::fixed(&[Type::String]), |arguments, _| match &arguments[..] {
        [Value::String(text)] => Ok(Value::from(text.to_string_lossy().to_uppercase())),
        _ => Err(FunctionError::new("no text")),
    });
    functions.insert_native("list", Signature::variadic(&[Type::Any]), |arguments, _| Ok(Value::List(List::new(arguments))));
    functions.insert_native("dict", Signature::fixed(&[]), |_, _| Ok(Value::Map(Map::new())));
    functions.insert_native("set", Signature::fixed(&[ANY_MAP, Type::String, Type::Any]), set);
    functions.insert_native("until", Signature::fixed(&[Type::Int]), |arguments, call| match &arguments[..] {
        [Value::Int(count)] => {
            call.take_steps(u64::try_from(*count).unwrap_or(0))?;
            Ok(Value::List(List::new((0..*count).map(Value::Int).collect())))
        }
        _ => Err(FunctionError::new("no count")),
    });
    functions.insert_native("half", Signature::fixed(&[Type::Float64]), |arguments, _| match &arguments[..] {
        [Value::Float(number)] => Ok(Value::Float(number / 2.0)),
        _ => Err(FunctionError::new("no number")),
    });
    functions.insert_native("fail", Signature::fixed(&[Type::String]), |arguments, call| {
        Err(FunctionError::new(call.sprint(&arguments)?.to_string_lossy()))
    });
    functions.insert_native("include", Signature::fixed(&[Type::String, Type::Any]), include);
    functions.insert_native("tpl", Signature::fixed(&[Type::String, Type::Any]), tpl);
    functions
}

fn set(arguments: Vec<Value>, _: &mut Call<'_>) -> Result<Value, FunctionError> {
    let [Value::Map(map), Value::String(key), value] = &arguments[..] else { return Err(FunctionError::new("no map")) };
    if map.insert(key.clone(), value.clone()) {
        Ok(arguments[0].clone())
    } else {
        Err(FunctionError::new("assignment to entry in nil map"))
    }
}

fn include(arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, FunctionError> {
    let [Value::String(name), data] = &arguments[..] else { return Err(FunctionError::new("no name")) };
    if let Some(count) = call.host::<Cell<u32>>() {
        count.set(count.get() + 1);
    }
    let templates = call.templates();
    Ok(Value::String(Text::from(call.execute(templates, name, data.clone())?)))
}

fn tpl(arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, FunctionError> {
    let [Value::String(text), data] = &arguments[..] else { return Err(FunctionError::new("no text")) };
    let mut templates = call.templates().clone();
    templates.add_text("gotpl", text).map_err(|error| FunctionError::new(format!("cannot parse template: {error}")))?;
    Ok(Value::String(Text::from(call.execute(&templates, b"gotpl", data.clone())?)))
}

fn templates(text: &str) -> Templates {
    let mut templates = Templates::new("gotpl", Arc::new(functions()), Options::default());
    templates.add_text("t", text.as_bytes()).expect("the template is well formed");
    templates
}

fn render_within(text: &str, data: Value, limits: Limits) -> Result<String, String> {
    let output = templates(text).execute(b"t", data, limits, &());
    output.map(|output| String::from_utf8(output).expect("the output is UTF-8")).map_err(|error| error.to_string())
}

fn render(text: &str) -> Result<String, String> {
    render_within(text, Value::from(&serde_json::json!({"s": "text", "n": 1, "nil": null})), Limits::default())
}

#[test]
fn arguments_are_checked_against_the_signature_in_go_s_words() {
    let rows = [
        ("{{ upper .s }}", Ok("TEXT")),
        ("{{ .s | upper }}", Ok("TEXT")),
        ("{{ half 3 }}", Ok("1.5")),
        ("{{ upper 1 }}", Err("<1>: expected string; found 1")),
        ("{{ upper .n }}", Err("<.n>: wrong type for value; expected string; got float64")),
        ("{{ upper .nil }}", Err("<.nil>: wrong type for value; expected string; got interface {}")),
        ("{{ .nil | upper }}", Err("<upper>: invalid value; expected string")),
        ("{{ upper nil }}", Err("<nil>: cannot assign nil to string")),
        ("{{ upper }}", Err("<upper>: wrong number of args for upper: want 1 got 0")),
        ("{{ set . }}", Err("<set>: wrong number of args for set: want 3 got 1")),
        ("{{ set 1 \"a\" 1 }}", Err("<1>: can't handle 1 for arg of type map[string]interface {}")),
        ("{{ fail \"no\" }}", Err("<fail \"no\">: error calling fail: no")),
    ];
    for (text, expected) in rows {
        let found = render(text);
        let agrees = match (&found, expected) {
            (Ok(output), Ok(expected)) => output == expected,
            (Err(error), Err(expected)) => error.ends_with(expected),
            _ => false,
        };
        assert!(agrees, "{text}: {found:?}");
    }
}

#[test]
fn maps_are_shared_and_changed_in_place() {
    assert_eq!(render("{{ $d := dict }}{{ $e := $d }}{{ $_ := set $d \"k\" 1 }}{{ $e.k }}"), Ok("1".to_owned()));
    assert_eq!(
        render("{{ $d := dict }}{{ range until 3 }}{{ $_ := set $d (print .) . }}{{ end }}{{ $d }}"),
        Ok("map[0:0 1:1 2:2]".to_owned())
    );
}

#[test]
fn a_map_that_contains_itself_is_freed_at_the_end_of_the_outermost_scope() {
    let witness: Rc<dyn Function> = Rc::new(NativeFunction::new(Signature::fixed(&[]), |_, _| Ok(Value::Nil)));
    let text =
        "{{ $d := dict }}{{ $_ := set $d \"w\" .w }}{{ $_ = set $d \"self\" (list $d) }}{{ $_ = set . \"d\" $d }}{{ .d.w }}";
    let data = Value::Map(Map::from_iter([(Text::from("w"), Value::Function(Rc::clone(&witness)))]));
    let scope = Scope::new();
    {
        let _inner = Scope::new();
        assert!(templates(text).execute(b"t", data.clone(), Limits::default(), &()).is_err());
    }
    let Value::Map(map) = &data else { panic!("the data is a map") };
    assert!(map.contains_key(b"d"), "an inner scope leaves the maps of the outer one alone");
    drop(data);
    assert_eq!(Rc::strong_count(&witness), 2);
    drop(scope);
    assert_eq!(Rc::strong_count(&witness), 1);
}

#[test]
fn a_nil_for_a_map_is_the_nil_map() {
    let error = render_within("{{ set . \"k\" 1 }}", Value::Nil, Limits::default()).unwrap_err();
    assert_eq!(error, "template: t:1:3: executing \"t\" at <set . \"k\" 1>: error calling set: assignment to entry in nil map");
}

#[test]
fn functions_execute_templates_of_the_set_and_of_others() {
    let text = "{{ define \"x\" }}<{{ . }}>{{ end }}{{ include \"x\" .n }} {{ tpl \"{{ .s }} {{ include \\\"x\\\" 2 }}\" . }}";
    assert_eq!(render(text), Ok("<1> text <2>".to_owned()));
    let error = render("{{ define \"x\" }}\n{{ .s.y }}{{ end }}{{ include \"x\" . }}").unwrap_err();
    assert_eq!(
        error,
        "template: t:2:22: executing \"t\" at <include \"x\" .>: error calling include: template: t:2:5: executing \"x\" at \
         <.s.y>: can't evaluate field y in type interface {}"
    );
    let error = render("{{ include \"none\" . }}").unwrap_err();
    assert!(
        error.ends_with("error calling include: template: no template \"none\" associated with template \"gotpl\""),
        "{error}"
    );
}

#[test]
fn the_failure_inside_an_included_template_can_be_reached() {
    let error = templates("{{ define \"x\" }}{{ fail \"deep\" }}{{ end }}{{ include \"x\" . }}")
        .execute(b"t", Value::Nil, Limits::default(), &())
        .unwrap_err();
    let inner = error.function_error().and_then(FunctionError::cause).unwrap();
    assert!(inner.to_string().starts_with("template: t:1:19: executing \"x\" at <fail \"deep\">:"), "{inner}");
    assert_eq!(inner.function_error().unwrap().to_string(), "deep");
}

#[test]
fn functions_see_what_the_host_hands_over() {
    let count = Cell::new(0u32);
    let templates = templates("{{ define \"x\" }}{{ end }}{{ include \"x\" . }}{{ include \"x\" . }}");
    templates.execute(b"t", Value::Nil, Limits::default(), &count).unwrap();
    assert_eq!(count.get(), 2);
}

#[test]
fn a_set_serves_many_threads_and_many_executions() {
    fn is_shared_by_threads<T: Send + Sync + Clone>(_: &T) {}
    let text = "{{ define \"x\" }}{{ . }},{{ end }}{{ range .l }}{{ include \"x\" . }}{{ end }}{{ tpl \"{{ len .l }}\" . }}";
    let templates = templates(text);
    is_shared_by_threads(&templates);
    std::thread::scope(|scope| {
        let run = || {
            for _ in 0..50 {
                let data = Value::from(&serde_json::json!({"l": [1, "a", null]}));
                let output = templates.execute(b"t", data, Limits::default(), &()).unwrap();
                assert_eq!(output, b"1,a,<no value>,3");
            }
        };
        (0..4).for_each(|_| drop(scope.spawn(run)));
    });
}

#[test]
fn clones_of_a_set_are_independent_and_empty_definitions_replace_nothing() {
    let original = templates("{{ define \"x\" }}one{{ end }}{{ template \"x\" }}");
    let mut clone = original.clone();
    clone.add_text("u", b"{{ define \"x\" }}two{{ end }}").unwrap();
    clone.add_text("v", b"{{ define \"x\" }} {{/* nothing */}} {{ end }}").unwrap();
    let run = |templates: &Templates| templates.execute(b"t", Value::Nil, Limits::default(), &()).unwrap();
    assert_eq!((run(&original), run(&clone)), (b"one".to_vec(), b"two".to_vec()));
}

#[test]
fn clones_of_clones_see_all_templates_below_and_hide_the_older_ones() {
    let mut set = templates("{{ template \"x\" }}");
    for number in 0..100 {
        let below = set.clone();
        set.add_text(&format!("t{number:02}"), format!("{{{{ define \"x\" }}}}{number}{{{{ end }}}}").as_bytes()).unwrap();
        assert_eq!(below.template_names().count(), 1 + number + usize::from(number > 0));
        assert_eq!(set.execute(b"t", Value::Nil, Limits::default(), &()).unwrap(), number.to_string().as_bytes());
    }
    let names: Vec<&Text> = set.template_names().collect();
    assert!(names.len() == 102 && names.is_sorted() && names.iter().all(|name| set.contains(name)));
}

#[test]
fn a_function_named_break_takes_the_keyword_away() {
    let mut functions = functions();
    functions.insert_native("break", Signature::fixed(&[]), |_, _| Ok(Value::from("b")));
    assert!(!functions.insert_native("1st", Signature::fixed(&[]), |_, _| Ok(Value::Nil)));
    let mut templates = Templates::new("gotpl", Arc::new(functions), Options::default());
    templates.add_text("t", b"{{ break }}").unwrap();
    assert_eq!(templates.execute(b"t", Value::Nil, Limits::default(), &()).unwrap(), b"b");
}

#[test]
fn other_delimiters_work() {
    let options = Options { left_delimiter: "<<".to_owned(), right_delimiter: ">>".to_owned(), ..Options::default() };
    let mut templates = Templates::new("gotpl", Arc::new(Functions::new()), options);
    templates.add_text("t", b"{{a}} <<- 1 ->> b").unwrap();
    assert_eq!(templates.execute(b"t", Value::Nil, Limits::default(), &()).unwrap(), b"{{a}}1b");
}

/// A pointer to a struct with a field, a method and no text of its own.
#[derive(Debug)]
struct Version {
    major: &'static str,
}

impl Object for Version {
    fn type_name(&self) -> &'static str {
        "*semver.Version"
    }

    fn field(&self, name: &str) -> Option<Value> {
        (name == "Major").then(|| Value::from(self.major))
    }

    fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
        let method = NativeFunction::new(Signature::fixed(&[Type::Int]), |arguments, _| Ok(arguments[0].clone()));
        (name == "Plus").then(|| Rc::new(method) as Rc<dyn Function>)
    }

    fn string(&self) -> Option<Text> {
        None
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(vec![("Major", Value::from(self.major))])
    }

    fn equals(&self, _: &dyn Object) -> bool {
        false
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn objects_have_fields_and_methods() {
    let data = || Value::Map([(Text::from("v"), Value::Object(Rc::new(Version { major: "1" })))].into_iter().collect());
    let run = |text| render_within(text, data(), Limits::default());
    assert_eq!(run("{{ .v.Major }} {{ .v.Plus 2 }} {{ 3 | .v.Plus }}"), Ok("1 2 3".to_owned()));
    // As Go prints a struct that a pointer points to: in an action without, in printf with the ampersand.
    assert_eq!(run("{{ .v }} {{ printf \"%v %+v %T\" .v .v .v }}"), Ok("{1} &{1} &{Major:1} *semver.Version".to_owned()));
    assert!(run("{{ .v.Minor }}").unwrap_err().ends_with("<.v.Minor>: can't evaluate field Minor in type interface {}"));
    assert!(run("{{ .v.Plus \"a\" }}").unwrap_err().ends_with("<\"a\">: expected integer; found \"a\""));
}

/// A method of [`VALUES`]: how many entries there are.
fn values_method(receiver: &Value, name: &str) -> Option<Rc<dyn Function>> {
    let Value::Map(map) = receiver.clone() else { return None };
    let size = move |_: Vec<Value>, _: &mut Call<'_>| Ok(Value::Int(i64::try_from(map.len()).unwrap_or(0)));
    (name == "Size").then(|| Rc::new(NativeFunction::new(Signature::fixed(&[]), size)) as Rc<dyn Function>)
}

static VALUES: NamedType = NamedType { name: "common.Values", underlying: ANY_MAP, method: values_method };

#[test]
fn a_map_type_with_a_name_has_methods_and_passes_for_a_plain_map() {
    let values = || Value::Map(Map::with_type(BTreeMap::from([(Text::from("a"), Value::Int(1))]), Type::Named(&VALUES)));
    let run = |text| render_within(text, values(), Limits::default());
    assert_eq!(run("{{ .Size }} {{ .a }} {{ printf \"%T\" . }}"), Ok("1 1 common.Values".to_owned()));
    assert_eq!(run("{{ $m := set . \"b\" 2 }}{{ printf \"%T\" $m }} {{ .b }}"), Ok("map[string]interface {} 2".to_owned()));
}

#[test]
fn a_function_value_is_called_with_call_only() {
    let add = NativeFunction::new(Signature::fixed(&[Type::Int]), |arguments, _| Ok(arguments[0].clone()));
    let data = Value::Map([(Text::from("f"), Value::Function(Rc::new(add)))].into_iter().collect());
    let run = |text| render_within(text, data.clone(), Limits::default());
    assert_eq!(run("{{ call .f 3 }}"), Ok("3".to_owned()));
    assert!(run("{{ call .f }}").unwrap_err().ends_with("wrong number of args for .f: got 0 want 1"));
    assert!(run("{{ call .f \"x\" }}").unwrap_err().ends_with("arg 0: value has type string; should be int"));
    assert!(run("{{ .f 3 }}").unwrap_err().ends_with("f is not a method but has arguments"));
}

#[test]
fn elements_of_typed_lists_have_their_type() {
    let list = List::of_strings([Text::from("a"), Text::from("b")]);
    assert!(list.slice(1, 3).is_none());
    let run = |text| render_within(text, Value::List(list.clone()), Limits::default());
    assert_eq!(run("{{ printf \"%T %#v\" . . }}"), Ok("[]string []string{\"a\", \"b\"}".to_owned()));
    assert!(run("{{ range . }}{{ .x }}{{ end }}").unwrap_err().ends_with("can't evaluate field x in type string"));
    assert_eq!(render_within("{{ . }}{{ len . }}", Value::List(List::nil(STRING_LIST)), Limits::default()), Ok("[]0".to_owned()));
}

#[test]
fn sec_e6_a_hostile_template_ends_with_an_error() {
    let limits = Limits { steps: 200_000, bytes: 1 << 20, depth: 5_000, template_depth: 2_000 };
    let rows = [
        ("{{ range 1000000000 }}{{ end }}", "more than 200000 steps"),
        ("{{ range until 1000000000 }}{{ end }}", "more than 200000 steps"),
        ("{{ range 1000000000 }}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{ end }}", "more than"),
        ("{{ $x := \"aa\" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}", "more than 1048576 bytes of text"),
        ("{{ $x := \"aa\" }}{{ range 100 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}", "more than 1048576 bytes of text"),
        ("{{ $x := printf \"%99999d\" 1 }}{{ range 1000000 }}{{ $y := slice $x 1 }}{{ end }}", "more than 1048576 bytes of text"),
        ("{{ $x := printf \"%99999d\" 1 }}{{ range 1000000 }}{{ if eq $x $x }}{{ end }}{{ end }}", "more than 200000 steps"),
        ("{{ printf \"%999999d%999999d\" 1 1 }}", "more than 1048576 bytes of text"),
        ("{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", "more than"),
        ("{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d }}", "nested deeper than 5000 levels"),
        ("{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ eq $d 1 }}", "incompatible types for comparison"),
        ("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}", "exceeded maximum template depth (2000)"),
        ("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}", "nested deeper than 5000 levels"),
        (
            "{{ define \"a\" }}{{ tpl \"{{ include \\\"a\\\" . }}\" . }}{{ end }}{{ include \"a\" . }}",
            "nested deeper than 5000 levels",
        ),
    ];
    for (text, expected) in rows {
        let error = render_within(text, Value::Nil, limits).unwrap_err();
        assert!(error.len() < 1000, "{text}: a message of {} bytes", error.len());
        assert!(error.contains(expected), "{text}: {}", &error[error.len().saturating_sub(200)..]);
    }
}

#[test]
fn sec_e6_a_failure_deep_inside_does_not_multiply_its_text() {
    let text = "{{ define \"a\" }}{{ if lt . 5000 }}{{ include \"a\" (len (printf \"%*d\" (len (print (printf \"%*s\" . \"\") 1)) 1)) }}\
                {{ else }}{{ fail \"deep\" }}{{ end }}{{ end }}{{ include \"a\" 1 }}";
    let error = render(text).unwrap_err();
    assert!(error.len() < 1_000_000 && error.ends_with("nested deeper than 2000 levels"), "{} bytes", error.len());
}

#[test]
fn sec_e6_a_limit_can_be_told_from_other_failures() {
    let limits = Limits { steps: 100, ..Limits::default() };
    let error = templates("{{ define \"x\" }}{{ range 1000 }}{{ end }}{{ end }}{{ include \"x\" . }}")
        .execute(b"t", Value::Nil, limits, &())
        .unwrap_err();
    assert_eq!(error.limit(), Some(Limit::Steps(100)));
}

#[test]
fn sec_e6_deep_nesting_costs_no_stack() {
    let mut templates = Templates::new("gotpl", Arc::new(functions()), Options::default());
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let parentheses = |depth| format!("{{{{ {} }}}}", nested("(", ")", depth));
    templates.add_text("deep", nested("{{ if 1 }}", "{{ end }}", 9_000).as_bytes()).unwrap();
    templates.add_text("parentheses", parentheses(9_000).as_bytes()).unwrap();
    assert_eq!(templates.execute(b"deep", Value::Nil, Limits::default(), &()).unwrap(), b"1");
    assert_eq!(templates.execute(b"parentheses", Value::Nil, Limits::default(), &()).unwrap(), b"1");
    let error = templates.add_text("t", nested("{{ if 1 }}", "{{ end }}", 20_000).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "template: t:1: max block depth exceeded");
    let error = templates.add_text("t", parentheses(20_000).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "template: t:1: max expression depth exceeded");
    // A value nested deeper than any stack is dropped, too.
    let text = "{{ $x := dict }}{{ range 50000 }}{{ $x = list $x }}{{ end }}{{ len $x }}";
    assert_eq!(render(text), Ok("1".to_owned()));
}

/// A map whose keys are structs.
#[derive(Debug)]
struct ByVersion;

impl Object for ByVersion {
    fn type_name(&self) -> &'static str {
        "map[semver.Version]string"
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, _: &str) -> Option<Rc<dyn Function>> {
        None
    }

    fn string(&self) -> Option<Text> {
        None
    }

    fn shape(&self) -> Shape {
        let entry = |major: &'static str, name: &str| (Value::Object(Rc::new(Version { major })), Value::from(name));
        Shape::Map(vec![entry("1", "one"), entry("2", "two")])
    }

    fn equals(&self, _: &dyn Object) -> bool {
        false
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn a_map_with_other_keys_than_strings_is_ranged_over() {
    let data = || Value::Object(Rc::new(ByVersion));
    let run = |text| render_within(text, data(), Limits::default());
    let text = "{{ range $version, $name := . }}{{ $version.Major }}={{ $name }} {{ end }}{{ len . }}{{ if . }}!{{ end }}";
    assert_eq!(run(text), Ok("1=one 2=two 2!".to_owned()));
    assert_eq!(run("{{ range . }}{{ . }}{{ break }}{{ end }}"), Ok("one".to_owned()));
}
