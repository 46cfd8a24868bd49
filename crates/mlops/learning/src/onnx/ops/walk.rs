//! Trees laid out for walking: what makes a forecast of 1,000 rows fast.
//!
//! Every comparison of the four inequality modes becomes "go right if `x > threshold`": `x < t` is
//! `x <= t'` for the next smaller `f32` t', and `>=` and `>` swap the children. The two children
//! of a node are neighbours, and a leaf is a node that leads to itself. So a step is a load, a
//! comparison and an addition without a branch, and eight rows (or, for a single row, eight trees)
//! walk side by side while their loads overlap. Rows go in blocks that stay in the first cache.
//! Ensembles with equality modes take a plain loop instead.

/// Rows or trees that walk side by side.
const LANES: usize = 8;
/// Rows that visit all trees before the next ones do; a multiple of the lanes.
const BLOCK: usize = 256;
/// In `Node::feature`: NaN goes right.
const NAN_RIGHT: u32 = 1 << 31;

/// How a node of the general form compares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Equal,
    NotEqual,
    Leaf,
}

/// A node as it is written in a file; children are positions in the same list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub mode: Mode,
    pub feature: u32,
    pub threshold: f32,
    pub nan_is_true: bool,
    /// The children where the comparison is true and where it is false.
    pub children: (u32, u32),
    /// What a leaf hands to the visitor.
    pub payload: u32,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    threshold: f32,
    feature: u32,
    left: u32,
    payload: u32,
}

#[derive(Debug, Clone, Copy)]
struct Tree {
    root: u32,
    depth: u32,
}

/// Trees laid out for walking.
pub(super) struct Forest {
    nodes: Vec<Node>,
    trees: Vec<Tree>,
    /// The modes of the nodes, where some are not inequalities that can be rewritten.
    general: Option<Vec<(Mode, bool)>>,
}

impl Forest {
    /// Lays out trees level by level. The caller has checked that they are trees: every node has
    /// one parent, but for the roots.
    pub(super) fn new(written: &[Written], roots: &[u32]) -> Self {
        let plain = written.iter().all(|w| inequality(w).is_some());
        let mut forest = Self {
            nodes: Vec::with_capacity(written.len()),
            trees: Vec::with_capacity(roots.len()),
            general: (!plain).then(Vec::new),
        };
        roots.iter().for_each(|root| forest.push_tree(written, *root));
        forest
    }

