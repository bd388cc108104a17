//! Parts of the core as Python can ask them, for tests.

pub mod json_leaves;
pub mod validators;
