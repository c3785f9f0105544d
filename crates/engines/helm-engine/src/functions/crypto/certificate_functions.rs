//! `genPrivateKey`, `genCA`, `genSignedCert` and their kin.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use go_template::{ANY_LIST, Call, Function, FunctionError, Functions, Object, Shape, Signature, Text, Type, Value};

use super::base64;
use super::certificate::{Certificate, Request, create};
use super::key::PrivateKey;
use super::pem::Block;
use crate::functions::arguments::{Arguments, Outcome, give};
use crate::functions::object::{object_of, value_of};

const STRING: Type = Type::String;
const INT: Type = Type::Int;
const PAIR: Type = Type::Object("sprig.certificate");

/// Bits of the keys that certificates get.
const CERTIFICATE_BITS: usize = 2048;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("genPrivateKey", Signature::fixed(&[STRING]), |arguments, call| {
        let kind = Arguments::new(arguments).text();
        let key = match &kind[..] {
            b"" | b"rsa" => PrivateKey::rsa(4096, call)?,
            b"ecdsa" => PrivateKey::ecdsa(call)?,
            b"ed25519" => PrivateKey::ed25519(call)?,
            b"dsa" => return Err(FunctionError::new("genPrivateKey: DSA is not supported")),
            other => return give(call, [b"Unknown type ", other].concat()),
        };
        let pem = key.to_pem()?;
        give(call, pem)
    });
    functions.insert_native("buildCustomCert", Signature::fixed(&[STRING, STRING]), build_custom);
    functions.insert_native("genCA", Signature::fixed(&[STRING, INT]), |arguments, call| {
        generate(arguments, call, Form { is_authority: true, ..Form::default() })
    });
    functions.insert_native("genCAWithKey", Signature::fixed(&[STRING, INT, STRING]), |arguments, call| {
        generate(arguments, call, Form { is_authority: true, has_key: true, ..Form::default() })
    });
    functions.insert_native("genSelfSignedCert", Signature::fixed(&[STRING, ANY_LIST, ANY_LIST, INT]), |arguments, call| {
        generate(arguments, call, Form::default())
    });
    let parameters = &[STRING, ANY_LIST, ANY_LIST, INT, STRING];
    functions.insert_native("genSelfSignedCertWithKey", Signature::fixed(parameters), |arguments, call| {
        generate(arguments, call, Form { has_key: true, ..Form::default() })
    });
    let parameters = &[STRING, ANY_LIST, ANY_LIST, INT, PAIR];
    functions.insert_native("genSignedCert", Signature::fixed(parameters), |arguments, call| {
        generate(arguments, call, Form { has_issuer: true, ..Form::default() })
    });
    let parameters = &[STRING, ANY_LIST, ANY_LIST, INT, PAIR, STRING];
    functions.insert_native("genSignedCertWithKey", Signature::fixed(parameters), |arguments, call| {
        generate(arguments, call, Form { has_issuer: true, has_key: true, ..Form::default() })
    });
}

/// A certificate and its key in PEM: sprig's `certificate`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    certificate: Text,
    key: Text,
}

/// A certificate and its key as functions give them.
pub(crate) fn pair(certificate: Text, key: Text) -> Value {
    value_of(Pair { certificate, key })
}

