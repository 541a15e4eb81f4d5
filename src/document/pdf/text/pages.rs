//! The pages of a file in their order (ISO 32000-1 7.7.3), with what they inherit.

use super::super::actions::Found;
use super::super::file::File;
use super::super::object::{Dict, Object};
use std::collections::HashSet;

/// The most pages whose text is read, nodes of the tree that are gone through, and annotations of one page.
const PAGES: usize = 200;
const NODES: usize = 2_000;
const ANNOTATIONS: usize = 500;

/// The size of a page that does not tell its own, A4 in points.
const USUAL: f64 = 595.0 * 842.0;

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) dict: Dict,
    pub(super) resources: Dict,
    pub(super) annotations: Vec<Dict>,
    /// Its area in square points.
    pub(super) area: f64,
}

/// A node of the tree that waits, with what it inherits.
struct Node {
    object: Object,
    resources: Dict,
    area: f64,
}

/// The pages that the catalog leads to, or all there are.
pub(super) fn pages(file: &File, found: &Found) -> Vec<Page> {
    let node = |object| Node { object, resources: Dict::default(), area: USUAL };
    let catalog = found.catalog.map(|at| file.object(at));
    let root = catalog.as_ref().and_then(Object::dict).and_then(|catalog| catalog.get("Pages")).cloned();
    let pages = walk(file, root.map(node).into_iter().collect());
    if !pages.is_empty() {
        return pages;
    }
    let all = found.pages.iter().rev().take(PAGES).map(|at| node(file.object(*at)));
    walk(file, all.collect())
}

/// Goes through nodes, the last first.
fn walk(file: &File, mut waiting: Vec<Node>) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut seen = HashSet::new();
    let mut nodes = 0;
    while let Some(Node { object, resources, area }) = waiting.pop() {
        nodes += 1;
        if nodes > NODES || pages.len() >= PAGES {
            break;
        }
        if let Object::Reference(number) = object
            && !seen.insert(number)
        {
            continue;
        }
        let Object::Dict(dict) = file.resolve(&object) else { continue };
        let resources = match file.value(&dict, "Resources") {
            Object::Dict(own) => own,
            _ => resources,
        };
        let own = self::area(file, &file.value(&dict, "MediaBox"));
        let area = if own > 0.0 { own } else { area };
        if let Object::Array(kids) = file.value(&dict, "Kids") {
            let kids = kids.into_iter().take(NODES).rev();
            waiting.extend(kids.map(|object| Node { object, resources: resources.clone(), area }));
        } else {
            let annotations = file.value(&dict, "Annots");
            let annotations = annotations.array().iter().take(ANNOTATIONS);
            let annotations = annotations.filter_map(|item| file.resolve(item).dict().cloned()).collect();
            pages.push(Page { dict, resources, annotations, area });
        }
    }
    pages
}

/// The area of a rectangle.
pub(super) fn area(file: &File, rectangle: &Object) -> f64 {
    let sides: Vec<f64> = rectangle.array().iter().filter_map(|side| file.resolve(side).number()).collect();
    if let [left, bottom, right, top] = sides.as_slice() {
        ((right - left) * (top - bottom)).abs()
    } else {
        0.0
    }
}
