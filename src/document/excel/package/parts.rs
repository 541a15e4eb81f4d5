//! The parts of a package, and what leads from one to another (ECMA-376 Part 2, 6 and 7).

use crate::document::relations::resolve;
use crate::document::xml::{self, Node};
use crate::limits::{Budget, Stop};
use crate::zip::{Archive, Entry};
use std::collections::HashMap;

/// A relationship: its type without what stands before the last slash, and the part it leads to.
pub(super) struct Relation {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) target: String,
}

/// The parts of a package by their names in lower case.
pub(super) struct Parts<'a> {
    entries: HashMap<String, &'a Entry<'a>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(archive: &'a Archive<'a>) -> Self {
        let mut entries = HashMap::new();
        for entry in archive.entries.iter().filter(|entry| !entry.is_dir && !entry.encrypted) {
            let name = entry.name.replace('\\', "/").trim_start_matches('/').to_lowercase();
            entries.entry(name).or_insert(entry);
        }
        Self { entries }
    }

    /// The bytes of a part, as far as they can be had; faults of parts are told by `ooxml`.
    pub(super) fn read(&self, name: &str, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
        let Some(entry) = self.entries.get(&name.to_lowercase()) else { return Ok(Vec::new()) };
        let decoded = entry.decode(budget);
        decoded.stop.map_or(Ok(decoded.bytes), Err)
    }

    /// The content types of parts, and those of extensions under `*.` and the extension.
    pub(super) fn types(&self, budget: &mut Budget) -> Result<HashMap<String, String>, Stop> {
        let mut types = HashMap::new();
        xml::walk(&self.read("[content_types].xml", budget)?, &mut |node| {
            let Node::Open { name, attributes } = node else { return };
            let key = match name {
                "Override" => attributes.value("PartName").map(str::to_lowercase),
                "Default" => attributes.value("Extension").map(|end| format!("*.{}", end.to_lowercase())),
                _ => None,
            };
            if let (Some(key), Some(told)) = (key, attributes.value("ContentType")) {
                types.insert(key.trim_start_matches('/').to_string(), told.to_lowercase());
            }
        });
        Ok(types)
    }

    /// The workbook part.
    pub(super) fn main(
        &self,
        types: &HashMap<String, String>,
        budget: &mut Budget,
    ) -> Result<Option<String>, Stop> {
        let of_package = self.relations("", budget)?;
        let told = of_package.into_iter().find(|relation| relation.kind == "officedocument");
        let told = told.map(|relation| relation.target).filter(|name| self.entries.contains_key(name));
        let is_excel = |name: &String| {
            let told = type_of(types, name);
            told.is_empty()
                || told.contains("excel")
                || told.contains("spreadsheet")
                || !told.contains("officedocument")
        };
        let usual = ["xl/workbook.xml", "xl/workbook.bin"].map(str::to_string);
        let usual = usual.into_iter().find(|name| self.entries.contains_key(name));
        Ok(told.or(usual).filter(is_excel))
    }

    /// The relationships of a part.
    pub(super) fn relations(&self, part: &str, budget: &mut Budget) -> Result<Vec<Relation>, Stop> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let place = format!("{folder}/_rels/{name}.rels");
        let mut relations = Vec::new();
        xml::walk(&self.read(place.trim_start_matches('/'), budget)?, &mut |node| {
            let Node::Open { name: "Relationship", attributes } = node else { return };
            let value = |name: &str| attributes.value(name).unwrap_or_default();
            relations.push(Relation {
                id: value("Id").to_string(),
                kind: value("Type").rsplit('/').next().unwrap_or_default().to_lowercase(),
                target: resolve(folder, value("Target")).to_lowercase(),
            });
        });
        Ok(relations)
    }
}

/// The content type of a part.
pub(super) fn type_of<'t>(types: &'t HashMap<String, String>, part: &str) -> &'t str {
    let end = format!("*.{}", crate::kind::extension(part));
    types.get(&part.to_lowercase()).or_else(|| types.get(&end)).map(String::as_str).unwrap_or_default()
}
