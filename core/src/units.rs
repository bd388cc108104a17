//! Units on their way from Python's readers, or from the core's, to the threads.

use crate::batch::Counted;
use crate::chars::{Ch, codes};
use crate::json_leaves::JsonLeaves;
use crate::library::{ClassBits, Library, Lowered};
use crate::model::Coding;
use crate::native::{CoreEngine, Records, counted_of, path_to_py};
use crate::py::{from_py, to_py, wrong};
use crate::reading::{Began, FieldPattern, Follows, ForgeLines, JsonLines, Reader, Streams, TextLines, WrappedLines, Wrapping};
use crate::redact::Leaves;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyString, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Of the values of a line that a format names: the pattern, a text that stands in each line that matches, groups and fields.
type Described = (Lowered, String, Vec<(String, String)>);

/// Reads lines as a reader of Python does.
#[pyclass(frozen)]
pub struct Lines(Arc<Reader>);

#[pymethods]
impl Lines {
    /// Lines of any text. `continuing`: the characters with which a line begins that continues a record; `shortest_cut`: characters
    /// from which on a line may be a piece of a cut message, of ASCII and of others; `uncut`: with which none of these begins.
    #[staticmethod]
    fn text(
        engine: &CoreEngine,
        notes_begin: &str,
        fields: Vec<Described>,
        continuing: &str,
        shortest_cut: (usize, usize),
        uncut: &str,
        classes: Vec<ClassBits>,
    ) -> PyResult<Lines> {
        let library = engine.library();
        let fields = fields.into_iter().map(|(code, needs, groups)| {
            let regex = library.compile_later(code, &classes)?;
            let group = |name: &str| regex.group(name).ok_or_else(|| format!("no group {name}"));
            let groups = groups.iter().map(|(name, field)| Ok((group(name)?, codes(field)))).collect::<Result<_, String>>()?;
            Ok(FieldPattern { regex, needs: codes(&needs), groups })
        });
        Ok(Lines(Arc::new(Reader::Text(TextLines {
            follows: follows(library, continuing)?,
            notes_begin: codes(notes_begin),
            fields: fields.collect::<Result<_, String>>().map_err(wrong)?,
            shortest_cut,
            uncut: codes(uncut),
        }))))
    }

    /// JSON values, each on a line. `no_record`: matches a value that is no record; `longest`: characters of a line, at most.
    #[staticmethod]
    fn json(
        engine: &CoreEngine,
        records: &Records,
        no_record: Lowered,
        longest: usize,
        classes: Vec<ClassBits>,
    ) -> PyResult<Lines> {
        let library = engine.library();
        let no_record = library.compile_later(no_record, &classes).map_err(wrong)?;
        let space = library.set("isspace").map_err(wrong)?;
        let json = JsonLeaves::new(library).map_err(wrong)?;
        Ok(Lines(Arc::new(Reader::Json(JsonLines { space, no_record, lists: records.lists().clone(), json, longest }))))
    }

    /// Lines that Docker has wrapped. `most_streams`: of which it is remembered what their next lines may continue.
    #[staticmethod]
    fn docker(
        engine: &CoreEngine,
        line: Lowered,
        stream: Lowered,
        continuing: &str,
        most_streams: usize,
        classes: Vec<ClassBits>,
    ) -> PyResult<Lines> {
        let compile = |code| engine.library().compile_later(code, &classes).map_err(wrong);
        wrapped(engine, Wrapping::Docker { line: compile(line)?, stream: compile(stream)? }, continuing, most_streams)
    }

    /// Lines that a container runtime has wrapped as CRI says.
    #[staticmethod]
    fn cri(
        engine: &CoreEngine,
        head: Lowered,
        continuing: &str,
        most_streams: usize,
        classes: Vec<ClassBits>,
    ) -> PyResult<Lines> {
        let head = engine.library().compile_later(head, &classes).map_err(wrong)?;
        wrapped(engine, Wrapping::Cri { head }, continuing, most_streams)
    }

    /// Lines of `forge logs`.
    #[staticmethod]
    fn forge(engine: &CoreEngine, head: Lowered, group: Lowered, table: Lowered, classes: Vec<ClassBits>) -> PyResult<Lines> {
        let library = engine.library();
        let compile = |code| library.compile_later(code, &classes).map_err(wrong);
        let (head, group, table) = (compile(head)?, compile(group)?, compile(table)?);
        let space = library.set("isspace").map_err(wrong)?;
        Ok(Lines(Arc::new(Reader::Forge(ForgeLines { head, group, table, space }))))
    }
}

