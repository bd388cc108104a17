//! Views, what is binary, and pseudonyms.

use crate::binary;
use crate::chars::Ch;
use crate::probes::Parts;
use crate::pseudonyms::Pseudonymizer;
use crate::py::{from_py, to_py, wrong};
use crate::rows::Rows;
use crate::views;
use crate::views::{Alphabet, Coding, View, Views};
use pyo3::prelude::*;
use pyo3::types::PyAny;
use std::time::Instant;

type Object<'py> = Bound<'py, PyAny>;
/// A view: its text, where its characters start, and where they end.
type Told<'py> = (Object<'py>, Vec<usize>, Vec<usize>);

/// The functions of `views`, `binary` and `pseudonyms`.
#[pyclass(frozen)]
pub struct Decoder {
    views: Views,
    pseudonyms: Pseudonymizer,
}

fn told<'py>(py: Python<'py>, view: View) -> PyResult<Told<'py>> {
    Ok((to_py(py, &view.text)?, view.starts, view.ends))
}

fn alphabet_named(name: &str) -> PyResult<Alphabet> {
    match name {
        "base64" => Ok(Alphabet::Base64),
        "base64url" => Ok(Alphabet::Base64Url),
        "hex" => Ok(Alphabet::Hex),
        _ => Err(wrong("no such alphabet".into())),
    }
}

fn name_of(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Base64 => "base64",
        Alphabet::Base64Url => "base64url",
        Alphabet::Hex => "hex",
    }
}

#[pymethods]
impl Decoder {
    #[new]
    fn new(parts: &Parts, entities: Vec<(String, String)>, key: &[u8]) -> PyResult<Decoder> {
        let views = Views::new(&parts.library, entities).map_err(wrong)?;
        Ok(Decoder { views, pseudonyms: Pseudonymizer::new(&parts.library, key).map_err(wrong)? })
    }

    /// One of the functions that make a view or none of a text.
    fn view<'py>(&self, py: Python<'py>, name: &str, text: &Object<'py>) -> PyResult<Option<Told<'py>>> {
        let text = from_py(text)?;
        let view = match name {
            "unescape_json" => self.views.unescape_json(&text),
            "without_colours" => self.views.without_colours(&text),
            "double_quotes" => self.views.double_quotes(&text),
            "unescape_xml" => self.views.unescape_xml(&text),
            "with_question_mark" => Some(self.views.with_question_mark(&text)),
            "view_of_bytes" => Some(self.views.view_of_bytes(&text)),
            _ => return Err(wrong("no such function".into())),
        };
        view.map(|view| told(py, view)).transpose()
    }

    /// One of the functions that say yes or no of a text.
    fn says(&self, name: &str, text: &Object<'_>) -> PyResult<bool> {
        let text = from_py(text)?;
        Ok(match name {
            "has_colours" => self.views.has_colours(&text),
            "is_binary" => binary::is_binary(&text),
            "is_binary_json" => binary::is_binary_json(&text),
            _ => return Err(wrong("no such function".into())),
        })
    }

    fn unescaped_json<'py>(&self, py: Python<'py>, text: &Object<'py>) -> PyResult<Object<'py>> {
        to_py(py, &self.views.unescaped_json(&from_py(text)?))
    }

