//! The core as Python sees it.

use crate::batch::{Counted, Outcome, Pool, run};
use crate::chars::{Ch, codes, is_ascii};
use crate::engine::{Engine, Harmless, Parts, Pattern, Recognizer};
use crate::fields::{Fields, Name, Open, RuleSpec, ValueMode};
use crate::json_leaves::JsonLeaves;
use crate::lexicon::{Lexicon, Lists};
use crate::library::{Library, Lowered};
use crate::model::{Coding, Leaf};
use crate::names::Names;
use crate::placeholders::Placeholders;
use crate::pseudonyms::Pseudonymizer;
use crate::py::{ask, from_py, library, to_py, wrong};
use crate::record_lists::{RecordLists, Rule};
use crate::redact::{Action, Frame, Leaves, Redactor, Unit};
use crate::rx::Regex;
use crate::spans::{Alphabet, Kind, Span};
use crate::units::{Gathered, Units};
use crate::validators::Validators;
use crate::views::{Unscannable, View, Views};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// An engine, compiled.
#[pyclass(frozen)]
pub struct CoreEngine {
    engine: Arc<Engine>,
    library: Arc<Library>,
}

impl CoreEngine {
    /// What it was told.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }
}

#[pymethods]
impl CoreEngine {
    /// `description`, `callbacks`: of `logscrub.engines.description.describe`.
    #[new]
    fn new(description: &Bound<'_, PyDict>, callbacks: Py<PyAny>) -> PyResult<CoreEngine> {
        let library = Arc::new(library(description, callbacks)?);
        let engine = Arc::new(Engine::new(library.clone(), parts(description, &library)?).map_err(wrong)?);
        Ok(CoreEngine { engine, library })
    }

    /// The numbers of the patterns, and of the harmless ones, that are tried at each place of each text: nothing is known of how
    /// their matches begin.
    fn tried_everywhere(&self) -> (Vec<usize>, Vec<usize>) {
        self.engine.tried_everywhere()
    }
}

/// An engine, a policy and a key.
#[pyclass(frozen)]
pub struct Core {
    redactor: Arc<Redactor>,
    /// With the process that its threads are of: one that was forked off has none of them.
    pool: Mutex<Option<(u32, Pool)>>,
}

/// Units that a thread of the core is at.
#[pyclass(frozen)]
pub struct Job {
    units: Gathered,
    only_look: bool,
    result: Mutex<Option<Receiver<Outcome>>>,
}

#[pymethods]
impl Job {
    fn __len__(&self) -> usize {
        self.units.counted.len()
    }

    /// A unit of it, see `Gathered::raw`.
    fn raw<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyAny>> {
        self.units.raw(py, number)
    }
}

/// Of a list of records its name, the name around it, the open brackets before it, and its marks.
type Described = (String, Option<String>, Option<usize>, Vec<String>);

/// Counts the records in JSON values.
#[pyclass(frozen)]
pub struct Records(Arc<RecordLists>);

impl Records {
    /// The lists that it knows.
    pub fn lists(&self) -> &Arc<RecordLists> {
        &self.0
    }
}

#[pymethods]
impl Records {
    /// `rules`: of each list of records.
    #[new]
    fn new(rules: Vec<Described>) -> Records {
        let rules = rules.into_iter().map(|(name, parent, depth, marks)| {
            let marks = marks.into_iter().map(String::into_bytes).collect();
            (name.into_bytes(), Rule { parent: parent.map(String::into_bytes), depth, marks })
        });
        Records(Arc::new(RecordLists::new(rules.collect())))
    }

    /// How many records a JSON text holds; None where the definition must tell.
    fn count(&self, text: &Bound<'_, PyString>) -> Option<usize> {
        self.0.count(text.to_cow().ok()?.as_bytes())
    }
}

/// Work that may give up: by saying so, or by a panic.
fn attempt<T>(work: impl FnOnce() -> Result<T, Unscannable>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(Unscannable)) | Err(_) => Err(PyValueError::new_err("unscannable")),
    }
}

