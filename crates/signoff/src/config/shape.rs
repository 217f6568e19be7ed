//! The configuration's JSON Schema, and the same read back as a tree: which keys there are, of
//! which type, with their comments, defaults and examples.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::declared::{Declared, declared};
use super::types::Config;

/// What stands in one place of the configuration.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A section: known keys.
    Table(Vec<Field>),
    /// Keys of one's own choice.
    Map,
    /// Several.
    List(Box<Shape>),
    /// Text.
    Text,
    /// One of these words.
    Word(Vec<String>),
    /// A whole number within these bounds.
    Integer {
        /// The lowest.
        min: Option<i128>,
        /// The highest.
        max: Option<i128>,
    },
    /// A number within these bounds.
    Number {
        /// The lowest.
        min: Option<f64>,
        /// The highest.
        max: Option<f64>,
    },
    /// `true` or `false`.
    Boolean,
}

/// One key.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its comment.
    pub(crate) comment: String,
    /// What stands there.
    pub(crate) shape: Shape,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What holds without it; `None` where that is nothing.
    pub(crate) default: Option<Value>,
    /// What it may look like.
    pub(crate) example: Option<Value>,
    /// Whether the example file has it uncommented.
    pub(crate) active: bool,
}

impl Shape {
    /// The shape of the whole configuration.
    pub(crate) fn of_config() -> Self {
        let schema = json_schema();
        let reader = Reader {
            root: &schema,
            declared: declared(),
        };
        reader.shape(&schema)
    }

    /// The keys of a section; none for anything else.
    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Self::Table(fields) => fields,
            _ => &[],
        }
    }

    /// Whether this is a list of sections (`[[routes]]`).
    pub(crate) fn is_list_of_tables(&self) -> bool {
        matches!(self, Self::List(item) if matches!(**item, Self::Table(_)))
    }

    /// The field with this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

/// The JSON Schema of the configuration file.
pub(crate) fn json_schema() -> Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Config>()
        .to_value()
}

struct Reader<'a> {
    root: &'a Value,
    declared: Declared,
}

impl Reader<'_> {
    fn shape(&self, schema: &Value) -> Shape {
        let (schema, name) = self.resolve(schema);
        if let Some(properties) = schema["properties"].as_object() {
            return Shape::Table(self.fields(schema, name, properties));
        }
        if let Some(words) = words(schema) {
            return Shape::Word(words);
        }
        match type_of(schema) {
            "object" => Shape::Map,
            "array" => Shape::List(Box::new(self.shape(&schema["items"]))),
            "integer" => Shape::Integer {
                min: schema["minimum"].as_i64().map(i128::from),
                max: schema["maximum"].as_u64().map(i128::from),
            },
            "number" => Shape::Number {
                min: schema["minimum"].as_f64(),
                max: schema["maximum"].as_f64(),
            },
            "boolean" => Shape::Boolean,
            _ => Shape::Text,
        }
    }

    fn fields(&self, schema: &Value, name: &str, properties: &Map<String, Value>) -> Vec<Field> {
        let required = |name: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|all| all.iter().any(|key| key == name))
        };
        let order = self.declared.get(name).copied().unwrap_or_default();
        let place = |name: &str| order.iter().position(|declared| *declared == name);
        let mut fields: Vec<Field> = properties
            .iter()
            .map(|(name, schema)| Field {
                name: name.clone(),
                comment: schema["description"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                shape: self.shape(schema),
                required: required(name),
                default: schema
                    .get("default")
                    .filter(|default| says_something(default))
                    .cloned(),
                example: schema["examples"].get(0).cloned(),
                active: schema["x-active"].as_bool().unwrap_or_default(),
            })
            .collect();
        fields.sort_by_key(|field| place(&field.name));
        fields
    }

    /// Follows references, and looks through "this or null".
    fn resolve<'s>(&'s self, schema: &'s Value) -> (&'s Value, &'s str) {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix("#/$defs/"))
        {
            return (&self.root["$defs"][name], name);
        }
        let one_of = schema["anyOf"].as_array().into_iter().flatten();
        match one_of.into_iter().find(|schema| schema["type"] != "null") {
            Some(schema) => self.resolve(schema),
            None => (schema, schema["title"].as_str().unwrap_or_default()),
        }
    }
}

fn words(schema: &Value) -> Option<Vec<String>> {
    let plain = schema["enum"].as_array().into_iter().flatten();
    let commented = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| &one["const"]);
    let words: Vec<String> = plain
        .chain(commented)
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    (!words.is_empty()).then_some(words)
}

/// The type: schemas that allow null too have a list of two.
fn type_of(schema: &Value) -> &str {
    let types = schema["type"].as_array();
    let first = types.into_iter().flatten().find(|one| *one != "null");
    first
        .unwrap_or(&schema["type"])
        .as_str()
        .unwrap_or_default()
}

fn says_something(default: &Value) -> bool {
    match default {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}