    fn joined<'py>(&self, py: Python<'py>, pieces: Vec<(Object<'py>, usize, String)>) -> PyResult<Told<'py>> {
        let texts = pieces.iter().map(|(text, _, _)| from_py(text)).collect::<PyResult<Vec<_>>>()?;
        let pieces: Vec<(&[Ch], usize, Coding)> = pieces
            .iter()
            .zip(&texts)
            .map(|((_, at, coding), text)| {
                let coding = match coding.as_str() {
                    "json" => Coding::Json,
                    "bytes" => Coding::Bytes,
                    _ => Coding::Plain,
                };
                (text.as_slice(), *at, coding)
            })
            .collect();
        told(py, self.views.joined(&pieces))
    }

    fn decodings<'py>(&self, py: Python<'py>, text: &Object<'py>) -> PyResult<Vec<Told<'py>>> {
        {
            let text = from_py(text)?;
            self.views.decodings(&text, &Rows::plain(&text))
        }
        .into_iter()
        .map(|view| told(py, view))
        .collect()
    }

    #[allow(clippy::type_complexity)]
    fn encoded_texts<'py>(
        &self,
        py: Python<'py>,
        text: &Object<'py>,
    ) -> PyResult<Vec<(usize, usize, Object<'py>, &'static str, bool)>> {
        let text = from_py(text)?;
        let found = self.views.encoded_texts(&text, &views::long_runs(&text)).into_iter();
        found.map(|e| Ok((e.start, e.end, to_py(py, &e.text)?, name_of(e.alphabet), e.padded))).collect()
    }

    fn byte_arrays<'py>(&self, py: Python<'py>, text: &Object<'py>) -> PyResult<Vec<(usize, usize, Object<'py>)>> {
        let text = from_py(text)?;
        let found = self.views.byte_arrays(&text, &Rows::plain(&text), &views::long_runs(&text)).into_iter();
        found.map(|(start, end, text)| Ok((start, end, to_py(py, &text)?))).collect()
    }

    fn array_end(&self, text: &Object<'_>, start: usize) -> PyResult<Option<usize>> {
        Ok(self.views.array_end(&from_py(text)?, start))
    }

    fn text_of_bytes<'py>(&self, py: Python<'py>, numbers: &Object<'py>) -> PyResult<Option<Object<'py>>> {
        self.views.text_of_bytes(&from_py(numbers)?).map(|text| to_py(py, &text)).transpose()
    }

    fn readable<'py>(&self, py: Python<'py>, data: &[u8]) -> PyResult<Option<Object<'py>>> {
        self.views.readable(data).map(|text| to_py(py, &text)).transpose()
    }

    /// None where the definition raises an exception.
    fn encode<'py>(&self, py: Python<'py>, text: &Object<'py>, alphabet: &str, padded: bool) -> PyResult<Option<Object<'py>>> {
        let made = views::encode(&from_py(text)?, alphabet_named(alphabet)?, padded);
        made.ok().map(|text| to_py(py, &text)).transpose()
    }

    fn normalise<'py>(&self, py: Python<'py>, entity_type: &str, value: &Object<'py>) -> PyResult<Object<'py>> {
        to_py(py, &self.pseudonyms.normalise(entity_type, &from_py(value)?))
    }

    fn token<'py>(&self, py: Python<'py>, entity_type: &str, value: &Object<'py>) -> PyResult<Object<'py>> {
        to_py(py, &self.pseudonyms.token(entity_type, &from_py(value)?))
    }

    /// Nanoseconds that a function takes for a text, the mean of so many calls.
    fn cost(&self, name: &str, text: &Object<'_>, calls: u32) -> PyResult<f64> {
        let text = from_py(text)?;
        let text = std::hint::black_box(text.as_slice());
        let work: Box<dyn Fn() -> usize> = match name {
            "decodings" => Box::new(|| self.views.decodings(text, &Rows::plain(text)).len()),
            "encoded_texts" => Box::new(|| self.views.encoded_texts(text, &views::long_runs(text)).len()),
            "byte_arrays" => Box::new(|| self.views.byte_arrays(text, &Rows::plain(text), &views::long_runs(text)).len()),
            "is_binary" => Box::new(|| binary::is_binary(text).into()),
            "is_binary_json" => Box::new(|| binary::is_binary_json(text).into()),
            "unescape_json" => Box::new(|| self.views.unescape_json(text).is_some().into()),
            "token" => Box::new(|| self.pseudonyms.token("EMAIL_ADDRESS", text).len()),
            _ => return Err(wrong("no such function".into())),
        };
        let start = Instant::now();
        for _ in 0..calls {
            std::hint::black_box(work());
        }
        Ok(start.elapsed().as_nanos() as f64 / f64::from(calls))
    }
}
