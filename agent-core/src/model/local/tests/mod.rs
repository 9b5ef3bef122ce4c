//! What needs no model: the grammar's text, chat templates, broken files, the number of threads, whose turn it is, how much
//! memory there is.

mod cores;
mod drafts;
mod files;
mod grammars;
mod memories;
mod paces;
mod slots;
mod templates;
