//! Asking a server what it is and what its model can do.
//!
//! The one decision: not knowing is no error. A question that is not answered in time, or answered otherwise than expected, leaves
//! its facts unknown; only a server that nobody reaches is told of, with how to start one.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::capabilities::Capabilities;
use super::facts::{self, Ask};
use super::{Dialect, Wire};
use crate::model::ModelError;

/// A server that is there answers such questions at once.
const SHORT: Duration = Duration::from_secs(3);

/// What can be known of the model `id`. `dialect` is given when it is known which server it is.
pub(super) async fn ask(wire: &Wire, id: &str, dialect: Option<Dialect>) -> Result<(Dialect, Capabilities), ModelError> {
    let rows: Vec<Dialect> = dialect.map_or_else(|| Dialect::KNOWN.to_vec(), |one| vec![one]);
    let firsts = join_all(rows.iter().filter_map(|row| row.asks.first()).map(|ask| one(wire, ask, id))).await;
    // Who answered with what only that server can say. A dialect that was given stays, whatever it answers.
    let found = rows.iter().zip(&firsts).find(|(_, answer)| matches!(answer, Ok(Some(_)))).map(|(row, _)| *row);
    let nobody = !firsts.is_empty() && firsts.iter().all(Result::is_err);
    if nobody {
        let start = dialect.unwrap_or(Dialect::GENERIC).start;
        return Err(match firsts.into_iter().find_map(Result::err) {
            Some(ModelError::Unreachable { url, detail }) => ModelError::Unreachable { url, detail: format!("{detail} ({start})") },
            Some(other) => other,
            None => ModelError::BadRequest("no server is named".to_owned()),
        });
    }
    let row = dialect.or(found).unwrap_or(Dialect::GENERIC);
    // The servers of the table have the protocol below /v1.
    let mut known = Capabilities { server: Some(row.name.to_owned()), v1: Dialect::KNOWN.contains(&row), ..Capabilities::default() };
    for (place, ask) in row.asks.iter().enumerate() {
        let first = rows.iter().position(|other| *other == row).filter(|_| place == 0).and_then(|at| firsts.get(at));
        let answer = match first {
            Some(Ok(Some(answer))) => Some(answer.clone()),
            Some(_) => None,
            None => one(wire, ask, id).await.ok().flatten(),
        };
        if let Some(answer) = answer {
            known.v1 |= ask.path.starts_with("/v1/");
            facts::read(&mut known, &answer, ask.facts, id);
        }
    }
    Ok((row, known))
}

/// One answer, if it is one to this question.
async fn one(wire: &Wire, ask: &Ask, id: &str) -> Result<Option<Value>, ModelError> {
    let body = ask.of_model.then(|| json!({ "model": id }));
    match wire.ask(ask.path, body.as_ref(), SHORT).await {
        Ok((200, answer)) => Ok(facts::find(&answer, ask.proof, id).is_some().then_some(answer)),
        Err(error @ (ModelError::Unreachable { .. } | ModelError::BadRequest(_) | ModelError::Unauthorized(_))) => Err(error),
        Ok(_) | Err(_) => Ok(None),
    }
}
