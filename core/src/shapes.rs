//! Looks for shapes: short runs of classes of characters, one of which stands in every text in which a pattern matches.
//!
//! Some patterns begin like most words or numbers do and are rare for what stands further on: an address is a name with a capital
//! until its postcode comes. They are tried only in texts that have such a run.

use crate::rx::{Classes, Item, KINDS, Node, ROWS};
use crate::scan::Bits;

/// Characters of a shape, at most.
const LENGTH: usize = 8;
/// Shapes that share a word of bits, and how many such words there are.
const TOGETHER: usize = 64 / LENGTH;
const WORDS: usize = 8;
/// A shape is looked for where it is seldomer than this at a place of a text; and where the pattern's beginning is that much more
/// frequent than the shape.
const SELDOM: f64 = 1.0 / 2000.0;
const GAIN: f64 = 8.0;

/// A pattern.
pub struct Sought<'a> {
    pub node: &'a Node,
    /// The characters that its matches begin with.
    pub heads: &'a [Classes],
    /// Which bit of which column it is.
    pub column: usize,
    pub bit: Bits,
}

type Shape = Vec<Classes>;

/// The shapes of some patterns.
pub struct Shapes {
    /// Of each row the bits of the shapes that it goes on with.
    rows: Box<[[u64; WORDS]; ROWS]>,
    starts: [u64; WORDS],
    ends: [u64; WORDS],
    /// Of each pattern its column and bit, and the ends of its shapes.
    patterns: Vec<(usize, Bits, [u64; WORDS])>,
    /// Of each column the patterns that have shapes.
    shaped: Vec<Bits>,
}

impl Shapes {
    /// `columns`: how many there are.
    pub fn new(patterns: &[Sought], columns: usize) -> Shapes {
        let mut found = Shapes {
            rows: Box::new([[0; WORDS]; ROWS]),
            starts: [0; WORDS],
            ends: [0; WORDS],
            patterns: Vec::new(),
            shaped: vec![0; columns],
        };
        let mut wanted: Vec<(f64, usize, Vec<Shape>)> = Vec::new();
        for (i, pattern) in patterns.iter().enumerate() {
            let begins: f64 = pattern.heads.iter().map(frequency).product();
            if let Some(shapes) = shapes_of(pattern.node) {
                let its = frequency_of(&shapes);
                if its < SELDOM && its * GAIN < begins {
                    wanted.push((begins, i, shapes));
                }
            }
        }
        // those first whose beginnings are the most frequent for the place that their shapes take
        let worth = |(begins, _, shapes): &(f64, usize, Vec<Shape>)| begins / shapes.len() as f64;
        wanted.sort_by(|a, b| worth(b).total_cmp(&worth(a)).then(a.1.cmp(&b.1)));
        let mut known: Vec<Shape> = Vec::new();
        for (_, i, shapes) in wanted {
            if known.len() + shapes.iter().filter(|shape| !known.contains(shape)).count() > TOGETHER * WORDS {
                continue;
            }
            let mut ends = [0; WORDS];
            for shape in shapes {
                let place = known.iter().position(|its| *its == shape).unwrap_or(known.len());
                ends[place / TOGETHER] |= found.add(&shape, place);
                if place == known.len() {
                    known.push(shape);
                }
            }
            found.patterns.push((patterns[i].column, patterns[i].bit, ends));
            found.shaped[patterns[i].column] |= patterns[i].bit;
        }
        found
    }

    /// Adds a shape at a place among them. Returns the bit of its end.
    fn add(&mut self, shape: &[Classes], place: usize) -> u64 {
        let word = place / TOGETHER;
        let last = (place % TOGETHER + 1) * LENGTH - 1;
        for (n, classes) in shape.iter().rev().enumerate() {
            classes.rows().for_each(|row| self.rows[row][word] |= 1 << (last - n));
        }
        self.starts[word] |= 1 << (last + 1 - shape.len());
        self.ends[word] |= 1 << last;
        1 << last
    }

