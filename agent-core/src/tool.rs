//! Tools: what a model can call beside the actions of a surface.
//!
//! A [`Tool`] is typed: its schema is derived from its argument type and never written by hand. It adapts to [`DynTool`], the
//! object-safe form, so that tools that come from elsewhere (another process, another protocol) are its equals.

use std::future::Future;

use async_trait::async_trait;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::action::EffectClass;
use crate::context::Context;
use crate::model::ToolSpec;

/// Why a tool gave no result, by who should hear it.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The model should hear it and do something else.
    #[error("{0}")]
    Retry(String),
    /// The run can't go on.
    #[error("{0}")]
    Fatal(String),
}

/// A typed tool.
pub trait Tool: Send + Sync + 'static {
    /// Its name, `[a-zA-Z0-9_-]{1,64}`.
    const NAME: &'static str;
    /// Its arguments; doc comments on the fields become the descriptions that the model reads.
    type Args: DeserializeOwned + JsonSchema + Send;
    /// Its result.
    type Output: Serialize;

    /// What it does, in a sentence or two.
    fn description(&self) -> &str;

    /// How grave a call is. Only `Read` runs without policy being asked about it.
    fn effect(&self, _args: &Self::Args) -> EffectClass {
        EffectClass::Write
    }

    /// Does it.
    fn call(&self, cx: &Context, args: Self::Args) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// A tool whose types are known at run time only.
#[async_trait]
pub trait DynTool: Send + Sync {
    /// What a model is told of it.
    fn spec(&self) -> ToolSpec;
    /// How grave a call with these arguments is.
    fn effect(&self, args: &Value) -> EffectClass;
    /// Does it.
    async fn call(&self, cx: &Context, args: Value) -> Result<Value, ToolError>;
}

/// A [`Tool`] as a [`DynTool`].
#[derive(Debug)]
pub(crate) struct Typed<T>(pub(crate) T);

#[async_trait]
impl<T: Tool> DynTool for Typed<T> {
    fn spec(&self) -> ToolSpec {
        spec_of::<T::Args>(T::NAME, Some(self.0.description()))
    }

    fn effect(&self, args: &Value) -> EffectClass {
        // Arguments that can't be read are refused by `call`; until then the graver class is the safe guess.
        serde_json::from_value(args.clone()).map_or(EffectClass::Write, |args| self.0.effect(&args))
    }

    async fn call(&self, cx: &Context, args: Value) -> Result<Value, ToolError> {
        let args = serde_json::from_value(args).map_err(|error| ToolError::Retry(format!("wrong arguments: {error}")))?;
        let output = self.0.call(cx, args).await?;
        serde_json::to_value(output).map_err(|error| ToolError::Fatal(format!("the result is not JSON: {error}")))
    }
}

/// The JSON Schema of `T`, subschemas inlined: what models read best.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(map) = schema.as_object_mut() {
        map.remove("$schema");
        map.remove("title");
    }
    schema
}

/// A tool with `T` as arguments; the description is `T`'s doc comment unless given.
#[must_use]
pub fn spec_of<T: JsonSchema>(name: &str, description: Option<&str>) -> ToolSpec {
    let mut parameters = schema_of::<T>();
    let documented = parameters.as_object_mut().and_then(|map| {
        map.entry("properties").or_insert_with(|| Value::Object(serde_json::Map::new()));
        map.remove("description")
    });
    let description = description.map(str::to_owned).or_else(|| Some(documented?.as_str()?.to_owned())).unwrap_or_default();
    ToolSpec { name: name.to_owned(), description, parameters }
}
