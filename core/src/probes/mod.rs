//! Parts of the core for tests, each under the names that the definition has.

pub mod views;
