//! What needs no model: the grammar's text, chat templates, broken files.

mod files;
mod grammars;
mod templates;
