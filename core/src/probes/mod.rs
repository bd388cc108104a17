//! Parts of the core as Python can ask them, for tests that compare them with the definition.

pub mod json_leaves;
pub mod names;
pub mod views;
mod patterns;
pub use patterns::{Parts, Scanner};
