//! What Python told at the start: patterns, lists of words and classes of characters, by the names they have in the definition.

use crate::chars::{Ch, CharSet, Conversions, Python};
use crate::messages::Messages;
use crate::rx::Regex;
use rustc_hash::FxHashSet;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A set of words. Its hash can be guessed, but no text adds a word to it.
pub type Words = FxHashSet<Vec<Ch>>;

/// The patterns, lists and classes of the definition.
pub struct Library {
    expressions: HashMap<String, Arc<Regex>>,
    words: HashMap<String, Arc<Words>>,
    characters: HashMap<String, Arc<CharSet>>,
    texts: HashMap<String, String>,
    messages: OnceLock<Arc<Messages>>,
    /// All classes, by number.
    pub sets: Vec<Arc<CharSet>>,
    pub conversions: Arc<Conversions>,
    pub python: Arc<dyn Python>,
}

/// The characters of a class: those of ASCII as two words of bits, all others if these are few and known, and their kinds as bits.
pub type ClassBits = (u64, u64, Option<Vec<Ch>>, u8);

/// A pattern's numbers in LEB128, and the names of its groups.
pub type Lowered = (Vec<u8>, Vec<(String, usize)>);

fn numbers(code: &[u8]) -> Result<Vec<u32>, String> {
    let (mut numbers, mut number, mut shift) = (Vec::with_capacity(code.len()), 0, 0);
    for byte in code {
        number |= u32::from(byte & 127).checked_shl(shift).ok_or("a number of a pattern is too large")?;
        shift += 7;
        if byte & 128 == 0 {
            numbers.push(number);
            (number, shift) = (0, 0);
        }
    }
    Ok(numbers)
}

impl Library {
    /// `characters`: names of classes, and their numbers.
    pub fn new(
        classes: &[ClassBits],
        characters: &HashMap<String, usize>,
        expressions: HashMap<String, Lowered>,
        words: HashMap<String, Vec<Vec<Ch>>>,
        texts: HashMap<String, String>,
        python: Arc<dyn Python>,
    ) -> Result<Library, String> {
        let sets: Vec<_> =
            classes.iter().enumerate().map(|(i, bits)| Arc::new(CharSet::new(bits, i as u32, python.clone()))).collect();
        let mut library = Library {
            expressions: HashMap::new(),
            words: words.into_iter().map(|(name, list)| (name, Arc::new(list.into_iter().collect()))).collect(),
            characters: HashMap::new(),
            texts,
            messages: OnceLock::new(),
            sets,
            conversions: Arc::new(Conversions::new(python.clone())),
            python,
        };
        for (name, number) in characters {
            let set = library.sets.get(*number).ok_or("no such class")?.clone();
            library.characters.insert(name.clone(), set);
        }
        for (name, code) in expressions {
            let regex = library.compile(code)?;
            library.expressions.insert(name, regex);
        }
        Ok(library)
    }

    /// A pattern compiled.
    pub fn compile(&self, code: Lowered) -> Result<Arc<Regex>, String> {
        Ok(Arc::new(Regex::new(&numbers(&code.0)?, code.1, &self.sets, self.set("word")?)?))
    }

    /// A pattern compiled whose classes may be further ones; `classes`: all of them.
    pub fn compile_later(&self, code: Lowered, classes: &[ClassBits]) -> Result<Arc<Regex>, String> {
        let mut sets = self.sets.clone();
        for (i, bits) in classes.iter().enumerate().skip(sets.len()) {
            sets.push(Arc::new(CharSet::new(bits, i as u32, self.python.clone())));
        }
        Ok(Arc::new(Regex::new(&numbers(&code.0)?, code.1, &sets, self.set("word")?)?))
    }

    /// The pattern `module.NAME` of the definition.
    pub fn rx(&self, name: &str) -> Result<Arc<Regex>, String> {
        self.expressions.get(name).cloned().ok_or_else(|| format!("the description has no pattern {name}"))
    }

    /// The list `module.NAME` of the definition.
    pub fn words(&self, name: &str) -> Result<Arc<Words>, String> {
        self.words.get(name).cloned().ok_or_else(|| format!("the description has no list {name}"))
    }

    /// The text `module.NAME` of the definition.
    pub fn text(&self, name: &str) -> Result<String, String> {
        self.texts.get(name).cloned().ok_or_else(|| format!("the description has no text {name}"))
    }

    /// The words of messages, made once.
    pub fn messages(&self) -> Result<Arc<Messages>, String> {
        if let Some(made) = self.messages.get() {
            return Ok(made.clone());
        }
        let made = Arc::new(Messages::new(self)?);
        Ok(self.messages.get_or_init(|| made).clone())
    }

    /// The class of characters with a name (`isalpha`).
    pub fn set(&self, name: &str) -> Result<Arc<CharSet>, String> {
        self.characters.get(name).cloned().ok_or_else(|| format!("the description has no class {name}"))
    }
}