#[pymethods]
impl Core {
    /// `actions`: of each row of the guidelines what happens. `allow`: patterns of whole values that stay; `classes`: of all classes
    /// of characters in them, those of ASCII.
    #[new]
    fn new(
        engine: &CoreEngine,
        actions: HashMap<String, String>,
        key: Vec<u8>,
        allow: Vec<Lowered>,
        classes: Vec<crate::library::ClassBits>,
    ) -> PyResult<Core> {
        let library = &engine.library;
        let action = |kind: &Kind| match actions.get(&kind.guideline).map(String::as_str) {
            Some("keep") => Action::Keep,
            Some("pseudonym") => Action::Pseudonym,
            _ => Action::Remove,
        };
        let actions = engine.engine.parts.kinds.iter().map(action).collect();
        let allow =
            allow.into_iter().map(|code| library.compile_later(code, &classes)).collect::<Result<_, _>>().map_err(wrong)?;
        let pseudonymizer = Pseudonymizer::new(library, &key).map_err(wrong)?;
        let redactor = Redactor::new(engine.engine.clone(), library, actions, pseudonymizer, allow).map_err(wrong)?;
        Ok(Core { redactor: Arc::new(redactor), pool: Mutex::new(None) })
    }

    /// Has units scrubbed by one of so many threads, or only looked at. `before`: what is open before the first.
    fn start(&self, units: &mut Units, before: &Bound<'_, PyAny>, only_look: bool, threads: usize) -> PyResult<Job> {
        let before = open_of(before)?;
        let units = units.take();
        let (sender, receiver) = channel();
        let (redactor, its) = (self.redactor.clone(), units.counted.clone());
        self.in_pool(threads, move || {
            let _ = sender.send(run(&redactor, &its, 0, &before, only_look));
        });
        Ok(Job { units, only_look, result: Mutex::new(Some(receiver)) })
    }

    /// What became of the units of a job: how many were done (where fewer than there are, the next cannot be scanned), the clean
    /// text (as bytes, if `encode`), records, records that had not the shape of their format, redactions by entity type, what must
    /// go by unit, what is left open, and of what may stay the number of the pattern, the detector and how often.
    fn result<'py>(&self, py: Python<'py>, job: &Job, encode: bool) -> PyResult<Bound<'py, PyAny>> {
        let receiver = job.result.lock().ok().and_then(|mut result| result.take()).ok_or_else(|| wrong("no result".into()))?;
        let outcome = py.detach(move || receiver.recv()).map_err(|_| wrong("a thread of the core has ended".into()))?;
        self.outcome(py, outcome, encode)
    }

    /// The same from unit `first` on, now: where one could not be scanned, or where something else was open before.
    fn go_on<'py>(
        &self,
        py: Python<'py>,
        job: &Job,
        first: usize,
        before: &Bound<'py, PyAny>,
        encode: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let before = open_of(before)?;
        let outcome = py.detach(|| run(&self.redactor, &job.units.counted, first, &before, job.only_look));
        self.outcome(py, outcome, encode)
    }

    /// A unit `(text, leaves, …, records at index 4)` as it may leave: its text, what was redacted how often, what it leaves open.
    fn scrub<'py>(&self, py: Python<'py>, raw: &Bound<'py, PyTuple>, before: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let unit = unit_of(raw)?;
        let before = open_of(before)?;
        let (clean, after) = py.detach(|| attempt(|| self.redactor.scrub(unit, &before)))?;
        let redactions = PyDict::new(py);
        for (name, count) in clean.redactions {
            redactions.set_item(to_py(py, &name)?, count)?;
        }
        (to_py(py, &clean.text)?, redactions, open_to_py(py, &after)?).into_pyobject(py).map(Bound::into_any)
    }

    /// What in a unit must go under the policy, as tuples with the members of `Span`, what it leaves open, and what may stay: the
    /// number of the pattern that allows it, and its detector.
    fn look<'py>(&self, py: Python<'py>, raw: &Bound<'py, PyTuple>, before: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let unit = unit_of(raw)?;
        let before = open_of(before)?;
        let look = py.detach(|| attempt(|| self.redactor.look(&unit, &before)))?;
        let allowed: Vec<(usize, &str)> = look.allowed.iter().map(|&(number, kind)| (number, self.detector(kind))).collect();
        (self.spans(py, &look.spans)?, open_to_py(py, &look.after)?, allowed).into_pyobject(py).map(Bound::into_any)
    }

    /// `Engine.scan`.
    fn scan<'py>(&self, py: Python<'py>, text: &Bound<'py, PyAny>, path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (text, path) = (from_py(text)?, path_of(path)?);
        let spans = py.detach(|| attempt(|| self.redactor.engine.scan(&text, &path)))?;
        self.spans(py, &spans)
    }

    /// `Engine.scan_leaf`.
    fn scan_leaf<'py>(
        &self,
        py: Python<'py>,
        text: &Bound<'py, PyAny>,
        leaf: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (text, leaf) = (from_py(text)?, leaf_of(leaf)?);
        let spans = py.detach(|| attempt(|| self.redactor.engine.scan_leaf(&text, &leaf)))?;
        self.spans(py, &spans)
    }

    /// `Engine.scan_line`.
    fn scan_line<'py>(
        &self,
        py: Python<'py>,
        text: &Bound<'py, PyAny>,
        leaf: &Bound<'py, PyTuple>,
        before: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (text, leaf, before) = (from_py(text)?, leaf_of(leaf)?, open_of(before)?);
        let (spans, after) = py.detach(|| attempt(|| self.redactor.engine.scan_line(&text, &leaf, &before)))?;
        (self.spans(py, &spans)?, open_to_py(py, &after)?).into_pyobject(py).map(Bound::into_any)
    }

    /// `Engine.scan_whole`; `view`: the starts and the ends of its characters.
    #[pyo3(signature = (text, view, coding))]
    fn scan_whole<'py>(
        &self,
        py: Python<'py>,
        text: &Bound<'py, PyAny>,
        view: Option<(Vec<usize>, Vec<usize>)>,
        coding: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let text = from_py(text)?;
        let coding = Coding::named(coding).ok_or_else(|| wrong("no such coding".into()))?;
        let view = view.map(|(starts, ends)| View { text: text.clone(), starts, ends });
        let spans = py.detach(|| attempt(|| self.redactor.engine.scan_whole(&text, view.as_ref(), coding)))?;
        self.spans(py, &spans)
    }

    /// `Engine.left_open`.
    fn left_open<'py>(
        &self,
        py: Python<'py>,
        line: &Bound<'py, PyAny>,
        before: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (line, before) = (from_py(line)?, open_of(before)?);
        let after = py.detach(|| attempt(|| Ok(self.redactor.engine.left_open(&line, &before))))?;
        open_to_py(py, &after)
    }
}

