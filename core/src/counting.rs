//! A guarantee by counting, over the units of a job. The definition is `logscrub/guarantee/engine.py`.

use crate::batch::Counted;
use crate::chars::{Ch, codes, position};
use crate::model::{Coding, Leaf};
use crate::native::{Core, CoreEngine, encoded};
use crate::pseudonyms::put_utf8;
use crate::py::{to_py, wrong};
use crate::redact::{Leaves, Redactor, Stretch};
use crate::statements::{Cutter, in_json, is_trimmed, masked};
use crate::units::{Gathered, Units};
use blake2::Blake2bMac;
use blake2::digest::consts::U16;
use blake2::digest::{FixedOutput, KeyInit, Update};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The keyed hash of a statement or a value.
type Mark = [u8; 16];

/// What may not leave: a statement or a value that too few have said.
struct Open {
    mark: Mark,
    /// The place of the piece that it is in.
    at: usize,
    /// The places of its words, or of the value.
    stretches: Vec<Stretch>,
    is_value: bool,
}

/// What units say, in characters of words and number of values, and what of it may not leave.
#[derive(Default, Clone, Copy)]
struct Cost {
    units: usize,
    words: usize,
    words_rare: usize,
    values: usize,
    values_rare: usize,
    /// How many marks stand in its place.
    marks: usize,
}

/// What tells what may leave.
struct Rules {
    cutter: Cutter,
    keyed: Blake2bMac<U16>,
    /// The marks that enough customers have said, or that are the app's own.
    known: RwLock<FxHashSet<Mark>>,
    /// Stand in each text that names a customer.
    naming: Vec<Vec<Ch>>,
    rare: Vec<Ch>,
}

impl Rules {
    fn mark(&self, kind: &str, text: &[Ch]) -> Mark {
        let mut bytes = Vec::with_capacity(kind.len() + 1 + text.len());
        bytes.extend_from_slice(kind.as_bytes());
        bytes.push(0);
        text.iter().for_each(|&c| put_utf8(c, &mut bytes));
        let mut keyed = self.keyed.clone();
        keyed.update(&bytes);
        keyed.finalize_fixed().into()
    }

    /// The pieces of a unit, in order, and whether each is a number.
    fn pieces(&self, redactor: &Redactor, one: &Counted, mask: &[Ch]) -> Vec<(usize, usize, bool)> {
        let unit = &one.unit;
        let of_json = |leaf: &Leaf| matches!(leaf.coding, Coding::Json | Coding::Name | Coding::Number | Coding::Bytes);
        let leaves = match &unit.leaves {
            Leaves::JsonAt(_) if one.parsed && unit.frame.is_none() => return in_json(mask),
            Leaves::JsonAt(start) => Cow::Owned(redactor.json_leaves(&unit.text, *start)),
            Leaves::Known(leaves) => Cow::Borrowed(leaves),
        };
        if one.parsed && unit.frame.is_none() && !leaves.is_empty() && leaves.iter().all(of_json) {
            return in_json(mask);
        }
        let mut pieces: Vec<_> =
            leaves.iter().map(|leaf| (leaf.start, leaf.end, matches!(leaf.coding, Coding::Number | Coding::Bytes))).collect();
        if pieces.len() > 1 {
            pieces.sort_by_key(|&(start, end, _)| (start, std::cmp::Reverse(end)));
            let mut reach = 0;
            pieces.retain(|&(start, end, _)| {
                let apart = start >= reach;
                reach = if apart { end } else { reach };
                apart
            });
        }
        pieces
    }

