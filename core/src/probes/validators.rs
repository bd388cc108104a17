//! `validators` for tests.

use crate::chars::Ch;
use crate::probes::Parts;
use crate::py;
use crate::validators::{GRADES, Graded, Validators};
use pyo3::prelude::*;
use std::sync::Arc;

/// A lexicon in Python: what tells the grade of a word.
struct Asked(Py<PyAny>);

impl Graded for Asked {
    fn grade(&self, word: &[Ch]) -> u8 {
        let asked = Python::attach(|py| {
            let grade: String = self.0.bind(py).call1((py::to_py(py, word)?,))?.extract()?;
            GRADES.iter().position(|known| *known == grade).ok_or_else(|| py::wrong("no such grade".into()))
        });
        match asked {
            Ok(number) => number as u8,
            Err(_) => std::panic::panic_any("Python did not answer"),
        }
    }
}

/// The validators, with a lexicon in Python.
#[pyclass(frozen)]
pub struct ValidatorsProbe {
    validators: Validators,
}

#[pymethods]
impl ValidatorsProbe {
    #[new]
    fn new(parts: &Parts, grade: Py<PyAny>) -> PyResult<ValidatorsProbe> {
        Ok(ValidatorsProbe { validators: Validators::new(&parts.library, Arc::new(Asked(grade))).map_err(py::wrong)? })
    }

    /// Whether a value passes the validator with a name.
    fn passes(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        let validator = self.validators.named(name).ok_or_else(|| py::wrong("no such validator".into()))?;
        Ok(self.validators.passes(validator, &py::from_py(value)?))
    }

    /// How many nanoseconds one look at a value takes.
    fn time(&self, name: &str, value: &Bound<'_, PyAny>, times: u32) -> PyResult<f64> {
        let validator = self.validators.named(name).ok_or_else(|| py::wrong("no such validator".into()))?;
        let value = py::from_py(value)?;
        let begun = std::time::Instant::now();
        for _ in 0..times {
            std::hint::black_box(self.validators.passes(validator, std::hint::black_box(&value)));
        }
        Ok(begun.elapsed().as_nanos() as f64 / f64::from(times))
    }
}
