//! The tree that the artifacts of one message form.

use super::{Artifact, Child};
use crate::kind::Kind;
use sha2::{Digest, Sha256};

/// All artifacts of one message; each stands after its parent.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    artifacts: Vec<Artifact>,
}

impl Tree {
    /// A tree of one artifact.
    pub fn new(root: Child) -> Self {
        let mut tree = Self::default();
        tree.add(None, root);
        tree
    }

    /// Gives a child its place and answers its id.
    pub fn add(&mut self, parent: Option<usize>, child: Child) -> usize {
        let id = self.artifacts.len();
        let depth = parent.and_then(|parent| self.get(parent)).map_or(0, |parent| parent.depth + 1);
        let sha256 = child.sha256.unwrap_or_else(|| Sha256::digest(&child.bytes).into());
        let kind = child.kind.unwrap_or_else(|| Kind::of(&child.name, &child.bytes));
        self.artifacts.push(Artifact {
            id,
            parent,
            depth,
            name: child.name,
            kind,
            via: child.via,
            media_type: child.media_type,
            size: child.size,
            sha256,
            bytes: child.bytes,
            facts: child.facts,
            damage: child.damage,
            unread: child.unread,
        });
        id
    }

    /// The artifact of that id.
    pub fn get(&self, id: usize) -> Option<&Artifact> {
        self.artifacts.get(id)
    }

    /// The same, to add facts to it.
    pub fn get_mut(&mut self, id: usize) -> Option<&mut Artifact> {
        self.artifacts.get_mut(id)
    }

    /// All artifacts in order of id.
    pub fn iter(&self) -> std::slice::Iter<'_, Artifact> {
        self.artifacts.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.artifacts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.artifacts.is_empty()
    }

    /// The artifacts above one, from its parent to the root.
    pub fn ancestors(&self, id: usize) -> impl Iterator<Item = &Artifact> {
        std::iter::successors(self.get(id).and_then(|artifact| artifact.parent), |id| self.get(*id)?.parent)
            .filter_map(|id| self.get(id))
    }

    /// The artifacts found directly in one.
    pub fn children(&self, id: usize) -> impl Iterator<Item = &Artifact> {
        self.artifacts.iter().filter(move |artifact| artifact.parent == Some(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_its_depths_and_ancestors() {
        let mut tree = Tree::new(Child::new("mail.eml", "file", b"x".to_vec()));
        let zip = tree.add(Some(0), Child::new("a.zip", "attachment", b"PK".to_vec()));
        let doc = tree.add(Some(zip), Child::new("a.doc", "zip", b"doc".to_vec()));
        assert_eq!(tree.get(doc).unwrap().depth, 2);
        assert_eq!(tree.ancestors(doc).map(|a| a.id).collect::<Vec<_>>(), [zip, 0]);
        assert_eq!(tree.children(0).map(|a| a.id).collect::<Vec<_>>(), [zip]);
    }
}
