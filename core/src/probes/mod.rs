//! Parts of the core as Python can ask them, for tests that compare them with the definition.

pub mod fields;
pub mod json_leaves;
pub mod names;
mod patterns;
pub mod validators;
pub mod views;

pub use patterns::{Parts, Scanner};