    /// What of a unit may not leave; what it says is added to `cost`.
    fn open(&self, redactor: &Redactor, one: &Counted, cost: &mut Cost) -> Vec<Open> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        self.unknown(redactor, one, &known, cost)
    }

    /// What of a unit is not known; what it says is added to `cost`.
    fn unknown(&self, redactor: &Redactor, one: &Counted, known: &FxHashSet<Mark>, cost: &mut Cost) -> Vec<Open> {
        let text = &one.unit.text;
        let mask = masked(text);
        let mut open = Vec::new();
        for (at, end, is_number) in self.pieces(redactor, one, &mask) {
            let words = self.cutter.words(&mask[at..end], is_number);
            for statement in &words.statements {
                cost.words += statement.stretches.iter().map(|(start, end)| end - start).sum::<usize>();
                let mark = self.mark("statement", &statement.text);
                if !known.contains(&mark) {
                    let stretches = statement.stretches.iter().map(|(start, end)| (at + start, at + end, false)).collect();
                    open.push(Open { mark, at, stretches, is_value: false });
                }
            }
            for (start, end) in words.values {
                let value = &text[at + start..at + end];
                if self.cutter.is_harmless(value) {
                    continue;
                }
                cost.values += 1;
                let mark = self.mark("value", value);
                if !known.contains(&mark) {
                    open.push(Open { mark, at, stretches: vec![(at + start, at + end, words.quoted)], is_value: true });
                }
            }
        }
        open
    }

    /// Adds the clean text of a unit without what may not leave; false where it has to be withheld.
    fn keep(&self, redactor: &Redactor, one: &Counted, out: &mut Vec<Ch>, cost: &mut Cost) -> bool {
        let open = self.open(redactor, one, cost);
        if open.is_empty() {
            out.extend_from_slice(&one.unit.text);
            return true;
        }
        cost.units += 1;
        for each in &open {
            if each.is_value {
                cost.values_rare += 1;
            } else {
                cost.words_rare += each.stretches.iter().map(|(start, end, _)| end - start).sum::<usize>();
            }
        }
        let text = &one.unit.text;
        let without = |stretches: &[Stretch]| {
            let work = || redactor.without(&one.unit, stretches, &self.rare);
            catch_unwind(AssertUnwindSafe(work)).ok()?.ok()?
        };
        // what is not clean without these may be without all of its words, or without the numbers that touch them too
        let rest = || {
            let all = joined(text, &self.unknown(redactor, one, &FxHashSet::default(), &mut Cost::default()));
            without(&all).or_else(|| without(&widened(text, &all)))
        };
        let Some((text, marks)) = without(&joined(text, &open)).or_else(rest) else { return false };
        out.extend(text);
        cost.marks += marks;
        true
    }

    /// Whether a text may name a customer: a part of its pseudonym stands in it, or an escape that may be one.
    fn may_name(&self, text: &[Ch]) -> bool {
        let has = |sought: &[Ch]| position(text, sought.iter().copied()).is_some();
        self.naming.iter().any(|name| has(name))
    }
}

/// The stretches of what may not leave, in order; those that only signs stand between as one.
fn joined(text: &[Ch], open: &[Open]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = open.iter().flat_map(|each| &each.stretches).copied().collect();
    stretches.sort_unstable();
    let mut found: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (start, end, quote) in stretches {
        match found.last_mut() {
            Some(last) if last.2 == quote && text.get(last.1..start).is_some_and(is_trimmed) => last.1 = end,
            _ => found.push((start, end, quote)),
        }
    }
    found
}

/// Characters of numbers that may touch a word.
const TOUCHING: &[u8] = b"0123456789._-/:+%";
/// Characters of the longest escape.
const ESCAPE: usize = 6;

/// Stretches with the digits and signs that touch them. Those that are quoted stay as they are, and where an escape may end before
/// one, nothing before it is taken.
fn widened(text: &[Ch], stretches: &[Stretch]) -> Vec<Stretch> {
    let touches = |c: &&Ch| u8::try_from(**c).is_ok_and(|c| TOUCHING.contains(&c));
    let mut found: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for &(start, end, quote) in stretches {
        let (mut before, mut behind) = (0, 0);
        if !quote {
            let floor = found.last().map_or(0, |last| last.1);
            before = text[floor.min(start)..start].iter().rev().take_while(touches).count();
            if text[(start - before).saturating_sub(ESCAPE)..start].contains(&u32::from('\\')) {
                before = 0;
            }
            behind = text[end..].iter().take_while(touches).count();
        }
        match found.last_mut() {
            Some(last) if last.2 == quote && start - before <= last.1 => last.1 = last.1.max(end + behind),
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => found.push((start - before, end + behind, quote)),
        }
    }
    found
}

/// Tells of the units of jobs what may leave.
#[pyclass(frozen)]
pub struct Counting {
    rules: Arc<Rules>,
}

/// Units that were heard, and of those that may name a customer what may not leave yet.
#[pyclass(frozen)]
pub struct Heard {
    units: Gathered,
    found: Vec<(usize, Vec<Open>)>,
}

/// What became of kept units: texts, between them the numbers of units that must be withheld, and the cost.
type Outcome = (Vec<Vec<Ch>>, Vec<usize>, Cost);

/// Units of which a thread of the core keeps what may leave.
#[pyclass(frozen)]
pub struct Kept {
    units: Gathered,
    result: Mutex<Option<Receiver<Outcome>>>,
}

/// Number of a unit, and of each open part its mark and the place of its piece.
type OpenParts<'py> = (usize, Vec<(Bound<'py, PyBytes>, usize)>);

#[pymethods]
impl Counting {
    /// `key`: of the marks. `types`: the entity types of placeholders. `of_formats`: what exports have of themselves. `naming`:
    /// stand in each text that names a customer. `rare`: takes the place of what may not leave.
    #[new]
    fn new(
        engine: &CoreEngine,
        key: Vec<u8>,
        types: Vec<String>,
        of_formats: Vec<String>,
        naming: Vec<String>,
        rare: &str,
    ) -> PyResult<Counting> {
        let set = |name: &str| engine.library().set(name).map_err(wrong);
        let rules = Rules {
            cutter: Cutter::new(types, of_formats, set("isspace")?, set("isalnum")?),
            keyed: Blake2bMac::new_from_slice(&key).map_err(|_| wrong("the key has a length that no key has".into()))?,
            known: RwLock::default(),
            naming: naming.iter().map(|name| codes(name)).collect(),
            rare: codes(rare),
        };
        Ok(Counting { rules: Arc::new(rules) })
    }

