//! `fields` and `lines`, for tests.

use crate::chars::Ch;
use crate::fields::{Fields, Name, Open, RuleSpec, ValueMode};
use crate::lines::Lines;
use crate::probes::Parts;
use crate::py;
use crate::rows::Rows;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use std::time::Instant;

type Text<'py> = Bound<'py, PyAny>;
/// (bracket, name), pending, (opening, path), armour, unknown, indent
type OpenOf<'py> = (Vec<(Text<'py>, Text<'py>)>, Vec<Text<'py>>, Option<(Text<'py>, Vec<Text<'py>>)>, bool, bool, i64);
/// start, end, detector, path, requote
type ValueOf<'py> = (usize, usize, usize, Bound<'py, PyTuple>, Text<'py>);

/// The field names of a catalogue.
#[pyclass(frozen)]
pub struct FieldsProbe {
    fields: Fields,
    lines: Lines,
}

fn names(path: &[Text]) -> PyResult<Vec<Name>> {
    path.iter().map(|name| Ok(py::from_py(name)?.into())).collect()
}

fn tuple<'py>(py: Python<'py>, path: &[Name]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, path.iter().map(|name| py::to_py(py, name)).collect::<PyResult<Vec<_>>>()?)
}

fn open(before: OpenOf) -> PyResult<Open> {
    let (brackets, pending, quote, armour, unknown, indent) = before;
    let brackets = brackets
        .iter()
        .map(|(bracket, name)| Ok((py::from_py(bracket)?.first().copied().unwrap_or(0), py::from_py(name)?.into())))
        .collect::<PyResult<_>>()?;
    let quote = quote.map(|(opening, path)| PyResult::Ok((py::from_py(&opening)?, names(&path)?))).transpose()?;
    Ok(Open { brackets, pending: names(&pending)?, quote, armour, unknown, indent: usize::try_from(indent).ok() })
}

#[pymethods]
impl FieldsProbe {
    /// `rules`: detector, kind of value, names of patterns of the library, endings, exact names, whether it is a secret, whether it opens something, and whether messages of programs stand in its fields.
    #[new]
    #[allow(clippy::type_complexity)]
    fn new(
        parts: &Parts,
        rules: Vec<(usize, String, Vec<String>, Vec<String>, Vec<String>, bool, bool, bool)>,
    ) -> PyResult<FieldsProbe> {
        let library = &parts.library;
        let spec =
            |(detector, mode, keep, endings, exact, secret, opens, may_hold_message): (_, String, Vec<String>, _, _, _, _, _)| {
                let keep = keep.iter().map(|name| library.rx(name)).collect::<Result<_, _>>()?;
                Ok(RuleSpec { detector, mode: ValueMode::named(&mode)?, keep, endings, exact, secret, opens, may_hold_message })
            };
        let rules = rules.into_iter().map(spec).collect::<Result<_, String>>().map_err(py::wrong)?;
        Ok(FieldsProbe {
            fields: Fields::new(library, rules).map_err(py::wrong)?,
            lines: Lines::new(library).map_err(py::wrong)?,
        })
    }

    fn words<'py>(&self, py: Python<'py>, name: Text<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let words: Vec<Name> = self.fields.words(&py::from_py(&name)?).into_iter().map(Into::into).collect();
        tuple(py, &words)
    }

    fn rule(&self, path: Vec<Text>) -> PyResult<Option<usize>> {
        Ok(self.fields.rule(&names(&path)?).map(|rule| rule.detector))
    }

    fn keeps(&self, path: Vec<Text>, value: Text) -> PyResult<Option<bool>> {
        let value = py::from_py(&value)?;
        Ok(self.fields.rule(&names(&path)?).map(|rule| rule.keeps(&self.fields, &value)))
    }

    fn find_fields<'py>(
        &self,
        py: Python<'py>,
        text: Text<'py>,
        before: OpenOf<'py>,
    ) -> PyResult<(Vec<ValueOf<'py>>, Bound<'py, PyTuple>)> {
        let (found, after) = {
            let text = py::from_py(&text)?;
            self.fields.find_fields(&text, &Rows::plain(&text), &open(before)?)
        };
        let found = found
            .iter()
            .map(|f| Ok((f.start, f.end, f.detector, tuple(py, &f.path)?, py::to_py(py, &f.requote)?)))
            .collect::<PyResult<_>>()?;
        let brackets = after
            .brackets
            .iter()
            .map(|(bracket, name)| Ok((py::to_py(py, &[*bracket])?, py::to_py(py, name)?)))
            .collect::<PyResult<Vec<_>>>()?;
        let quote = after.quote.as_ref();
        let quote = quote.map(|(opening, path)| PyResult::Ok((py::to_py(py, opening)?, tuple(py, path)?))).transpose()?;
        let pending = tuple(py, &after.pending)?;
        let indent = after.indent.map_or(-1, |depth| depth as i64);
        let after = (PyTuple::new(py, brackets)?, pending, quote, after.armour, after.unknown, indent).into_pyobject(py)?;
        Ok((found, after))
    }

    fn value_itself(&self, text: Text, start: usize, end: usize, mode: &str) -> PyResult<(usize, usize)> {
        Ok(self.fields.value_itself(&py::from_py(&text)?, start, end, ValueMode::named(mode).map_err(py::wrong)?))
    }

    fn armour(&self, text: Text, inside: bool) -> PyResult<(Option<(usize, usize)>, bool)> {
        Ok(self.lines.armour(&py::from_py(&text)?, inside))
    }

    fn plain_number<'py>(&self, py: Python<'py>, raw: Text<'py>) -> PyResult<Text<'py>> {
        py::to_py(py, &self.lines.plain_number(&py::from_py(&raw)?))
    }

    fn split<'py>(&self, py: Python<'py>, name: Text<'py>) -> PyResult<Vec<Text<'py>>> {
        let name = py::from_py(&name)?;
        self.lines.split(&name).iter().map(|(s, e)| py::to_py(py, &name[*s..*e])).collect()
    }

    /// Nanoseconds that a text takes: the least of `times` rounds over all texts, divided by their number; and how many values.
    fn time(&self, texts: Bound<'_, PyList>, what: &str, times: usize) -> PyResult<(f64, usize)> {
        let texts: Vec<Vec<Ch>> = texts.iter().map(|text| py::from_py(&text)).collect::<PyResult<_>>()?;
        let nothing = Open::default();
        let mut best = f64::MAX;
        let mut count = 0;
        for _ in 0..times {
            count = 0;
            let start = Instant::now();
            for text in &texts {
                count += match what {
                    "find_fields" => self.fields.find_fields(text, &Rows::plain(text), &nothing).0.len(),
                    "keeps" => usize::from(text.iter().position(|c| *c == '=' as Ch).is_some_and(|place| {
                        let path: Vec<Name> = vec![text[..place].into()];
                        self.fields.rule(&path).is_some_and(|rule| rule.keeps(&self.fields, &text[place + 1..]))
                    })),
                    "rule" => usize::from(self.fields.rule(&[text.as_slice().into()]).is_some()),
                    _ => usize::from(self.lines.armour(text, false).1),
                };
            }
            best = best.min(start.elapsed().as_nanos() as f64);
        }
        Ok((best / texts.len().max(1) as f64, count))
    }
}