    /// How many nodes are reached from the roots.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn push_tree(&mut self, written: &[Written], root: u32) {
        let start = self.nodes.len() as u32;
        let (mut level, mut depth) = (vec![root], 0);
        loop {
            let mut next_start = self.nodes.len() as u32 + level.len() as u32;
            let mut next = Vec::new();
            for position in level {
                let w = &written[position as usize];
                if w.mode == Mode::Leaf {
                    self.push_leaf(w);
                } else {
                    let children = self.push_inner(w, next_start);
                    next.extend(children);
                    next_start += 2;
                }
            }
            if next.is_empty() {
                break;
            }
            depth += 1;
            level = next;
        }
        self.trees.push(Tree { root: start, depth });
    }

    fn push_leaf(&mut self, w: &Written) {
        let own = self.nodes.len() as u32;
        self.nodes.push(Node {
            threshold: f32::INFINITY,
            feature: 0,
            left: own,
            payload: w.payload,
        });
        if let Some(modes) = &mut self.general {
            modes.push((Mode::Leaf, false));
        }
    }

    /// Adds an inner node whose children will lie at `left`; returns them in that order.
    fn push_inner(&mut self, w: &Written, left: u32) -> [u32; 2] {
        let (yes, no) = w.children;
        let (threshold, true_is_left) = match self.general {
            Some(_) => (w.threshold, true),
            None => inequality(w).expect("a forest without modes has only inequalities"),
        };
        let nan_right = w.nan_is_true != true_is_left;
        self.nodes.push(Node {
            threshold,
            feature: w.feature | if nan_right { NAN_RIGHT } else { 0 },
            left,
            payload: 0,
        });
        if let Some(modes) = &mut self.general {
            modes.push((w.mode, w.nan_is_true));
        }
        if true_is_left { [yes, no] } else { [no, yes] }
    }

    /// Calls `visit(row, payload)` for the leaf of every tree that every row falls into; for each
    /// row in the order of the trees.
    pub(super) fn visit(&self, x: &[f32], columns: usize, visit: impl FnMut(usize, u32)) {
        match &self.general {
            Some(modes) => self.visit_general(modes, x, columns, visit),
            None if x.iter().any(|v| v.is_nan()) => self.visit_lanes::<true>(x, columns, visit),
            None => self.visit_lanes::<false>(x, columns, visit),
        }
    }

    fn visit_lanes<const NAN: bool>(
        &self,
        x: &[f32],
        columns: usize,
        mut visit: impl FnMut(usize, u32),
    ) {
        let rows = x.len() / columns;
        let whole = rows - rows % LANES;
        for block in (0..whole).step_by(BLOCK) {
            let end = whole.min(block + BLOCK);
            for tree in &self.trees {
                for first in (block..end).step_by(LANES) {
                    let starts = std::array::from_fn(|lane| (first + lane) * columns);
                    let leaves = self.walk::<NAN>(x, starts, [tree.root; LANES], tree.depth);
                    for (lane, leaf) in leaves.into_iter().enumerate() {
                        visit(first + lane, self.nodes[leaf as usize].payload);
                    }
                }
            }
        }
        for row in whole..rows {
            for trees in self.trees.chunks(LANES) {
                let tree = |lane: usize| trees[lane.min(trees.len() - 1)];
                let roots = std::array::from_fn(|lane| tree(lane).root);
                let depth = trees.iter().map(|t| t.depth).max().unwrap_or(0);
                let leaves = self.walk::<NAN>(x, [row * columns; LANES], roots, depth);
                for leaf in leaves.into_iter().take(trees.len()) {
                    visit(row, self.nodes[leaf as usize].payload);
                }
            }
        }
    }

    /// Eight walks side by side. Deep trees stop when all have come to a leaf.
    fn walk<const NAN: bool>(
        &self,
        x: &[f32],
        starts: [usize; LANES],
        mut at: [u32; LANES],
        depth: u32,
    ) -> [u32; LANES] {
        let nodes = self.nodes.as_slice();
        for level in 0..depth {
            let mut moved = 0;
            for (at, start) in at.iter_mut().zip(starts) {
                let node = &nodes[*at as usize];
                let v = x[start + (node.feature & !NAN_RIGHT) as usize];
                let right =
                    (v > node.threshold) | (NAN && v.is_nan() && node.feature & NAN_RIGHT != 0);
                let next = node.left + u32::from(right);
                moved |= next ^ *at;
                *at = next;
            }
            if level >= 8 && moved == 0 {
                break;
            }
        }
        at
    }

    fn visit_general(
        &self,
        modes: &[(Mode, bool)],
        x: &[f32],
        columns: usize,
        mut visit: impl FnMut(usize, u32),
    ) {
        for (row, values) in x.chunks_exact(columns).enumerate() {
            for tree in &self.trees {
                let mut at = tree.root;
                let payload = loop {
                    let node = &self.nodes[at as usize];
                    let (mode, nan_is_true) = modes[at as usize];
                    let v = values[(node.feature & !NAN_RIGHT) as usize];
                    let t = node.threshold;
                    let yes = match mode {
                        Mode::Leaf => break node.payload,
                        Mode::LessOrEqual => v <= t,
                        Mode::Less => v < t,
                        Mode::GreaterOrEqual => v >= t,
                        Mode::Greater => v > t,
                        Mode::Equal => v == t,
                        Mode::NotEqual => v != t,
                    };
                    let yes = yes || (nan_is_true && v.is_nan());
                    at = node.left + u32::from(!yes);
                };
                visit(row, payload);
            }
        }
    }
}

/// The threshold for "right if greater", and whether the true child is the left one; `None` where
/// the comparison cannot be written so.
fn inequality(w: &Written) -> Option<(f32, bool)> {
    let below = || (w.threshold > f32::NEG_INFINITY).then(|| w.threshold.next_down());
    match w.mode {
        Mode::Leaf => Some((f32::INFINITY, true)),
        Mode::LessOrEqual if !w.threshold.is_nan() => Some((w.threshold, true)),
        Mode::Less => Some((below()?, true)),
        Mode::GreaterOrEqual => Some((below()?, false)),
        Mode::Greater if !w.threshold.is_nan() => Some((w.threshold, false)),
        _ => None,
    }
}