impl Core {
    /// What scrubs.
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// Has work done by one of so many threads.
    pub fn in_pool(&self, threads: usize, task: impl FnOnce() + Send + 'static) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if pool.as_ref().is_none_or(|(of, _)| *of != process) {
            // the old one is not dropped: its threads would be told to end by a lock that one of them may hold
            std::mem::forget(pool.replace((process, Pool::new(threads))));
        }
        if let Some((_, pool)) = pool.as_ref() {
            pool.start(Box::new(task));
        }
    }

    fn outcome<'py>(&self, py: Python<'py>, outcome: Outcome, encode: bool) -> PyResult<Bound<'py, PyAny>> {
        let redactions = PyDict::new(py);
        for (name, count) in &outcome.redactions {
            redactions.set_item(to_py(py, name)?, count)?;
        }
        let text =
            if encode { PyBytes::new(py, &py.detach(|| encoded(&outcome.text))).into_any() } else { to_py(py, &outcome.text)? };
        let found = PyList::empty(py);
        for (number, spans) in &outcome.found {
            found.append((number, self.spans(py, spans)?))?;
        }
        let after = open_to_py(py, &outcome.after)?;
        let allowed: Vec<(usize, &str, usize)> =
            outcome.allowed.iter().map(|(&(number, kind), &count)| (number, self.detector(kind), count)).collect();
        let members = (outcome.done, text, outcome.records, outcome.unparsed, redactions, found, after, allowed);
        members.into_pyobject(py).map(Bound::into_any)
    }

    fn detector(&self, kind: u16) -> &str {
        &self.redactor.engine.parts.kinds[kind as usize].detector
    }

    fn spans<'py>(&self, py: Python<'py>, spans: &[Span]) -> PyResult<Bound<'py, PyAny>> {
        let list = PyList::empty(py);
        for span in spans {
            let kind = &self.redactor.engine.parts.kinds[span.kind as usize];
            let inner = match &span.inner {
                None => py.None().into_bound(py),
                Some(inner) => {
                    let alphabet = match inner.alphabet {
                        Alphabet::Base64 => "base64",
                        Alphabet::Base64Url => "base64url",
                        Alphabet::Hex => "hex",
                        Alphabet::Array => "array",
                        Alphabet::String => "string",
                    };
                    (to_py(py, &inner.text)?, self.spans(py, &inner.spans)?, alphabet, inner.padded).into_pyobject(py)?.into_any()
                }
            };
            list.append((
                span.start,
                span.end,
                if span.verbatim { "" } else { kind.entity_type.as_str() },
                kind.guideline.as_str(),
                kind.detector.as_str(),
                if span.certain { "certain" } else { "likely" },
                to_py(py, &span.plain)?,
                to_py(py, &span.requote)?,
                inner,
            ))?;
        }
        Ok(list.into_any())
    }
}

