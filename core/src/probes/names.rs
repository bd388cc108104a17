//! Names: lexicon, prose, recognizer.

use crate::chars::Ch;
use crate::lexicon::{Lexicon, Lists};
use crate::names::Names;
use crate::probes::Parts;
use crate::prose::Prose;
use crate::py::{from_py, wrong};
use pyo3::prelude::*;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// Contents of names, either, words, foreign, shapes.
type Files = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

/// The recognizer with its lexicon.
#[pyclass(frozen)]
pub struct NamesProbe {
    lexicon: Arc<Lexicon>,
    prose: Prose,
    names: Names,
}

#[pymethods]
impl NamesProbe {
    /// `phrases`: the name of a pattern of the description.
    #[new]
    #[pyo3(signature = (parts, files, own, phrases=None))]
    fn new(parts: &Parts, files: Files, own: Vec<(Bound<'_, PyAny>, bool)>, phrases: Option<&str>) -> PyResult<NamesProbe> {
        let lib = &parts.library;
        let lists = Lists::new(&files.0, &files.1, &files.2, &files.3, &files.4).map_err(wrong)?;
        let own = own.iter().map(|(word, is_name)| Ok((from_py(word)?, *is_name))).collect::<PyResult<Vec<_>>>()?;
        let lexicon = Arc::new(Lexicon::new(lib, Arc::new(lists), own).map_err(wrong)?);
        let phrases = phrases.map(|name| lib.rx(name)).transpose().map_err(wrong)?;
        Ok(NamesProbe {
            prose: Prose::new(lib).map_err(wrong)?,
            names: Names::new(lib, lexicon.clone(), phrases).map_err(wrong)?,
            lexicon,
        })
    }

    fn recognise(&self, text: &Bound<'_, PyAny>) -> PyResult<Vec<(usize, usize)>> {
        Ok(self.names.recognise(&from_py(text)?))
    }

    fn tokens(&self, text: &Bound<'_, PyAny>) -> PyResult<Vec<(usize, usize)>> {
        Ok(self.names.tokens(&from_py(text)?))
    }

    fn grade(&self, word: &Bound<'_, PyAny>, by_shape: bool) -> PyResult<String> {
        Ok(format!("{:?}", self.lexicon.grade(&from_py(word)?, by_shape)).to_lowercase())
    }

    fn shape(&self, folded: &Bound<'_, PyAny>) -> PyResult<i32> {
        Ok(self.lexicon.shape(&from_py(folded)?))
    }

    fn made_of_names(&self, folded: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.lexicon.made_of_names(&from_py(folded)?))
    }

    fn is_prose(&self, text: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.prose.is_prose(&from_py(text)?))
    }

    fn is_code_word(&self, word: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.prose.is_code_word(&from_py(word)?))
    }

    /// Nanoseconds that it takes to make the lists of the contents of their files.
    #[staticmethod]
    fn time_of_lists(files: Files) -> PyResult<u128> {
        let start = Instant::now();
        black_box(Lists::new(&files.0, &files.1, &files.2, &files.3, &files.4).map_err(wrong)?);
        Ok(start.elapsed().as_nanos())
    }

    /// Nanoseconds that texts take, so many times over.
    fn time(&self, texts: Vec<Bound<'_, PyAny>>, times: usize) -> PyResult<u128> {
        let texts = texts.iter().map(from_py).collect::<PyResult<Vec<Vec<Ch>>>>()?;
        let start = Instant::now();
        for _ in 0..times {
            for text in &texts {
                black_box(self.names.recognise(black_box(text)));
            }
        }
        Ok(start.elapsed().as_nanos())
    }
}
