//! Parses and executes the templates of a small chart; `benches/go` does the same with Go's own engine.
//!
//! Without arguments it checks that the output is Go's and says how long a round takes. `parse ROUNDS` and `execute ROUNDS`
//! only work, so that the processor time, instructions and memory can be measured from outside:
//!
//! ```sh
//! cargo bench -p go-template --no-run   # prints the path of the program
//! perf stat -e user_time,instructions:u target/release/deps/render-… execute 2000
//! cd crates/engines/go-template/benches/go && go build -o bench . && perf stat -e user_time,instructions:u ./bench ../chart execute 2000
//! ```

#![expect(clippy::print_stdout, reason = "the numbers are the result")]

#[path = "render/functions.rs"]
mod functions;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use go_template::{Functions, Limits, MissingKey, Options, Templates, Value};

const FILES: [(&str, &str); 4] = [
    ("_helpers.tpl", include_str!("chart/_helpers.tpl")),
    ("deployment.yaml", include_str!("chart/deployment.yaml")),
    ("service.yaml", include_str!("chart/service.yaml")),
    ("configmap.yaml", include_str!("chart/configmap.yaml")),
];
const VALUES: &str = include_str!("chart/values.json");
/// What the program in `benches/go` prints.
const EXPECTED: &str = include_str!("chart/expected.yaml");

fn main() {
    let functions = Arc::new(functions::functions());
    let values: serde_json::Value = serde_json::from_str(VALUES).expect("the values are JSON");
    let (templates, data) = (parse(&functions), Value::from(&values));
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match (arguments.first().map(String::as_str), arguments.get(1).and_then(|rounds| rounds.parse().ok())) {
        (Some("parse"), Some(rounds)) => (0..rounds).for_each(|_: u32| drop(black_box(parse(&functions)))),
        (Some("execute"), Some(rounds)) => (0..rounds).for_each(|_: u32| drop(black_box(render(&templates, &data)))),
        _ => {
            assert!(render(&templates, &data) == EXPECTED.as_bytes(), "the output differs from Go's");
            println!("parse   {:?}", time(|| drop(black_box(parse(&functions)))));
            println!("execute {:?}", time(|| drop(black_box(render(&templates, &data)))));
        }
    }
}

fn parse(functions: &Arc<Functions>) -> Templates {
    let options = Options { missing_key: MissingKey::Zero, ..Options::default() };
    let mut templates = Templates::new("shop", Arc::clone(functions), options);
    for (name, text) in FILES {
        templates.add_text(name, text.as_bytes()).expect("the templates are well formed");
    }
    templates
}

fn render(templates: &Templates, data: &Value) -> Vec<u8> {
    let mut output = Vec::new();
    for (name, _) in &FILES[1..] {
        output.extend(templates.execute(name.as_bytes(), data.clone(), Limits::default(), &()).expect("the templates render"));
    }
    output
}

/// The mean of a second.
#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
fn time(round: impl Fn()) -> Duration {
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < Duration::from_secs(1) {
        round();
        rounds += 1;
    }
    start.elapsed() / rounds
}
