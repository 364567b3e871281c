//! A call and what its variables stand for become one request.
//!
//! Escaping is structural: a value can fill a place, and never open another one. URL parts are percent-encoded, trees
//! and XML stay trees until they are printed, headers refuse line breaks, a whole URL must lead to a known origin.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;
use url::Url;

use crate::pure::encoding::Encoding;
use crate::pure::mapping::auth::TOKEN;
use crate::pure::mapping::calls::{Body as CallBody, Call, Target};
use crate::pure::mapping::carrier::Carrier;
use crate::pure::mapping::model::{DocumentFormat, Mapping};
use crate::pure::mapping::template::{Entry, Part as Piece, Template, Tree, Var};
use crate::pure::wire::{JsonPrinter, Listener, Map, Node, WireError, XmlPrinter, print_csv, print_json};
use crate::words::secret::Secret;

use super::message::{Body, Outgoing, Part, Request};
use super::scope::Scope;
use super::straight::goes_straight;

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a call can't be made with these values. Holds no values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RenderError {
    /// The address needs a value that is absent.
    #[error("call `{call}`: its address needs a value that is not there")]
    NoAddress {
        /// The call.
        call: String,
    },
    /// A path segment can't be empty, `.` or `..`: it would name another place.
    #[error("call `{call}`: a part of its path would be empty or dots")]
    Segment {
        /// The call.
        call: String,
    },
    /// Not a URL.
    #[error("call `{call}`: its address is no URL")]
    NoUrl {
        /// The call.
        call: String,
    },
    /// A URL that leads to another place than the system or one that its mapping allows.
    #[error("call `{call}`: its address leads to {origin}, which the mapping does not allow")]
    Elsewhere {
        /// The call.
        call: String,
        /// Scheme, host and port.
        origin: String,
    },
    /// A value with a line break or another character that a header can't hold.
    #[error("call `{call}`: the header `{header}` can't hold its value")]
    Header {
        /// The call.
        call: String,
        /// The header.
        header: String,
    },
    /// A body whose bytes are not known before it is sent, or a key that is none: it can't be signed.
    #[error("call `{call}`: it can't be signed")]
    Unsigned {
        /// The call.
        call: String,
    },
    /// A variable that needs text, and stands for a list or an object.
    #[error("call `{call}`: a variable inside a text stands for {kind}")]
    NoText {
        /// The call.
        call: String,
        /// What it stands for.
        kind: &'static str,
    },
    /// `each` over what is no list.
    #[error("call `{call}`: `each` goes over {kind}, not a list")]
    NoList {
        /// The call.
        call: String,
        /// What it stands for.
        kind: &'static str,
    },
    /// A write of a table without a column.
    #[error("call `{call}`: nothing of what is written has a column")]
    NoColumns {
        /// The call.
        call: String,
    },
    /// The document has no spelling.
    #[error("call `{call}`: {source}")]
    Wire {
        /// The call.
        call: String,
        /// Why.
        source: WireError,
    },
}

/// Renders a call for what carries it.
///
/// # Errors
/// See [`render`].
pub fn outgoing(mapping: &Mapping, call: &Call, scope: &Scope) -> Result<Outgoing, RenderError> {
    match &mapping.carrier {
        Carrier::Http | Carrier::Folder(_) => render(mapping, call, scope).map(Outgoing::Http),
        Carrier::Sql(database) => {
            Renderer { mapping, call, scope, each: None }.query(database.dialect).map(Outgoing::Sql)
        }
    }
}

/// Renders a call of HTTP.
///
/// # Errors
/// Why it can't be made with these values: nothing that a second try would change.
pub fn render(mapping: &Mapping, call: &Call, scope: &Scope) -> Result<Request, RenderError> {
    let renderer = Renderer { mapping, call, scope, each: None };
    let mut headers = renderer.headers()?;
    let (body, content_type) = renderer.body()?;
    if let Some(content_type) = content_type.filter(|_| !headers.iter().any(|(name, _)| name == "content-type")) {
        headers.push(("content-type".to_owned(), content_type));
    }
    Ok(Request { method: call.method, url: renderer.url()?, headers, body })
}

#[derive(Clone, Copy)]
pub(super) struct Renderer<'a> {
    mapping: &'a Mapping,
    pub(super) call: &'a Call,
    pub(super) scope: &'a Scope,
    /// The element that `each` stands at.
    each: Option<&'a Node>,
}