fn item<'py>(description: &Bound<'py, PyDict>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    description.get_item(name)?.ok_or_else(|| wrong(format!("the description has no {name}")))
}

fn parts(description: &Bound<'_, PyDict>, library: &Arc<Library>) -> PyResult<Parts> {
    let get = |name: &str| item(description, name);
    let compile = |code: Lowered| library.compile(code).map_err(wrong);
    let kinds: Vec<(String, String, String, bool, bool)> = get("kinds")?.extract()?;
    let kinds: Vec<Kind> = kinds
        .into_iter()
        .map(|(detector, entity_type, guideline, certain, random)| Kind { detector, entity_type, guideline, certain, random })
        .collect();
    let kind_by_id: HashMap<String, u16> = kinds.iter().enumerate().map(|(i, k)| (k.detector.clone(), i as u16)).collect();
    let data = item(description, "data")?;
    let files = ["names", "either", "words", "foreign", "shapes"].map(|name| data.get_item(name));
    let files = files.into_iter().map(|file| Ok(file?.cast_into::<PyBytes>()?)).collect::<PyResult<Vec<_>>>()?;
    let files: Vec<&[u8]> = files.iter().map(|file| file.as_bytes()).collect();
    type Entry<'py> = (u16, Lowered, Option<String>, Option<Lowered>, Vec<Bound<'py, PyAny>>, bool, bool);
    // the lists take as long as the patterns
    let (lists, entries) = std::thread::scope(|scope| {
        let lists = scope.spawn(|| Lists::new(files[0], files[1], files[2], files[3], files[4]));
        let entries = get("patterns").and_then(|entries| {
            let compiled = entries.try_iter()?.map(|entry| {
                let (kind, code, validator, context, words, cuts_ids, sheds): Entry<'_> = entry?.extract()?;
                let context = context.map(compile).transpose()?;
                let words: Vec<Vec<Ch>> = words.iter().map(from_py).collect::<PyResult<_>>()?;
                Ok((kind, compile(code)?, validator, context, words, cuts_ids, sheds))
            });
            compiled.collect::<PyResult<Vec<_>>>()
        });
        (lists.join(), entries)
    });
    let lists = lists.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map_err(wrong)?;
    let (lists, lexicon) = lexicons(description, library, Arc::new(lists))?;
    let validators =
        Validators::new(library, Arc::new(Lexicon::new(library, lists, Vec::new()).map_err(wrong)?)).map_err(wrong)?;
    let group = |regex: &Regex| regex.group("value").unwrap_or(0);
    let mut patterns = Vec::new();
    for (kind, regex, validator, context, context_words, cuts_ids, sheds) in entries? {
        let validator = match validator {
            None => None,
            Some(name) => Some(validators.named(&name).ok_or_else(|| wrong(format!("no validator {name}")))?),
        };
        patterns.push(Pattern { kind, group: group(&regex), regex, validator, context, cuts_ids, sheds, context_words });
    }
    let mut harmless = Vec::new();
    for code in get("harmless")?.try_iter()? {
        let regex = compile(code?.extract()?)?;
        harmless.push(Harmless { group: group(&regex), regex });
    }
    let keeps = get("keeps")?.try_iter()?.map(|code| compile(code?.extract()?)).collect::<PyResult<Vec<_>>>()?;
    let mut rules = Vec::new();
    for entry in get("rules")?.try_iter()? {
        type Entry = (usize, String, Vec<usize>, Vec<String>, Vec<String>, bool, bool, bool);
        let (detector, mode, keep, endings, exact, secret, opens, may_hold_message): Entry = entry?.extract()?;
        let mode = match mode.as_str() {
            "token" => ValueMode::Token,
            "number" => ValueMode::Number,
            "phrase" => ValueMode::Phrase,
            "credential" => ValueMode::Credential,
            "line" => ValueMode::Line,
            "idle" => ValueMode::Idle,
            _ => return Err(wrong("no such reach of a value".into())),
        };
        let kept = |number: usize| keeps.get(number).cloned().ok_or_else(|| wrong("no such pattern of values".into()));
        let keep = keep.into_iter().map(kept).collect::<PyResult<_>>()?;
        rules.push(RuleSpec { detector, mode, keep, endings, exact, secret, opens, may_hold_message });
    }
    let names_kind: Option<String> = get("names")?.extract()?;
    let names = match names_kind.as_deref() {
        None => Recognizer::None,
        Some("lists") => {
            let phrases: Option<Lowered> = get("phrases")?.extract()?;
            let phrases = phrases.map(compile).transpose()?;
            let kind = *kind_by_id.get("name_listed").ok_or_else(|| wrong("no kind of names".into()))?;
            Recognizer::Listed(Box::new(Names::new(library, lexicon, phrases).map_err(wrong)?), kind)
        }
        Some(_) => Recognizer::Python(library.python.clone()),
    };
    let mut no_names = std::collections::HashSet::new();
    for word in get("no_names")?.try_iter()? {
        no_names.insert(from_py(&word?)?);
    }
    let count = kinds.len() as u16;
    Ok(Parts {
        patterns,
        harmless,
        fields: Fields::new(library, rules).map_err(wrong)?,
        json: JsonLeaves::new(library).map_err(wrong)?,
        views: Views::new(library, get("entities")?.extract()?).map_err(wrong)?,
        binary: crate::binary::Binary,
        names,
        validators,
        no_names,
        has_own: get("has_own")?.extract()?,
        placeholders: Placeholders::new(get("placeholder_types")?.extract::<Vec<String>>()?.iter().map(|name| codes(name))),
        key_kind: get("key_kind")?.extract()?,
        kind_of: (0..count).collect(),
        kind_by_id,
        kinds,
    })
}

