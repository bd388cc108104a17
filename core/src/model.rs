//! The values that flow through the core, as `logscrub/model.py` has them.

use crate::chars::Ch;
use std::sync::Arc;

/// The name of a field. Leaves of one field share it, for it may be long.
pub type Name = Arc<[Ch]>;
/// Names of the fields a value stands in, outermost first, at most two.
pub type FieldPath = Vec<Name>;

/// How a leaf is written: a line of text, a value as it is, a string, name, number or array of numbers in JSON, a CSV cell, a text
/// in XML, a URL's query without its question mark, a line of text that was scanned: only what it leaves open counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Coding {
    Text,
    Plain,
    Json,
    Name,
    Number,
    Bytes,
    Csv,
    Xml,
    Query,
    Scanned,
}

impl Coding {
    pub const ALL: [Coding; 10] = [
        Coding::Text,
        Coding::Plain,
        Coding::Json,
        Coding::Name,
        Coding::Number,
        Coding::Bytes,
        Coding::Csv,
        Coding::Xml,
        Coding::Query,
        Coding::Scanned,
    ];

    /// Its name in the definition.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Text => "text",
            Coding::Plain => "plain",
            Coding::Json => "json",
            Coding::Name => "name",
            Coding::Number => "number",
            Coding::Bytes => "bytes",
            Coding::Csv => "csv",
            Coding::Xml => "xml",
            Coding::Query => "query",
            Coding::Scanned => "scanned",
        }
    }

    /// The coding with that name.
    pub fn named(name: &str) -> Option<Coding> {
        Coding::ALL.into_iter().find(|coding| coding.name() == name)
    }
}

/// A part `[start, end)` of a record's text that is scanned on its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    pub start: usize,
    pub end: usize,
    pub field: FieldPath,
    pub coding: Coding,
    /// Where the name of an OTLP value's type stands (`intValue`).
    pub typed: Option<(usize, usize)>,
    /// The pieces of a text that was cut have the same number, which is not 0, and are scanned as one text.
    pub group: u32,
}
