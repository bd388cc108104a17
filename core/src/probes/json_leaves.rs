//! `json_leaves` for tests.

use crate::json_leaves::{Frame, JsonLeaves};
use crate::probes::Parts;
use crate::py;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The leaves of JSON texts.
#[pyclass(frozen)]
pub struct JsonLeavesProbe {
    json: JsonLeaves,
}

type Told<'py> = (usize, usize, Vec<Bound<'py, PyAny>>, &'static str, &'static str, Option<(usize, usize)>, u32);
type Found<'py> = (Vec<Vec<Told<'py>>>, Vec<Bound<'py, PyDict>>);

#[pymethods]
impl JsonLeavesProbe {
    #[new]
    fn new(parts: &Parts) -> PyResult<JsonLeavesProbe> {
        Ok(JsonLeavesProbe { json: JsonLeaves::new(&parts.library).map_err(py::wrong)? })
    }

    /// The leaves of texts that follow each other, and what is open behind the last.
    #[pyo3(signature = (texts, start=0, shortest=3))]
    fn leaves<'py>(&self, py: Python<'py>, texts: Vec<Bound<'py, PyAny>>, start: usize, shortest: usize) -> PyResult<Found<'py>> {
        let mut stack: Vec<Frame> = Vec::new();
        let mut found = Vec::new();
        for text in texts {
            let text = py::from_py(&text)?;
            let leaves = self.json.leaves_in(&text, start, &mut stack, shortest);
            let told = leaves.into_iter().map(|leaf| {
                let field = leaf.field.iter().map(|name| py::to_py(py, name)).collect::<PyResult<_>>()?;
                Ok((leaf.start, leaf.end, field, leaf.coding.name(), "", leaf.typed, leaf.group))
            });
            found.push(told.collect::<PyResult<_>>()?);
        }
        Ok((found, stack.iter().map(|frame| told(py, frame)).collect::<PyResult<_>>()?))
    }

    fn is_json(&self, text: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.json.is_json(&py::from_py(text)?))
    }

    /// How many nanoseconds one reading of a text takes, and one look whether it is JSON.
    fn time(&self, text: &Bound<'_, PyAny>, times: u32) -> PyResult<(f64, f64)> {
        let text = py::from_py(text)?;
        let mut found = 0;
        let begun = std::time::Instant::now();
        for _ in 0..times {
            found += std::hint::black_box(self.json.leaves(std::hint::black_box(&text), 3)).len();
        }
        let leaves = begun.elapsed().as_nanos() as f64 / f64::from(times);
        let begun = std::time::Instant::now();
        for _ in 0..times {
            found += usize::from(self.json.is_json(std::hint::black_box(&text)));
        }
        std::hint::black_box(found);
        Ok((leaves, begun.elapsed().as_nanos() as f64 / f64::from(times)))
    }
}

fn told<'py>(py: Python<'py>, frame: &Frame) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    for (name, value) in ["outer", "key", "label", "element"].into_iter().zip(frame.names()) {
        told.set_item(name, py::to_py(py, value)?)?;
    }
    let (is_object, index, typed) = frame.place();
    told.set_item("is_object", is_object)?;
    told.set_item("index", index)?;
    told.set_item("typed", typed)?;
    let columns = frame
        .columns()
        .map(|columns| columns.into_iter().map(|(i, name)| Ok((i, py::to_py(py, name)?))).collect::<PyResult<Vec<_>>>());
    told.set_item("columns", columns.transpose()?)?;
    Ok(told)
}
