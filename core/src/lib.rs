//! The compiled engine of logscrub. `logscrub/detect` and `logscrub/redact` are the definition in Python; what stands here gives
//! the same for every text.
#![forbid(unsafe_code)]

pub mod chars;
pub mod json_leaves;
pub mod library;
pub mod model;
mod probes;
mod py;
pub mod rx;
pub mod validators;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;

/// A library of patterns, for tests of the parts of the core against those of the definition.
#[pyclass(frozen)]
pub struct Parts {
    library: Arc<library::Library>,
}

#[pymethods]
impl Parts {
    #[new]
    fn new(description: &Bound<'_, PyDict>, callbacks: Py<PyAny>) -> PyResult<Parts> {
        Ok(Parts { library: Arc::new(py::library(description, callbacks)?) })
    }

    /// The spans of all groups of all matches of a pattern in a text, as `finditer` finds them.
    #[pyo3(signature = (name, text, pos=0, end=usize::MAX))]
    fn matches(&self, name: &str, text: &Bound<'_, PyAny>, pos: usize, end: usize) -> PyResult<Vec<Vec<Option<(usize, usize)>>>> {
        let regex = self.library.rx(name).map_err(py::wrong)?;
        let text = py::from_py(text)?;
        let end = end.min(text.len());
        let groups = regex.groups();
        Ok(regex.find_iter(&text, pos, end).map(|m| (0..=groups).map(|g| m.span(g)).collect()).collect())
    }
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<probes::json_leaves::JsonLeavesProbe>()?;
    module.add_class::<probes::validators::ValidatorsProbe>()?;
    module.add_class::<Parts>()
}
