//! What the parameters of functions want to be given.

use crate::helm::Signature;
use std::collections::BTreeMap;

/// What a parameter is about. Where the type says no more than "text", the kind says which text makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    Whole,
    Fraction,
    Truth,
    Items,
    Table,
    Time,
    Text,
    Key,
    Pattern,
    Layout,
    Date,
    Zone,
    Duration,
    Version,
    Range,
    Json,
    Yaml,
    Toml,
    Url,
    Base64,
    Path,
    Format,
    Template,
    TypeName,
    Digits,
}

impl Kind {
    fn of_type(name: &str) -> Self {
        match name {
            "string" => Self::Text,
            "int" | "uint32" => Self::Whole,
            "float64" => Self::Fraction,
            "bool" => Self::Truth,
            "[]interface {}" => Self::Items,
            "map[string]interface {}" => Self::Table,
            "time.Time" => Self::Time,
            _ => Self::Any,
        }
    }
}

/// A function to call and what to give it.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) parameters: Vec<Kind>,
    /// Whether the last parameter may be missing or repeated.
    pub(super) variadic: bool,
}

/// Those whose result is another one in every run even so, or takes long.
const LEFT_OUT: [&str; 2] = ["ago", "derivePassword"];

/// Parameters of which the type says too little.
const NARROWED: &[(&[&str], &[Kind])] = {
    use Kind::*;
    &[
        (&["regexFind", "regexMatch", "mustRegexFind", "mustRegexMatch"], &[Pattern, Text]),
        (&["regexFindAll", "regexSplit", "mustRegexFindAll", "mustRegexSplit"], &[Pattern, Text, Whole]),
        (&["regexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAll"], &[Pattern, Text, Text]),
        (&["semver"], &[Version]),
        (&["semverCompare"], &[Range, Version]),
        (&["fromJson", "fromJsonArray", "mustFromJson"], &[Json]),
        (&["fromYaml", "fromYamlArray"], &[Yaml]),
        (&["fromToml"], &[Toml]),
        (&["date"], &[Layout, Time]),
        (&["dateInZone", "date_in_zone"], &[Layout, Time, Zone]),
        (&["htmlDate", "unixEpoch"], &[Time]),
        (&["htmlDateInZone"], &[Time, Zone]),
        (&["dateModify", "date_modify", "mustDateModify", "must_date_modify"], &[Duration, Time]),
        (&["toDate", "mustToDate"], &[Layout, Date]),
        (&["durationRound", "mustToDuration", "durationSeconds", "durationHours"], &[Duration]),
        (&["durationRoundTo", "durationTruncateTo"], &[Duration, Duration]),
        (&["urlParse"], &[Url]),
        (&["b64dec", "b32dec"], &[Base64]),
        (&["base", "dir", "ext", "clean", "isAbs", "osBase", "osDir", "osExt", "osClean", "osIsAbs"], &[Path]),
        (&["tpl"], &[Template, Any]),
        (&["ternary"], &[Any, Any, Truth]),
        (&["kindIs", "typeIs", "typeIsLike"], &[TypeName, Any]),
        (&["atoi"], &[Digits]),
        (&["toDecimal", "int", "int64", "float64", "floor", "ceil"], &[Digits]),
        (&["round"], &[Digits, Whole]),
        (&["get", "hasKey", "unset"], &[Table, Key]),
        (&["set"], &[Table, Key, Any]),
        (&["pick", "omit"], &[Table, Key]),
        (&["pluck"], &[Key, Table]),
        (&["dig"], &[Key, Key, Any, Table]),
        (&["dict"], &[Key, Any, Key, Any]),
        (&["join"], &[Text, Items]),
        (&["has", "mustHas", "without", "mustWithout"], &[Any, Items]),
        (&["first", "last", "initial", "rest", "uniq", "compact", "reverse", "sortAlpha", "toStrings"], &[Items]),
        (&["mustFirst", "mustLast", "mustInitial", "mustRest", "mustUniq", "mustCompact", "mustReverse"], &[Items]),
        (&["append", "prepend", "push", "mustAppend", "mustPrepend", "mustPush"], &[Items, Any]),
        (&["chunk", "mustChunk"], &[Whole, Items]),
        (&["concat"], &[Items]),
        (&["slice", "mustSlice"], &[Items, Whole, Whole]),
    ]
};

/// The functions of the language itself.
const BUILTINS: &[(&str, &[Kind], bool)] = {
    use Kind::*;
    &[
        ("and", &[Any, Any], true),
        ("or", &[Any, Any], true),
        ("not", &[Any], false),
        ("len", &[Items], false),
        ("len", &[Text], false),
        ("index", &[Items, Whole], true),
        ("index", &[Table, Key], true),
        ("slice", &[Text, Whole, Whole], true),
        ("print", &[Any, Any], true),
        ("printf", &[Format, Any, Any], true),
        ("println", &[Any], true),
        ("html", &[Any], true),
        ("js", &[Any], true),
        ("urlquery", &[Any], true),
        ("eq", &[Any, Any], true),
        ("ne", &[Any, Any], false),
        ("lt", &[Whole, Whole], false),
        ("le", &[Text, Text], false),
        ("gt", &[Fraction, Fraction], false),
        ("ge", &[Any, Any], false),
    ]
};

/// All functions, the builtins among them; only those named, if any are.
pub(super) fn functions(signatures: &BTreeMap<String, Signature>, named: &[String]) -> Vec<Function> {
    let helm = signatures.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())).map(|(name, signature)| {
        let narrowed = NARROWED.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, kinds)| kinds.to_vec());
        let by_type = || signature.parameters.iter().map(|name| Kind::of_type(name)).collect();
        Function { name: name.clone(), parameters: narrowed.unwrap_or_else(by_type), variadic: signature.variadic }
    });
    let builtins = BUILTINS.iter().map(|(name, parameters, variadic)| Function {
        name: (*name).to_owned(),
        parameters: parameters.to_vec(),
        variadic: *variadic,
    });
    helm.chain(builtins).filter(|function| named.is_empty() || named.contains(&function.name)).collect()
}
