//! Templates: `${…}` in texts, trees and XML.

use toml::de::DeValue;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::auth::SignPart;
use crate::pure::mapping::path::Path;
use crate::pure::mapping::problem::{code, nearest};
use crate::pure::mapping::template::{Entry, Part, Template, Tree, Var, XmlPart, XmlTemplate};
use crate::pure::wire::{Element, Limits, Node, parse_xml, print_xml};
use crate::words::problem::Spot;
use crate::words::ticket::Field;

/// Attribute of a template that names the list for each of whose elements it is repeated. No system's own attribute
/// can have this name: the prefix `xml` is not to be had.
const EACH: &str = "xml:each";

/// The variables without a name of their own behind them.
const PLAIN: [(&str, Var); 29] = [
    ("since", Var::Since),
    ("page.size", Var::PageSize),
    ("page.number", Var::PageNumber),
    ("page.offset", Var::PageOffset),
    ("page.token", Var::PageToken),
    ("id", Var::Id),
    ("version", Var::Version),
    ("child.id", Var::ChildId),
    ("ref", Var::Reference),
    ("intent.at", Var::IntentAt),
    ("intent.key", Var::IntentKey),
    ("write", Var::Write),
    ("whole", Var::Whole),
    ("item.name", Var::ItemName),
    ("item.type", Var::ItemType),
    ("item.size", Var::ItemSize),
    ("item.sha256", Var::ItemSha256),
    ("item.base64", Var::ItemBase64),
    ("item.base64_zip", Var::ItemBase64Zip),
    ("body", Var::Body),
    ("sign.method", Var::Sign(SignPart::Method)),
    ("sign.host", Var::Sign(SignPart::Host)),
    ("sign.path", Var::Sign(SignPart::Path)),
    ("sign.query", Var::Sign(SignPart::Query)),
    ("sign.at", Var::Sign(SignPart::At)),
    ("sign.nonce", Var::Sign(SignPart::Nonce)),
    ("sign.body", Var::Sign(SignPart::Body)),
    ("sign.text", Var::Sign(SignPart::Text)),
    ("sign.value", Var::Sign(SignPart::Value)),
];

