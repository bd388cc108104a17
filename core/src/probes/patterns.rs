//! Patterns, alone and together.

use crate::library::Library;
use crate::{py, scan};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;

/// Patterns that are looked for together.
#[pyclass(frozen)]
pub struct Scanner {
    scanner: scan::Scanner,
}

#[pymethods]
impl Scanner {
    /// All matches: the number of the pattern, where it matches.
    fn scan(&self, text: &Bound<'_, PyAny>) -> PyResult<Vec<(usize, usize, usize)>> {
        let text = py::from_py(text)?;
        Ok(self
            .scanner
            .scan(&text, &self.scanner.rows(&text), &[])
            .into_iter()
            .map(|(number, (start, end))| (number, start, end))
            .collect())
    }

    /// Scans a text so many times: for measurements.
    fn spin(&self, text: &Bound<'_, PyAny>, times: usize) -> PyResult<usize> {
        let text = py::from_py(text)?;
        Ok((0..times).map(|_| self.scanner.scan(&text, &self.scanner.rows(&text), &[]).len()).sum())
    }
}

/// The spans of a match and of its groups.
type Groups = Vec<Option<(usize, usize)>>;

/// A library of patterns.
#[pyclass(frozen)]
pub struct Parts {
    pub library: Arc<Library>,
}

#[pymethods]
impl Parts {
    #[new]
    fn new(description: &Bound<'_, PyDict>, callbacks: Py<PyAny>) -> PyResult<Parts> {
        Ok(Parts { library: Arc::new(py::library(description, callbacks)?) })
    }

    /// What looks for several patterns at once.
    fn scanner(&self, names: Vec<String>) -> PyResult<Scanner> {
        let regexes = names.iter().map(|name| self.library.rx(name).map_err(py::wrong)).collect::<PyResult<Vec<_>>>()?;
        let sought: Vec<_> = regexes.into_iter().map(|regex| scan::Sought { regex, group: 0, context: Vec::new() }).collect();
        let kinds = scan::KindSets::of(&self.library).map_err(py::wrong)?;
        Ok(Scanner { scanner: scan::Scanner::new(sought, kinds) })
    }

    /// The spans of all groups of all matches of a pattern in a text, as `finditer` finds them.
    #[pyo3(signature = (name, text, pos=0, end=usize::MAX))]
    fn matches(&self, name: &str, text: &Bound<'_, PyAny>, pos: usize, end: usize) -> PyResult<Vec<Groups>> {
        let regex = self.library.rx(name).map_err(py::wrong)?;
        let text = py::from_py(text)?;
        let end = end.min(text.len());
        let groups = regex.groups();
        Ok(regex.find_iter(&text, pos, end).map(|m| (0..=groups).map(|g| m.span(g)).collect()).collect())
    }
}