fn follows(library: &Library, continuing: &str) -> PyResult<Follows> {
    let rx = |name: &str| library.rx(name).map_err(wrong);
    let (words, java_frame) = (rx("stack_traces.WORDS")?, rx("stack_traces.JAVA_FRAME")?);
    Ok(Follows { continuing: codes(continuing), words, java_frame })
}

fn wrapped(engine: &CoreEngine, wrapping: Wrapping, continuing: &str, most_streams: usize) -> PyResult<Lines> {
    let library = engine.library();
    let space = library.set("isspace").map_err(wrong)?;
    let follows = follows(library, continuing)?;
    Ok(Lines(Arc::new(Reader::Wrapped(WrappedLines { wrapping, follows, space, most_streams }))))
}

type ElementLeaf<'py> = (usize, usize, Bound<'py, PyTuple>, &'static str, Option<(usize, usize)>);
/// An open object or list, for `Piece::elements`.
type Open<'py> = (bool, Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, usize);

/// A piece of an input, of which whole lines are read from some place on.
#[pyclass]
pub struct Piece {
    reader: Arc<Reader>,
    text: Vec<Ch>,
    /// Up to where it was read.
    #[pyo3(get)]
    at: usize,
    began: Began,
    streams: Streams,
    /// The number of the line that begins there.
    #[pyo3(get)]
    line: usize,
}

#[pymethods]
impl Piece {
    #[new]
    fn new(lines: &Lines, text: &Bound<'_, PyAny>) -> PyResult<Piece> {
        Ok(Piece {
            reader: lines.0.clone(),
            text: from_py(text)?,
            at: 0,
            began: Began::Nothing,
            streams: Streams::new(),
            line: 0,
        })
    }

    /// Goes on at a place where a line begins. `began`: what it may continue; for wrapped lines by their streams.
    fn resume(&mut self, at: usize, began: &Bound<'_, PyAny>, line: usize) -> PyResult<()> {
        match began.cast::<PyDict>() {
            Ok(streams) => {
                let each = streams.iter().map(|(stream, began)| Ok((from_py(&stream)?, began_of(&began)?)));
                self.streams = each.collect::<PyResult<_>>()?;
            }
            Err(_) => self.began = began_of(began)?,
        }
        (self.at, self.line) = (at, line);
        Ok(())
    }

    /// The elements that a list of records goes on with at a place where a line begins: where each ends, where the line behind it
    /// begins, and its leaves (start, end, names, coding, where its name stands if that is a type's).
    ///
    /// `held`: what stands before the first one and belongs to it; `is_outermost`: whether the list is the whole value; `stack`:
    /// the list and the two frames around it, each with its outer and current name, label, current element and index.
    fn elements<'py>(
        &self,
        py: Python<'py>,
        at: usize,
        held: &Bound<'_, PyAny>,
        is_outermost: bool,
        stack: Vec<Open<'_>>,
    ) -> PyResult<Vec<(usize, usize, Vec<ElementLeaf<'py>>)>> {
        let (Reader::Json(lines), Some(text)) = (&*self.reader, self.text.get(at..)) else { return Ok(Vec::new()) };
        let held = from_py(held)?;
        let mut frames = Vec::with_capacity(stack.len());
        for (is_object, outer, key, label, element, index) in stack {
            let names = [from_py(&outer)?, from_py(&key)?, from_py(&label)?, from_py(&element)?];
            frames.push(lines.json.frame(is_object, names, index));
        }
        let found = catch_unwind(AssertUnwindSafe(|| lines.elements(text, &held, is_outermost, &mut frames)));
        let each = found.unwrap_or_default().into_iter().map(|element| {
            let leaves = element
                .leaves
                .iter()
                .map(|leaf| Ok((leaf.start, leaf.end, path_to_py(py, &leaf.field)?, leaf.coding.name(), leaf.typed)));
            Ok((at + element.end, at + element.next, leaves.collect::<PyResult<_>>()?))
        });
        each.collect()
    }

    /// What the next line may continue.
    #[getter]
    fn began<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if !matches!(*self.reader, Reader::Wrapped(_)) {
            return began_to_py(py, self.began);
        }
        let streams = PyDict::new(py);
        for (stream, began) in &self.streams {
            streams.set_item(to_py(py, stream)?, began_to_py(py, *began)?)?;
        }
        Ok(streams.into_any())
    }
}

fn began_of(began: &Bound<'_, PyAny>) -> PyResult<Began> {
    Ok(match began.extract::<bool>() {
        Ok(false) => Began::Nothing,
        Ok(true) => Began::Record,
        Err(_) if began.cast::<PyString>()?.to_str()? == "traceback" => Began::Traceback,
        Err(_) => Began::Frames,
    })
}

