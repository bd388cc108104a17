//! The compiled engine of logscrub. `logscrub/detect` and `logscrub/redact` are the definition in Python; what stands here gives
//! the same for every text.
#![forbid(unsafe_code)]

pub mod batch;
pub mod binary;
pub mod chars;
mod counting;
pub mod engine;
pub mod fields;
mod hints;
pub mod ids;
pub mod json_leaves;
pub mod lexicon;
pub mod library;
pub mod lines;
pub mod messages;
pub mod model;
pub mod names;
mod native;
pub mod pairs;
pub mod placeholders;
mod probes;
pub mod prose;
pub mod pseudonyms;
mod py;
pub mod reading;
pub mod record_lists;
pub mod redact;
pub mod rows;
pub mod rx;
pub mod scan;
mod shapes;
pub mod spans;
pub mod statements;
mod units;
pub mod validators;
pub mod views;
mod words;

/// The core asks for much memory in small pieces, for which this allocator is faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // a panic says where in the core it happened; who scrubs a unit withholds it and counts it
    std::panic::set_hook(Box::new(|_| {}));
    let end = pyo3::wrap_pyfunction!(py::end, module)?;
    module.py().import("atexit")?.call_method1("register", (end,))?;
    module.add_class::<native::Core>()?;
    module.add_class::<native::Job>()?;
    module.add_class::<native::CoreEngine>()?;
    module.add_class::<native::Records>()?;
    module.add_class::<hints::Hints>()?;
    module.add_class::<units::Lines>()?;
    module.add_class::<units::Piece>()?;
    module.add_class::<units::Units>()?;
    module.add_class::<counting::Counting>()?;
    module.add_class::<counting::Heard>()?;
    module.add_class::<counting::Kept>()?;
    module.add_class::<probes::Parts>()?;
    module.add_class::<probes::Scanner>()?;
    module.add_class::<probes::json_leaves::JsonLeavesProbe>()?;
    module.add_class::<probes::names::NamesProbe>()?;
    module.add_class::<probes::fields::FieldsProbe>()?;
    module.add_class::<probes::validators::ValidatorsProbe>()?;
    module.add_class::<probes::views::Decoder>()
}
