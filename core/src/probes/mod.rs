//! Parts of the core as Python can ask them, for tests.

pub mod json_leaves;
//! What tests ask the parts of the core for, to compare it with the definition.

pub mod names;
//! Parts of the core for tests, each under the names that the definition has.

pub mod views;
