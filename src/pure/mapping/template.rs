//! Templates: text, trees and XML with `${variables}`, parsed and scoped before anything runs.
//!
//! Nothing here is text substitution into a document: trees stay trees and XML stays XML until they are printed, so
//! that no value can ever change a document's structure.

use crate::words::secret::Secret;
use crate::words::ticket::Field;

use super::auth::SignPart;
use super::path::Path;

/// A text with variables. Settings are filled in already. A template of which any variable is absent is absent as a
/// whole: its key, header, query member, attribute or element is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// A secret setting, as it is.
    Secret(Secret),
    /// Filled in at each attempt.
    Var(Var),
}

impl Template {
    /// A template without variables.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Part::Text(text.into())])
    }

    /// The variable, where the template is nothing but one: it keeps its type in trees.
    #[must_use]
    pub fn lone(&self) -> Option<&Var> {
        if let [Part::Var(var)] = self.0.as_slice() { Some(var) } else { None }
    }

    /// Its text, where it has no variables.
    #[must_use]
    pub fn constant(&self) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Secret(secret) => Some(secret.reveal()),
            Part::Var(_) => None,
        });
        parts.collect()
    }

    /// Its variables, in order.
    pub fn vars(&self) -> impl Iterator<Item = &Var> {
        self.0.iter().filter_map(|part| if let Part::Var(var) = part { Some(var) } else { None })
    }

    /// Its texts between variables.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
    }

    /// Whether it holds a secret setting.
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Secret(_) | Part::Var(Var::Login(_))))
    }
}

/// What a template may name. Which of them a call may use depends on the verbs that use the call; that is checked
/// when the file is loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Var {
    /// `since`: where a listing begins, printed by the call's `since`. Absent in a full scan.
    Since,
    /// `page.size`, a number.
    PageSize,
    /// `page.number`, a number.
    PageNumber,
    /// `page.offset`, a number.
    PageOffset,
    /// `page.token`: what the page before gave; absent on the first page.
    PageToken,
    /// `id` of the ticket (for a child: of the ticket that it belongs to).
    Id,
    /// `version` of the ticket that the write was planned on.
    Version,
    /// `child.id`: id of the reply, transfer or attachment.
    ChildId,
    /// `doc.PATH`: the raw fresh document of the ticket.
    Doc(Path),
    /// `ref`: our reference of the record.
    Reference,
    /// `intent.at`: when the intent was made, printed by the default instant format.
    IntentAt,
    /// `intent.key`: names the operation.
    IntentKey,
    /// `field.NAME`: a written field, printed by its own codec; in `download`: the attachment's image.
    Field(Field),
    /// `write`: the tree of the changed fields, by their write paths; with our reference on a create.
    Write,
    /// `whole`: the ticket's freshest document with the changes in place.
    Whole,
    /// `item.name`: file name.
    ItemName,
    /// `item.type`: media type.
    ItemType,
    /// `item.size`: length in bytes, a number.
    ItemSize,
    /// `item.sha256`: lower-case hex.
    ItemSha256,
    /// `item.base64`: the content, small files only.
    ItemBase64,
    /// `item.base64_zip`: the same, in a zip.
    ItemBase64Zip,
    /// `login.NAME`: taken by the login call. Secret.
    Login(String),
    /// `shown.NAME`: captured by the last reading of the record.
    Shown(String),
    /// `STEP.NAME`: taken by an earlier step of the same verb.
    Taken {
        /// The call.
        call: String,
        /// Name in its `take`.
        name: String,
    },
    /// `sign.PART`: what a signature is made of; only in `[login.sign]`.
    Sign(SignPart),
    /// `body`: only in the XML envelope of `[http]`: the call's own XML.
    Body,
    /// `each`, `each.PATH`: the element that `$each` (in XML `xml:each`) stands at, or what is at a path of it.
    Each(Path),
}

/// A tree with variables: JSON bodies, forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// `true` or `false`.
    Bool(bool),
    /// A number's lexeme.
    Number(String),
    /// Text; a lone variable keeps its own type.
    Text(Template),
    /// A list. An absent element is left out.
    List(Vec<Tree>),
    /// An object. An absent member is left out.
    Map(Vec<Entry>),
    /// `$each` and `$value`: one value for each element of a list. Left out where the list is absent.
    Each {
        /// The list.
        over: Var,
        /// What stands for one element, which [`Var::Each`] names.
        value: Box<Tree>,
    },
}

/// A member of a [`Tree::Map`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A key and its value.
    Member(String, Tree),
    /// `$merge`: the members of the object that this variable stands for.
    Merge(Var),
}

/// An XML element with variables in attributes and text only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlTemplate {
    /// Its name with the mapping's prefix.
    pub name: String,
    /// `xml:each`: the list for each of whose elements, which [`Var::Each`] names, it is repeated.
    pub each: Option<Var>,
    /// Its attributes; an absent one is left out.
    pub attributes: Vec<(String, Template)>,
    /// What is inside.
    pub children: Vec<XmlPart>,
}

/// What an [`XmlTemplate`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlPart {
    /// An element.
    Element(XmlTemplate),
    /// Text. An element whose only content is an absent text is left out.
    Text(Template),
    /// `${write}`, `${body}` or `${whole}` alone: elements (and attributes) of a tree, or a whole element.
    Splice(Var),
}

impl Tree {
    /// Its variables, in order.
    #[must_use]
    pub fn vars(&self) -> Vec<&Var> {
        match self {
            Self::Bool(_) | Self::Number(_) => Vec::new(),
            Self::Text(template) => template.vars().collect(),
            Self::List(items) => items.iter().flat_map(Self::vars).collect(),
            Self::Map(entries) => entries.iter().flat_map(Entry::vars).collect(),
            Self::Each { over, value } => std::iter::once(over).chain(value.vars()).collect(),
        }
    }
}

impl Tree {
    /// The texts that it writes whatever its variables are, keys too.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Bool(_) | Self::Number(_) => Vec::new(),
            Self::Text(template) => template.texts().collect(),
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Map(entries) => entries.iter().flat_map(Entry::texts).collect(),
            Self::Each { value, .. } => value.texts(),
        }
    }
}

impl Entry {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Member(key, tree) => std::iter::once(key.as_str()).chain(tree.texts()).collect(),
            Self::Merge(_) => Vec::new(),
        }
    }

    fn vars(&self) -> Vec<&Var> {
        match self {
            Self::Member(_, tree) => tree.vars(),
            Self::Merge(var) => vec![var],
        }
    }
}

impl XmlTemplate {
    /// Its variables, in order.
    #[must_use]
    pub fn vars(&self) -> Vec<&Var> {
        let own = self.attributes.iter().flat_map(|(_, template)| template.vars());
        let inside = self.children.iter().flat_map(XmlPart::vars);
        self.each.iter().chain(own).chain(inside).collect()
    }
}

impl XmlTemplate {
    /// The texts that it writes whatever its variables are, names too.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let own = self.attributes.iter().flat_map(|(name, value)| std::iter::once(name.as_str()).chain(value.texts()));
        let inside = self.children.iter().flat_map(XmlPart::texts);
        std::iter::once(self.name.as_str()).chain(own).chain(inside).collect()
    }
}

impl XmlPart {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Element(inner) => inner.texts(),
            Self::Text(template) => template.texts().collect(),
            Self::Splice(_) => Vec::new(),
        }
    }

    fn vars(&self) -> Vec<&Var> {
        match self {
            Self::Element(inner) => inner.vars(),
            Self::Text(template) => template.vars().collect(),
            Self::Splice(var) => vec![var],
        }
    }
}
