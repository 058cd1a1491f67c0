//! A graph of "comes after" edges between numbered nodes. Knows no objects.

/// Edges from a node to those it comes after.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    after: Vec<Vec<usize>>,
}

impl Graph {
    pub(super) fn new(nodes: usize) -> Self {
        Self { after: vec![Vec::new(); nodes] }
    }

    pub(super) fn add(&mut self, from: usize, to: usize) {
        if let Some(edges) = self.after.get_mut(from) {
            edges.push(to);
        }
    }

    /// Adds edges of which none may close a cycle; those that would, in their order, are left out.
    pub(super) fn add_where_acyclic(&mut self, edges: &[(usize, usize)]) {
        let mut all = self.clone();
        for (from, to) in edges {
            all.add(*from, *to);
        }
        if all.sorted().len() == all.after.len() {
            *self = all; // the ordinary case, without a search per edge
            return;
        }
        for (from, to) in edges {
            if !self.reaches(*to, *from) {
                self.add(*from, *to);
            }
        }
    }

    /// The length of the longest path below each node; 0 for a node that comes after nothing.
    /// The graph must be acyclic.
    pub(super) fn levels(&self) -> Vec<usize> {
        let mut levels = vec![0; self.after.len()];
        for node in self.sorted() {
            let level = self.edges(node).filter_map(|to| levels.get(to)).max().map(|top| top + 1);
            if let (Some(slot), Some(level)) = (levels.get_mut(node), level) {
                *slot = level;
            }
        }
        levels
    }

    /// Cycles, each as the nodes along it, such that every cycle shares a node with one of them.
    pub(super) fn cycles(&self) -> Vec<Vec<usize>> {
        let mut cycles = Vec::new();
        let mut state = vec![Visit::Never; self.after.len()];
        for start in 0..self.after.len() {
            if state.get(start) == Some(&Visit::Never) {
                self.walk(start, &mut state, &mut cycles);
            }
        }
        cycles
    }

    /// Goes down from `start` without recursion; an edge to a node of the path closes a cycle.
    fn walk(&self, start: usize, state: &mut [Visit], cycles: &mut Vec<Vec<usize>>) {
        let mut mark =
            |node: usize, visit| state.get_mut(node).map(|slot| std::mem::replace(slot, visit));
        let mut path = vec![(start, 0)];
        mark(start, Visit::Open);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(to) = self.after.get(node).and_then(|edges| edges.get(*next)).copied() else {
                mark(node, Visit::Done);
                path.pop();
                continue;
            };
            *next += 1;
            match mark(to, Visit::Open) {
                Some(Visit::Never) => path.push((to, 0)),
                Some(Visit::Open) => {
                    let from = path.iter().position(|(on, _)| *on == to).unwrap_or(0);
                    cycles.push(path.iter().skip(from).map(|(on, _)| *on).collect());
                }
                Some(Visit::Done) => {
                    mark(to, Visit::Done);
                }
                None => {}
            }
        }
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.after.len()];
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            if node == to {
                return true;
            }
            match seen.get_mut(node) {
                Some(seen) if !*seen => {
                    *seen = true;
                    open.extend(self.edges(node));
                }
                Some(_) | None => {}
            }
        }
        false
    }

    /// The nodes, each after what it comes after; those on or behind a cycle are missing.
    fn sorted(&self) -> Vec<usize> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.after.len()];
        let mut waits: Vec<usize> = self.after.iter().map(Vec::len).collect();
        for node in 0..self.after.len() {
            for to in self.edges(node) {
                if let Some(edges) = before.get_mut(to) {
                    edges.push(node);
                }
            }
        }
        let free = waits.iter().enumerate().filter(|(_, count)| **count == 0);
        let mut sorted: Vec<usize> = free.map(|(node, _)| node).collect();
        let mut at = 0;
        while let Some(node) = sorted.get(at).copied() {
            at += 1;
            for waiting in before.get(node).into_iter().flatten() {
                let Some(count) = waits.get_mut(*waiting) else { continue };
                *count -= 1;
                if *count == 0 {
                    sorted.push(*waiting);
                }
            }
        }
        sorted
    }

    fn edges(&self, node: usize) -> impl Iterator<Item = usize> {
        self.after.get(node).into_iter().flatten().copied()
    }
}

/// How far a walk has come with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visit {
    Never,
    Open,
    Done,
}