impl Loader<'_> {
    /// A text with variables.
    pub(super) fn template(&mut self, item: &Item<'_>) -> Option<Template> {
        let text = item.str(&mut self.problems)?;
        self.template_of(text, item)
    }

    fn template_of(&mut self, text: &str, item: &Item<'_>) -> Option<Template> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            push_text(&mut parts, before);
            self.secret_looks(before, &item.span);
            let Some((name, after)) = after.split_once('}') else {
                self.problems.say(code::TEMPLATE, &item.span, "`${` without `}`", "close it");
                return None;
            };
            match name.strip_prefix("setting.") {
                Some(name) => match self.setting(name) {
                    Some(setting) if setting.secret => parts.push(Part::Secret(setting.value.clone())),
                    Some(setting) => push_text(&mut parts, setting.value.reveal()),
                    None => {
                        // One that is declared but has no value is reported there.
                        self.unknown_setting(name, item);
                        return None;
                    }
                },
                None => {
                    let var = self.variable(name, item)?;
                    let span = self.problems.token(&item.span, &format!("${{{name}}}"));
                    self.notes.variables.entry((self.call_read.clone(), var.clone())).or_insert(span);
                    parts.push(Part::Var(var));
                }
            }
            rest = after;
        }
        self.secret_looks(rest, &item.span);
        push_text(&mut parts, rest);
        Some(Template(parts))
    }

    /// The variable of this name.
    pub(super) fn variable(&mut self, name: &str, item: &Item<'_>) -> Option<Var> {
        if let Some((_, var)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Some(var.clone());
        }
        if let Some(path) = name.strip_prefix("each")
            && matches!(path.chars().next(), None | Some('.'))
        {
            return self.each(path.strip_prefix('.').unwrap_or("."), item);
        }
        if let Some((first, last)) = name.split_once('.').filter(|(_, last)| !last.is_empty()) {
            match first {
                "login" => return Some(Var::Login(last.to_owned())),
                "shown" => return Some(Var::Shown(last.to_owned())),
                "field" => return Some(Var::Field(Field::named(last))),
                "doc" => return self.part(last, item).map(Var::Doc),
                call if self.calls.contains(call) => {
                    return Some(Var::Taken { call: call.to_owned(), name: last.to_owned() });
                }
                _ => {}
            }
        }
        let known = PLAIN.iter().map(|(plain, _)| *plain);
        let mend = nearest(name, known).map_or_else(
            || "known are since, page.*, id, version, child.id, doc.PATH, ref, intent.*, field.X, write, whole, item.*, login.X, shown.X, setting.X and CALL.X".to_owned(),
            |near| format!("did you mean `${{{near}}}`?"),
        );
        let span = self.problems.token(&item.span, &format!("${{{name}}}"));
        self.problems.say(code::TEMPLATE, &span, format!("`${{{name}}}` is no variable"), mend);
        None
    }

    /// `each` or a path of it.
    fn each(&mut self, path: &str, item: &Item<'_>) -> Option<Var> {
        if self.eaches == 0 {
            let mend = "write it inside `$value` beside `$each`, or inside an element with `xml:each`";
            self.problems.say(code::SCOPE, &item.span, "`${each}` without a list that it goes over", mend);
            return None;
        }
        self.part(path, item).map(Var::Each)
    }

    /// A path inside a variable.
    fn part(&mut self, path: &str, item: &Item<'_>) -> Option<Path> {
        let parsed = Path::parse(path);
        if let Err((_, what)) = &parsed {
            self.problems.say(code::PATH, &item.span, format!("`{path}`: {what}"), "mend the path");
        }
        parsed.ok()
    }

    /// The list that `$each` or `xml:each` goes over.
    fn over(&mut self, text: &str, item: &Item<'_>) -> Option<Var> {
        let list = self.template_of(text, item)?;
        let var = list.lone().cloned();
        if var.is_none() {
            let mend = "write one variable, such as \"${field.co_agencies}\"";
            self.problems.say(code::TEMPLATE, &item.span, "a list is what `each` goes over", mend);
        }
        var
    }

    /// `{ "$each" = "${LIST}", "$value" = … }`.
    fn each_of(&mut self, table: &Table<'_>, list: &Item<'_>) -> Option<Tree> {
        let over = list.str(&mut self.problems).and_then(|text| self.over(text, list));
        self.eaches += 1;
        let value = table.need("$value", &mut self.problems).and_then(|item| self.tree(&item));
        self.eaches -= 1;
        table.finish(&mut self.problems);
        Some(Tree::Each { over: over?, value: Box::new(value?) })
    }

    /// A tree of JSON.
    pub(super) fn tree(&mut self, item: &Item<'_>) -> Option<Tree> {
        Some(match item.value {
            DeValue::String(_) => match self.template(item)? {
                // All of the write is its members.
                whole if whole.lone() == Some(&Var::Write) => Tree::Map(vec![Entry::Merge(Var::Write)]),
                text => Tree::Text(text),
            },
            DeValue::Integer(number) if number.radix() == 10 => Tree::Number(number.as_str().to_owned()),
            DeValue::Float(number) => Tree::Number(number.as_str().to_owned()),
            DeValue::Boolean(yes) => Tree::Bool(*yes),
            DeValue::Array(items) => Tree::List(items.iter().filter_map(|item| self.tree(&Item::new(item))).collect()),
            DeValue::Table(_) => {
                let table = item.table(&mut self.problems)?;
                if let Some(list) = table.get("$each") {
                    return self.each_of(&table, &list);
                }
                let mut entries = Vec::new();
                for (key, span, item) in table.members() {
                    if key == "$merge" {
                        let merged = self.template(&item)?;
                        match merged.lone() {
                            Some(var) => entries.push(Entry::Merge(var.clone())),
                            None => {
                                let mend = "write one variable, such as \"${write}\"";
                                self.problems.say(code::TEMPLATE, &item.span, "`$merge` takes an object", mend);
                            }
                        }
                    } else if key.starts_with('$') {
                        self.problems.say(
                            code::TEMPLATE,
                            &span,
                            format!("`{key}` is reserved"),
                            "use `$merge`, or `$each` with `$value`",
                        );
                    } else {
                        self.credential(key, &item);
                        entries.push(Entry::Member(key.to_owned(), self.tree(&item)?));
                    }
                }
                Tree::Map(entries)
            }
            DeValue::Integer(_) | DeValue::Datetime(_) => {
                self.problems.say(code::WRONG_TYPE, &item.span, "this can't stand in JSON", "put it in quotes");
                return None;
            }
        })
    }

    /// An XML element with variables, written with the prefixes of `[namespace]`.
    pub(super) fn xml(&mut self, item: &Item<'_>) -> Option<XmlTemplate> {
        let text = item.str(&mut self.problems)?;
        let mut wrapped = String::from("<x");
        for (prefix, uri) in &self.namespaces {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            let uri = uri.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
            wrapped.push_str(&format!(" {name}=\"{uri}\""));
        }
        if !self.namespaces.contains_key("xsi") {
            wrapped.push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
        }
        wrapped.push_str(&format!(">{text}</x>"));
        let parsed = parse_xml(wrapped.as_bytes(), &self.namespaces, &Limits::default());
        let root = match parsed {
            Ok(Node::Element(root)) => root,
            Ok(_) => return None,
            Err(error) => {
                let mend = "write well-formed XML with the prefixes of `[namespace]`";
                self.problems.say(code::TEMPLATE, &item.span, format!("no XML: {error}"), mend);
                return None;
            }
        };
        let [Node::Element(element)] = root.children.as_slice() else {
            self.problems.say(code::TEMPLATE, &item.span, "one element was expected", "write one element");
            return None;
        };
        if let Err(error) = print_xml(element.clone(), &self.namespaces) {
            self.problems.say(code::TEMPLATE, &item.span, error.to_string(), "declare it in `[namespace]`");
        }
        self.xml_of(element, item)
    }

    fn xml_of(&mut self, element: &Element, item: &Item<'_>) -> Option<XmlTemplate> {
        let each = match element.attribute(EACH) {
            Some(list) => Some(self.over(list, item)?),
            None => None,
        };
        self.eaches += usize::from(each.is_some());
        let out = self.xml_inside(element, each.clone(), item);
        self.eaches -= usize::from(each.is_some());
        out
    }

    fn xml_inside(&mut self, element: &Element, each: Option<Var>, item: &Item<'_>) -> Option<XmlTemplate> {
        let mut out = XmlTemplate { name: element.name.clone(), each, attributes: Vec::new(), children: Vec::new() };
        for (name, value) in element.attributes.iter().filter(|(name, _)| name != EACH) {
            out.attributes.push((name.clone(), self.template_of(value, item)?));
        }
        for child in &element.children {
            match child {
                Node::Element(inner) => out.children.push(XmlPart::Element(self.xml_of(inner, item)?)),
                Node::Text(text) => {
                    self.credential_element(&element.name, text.trim(), item);
                    let template = self.template_of(text.trim(), item)?;
                    out.children.push(match template.lone() {
                        Some(var @ (Var::Write | Var::Body | Var::Whole)) => XmlPart::Splice(var.clone()),
                        _ => XmlPart::Text(template),
                    });
                }
                Node::Null | Node::Bool(_) | Node::Number(_) | Node::List(_) | Node::Map(_) => {}
            }
        }
        Some(out)
    }

    /// A table of names and templates: query, headers, forms.
    pub(super) fn pairs(&mut self, item: Option<&Item<'_>>) -> Vec<(String, Template)> {
        let Some(table) = item.and_then(|item| item.table(&mut self.problems)) else { return Vec::new() };
        let mut out = Vec::new();
        for (name, _, item) in table.members() {
            self.credential(name, &item);
            if let Some(template) = self.template(&item) {
                out.push((name.to_owned(), template));
            }
        }
        out
    }

    /// A path, with settings filled in.
    pub(super) fn path(&mut self, item: &Item<'_>) -> Option<Path> {
        let text = self.text(item)?;
        match Path::parse(&text) {
            Ok(path) => Some(path.at(Spot::of(&item.span))),
            Err((at, what)) => {
                let mend = "paths look like `a.b[].c`, `[0]`, `[k='v']`, `p:name.@attribute`, `header.X`; quote odd keys: `'@rev'`";
                self.problems.say(code::PATH, &item.span, format!("`{text}`, character {}: {what}", at + 1), mend);
                None
            }
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Part::Text(last)) = parts.last_mut() {
        last.push_str(text);
    } else {
        parts.push(Part::Text(text.to_owned()));
    }
}
