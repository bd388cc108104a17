//! What tests ask the parts of the core for, to compare it with the definition.

pub mod names;