/// The lists, and the lexicon with a user's own words.
fn lexicons(description: &Bound<'_, PyDict>, library: &Library, lists: Arc<Lists>) -> PyResult<(Arc<Lists>, Arc<Lexicon>)> {
    let mut own = Vec::new();
    for entry in item(description, "own")?.try_iter()? {
        let (word, is_name): (Bound<'_, PyAny>, bool) = entry?.extract()?;
        own.push((from_py(&word)?, is_name));
    }
    Ok((lists.clone(), Arc::new(Lexicon::new(library, lists, own).map_err(wrong)?)))
}

fn path_of(path: &Bound<'_, PyAny>) -> PyResult<Vec<Name>> {
    path.cast::<PyTuple>()?.iter().map(|name| Ok(from_py(&name)?.into())).collect()
}

fn leaf_of(leaf: &Bound<'_, PyTuple>) -> PyResult<Leaf> {
    let coding = leaf.get_item(3)?;
    let coding: &str = coding.extract()?;
    Ok(Leaf {
        start: leaf.get_item(0)?.extract()?,
        end: leaf.get_item(1)?.extract()?,
        field: path_of(&leaf.get_item(2)?)?,
        coding: Coding::named(coding).ok_or_else(|| wrong("no such coding".into()))?,
        typed: leaf.get_item(5)?.extract()?,
        group: leaf.get_item(6)?.extract()?,
    })
}

fn unit_of(raw: &Bound<'_, PyTuple>) -> PyResult<Unit> {
    let text = from_py(&raw.get_item(0)?)?;
    let leaves = raw.get_item(1)?;
    let leaves = leaves.cast::<PyTuple>()?;
    let first: isize = if leaves.is_empty() { 0 } else { leaves.get_item(0)?.cast::<PyTuple>()?.get_item(0)?.extract()? };
    let leaves = if first < 0 {
        Leaves::JsonAt((-1 - first) as usize)
    } else {
        Leaves::Known(leaves.iter().map(|leaf| leaf_of(leaf.cast::<PyTuple>()?)).collect::<PyResult<Vec<_>>>()?)
    };
    let fits = match &leaves {
        Leaves::Known(known) => known.iter().all(|leaf| leaf.start <= leaf.end && leaf.end <= text.len()),
        Leaves::JsonAt(start) => *start <= text.len(),
    };
    if !fits {
        return Err(wrong("a leaf lies outside of its text".into()));
    }
    let records: usize = raw.get_item(4)?.extract()?;
    let frame = raw.get_item(10)?;
    Ok(Unit { text, leaves, frame: (!frame.is_none()).then(|| frame_of(frame.unbind())), begins: records > 0 })
}

/// A frame that Python finds.
fn frame_of(frame: Py<PyAny>) -> Frame {
    Arc::new(move |text| ask(|py| frame.bind(py).call1((to_py(py, text)?,))?.extract()).ok_or(Unscannable))
}

pub fn counted_of(raw: &Bound<'_, PyTuple>) -> PyResult<Counted> {
    Ok(Counted { unit: unit_of(raw)?, records: raw.get_item(4)?.extract()?, parsed: raw.get_item(5)?.extract()? })
}

/// A text in UTF-8; bytes that were none are again what they were.
pub fn encoded(text: &[Ch]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    let mut buffer = [0; 4];
    for part in text.chunks(64) {
        if is_ascii(part) {
            out.extend(part.iter().map(|&c| c as u8));
            continue;
        }
        for &c in part {
            match c {
                0..0x80 => out.push(c as u8),
                0xDC80..0xDD00 => out.push((c - 0xDC00) as u8),
                _ => match char::from_u32(c) {
                    Some(c) => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
                    // half of a surrogate pair: no decoder of UTF-8 makes one
                    None => out.extend([0xE0 | (c >> 12) as u8, 0x80 | (c >> 6 & 0x3F) as u8, 0x80 | (c & 0x3F) as u8]),
                },
            }
        }
    }
    out
}

/// What is open: None for nothing, else a tuple with the members of `Open`.
fn open_of(open: &Bound<'_, PyAny>) -> PyResult<Open> {
    if open.is_none() {
        return Ok(Open::default());
    }
    let open = open.cast::<PyTuple>()?;
    let mut brackets = Vec::new();
    for entry in open.get_item(0)?.try_iter()? {
        let (bracket, name): (char, Bound<'_, PyAny>) = entry?.extract()?;
        brackets.push((Ch::from(bracket), from_py(&name)?.into()));
    }
    let quote = open.get_item(2)?;
    let quote = if quote.is_none() {
        None
    } else {
        let (opening, path): (Bound<'_, PyAny>, Bound<'_, PyAny>) = quote.extract()?;
        Some((from_py(&opening)?, path_of(&path)?))
    };
    Ok(Open {
        brackets,
        pending: path_of(&open.get_item(1)?)?,
        quote,
        armour: open.get_item(3)?.extract()?,
        unknown: open.get_item(4)?.extract()?,
        indent: usize::try_from(open.get_item(5)?.extract::<i64>()?).ok(),
    })
}

pub fn path_to_py<'py>(py: Python<'py>, path: &[Name]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, path.iter().map(|name| to_py(py, name)).collect::<PyResult<Vec<_>>>()?)
}

fn open_to_py<'py>(py: Python<'py>, open: &Open) -> PyResult<Bound<'py, PyAny>> {
    if *open == Open::default() {
        return Ok(py.None().into_bound(py));
    }
    let brackets = open
        .brackets
        .iter()
        .map(|(bracket, name)| (to_py(py, &[*bracket])?, to_py(py, name)?).into_pyobject(py))
        .collect::<PyResult<Vec<_>>>()?;
    let quote = match &open.quote {
        None => py.None().into_bound(py),
        Some((opening, path)) => (to_py(py, opening)?, path_to_py(py, path)?).into_pyobject(py)?.into_any(),
    };
    let indent = open.indent.map_or(-1, |depth| depth as i64);
    let members = (PyTuple::new(py, brackets)?, path_to_py(py, &open.pending)?, quote, open.armour, open.unknown, indent);
    members.into_pyobject(py).map(Bound::into_any)
}