fn began_to_py(py: Python<'_>, began: Began) -> PyResult<Bound<'_, PyAny>> {
    Ok(match began {
        Began::Nothing => false.into_pyobject(py)?.to_owned().into_any(),
        Began::Record => true.into_pyobject(py)?.to_owned().into_any(),
        Began::Traceback => "traceback".into_pyobject(py)?.into_any(),
        Began::Frames => "frames".into_pyobject(py)?.into_any(),
    })
}

/// Where a unit comes from.
enum Origin {
    Python(Py<PyAny>),
    /// The number of its line.
    Line(usize),
}

/// Units that are gathered for a job, with where they come from.
#[pyclass]
pub struct Units {
    /// Characters of a job, and at how many it is full though no record begins behind it.
    enough: usize,
    most: usize,
    counted: Vec<Counted>,
    origins: Vec<Origin>,
    size: usize,
}

#[pymethods]
impl Units {
    #[new]
    fn new(enough: usize, most: usize) -> Units {
        Units { enough, most, counted: Vec::new(), origins: Vec::new(), size: 0 }
    }

    fn __len__(&self) -> usize {
        self.counted.len()
    }

    /// Whether a record begins in the first.
    #[getter]
    fn begins(&self) -> bool {
        self.counted.first().is_some_and(|first| first.records > 0)
    }

    /// Whether a unit in which so many records begin belongs to the next job.
    fn is_full(&self, records: usize) -> bool {
        self.size >= self.enough && (records > 0 || self.size >= self.most)
    }

    /// Adds a unit of Python.
    fn add(&mut self, raw: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.push(counted_of(raw)?, Origin::Python(raw.clone().into_any().unbind()));
        Ok(())
    }

    /// Adds the units of a piece up to a line that the definition must read, or that has no end; True where a job is full first.
    fn read(&mut self, piece: &mut Piece) -> bool {
        while let Some(size) = piece.text[piece.at..].iter().position(|c| *c == 10) {
            let rest = &piece.text[piece.at..];
            // a full job takes no unit in which a record begins: whether one does is known once the line is read
            let before = if self.is_full(1) { Some(piece.streams.clone()) } else { None };
            // where Python does not answer what a pattern asks, the definition reads the line
            let unit = catch_unwind(AssertUnwindSafe(|| piece.reader.unit(rest, size + 1, piece.began, &mut piece.streams)));
            let Ok(Some((counted, began))) = unit else { return false };
            if self.is_full(counted.records) {
                piece.streams = before.unwrap_or_default();
                return true;
            }
            let read = counted.unit.text.len();
            let lines = rest[..read].iter().filter(|c| **c == 10).count();
            self.push(counted, Origin::Line(piece.line));
            (piece.at, piece.line, piece.began) = (piece.at + read, piece.line + lines, began);
        }
        false
    }
}

impl Units {
    fn push(&mut self, counted: Counted, origin: Origin) {
        self.size += counted.unit.text.len();
        self.counted.push(counted);
        self.origins.push(origin);
    }

    /// The units, which are gone from here then.
    pub fn take(&mut self) -> Gathered {
        self.size = 0;
        Gathered { counted: Arc::new(std::mem::take(&mut self.counted)), origins: std::mem::take(&mut self.origins) }
    }
}

/// Units of a job.
pub struct Gathered {
    pub counted: Arc<Vec<Counted>>,
    origins: Vec<Origin>,
}

impl Gathered {
    /// The unit of that number as Python made it, or its text, leaves (start, end, field, coding; None where they are those of
    /// the JSON that it is), line, and records.
    pub fn raw<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyAny>> {
        let (Some(counted), Some(origin)) = (self.counted.get(number), self.origins.get(number)) else {
            return Err(wrong("no such unit".into()));
        };
        let line = match origin {
            Origin::Python(raw) => return Ok(raw.bind(py).clone()),
            Origin::Line(line) => *line,
        };
        let leaves = match &counted.unit.leaves {
            Leaves::JsonAt(_) => None,
            Leaves::Known(leaves) => Some(
                leaves
                    .iter()
                    .map(|leaf| {
                        let field = leaf.field.first().map(|name| to_py(py, name)).transpose()?;
                        Ok((leaf.start, leaf.end, field, Coding::name(leaf.coding)))
                    })
                    .collect::<PyResult<Vec<_>>>()?,
            ),
        };
        (to_py(py, &counted.unit.text)?, leaves, line, counted.records).into_pyobject(py).map(Bound::into_any)
    }
}
