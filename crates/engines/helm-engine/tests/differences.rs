//! Where we differ from Helm v4.3.1, as COMPATIBILITY.md lists it. Each fails when the difference changes.

use std::rc::Rc;

use helm_engine::{Engine, Limits, Offline, Ports, Value};

fn render(template: &str) -> Result<String, String> {
    let set = Engine::new().parse([("t", template.as_bytes())]).map_err(|error| error.to_string())?;
    let values = serde_json::json!({"l": [3, 1, 2, 4, 5]});
    let ports: Rc<dyn Ports> = Rc::new(Offline::default());
    let output = set.render_template("t", Value::from(&values), &ports, Limits::default());
    output.map(|output| String::from_utf8_lossy(&output).into_owned()).map_err(|error| error.to_string())
}

fn check(template: &str, ours: &str) {
    assert_eq!(render(template).as_deref(), Ok(ours), "{template}");
}

#[test]
fn keys_and_values_are_sorted() {
    check("{{ $d := dict \"b\" 1 \"a\" 2 \"c\" 3 }}{{ keys $d }}{{ values $d }}", "[a b c][2 1 3]");
}

#[test]
fn sorting_leaves_the_list_alone() {
    // Helm prints [a b] twice.
    check("{{ $l := splitList \",\" \"b,a\" }}{{ sortAlpha $l }}{{ $l }}", "[a b][b a]");
}

#[test]
fn a_slice_does_not_reach_beyond_a_list() {
    // Helm gives [3,1,2,4,5,null,null].
    let error = render("{{ slice .l 0 7 | toJson }}").expect_err("there are five items");
    assert!(error.ends_with("reflect.Value.Slice: slice index out of bounds"), "{error}");
}

#[test]
fn yaml_of_odd_values_differs() {
    // Helm gives !!binary //5h, .nan and 2020-01-02T00:00:00Z.
    check("{{ toYamlPretty \"\\xff\\xfea\" }}", "\u{fffd}\u{fffd}a");
    assert!(render("{{ toYamlPretty (float64 \"NaN\") }}").is_err());
    check("{{ toYamlPretty (toDate \"2006-01-02\" \"2020-01-02\") }}", "\"2020-01-02T00:00:00Z\"");
}

#[test]
fn bad_addresses_are_refused_in_fewer_words() {
    // Helm ends with: each colon-separated field must have at least one digit (at ":1").
    let error = render("{{ urlParse \"http://[:::1]/\" }}").expect_err("no address");
    assert!(error.ends_with("unable to parse IP"), "{error}");
}

#[test]
fn keys_that_nobody_should_make_are_refused() {
    let error = render("{{ genPrivateKey \"dsa\" }}").expect_err("there are no such keys");
    assert!(error.ends_with("genPrivateKey: DSA is not supported"), "{error}");
    // Helm makes a certificate for the key.
    const P224: &str = "-----BEGIN EC PRIVATE KEY-----\n\
         MGgCAQEEHCafQJQ3zKpBoTZK9Od3QcQGwusjCZ3cCAuV72+gBwYFK4EEACGhPAM6\n\
         AATXkqnon4ZDVL/zqBZ4P5kMOhpLE9tRQQGDCZEkQ7030W/ZNxVa2AYgjimWZbdS\n\
         JYEvx+JCQaS6Sw==\n\
         -----END EC PRIVATE KEY-----\n";
    let error = render(&format!("{{{{ genCAWithKey \"a\" 1 {P224:?} }}}}")).expect_err("there is no such curve");
    assert!(error.ends_with("x509: unknown elliptic curve"), "{error}");
}