impl Object for Pair {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(Value::String(self.certificate.clone())),
            "Key" => Some(Value::String(self.key.clone())),
            _ => None,
        }
    }

    fn method(&self, _: &str) -> Option<Rc<dyn Function>> {
        None
    }

    fn string(&self) -> Option<Text> {
        None
    }

    fn shape(&self) -> Shape {
        Shape::Struct(vec![("Cert", Value::String(self.certificate.clone())), ("Key", Value::String(self.key.clone()))])
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What a function of this family takes and makes.
#[derive(Debug, Clone, Copy, Default)]
struct Form {
    /// Takes no addresses and host names, and may sign others.
    is_authority: bool,
    /// Takes who signs.
    has_issuer: bool,
    /// Takes the key at the end.
    has_key: bool,
}

fn generate(arguments: Vec<Value>, call: &mut Call<'_>, form: Form) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let common_name = arguments.text().to_string_lossy();
    let lists = if form.is_authority { None } else { Some((arguments.value(), arguments.value())) };
    let valid_days = arguments.value().as_signed().unwrap_or_default();
    let issuer: Option<Pair> = if form.has_issuer { Some(object_of(&mut arguments)?) } else { None };
    let key = if form.has_key {
        PrivateKey::parse(&arguments.text()).map_err(|error| FunctionError::new(format!("parsing private key: {error}")))?
    } else {
        PrivateKey::rsa(CERTIFICATE_BITS, call)?
    };
    let issuer = issuer.map(read_issuer).transpose()?;
    let (addresses, host_names) = match &lists {
        Some((addresses, names)) => (read_addresses(addresses, call)?, read_names(names, call)?),
        None => Default::default(),
    };
    let request = Request { common_name, addresses, host_names, valid_days, is_authority: form.is_authority };
    let encoded = match issuer {
        Some((certificate, issuer_key)) => {
            let issuer = certificate.into_issuer(&issuer_key)?;
            create(&request, &key, Some((&issuer, &issuer_key)), call)?
        }
        None => create(&request, &key, None, call)?,
    };
    let certificate = Text::from(Block::new("CERTIFICATE", encoded).encode());
    Ok(pair(certificate, Text::from(key.to_pem()?)))
}

/// The certificate and the key of who signs.
fn read_issuer(pair: Pair) -> Result<(Certificate, PrivateKey), FunctionError> {
    let block = Block::find(&pair.certificate).ok_or_else(|| FunctionError::new("unable to decode certificate"))?;
    let key = || PrivateKey::parse(&pair.key).map_err(|error| FunctionError::new(format!("error parsing private key: {error}")));
    Ok((read_certificate(&block.content, "decodedSignerCert")?, key()?))
}

/// `name` is what Go's variable is called, which sprig prints.
fn read_certificate(encoded: &[u8], name: &str) -> Result<Certificate, FunctionError> {
    let failed = |error| FunctionError::new(format!("error parsing certificate: {name}.Bytes: {error}"));
    Certificate::parse(encoded).map_err(failed)
}

fn items(list: &Value) -> &[Value] {
    if let Value::List(list) = list { list.items() } else { &[] }
}

fn read_addresses(list: &Value, call: &mut Call<'_>) -> Result<Vec<IpAddr>, FunctionError> {
    let read = |item: &Value| match item {
        Value::String(text) => {
            let address = text.to_string_lossy();
            address.parse().map_err(|_| FunctionError::new(format!("error parsing ip: {address}")))
        }
        other => Err(FunctionError::new(
            call.sprintf("error parsing ip: %v is not a string", std::slice::from_ref(other))?.to_string_lossy(),
        )),
    };
    items(list).iter().map(read).collect()
}

fn read_names(list: &Value, call: &mut Call<'_>) -> Result<Vec<String>, FunctionError> {
    let read = |item: &Value| match item {
        Value::String(text) => Ok(text.to_string_lossy()),
        other => {
            let text = "error processing alternate dns name: %v is not a string";
            Err(FunctionError::new(call.sprintf(text, std::slice::from_ref(other))?.to_string_lossy()))
        }
    };
    items(list).iter().map(read).collect()
}

/// A certificate and a key that were made elsewhere; both are read to see that they are what they should be.
fn build_custom(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (certificate, key) = (arguments.text(), arguments.text());
    let decode =
        |text: &Text, what: &str| base64::decode(text).map_err(|_| FunctionError::new(format!("unable to decode base64 {what}")));
    let certificate = decode(&certificate, "certificate")?;
    let key = decode(&key, "private key")?;
    let block = Block::find(&certificate).ok_or_else(|| FunctionError::new("unable to decode certificate"))?;
    read_certificate(&block.content, "decodedCert")?;
    PrivateKey::parse(&key).map_err(|error| FunctionError::new(format!("error parsing private key: {error}")))?;
    Ok(pair(Text::from(certificate), Text::from(key)))
}
