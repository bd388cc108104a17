//! Parts of the core as tests call them, to compare them with those of the definition.

pub mod fields;
