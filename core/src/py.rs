//! Texts and answers between Python and the core.

use crate::chars::{Ch, Page, Python as Asked, codes};
use crate::library::{Library, Lowered};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Whether Python is about to end. Held while it is asked.
static ENDS: RwLock<bool> = RwLock::new(false);

/// Asks Python; None where it does not answer, or is about to end: a thread that waited for it then would take the process down.
pub fn ask<T>(ask: impl FnOnce(Python<'_>) -> PyResult<T>) -> Option<T> {
    let ends = ENDS.read().unwrap_or_else(PoisonError::into_inner);
    if *ends { None } else { Python::attach(ask).ok() }
}

/// Waits until no thread asks Python, and lets none ask any more.
#[pyfunction]
pub fn end(py: Python<'_>) {
    py.detach(|| *ENDS.write().unwrap_or_else(PoisonError::into_inner) = true);
}

/// A text of Python.
pub fn to_py<'py>(py: Python<'py>, text: &[Ch]) -> PyResult<Bound<'py, PyAny>> {
    let bytes: Vec<u8> = text.iter().flat_map(|c| c.to_le_bytes()).collect();
    PyBytes::new(py, &bytes).call_method1("decode", ("utf-32-le", "surrogatepass"))
}

/// The code points of a text of Python.
pub fn from_py(text: &Bound<'_, PyAny>) -> PyResult<Vec<Ch>> {
    let text = text.cast::<PyString>()?;
    if let Ok(text) = text.to_cow() {
        return Ok(codes(&text));
    }
    let bytes = text.call_method1("encode", ("utf-32-le", "surrogatepass"))?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    Ok(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// An error of the core's own: its message says nothing of any text.
pub fn wrong(message: String) -> PyErr {
    PyValueError::new_err(message)
}

/// Asks the object `Callbacks` of `logscrub.engines.description`.
pub struct Callbacks(pub Py<PyAny>);

impl Callbacks {
    fn ask<T>(&self, ask: impl FnOnce(Python<'_>, &Bound<'_, PyAny>) -> PyResult<T>) -> T {
        match self::ask(|py| ask(py, self.0.bind(py))) {
            Some(answer) => answer,
            // who scrubs a unit catches this and withholds the unit
            None => std::panic::panic_any("Python did not answer"),
        }
    }
}

impl Asked for Callbacks {
    fn page(&self, class: u32, page: u32) -> Page {
        self.ask(|_, me| Ok(me.call_method1("page", (class, page))?.extract::<(u64, u64, u64, u64)>()?.into()))
    }

    fn convert(&self, what: &str, text: &[Ch]) -> Vec<Ch> {
        self.ask(|py, me| from_py(&me.call_method1("convert", (what, to_py(py, text)?))?))
    }

    fn validate(&self, validator: &str, value: &[Ch]) -> bool {
        self.ask(|py, me| me.call_method1("validate", (validator, to_py(py, value)?))?.extract())
    }

    fn recognise(&self, text: &[Ch]) -> Vec<(usize, usize, String)> {
        self.ask(|py, me| me.call_method1("recognise", (to_py(py, text)?,))?.extract())
    }
}

/// The library of a description (`logscrub.engines.description.library`).
pub fn library(description: &Bound<'_, PyDict>, callbacks: Py<PyAny>) -> PyResult<Library> {
    let get = |name: &str| description.get_item(name)?.ok_or_else(|| wrong(format!("the description has no {name}")));
    let classes: Vec<crate::library::ClassBits> = get("classes")?.extract()?;
    let characters: HashMap<String, usize> = get("characters")?.extract()?;
    let expressions: HashMap<String, Lowered> = get("expressions")?.extract()?;
    let mut words = HashMap::new();
    for (name, list) in get("words")?.cast::<PyDict>()?.iter() {
        let list = list.try_iter()?.map(|word| from_py(&word?)).collect::<PyResult<Vec<_>>>()?;
        words.insert(name.extract::<String>()?, list);
    }
    let texts: HashMap<String, String> = get("texts")?.extract()?;
    Library::new(&classes, &characters, expressions, words, texts, Arc::new(Callbacks(callbacks))).map_err(wrong)
}