    /// Takes the patterns out of `live` none of whose shapes stands in the text. `rows`: those of its characters.
    pub fn narrow(&self, rows: &[u8], live: &mut [Bits]) {
        if live.iter().zip(&self.shaped).all(|(live, shaped)| live & shaped == 0) {
            return;
        }
        let (mut state, mut seen) = ([0; WORDS], [0; WORDS]);
        for &row in rows {
            let its = &self.rows[usize::from(row)];
            for word in 0..WORDS {
                // what comes out of the end of one shape is no beginning of the next
                state[word] = ((state[word] & !self.ends[word]) << 1 | self.starts[word]) & its[word];
                seen[word] |= state[word];
            }
        }
        for (column, bit, ends) in &self.patterns {
            if (0..WORDS).all(|word| seen[word] & ends[word] == 0) {
                live[*column] &= !bit;
            }
        }
    }
}

/// About how many of the characters of logs a class has.
fn frequency(classes: &Classes) -> f64 {
    let each = |row: usize| match row as u8 {
        b'0'..=b'9' => 0.02,
        b'a'..=b'z' => 0.018,
        b'A'..=b'Z' => 0.003,
        b' ' => 0.1,
        33..=127 => 0.005,
        128.. => 0.01 / KINDS as f64,
        _ => 0.001,
    };
    classes.rows().map(each).sum()
}

/// About how many texts have a character of a class.
pub fn chance(classes: &Classes) -> f64 {
    1.0 - (1.0 - frequency(classes).min(1.0)).powi(60)
}

fn frequency_of(shapes: &[Shape]) -> f64 {
    shapes.iter().map(|shape| shape.iter().map(frequency).product::<f64>()).sum()
}

/// Shapes of which each text in which a node matches has one; None where none are known.
fn shapes_of(node: &Node) -> Option<Vec<Shape>> {
    let mut runs = Runs { run: Vec::new(), best: None };
    runs.follow(node);
    runs.close();
    runs.best
}

/// The runs of a node, as far as it was followed.
struct Runs {
    /// The classes that stand side by side, up to here.
    run: Shape,
    best: Option<Vec<Shape>>,
}

impl Runs {
    fn take(&mut self, shapes: Vec<Shape>) {
        if self.best.as_ref().is_none_or(|best| frequency_of(&shapes) < frequency_of(best)) {
            self.best = Some(shapes);
        }
    }

    /// The run ends here.
    fn close(&mut self) {
        let run = std::mem::take(&mut self.run);
        for window in run.windows(LENGTH.min(run.len().max(1))) {
            self.take(vec![window.to_vec()]);
        }
    }

    fn follow(&mut self, node: &Node) {
        match node {
            Node::At(_) | Node::Look { .. } => {}
            Node::Item(item) => self.run.push(Item::classes(item)),
            Node::Seq(nodes) => nodes.iter().for_each(|node| self.follow(node)),
            Node::Group(_, body) | Node::Atomic(body) => self.follow(body),
            Node::Repeat { min, max, body, .. } => {
                let times = (*min as usize).min(LENGTH);
                (0..times).for_each(|_| self.follow(body));
                if *max != *min || times < *min as usize {
                    self.close();
                    // what follows stands behind the last ones
                    if let Node::Item(item) = &**body {
                        self.run = vec![Item::classes(item); times];
                    }
                }
            }
            Node::Branch(branches) => {
                self.close();
                let all: Option<Vec<_>> = branches.iter().map(shapes_of).collect();
                if let Some(all) = all {
                    self.take(all.concat());
                }
            }
            Node::Same(_) => self.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(shapes: &Shapes, text: &str) -> bool {
        let mut live = [1];
        shapes.narrow(text.as_bytes(), &mut live);
        live == [1]
    }

    fn one(shape: &[Classes]) -> Shapes {
        let mut shapes = Shapes {
            rows: Box::new([[0; WORDS]; ROWS]),
            starts: [0; WORDS],
            ends: [0; WORDS],
            patterns: Vec::new(),
            shaped: vec![1],
        };
        let end = shapes.add(shape, 1);
        shapes.patterns.push((0, 1, [end, 0, 0, 0, 0, 0, 0, 0]));
        shapes
    }

    #[test]
    fn a_shape_is_found_wherever_it_stands() {
        let [a, b] = [b'a', b'b'].map(|c| Classes::one(c.into()));
        for shape in [vec![a, b, b], vec![b, a, b, b], vec![a]] {
            let word: String = shape.iter().map(|c| if *c == a { 'a' } else { 'b' }).collect();
            let shapes = one(&shape);
            for text in ["", "ab", "abab", "aabb", "babb", "abbb", "bbbb", "aaab", "baabab"] {
                assert_eq!(live(&shapes, text), text.contains(&word), "{word} in {text}");
            }
        }
    }
}