    /// Takes in marks that may leave from now on.
    fn settle(&self, marks: Vec<Mark>) {
        self.rules.known.write().unwrap_or_else(PoisonError::into_inner).extend(marks);
    }

    /// Hears units.
    fn hear(&self, py: Python<'_>, core: &Core, units: &mut Units) -> PyResult<Heard> {
        self.opened(py, core, units, |text| self.rules.may_name(text))
    }

    /// Finds in units what may not leave.
    fn find(&self, py: Python<'_>, core: &Core, units: &mut Units) -> PyResult<Heard> {
        self.opened(py, core, units, |_| true)
    }

    /// Has one of so many threads keep what may leave of units.
    fn start(&self, core: &Core, units: &mut Units, threads: usize) -> Kept {
        let units = units.take();
        let (sender, receiver) = channel();
        let (rules, redactor, its) = (self.rules.clone(), core.redactor().clone(), units.counted.clone());
        core.in_pool(threads, move || {
            let (mut texts, mut failed, mut cost) = (vec![Vec::new()], Vec::new(), Cost::default());
            for (number, one) in its.iter().enumerate() {
                let Some(text) = texts.last_mut() else { break };
                let before = text.len();
                let work = AssertUnwindSafe(|| rules.keep(&redactor, one, text, &mut cost));
                if !catch_unwind(work).unwrap_or(false) {
                    text.truncate(before);
                    failed.push(number);
                    texts.push(Vec::new());
                }
            }
            let _ = sender.send((texts, failed, cost));
        });
        Kept { units, result: Mutex::new(Some(receiver)) }
    }
}

impl Counting {
    /// What may not leave of the units whose texts are asked for.
    fn opened(&self, py: Python<'_>, core: &Core, units: &mut Units, is_asked: impl Fn(&[Ch]) -> bool + Sync) -> PyResult<Heard> {
        let (units, redactor) = (units.take(), core.redactor());
        let open = |one: &Counted| {
            if is_asked(&one.unit.text) { self.rules.open(redactor, one, &mut Cost::default()) } else { Vec::new() }
        };
        let all = || units.counted.iter().map(open).enumerate().filter(|(_, open)| !open.is_empty()).collect();
        let found = py.detach(|| catch_unwind(AssertUnwindSafe(all))).map_err(|_| wrong("Python did not answer".into()))?;
        Ok(Heard { units, found })
    }
}

#[pymethods]
impl Heard {
    /// A unit of it, see `Gathered::raw`.
    fn raw<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyAny>> {
        self.units.raw(py, number)
    }

    /// Of each unit in which something may not leave its number, and the marks with the places of their pieces.
    fn open<'py>(&self, py: Python<'py>) -> Vec<OpenParts<'py>> {
        let of_unit = |open: &[Open]| open.iter().map(|each| (PyBytes::new(py, &each.mark), each.at)).collect();
        self.found.iter().map(|(number, open)| (*number, of_unit(open))).collect()
    }

    /// Of each unit in which something may not leave its number, and the places.
    fn stretches(&self) -> Vec<(usize, Vec<(usize, usize)>)> {
        let of_unit = |open: &[Open]| {
            let mut places: Vec<_> = open.iter().flat_map(|each| &each.stretches).map(|&(a, b, _)| (a, b)).collect();
            places.sort_unstable();
            places
        };
        self.found.iter().map(|(number, open)| (*number, of_unit(open))).collect()
    }
}

/// Texts, numbers of units, and the cost: units, characters of words, rare ones, values, rare ones, marks.
type Told<'py> = (Bound<'py, PyList>, Vec<usize>, [usize; 6]);

#[pymethods]
impl Kept {
    /// A unit of it, see `Gathered::raw`.
    fn raw<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyAny>> {
        self.units.raw(py, number)
    }

    /// The texts (as bytes, if `encode`), the numbers of the units between them that must be withheld, and the cost.
    fn result<'py>(&self, py: Python<'py>, encode: bool) -> PyResult<Told<'py>> {
        let receiver = self.result.lock().ok().and_then(|mut result| result.take()).ok_or_else(|| wrong("no result".into()))?;
        let (texts, failed, cost) =
            py.detach(move || receiver.recv()).map_err(|_| wrong("a thread of the core has ended".into()))?;
        let told = PyList::empty(py);
        for text in &texts {
            told.append(if encode { PyBytes::new(py, &py.detach(|| encoded(text))).into_any() } else { to_py(py, text)? })?;
        }
        Ok((told, failed, [cost.units, cost.words, cost.words_rare, cost.values, cost.values_rare, cost.marks]))
    }
}
