//! Units that are scrubbed, or looked at, one after the other, in a thread of their own.

use crate::chars::Ch;
use crate::fields::Open;
use crate::redact::{Look, Redactor, Unit};
use crate::spans::Span;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A unit, and what is counted of it.
#[derive(Clone)]
pub struct Counted {
    pub unit: Unit,
    /// How many records begin in it.
    pub records: usize,
    /// Whether it had the shape of its format.
    pub parsed: bool,
}

/// What became of units.
#[derive(Default)]
pub struct Outcome {
    /// How many were done. Fewer than there were: the next one could not be scanned.
    pub done: usize,
    pub text: Vec<Ch>,
    pub records: usize,
    pub unparsed: usize,
    pub redactions: HashMap<Vec<Ch>, usize>,
    /// Of units that were only looked at: what must go, by the unit's number.
    pub found: Vec<(usize, Vec<Span>)>,
    /// Of units that were only looked at: how often something may stay, by the number of the pattern that allows it and its kind.
    pub allowed: HashMap<(usize, u16), usize>,
    /// What they leave open.
    pub after: Open,
}

/// Scrubs units from the `first` on; where `only_look`, says what must go instead.
pub fn run(redactor: &Redactor, units: &[Counted], first: usize, before: &Open, only_look: bool) -> Outcome {
    let mut outcome = Outcome { after: before.clone(), done: first, ..Outcome::default() };
    for (number, one) in units.iter().enumerate().skip(first) {
        let before = outcome.after.clone();
        if only_look {
            let look = catch_unwind(AssertUnwindSafe(|| redactor.look(&one.unit, &before)));
            let Ok(Ok(Look { spans, after, allowed })) = look else { break };
            outcome.after = after;
            for what in allowed {
                *outcome.allowed.entry(what).or_default() += 1;
            }
            if !spans.is_empty() {
                outcome.found.push((number, spans));
            }
        } else {
            let work = || redactor.scrub(one.unit.clone(), &before);
            let Ok(Ok((clean, after))) = catch_unwind(AssertUnwindSafe(work)) else { break };
            outcome.after = after;
            outcome.text.extend(clean.text);
            for (name, count) in clean.redactions {
                *outcome.redactions.entry(name).or_default() += count;
            }
        }
        outcome.records += one.records;
        outcome.unparsed += if one.parsed { 0 } else { one.records };
        outcome.done = number + 1;
    }
    outcome
}

type Task = Box<dyn FnOnce() + Send>;

/// Threads that do tasks, first come first served.
pub struct Pool {
    sender: Sender<Task>,
}

impl Pool {
    /// `count` threads.
    pub fn new(count: usize) -> Pool {
        let (sender, receiver) = channel::<Task>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..count {
            let receiver = receiver.clone();
            std::thread::spawn(move || {
                while let Some(task) = next(&receiver) {
                    task();
                }
            });
        }
        Pool { sender }
    }

    /// Has a task done.
    pub fn start(&self, task: Task) {
        // without a thread that takes it the task is dropped, and with it the channel that its result is waited for on
        let _ = self.sender.send(task);
    }
}

fn next(receiver: &Mutex<Receiver<Task>>) -> Option<Task> {
    receiver.lock().ok()?.recv().ok()
}
