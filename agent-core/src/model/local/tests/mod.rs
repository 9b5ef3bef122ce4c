//! What needs no model: the grammar's text, chat templates, broken files, the number of threads.

mod cores;
mod files;
mod grammars;
mod templates;
