//! Second looks at what a pattern matched.
use crate::chars::{Ch, Python};
use crate::lexicon::Lexicon;
use crate::library::Library;
use std::sync::Arc;
#[derive(Clone, Copy)]
pub struct Validator(usize);
pub struct Validators { python: Arc<dyn Python>, names: std::sync::RwLock<Vec<String>> }
impl Validators {
    pub fn new(lib: &Library, _lexicon: Arc<Lexicon>) -> Result<Validators, String> { Ok(Validators { python: lib.python.clone(), names: Default::default() }) }
    pub fn named(&self, name: &str) -> Option<Validator> { let mut n = self.names.write().ok()?; n.push(name.into()); Some(Validator(n.len() - 1)) }
    pub fn passes(&self, v: Validator, value: &[Ch]) -> bool { let n = self.names.read().unwrap()[v.0].clone(); self.python.validate(&n, value) }
}
