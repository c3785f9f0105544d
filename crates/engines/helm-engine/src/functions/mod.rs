//! The functions of Helm's templates by subject. The exact behaviour is sprig 3's and Helm 4's.

mod arguments;
mod crypto;
mod date;
mod flow;
mod random;
mod regular_expression;
mod version;

use go_template::Functions;

/// All functions that Helm gives to templates, besides the builtins of the language.
pub fn functions() -> Functions {
    let mut functions = Functions::new();
    crypto::register(&mut functions);
    date::register(&mut functions);
    flow::register(&mut functions);
    random::register(&mut functions);
    regular_expression::register(&mut functions);
    version::register(&mut functions);
    functions
}
