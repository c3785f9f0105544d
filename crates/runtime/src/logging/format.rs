//! From a `tracing` event to a line.

use super::Encoding;
use crate::error_chain::{error_chain, sanitize};
use std::fmt::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes the fields of a span as the inside of a JSON object: `"a":"b","c":1`.
pub(super) struct SpanFields;

impl<'writer> FormatFields<'writer> for SpanFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members::default();
        fields.record(&mut members);
        writer.write_str(&members.finish())
    }
}

/// Writes one event.
pub(super) struct ZapFormat {
    pub(super) encoding: Encoding,
}

impl<S> FormatEvent<S, SpanFields> for ZapFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(&self, context: &FmtContext<'_, S, SpanFields>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut own = Members::default();
        event.record(&mut own);
        let mut members = String::new();
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<SpanFields>>() {
                join(&mut members, &fields.fields);
            }
        }
        let logger = match own.logger.take() {
            Some(name) => Some(name),
            None if members.is_empty() => Some(event.metadata().target().replace("::", ".")),
            None => None,
        };
        let message = own.message.take().unwrap_or_default();
        join(&mut members, &own.finish());
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let level = level_name(*event.metadata().level());
        match self.encoding {
            Encoding::Json => {
                write!(writer, "{{\"level\":\"{level}\",\"ts\":\"{time}\"")?;
                if let Some(logger) = logger {
                    write!(writer, ",\"logger\":{}", json(&logger))?;
                }
                write!(writer, ",\"msg\":{}", json(&message))?;
                let comma = if members.is_empty() { "" } else { "," };
                writeln!(writer, "{comma}{members}}}")
            }
            Encoding::Console => {
                write!(writer, "{time}\t{}", level.to_ascii_uppercase())?;
                if let Some(logger) = logger {
                    write!(writer, "\t{logger}")?;
                }
                write!(writer, "\t{}", sanitize(&message))?;
                if members.is_empty() { writeln!(writer) } else { writeln!(writer, "\t{{{members}}}") }
            }
        }
    }
}

/// Flux has no level between info and error.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO | Level::WARN => "info",
        Level::ERROR => "error",
    }
}

fn join(members: &mut String, more: &str) {
    if !members.is_empty() && !more.is_empty() {
        members.push(',');
    }
    members.push_str(more);
}

/// A JSON string without secrets.
fn json(text: &str) -> String {
    serde_json::Value::from(sanitize(text)).to_string()
}

/// Collects fields as JSON members. `message` and `logger` have their own places in the line. A span that has
/// `controllerKind`, `namespace` and `name` also gets the member `"<Kind>":{"name":…,"namespace":…}`.
#[derive(Default)]
struct Members {
    text: String,
    message: Option<String>,
    logger: Option<String>,
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

impl Members {
    fn push(&mut self, name: &str, value: impl fmt::Display) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{}:{value}", json(name));
    }

    fn push_text(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => {
                self.message = Some(text);
                return;
            }
            "logger" => {
                self.logger = Some(text);
                return;
            }
            "controllerKind" => self.kind = Some(text.clone()),
            "namespace" => self.namespace = Some(text.clone()),
            "name" => self.name = Some(text.clone()),
            _ => {}
        }
        self.push(field.name().trim_start_matches("r#"), json(&text));
    }

    fn finish(mut self) -> String {
        if let (Some(kind), Some(namespace), Some(name)) = (self.kind.take(), self.namespace.take(), self.name.take()) {
            self.push(&kind, format_args!("{{\"name\":{},\"namespace\":{}}}", json(&name), json(&namespace)));
        }
        self.text
    }
}

impl Visit for Members {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push_text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push_text(field, format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.push_text(field, error_chain(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() { self.push(field.name(), value) } else { self.push(field.name(), json(&value.to_string())) }
    }
}
