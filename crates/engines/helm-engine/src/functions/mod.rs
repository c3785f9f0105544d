//! The functions of Helm's templates by subject. The exact behaviour is sprig 3's and Helm 4's.

mod arguments;
mod cast;
mod codec;
mod crypto;
mod date;
mod decimal;
mod default;
mod dict;
mod encoding;
mod flow;
mod letter_case;
mod list;
mod merge;
mod number;
mod object;
mod path;
mod random;
mod reflection;
mod regular_expression;
mod text;
mod text_layout;
mod text_list;
mod url;
mod version;
mod words;

pub(crate) use codec::print_yaml;

use go_template::Functions;

pub(crate) use crypto::pair;
pub(crate) use date::fixed_time;

/// All functions that Helm gives to templates, besides the builtins of the language.
pub fn functions() -> Functions {
    let mut functions = Functions::new();
    codec::register(&mut functions);
    crypto::register(&mut functions);
    date::register(&mut functions);
    decimal::register(&mut functions);
    default::register(&mut functions);
    dict::register(&mut functions);
    encoding::register(&mut functions);
    flow::register(&mut functions);
    letter_case::register(&mut functions);
    list::register(&mut functions);
    number::register(&mut functions);
    path::register(&mut functions);
    random::register(&mut functions);
    reflection::register(&mut functions);
    regular_expression::register(&mut functions);
    text::register(&mut functions);
    text_layout::register(&mut functions);
    text_list::register(&mut functions);
    url::register(&mut functions);
    version::register(&mut functions);
    functions
}

/// What Helm has besides sprig, and what sprig itself counts as depending on time, chance or place.
const NOT_HERMETIC: &[&str] = &[
    "date",
    "dateInZone",
    "dateModify",
    "date_in_zone",
    "date_modify",
    "env",
    "expandenv",
    "fromJsonArray",
    "fromToml",
    "fromYaml",
    "fromYamlArray",
    "getHostByName",
    "htmlDate",
    "htmlDateInZone",
    "include",
    "lookup",
    "mustToToml",
    "mustToYaml",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randNumeric",
    "required",
    "toToml",
    "toYaml",
    "toYamlPretty",
    "tpl",
    "uuidv4",
];

/// sprig's `HermeticTxtFuncMap`: the functions whose results depend on nothing but their arguments. Those that sprig counts among
/// them though they want a clock or randomness, such as `ago` and `shuffle`, fail without [`crate::Ports`].
pub fn hermetic_functions() -> Functions {
    let all = functions();
    let mut hermetic = Functions::new();
    for name in all.names().filter(|name| !NOT_HERMETIC.contains(name)) {
        if let Some(function) = all.get(name) {
            hermetic.insert(name, function.clone());
        }
    }
    hermetic
}
