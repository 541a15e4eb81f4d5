//! `-lh1-`: bytes and lengths of copies in a Huffman code that adapts to what it has coded, as Yoshizaki's LZHUF
//! does it; distances in a code that is fixed.
//!
//! The tree is a list of nodes by rising frequency, in which siblings stand side by side: when a node becomes more
//! frequent it changes places with the last one of its old frequency, and its parent follows.

use super::decode::Steps;
use crate::codec::bits::{Bits, Code};
use crate::codec::history::History;

/// Bytes and the lengths of copies from 3 to 60.
const SYMBOLS: usize = 314;
const NODES: usize = SYMBOLS * 2 - 1;
const ROOT: usize = NODES - 1;
/// The frequency of the root at which all frequencies are halved.
const FULL: u16 = 0x8000;

/// The decoder.
pub(super) struct Adaptive {
    tree: Tree,
    /// The upper six bits of distances.
    distances: Code,
}

impl Adaptive {
    pub(super) fn new() -> Self {
        let lengths = [(3, 1), (4, 3), (5, 8), (6, 12), (7, 24), (8, 16)];
        let lengths: Vec<u8> =
            lengths.into_iter().flat_map(|(length, count)| std::iter::repeat_n(length, count)).collect();
        Self { tree: Tree::new(), distances: Code::new(&lengths).unwrap_or_default() }
    }
}

impl Steps for Adaptive {
    fn step(&mut self, bits: &mut Bits<'_>, history: &mut History) -> Option<()> {
        let symbol = self.tree.read(bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            history.push(byte);
            return Some(());
        }
        let upper = usize::from(self.distances.read(bits)?);
        let lower = usize::try_from(bits.take(6)?).ok()?;
        history.copy((upper << 6 | lower) + 1, symbol - 256 + 3)
    }
}

/// The adapting code.
struct Tree {
    nodes: [Node; NODES],
    /// The leaf of each symbol.
    leaves: [usize; SYMBOLS],
}

#[derive(Clone, Copy, Default)]
struct Node {
    frequency: u16,
    parent: usize,
    holds: Holds,
}

/// What hangs on a node.
#[derive(Clone, Copy)]
enum Holds {
    /// A leaf: its symbol.
    Symbol(usize),
    /// The first of two siblings.
    Pair(usize),
}

impl Default for Holds {
    fn default() -> Self {
        Self::Symbol(0)
    }
}

impl Tree {
    fn new() -> Self {
        let mut tree = Self { nodes: [Node::default(); NODES], leaves: [0; SYMBOLS] };
        for (symbol, node) in tree.nodes.iter_mut().take(SYMBOLS).enumerate() {
            *node = Node { frequency: 1, parent: 0, holds: Holds::Symbol(symbol) };
        }
        for (pair, place) in (SYMBOLS..NODES).enumerate() {
            tree.put(place, tree.frequency(pair * 2) + tree.frequency(pair * 2 + 1), Holds::Pair(pair * 2));
        }
        tree.link();
        tree
    }

    /// Reads one symbol and makes it more frequent.
    fn read(&mut self, bits: &mut Bits<'_>) -> Option<usize> {
        let mut place = ROOT;
        loop {
            match self.nodes.get(place)?.holds {
                Holds::Pair(first) => place = first + usize::try_from(bits.take(1)?).ok()?,
                Holds::Symbol(symbol) => {
                    self.count(symbol);
                    return Some(symbol);
                }
            }
        }
    }

    fn count(&mut self, symbol: usize) {
        if self.frequency(ROOT) >= FULL {
            self.halve();
        }
        let mut place = self.leaves.get(symbol).copied().unwrap_or(ROOT);
        loop {
            let frequency = self.frequency(place);
            let last = (place..ROOT).take_while(|at| self.frequency(at + 1) == frequency).last();
            let last = last.map_or(place, |at| at + 1);
            self.swap(place, last);
            place = last;
            let Some(node) = self.nodes.get_mut(place) else { return };
            node.frequency = node.frequency.saturating_add(1);
            if place == ROOT {
                return;
            }
            place = node.parent;
        }
    }

    /// Lets two nodes of one frequency change places with all that hangs on them.
    fn swap(&mut self, a: usize, b: usize) {
        let (Some(at_a), Some(at_b)) = (self.nodes.get(a).copied(), self.nodes.get(b).copied()) else {
            return;
        };
        self.put(a, at_b.frequency, at_b.holds);
        self.put(b, at_a.frequency, at_a.holds);
        self.tell(a);
        self.tell(b);
    }

    /// Halves all frequencies and builds the tree anew over the leaves in their order.
    fn halve(&mut self) {
        let mut leaves = self.nodes.iter().filter(|node| matches!(node.holds, Holds::Symbol(_)));
        let mut list: Vec<Node> = Vec::new();
        for leaf in leaves.by_ref() {
            list.push(Node { frequency: leaf.frequency.div_ceil(2), ..*leaf });
        }
        for first in (0..ROOT).step_by(2) {
            let of = |place: usize| list.get(place).map_or(0, |node| node.frequency);
            let frequency = of(first) + of(first + 1);
            let place =
                list.iter().rposition(|node| node.frequency <= frequency).map_or(0, |place| place + 1);
            list.insert(place, Node { frequency, parent: 0, holds: Holds::Pair(first) });
        }
        for (node, new) in self.nodes.iter_mut().zip(list) {
            *node = new;
        }
        self.link();
    }

    fn link(&mut self) {
        (0..NODES).for_each(|place| self.tell(place));
    }

    /// Tells what hangs on a node where it hangs.
    fn tell(&mut self, place: usize) {
        match self.nodes.get(place).map(|node| node.holds) {
            Some(Holds::Symbol(symbol)) => {
                if let Some(leaf) = self.leaves.get_mut(symbol) {
                    *leaf = place;
                }
            }
            Some(Holds::Pair(first)) => {
                for node in self.nodes.iter_mut().skip(first).take(2) {
                    node.parent = place;
                }
            }
            None => {}
        }
    }

    fn put(&mut self, place: usize, frequency: u16, holds: Holds) {
        if let Some(node) = self.nodes.get_mut(place) {
            (node.frequency, node.holds) = (frequency, holds);
        }
    }

    fn frequency(&self, place: usize) -> u16 {
        self.nodes.get(place).map_or(0, |node| node.frequency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_stays_one_through_many_halvings() {
        let mut tree = Tree::new();
        for n in 0..200_000u32 {
            tree.count(
                usize::try_from(n.wrapping_mul(2_654_435_761) >> 20).unwrap() % SYMBOLS
                    * (n % 3 == 0) as usize,
            );
            if n % 9_999 == 0 {
                let frequencies: Vec<u16> = (0..NODES).map(|place| tree.frequency(place)).collect();
                assert!(frequencies.is_sorted());
                for (place, node) in tree.nodes.iter().enumerate() {
                    match node.holds {
                        Holds::Symbol(symbol) => assert_eq!(tree.leaves[symbol], place),
                        Holds::Pair(first) => {
                            assert_eq!(node.frequency, frequencies[first] + frequencies[first + 1]);
                            assert_eq!(
                                (tree.nodes[first].parent, tree.nodes[first + 1].parent),
                                (place, place)
                            );
                        }
                    }
                }
            }
        }
    }
}
