//! The vocabularies of computer-use models.