impl Renderer<'_> {
    fn url(self) -> Result<Url, RenderError> {
        let http = &self.mapping.http;
        let base = Url::parse(&http.base).map_err(|_| self.no_url())?;
        if let Some(link) = self.scope.place.link() {
            return self.whole(&base, link);
        }
        let mut url = match &self.call.target {
            Target::Whole(template) => {
                let text = self.text(template)?.ok_or_else(|| self.no_address())?;
                self.whole(&base, &text)?
            }
            Target::Path(template) => {
                let mut address = http.base.trim_end_matches('/').to_owned();
                for piece in &template.0 {
                    match piece {
                        Piece::Text(text) => address.push_str(text),
                        Piece::Secret(secret) => address.push_str(&self.segment(secret.reveal())?),
                        Piece::Var(var) => {
                            let text = self.var_text(var)?.ok_or_else(|| self.no_address())?;
                            address.push_str(&self.segment(&text)?);
                        }
                    }
                }
                Url::parse(&address).map_err(|_| self.no_url())?
            }
        };
        let mut query = String::new();
        for (name, template) in &self.call.query {
            let Some(value) = self.text(template)? else { continue };
            let separator = if query.is_empty() { "" } else { "&" };
            query.push_str(separator);
            query.extend(utf8_percent_encode(name, ENCODED));
            query.push('=');
            query.extend(utf8_percent_encode(&value, ENCODED));
        }
        if !query.is_empty() {
            let whole = url.query().filter(|before| !before.is_empty()).map(|before| format!("{before}&{query}"));
            url.set_query(Some(whole.as_deref().unwrap_or(&query)));
        }
        Ok(url)
    }

    fn whole(self, base: &Url, text: &str) -> Result<Url, RenderError> {
        let url = base.join(text).map_err(|_| self.no_url())?;
        let origin = url.origin();
        let allowed = |known: &String| Url::parse(known).is_ok_and(|known| known.origin() == origin);
        let speaks_http = matches!(url.scheme(), "http" | "https");
        if speaks_http && (origin == base.origin() || self.mapping.http.allow.iter().any(allowed)) {
            return Ok(url);
        }
        Err(RenderError::Elsewhere { call: self.call.name.clone(), origin: origin.ascii_serialization() })
    }

    fn segment(self, text: &str) -> Result<String, RenderError> {
        if matches!(text, "" | "." | "..") {
            return Err(RenderError::Segment { call: self.call.name.clone() });
        }
        Ok(utf8_percent_encode(text, ENCODED).to_string())
    }

    fn headers(self) -> Result<Vec<(String, String)>, RenderError> {
        let mut headers: Vec<(String, String)> = Vec::new();
        if let (Some((user, password)), false) = (&self.mapping.login.basic, self.call.bare) {
            let (user, password) = (self.text(user)?.unwrap_or_default(), self.text(password)?.unwrap_or_default());
            let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            headers.push(("authorization".to_owned(), value));
        }
        if let (Some(token), false) = (self.token(), self.call.bare) {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        for (name, template) in self.mapping.http.headers.iter().chain(&self.call.headers) {
            let name = name.to_ascii_lowercase();
            let Some(value) = self.text(template)? else { continue };
            if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
                return Err(RenderError::Header { call: self.call.name.clone(), header: name });
            }
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
        }
        Ok(headers)
    }

    /// What the token server gave.
    fn token(&self) -> Option<&str> {
        self.mapping.login.oauth2.as_ref()?;
        self.scope.login.get(TOKEN).map(Secret::reveal)
    }

    fn body(self) -> Result<(Body, Option<String>), RenderError> {
        let http = &self.mapping.http;
        match &self.call.body {
            CallBody::None | CallBody::Sql(_) => Ok((Body::Empty, None)),
            CallBody::Json(tree) => {
                if let (Tree::Map(own), true) = (tree, goes_straight(self.mapping, self.call, self.scope.kind)) {
                    return self.straight(own);
                }
                let mut node = self.tree(tree)?.unwrap_or(Node::Null);
                if let (Some(common), false, Node::Map(own)) = (&http.json, self.call.bare, &node)
                    && let Some(Node::Map(mut merged)) = self.tree(common)?
                {
                    for (key, value) in own.clone() {
                        merged.insert(key, value);
                    }
                    node = Node::Map(merged);
                }
                self.document(print_json(node), DocumentFormat::Json)
            }
            CallBody::Csv(tree) => match self.tree(tree)? {
                Some(Node::Map(row)) => self.document(print_csv(&row, &self.mapping.csv), DocumentFormat::Csv),
                other => {
                    let kind = other.as_ref().map_or("nothing", Node::kind);
                    Err(RenderError::NoText { call: self.call.name.clone(), kind })
                }
            },
            CallBody::Form(tree) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                let members = self.tree(tree)?;
                for (name, value) in members.as_ref().and_then(Node::as_map).into_iter().flat_map(Map::iter) {
                    match value.as_plain() {
                        Some(text) => {
                            form.append_pair(name, &text);
                        }
                        // Null is as good as absent there.
                        None if *value == Node::Null => {}
                        None => {
                            return Err(RenderError::NoText { call: self.call.name.clone(), kind: value.kind() });
                        }
                    }
                }
                let media_type = "application/x-www-form-urlencoded".to_owned();
                Ok((Body::Bytes(form.finish().into_bytes()), Some(media_type)))
            }
            CallBody::Xml(template) => {
                let mut printer = XmlPrinter::document(&self.mapping.namespaces);
                match http.xml.as_ref().filter(|_| !self.call.bare) {
                    Some(envelope) => self.element(envelope, Some(template), &mut printer)?,
                    None => self.element(template, None, &mut printer)?,
                }
                self.document(printer.finish(), DocumentFormat::Xml)
            }
            CallBody::Bytes { content_type } => {
                let media_type = self.text(content_type)?.filter(|text| is_media_type(text));
                Ok((Body::File, Some(media_type.unwrap_or_else(|| OCTETS.to_owned()))))
            }
            CallBody::Multipart { parts, file } => {
                let mut out = Vec::new();
                for (name, template) in parts {
                    out.extend(self.text(template)?.map(|text| Part::Text { name: name.clone(), text }));
                }
                let (file_name, media_type) = match &self.scope.item {
                    Some(item) => (item.name.clone(), item.media_type.clone()),
                    None => (String::new(), String::new()),
                };
                let media_type = if is_media_type(&media_type) { media_type } else { OCTETS.to_owned() };
                out.push(Part::File { name: file.clone(), file_name, media_type });
                Ok((Body::Multipart(out), None))
            }
        }
    }

    /// A JSON body that the write goes straight into.
    fn straight(self, own: &[Entry]) -> Result<(Body, Option<String>), RenderError> {
        let mut printer = JsonPrinter::default();
        printer.open_object();
        if let Some(Tree::Map(common)) = self.mapping.http.json.as_ref().filter(|_| !self.call.bare) {
            self.members(common, &mut printer)?;
        }
        self.members(own, &mut printer)?;
        Listener::close(&mut printer);
        self.document(printer.finish(), DocumentFormat::Json)
    }

    /// A printed document in the system's encoding, and its content type.
    fn document(
        self,
        printed: Result<Vec<u8>, WireError>,
        format: DocumentFormat,
    ) -> Result<(Body, Option<String>), RenderError> {
        let encoding = self.mapping.encoding;
        let bytes = printed.and_then(|printed| self.mapping.encoded(printed, format));
        let bytes = bytes.map_err(|source| RenderError::Wire { call: self.call.name.clone(), source })?;
        let media_type = match format {
            // JSON is UTF-8 unless somebody says otherwise.
            DocumentFormat::Json if encoding == Encoding::Utf8 => "application/json".to_owned(),
            DocumentFormat::Json => format!("application/json; charset={}", encoding.label()),
            DocumentFormat::Xml => format!("text/xml; charset={}", encoding.label().to_ascii_lowercase()),
            DocumentFormat::Csv => format!("text/csv; charset={}", encoding.label().to_ascii_lowercase()),
        };
        Ok((Body::Bytes(bytes), Some(media_type)))
    }

    pub(super) fn value(self, var: &Var) -> Option<Node> {
        if let Var::Each(path) = var {
            return self.each.and_then(|node| path.first(node)).map(|found| found.to_node());
        }
        self.scope.value(var, self.call, self.mapping)
    }

    /// The text of a template; `None` where any of its variables is absent.
    pub(super) fn text(self, template: &Template) -> Result<Option<String>, RenderError> {
        let mut out = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Secret(secret) => out.push_str(secret.reveal()),
                Piece::Var(var) => match self.var_text(var)? {
                    Some(text) => out.push_str(&text),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(out))
    }

    /// A variable inside a text: null is as good as absent there.
    fn var_text(self, var: &Var) -> Result<Option<String>, RenderError> {
        let Some(node) = self.value(var).filter(|node| *node != Node::Null) else { return Ok(None) };
        match node.as_plain() {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err(RenderError::NoText { call: self.call.name.clone(), kind: node.kind() }),
        }
    }

    pub(super) fn no_address(self) -> RenderError {
        RenderError::NoAddress { call: self.call.name.clone() }
    }

    fn no_url(self) -> RenderError {
        RenderError::NoUrl { call: self.call.name.clone() }
    }
}

const OCTETS: &str = "application/octet-stream";

/// Whether a text may stand in a content type: `type/subtype`, nothing that could end the header.
fn is_media_type(text: &str) -> bool {
    let token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
        && text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

mod told;
mod trees;

#[cfg(test)]
mod tests;
