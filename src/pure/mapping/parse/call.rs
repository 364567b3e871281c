//! `[call.X]`: one exchange.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::calls::{
    Body, Call, Format, InstantAt, Method, PageBy, PageEnd, Paging, Row, Shows, Since, Target,
};
use crate::pure::mapping::carrier::Carrier;
use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::template::{Part, Template};
use crate::words::limits::MAX_PAGE_ROWS;

impl Loader<'_> {
    pub(super) fn calls(&mut self, root: &Table<'_>) -> BTreeMap<String, Call> {
        let mut calls = BTreeMap::new();
        let Some(table) = root.need("call", &mut self.problems).and_then(|item| item.table(&mut self.problems)) else {
            return calls;
        };
        for (name, span, item) in table.members() {
            let Some(table) = item.table(&mut self.problems) else { continue };
            self.notes.calls.insert(name.to_owned(), span.clone());
            name.clone_into(&mut self.call_read);
            if let Some(call) = self.call(name, self.problems.line(span.start), &table) {
                calls.insert(name.to_owned(), call);
            }
            table.finish(&mut self.problems);
        }
        self.call_read.clear();
        calls
    }

    fn call(&mut self, name: &str, line: usize, table: &Table<'_>) -> Option<Call> {
        let is_statement = matches!(self.carrier, Carrier::Sql(_));
        let statement = self.statement(table);
        let on = if is_statement {
            Some((Method::Post, Target::Path(Template::default())))
        } else {
            table.need("on", &mut self.problems).and_then(|item| self.on(&item))
        };
        let query = self.pairs(table.get("query").as_ref());
        let headers = self.pairs(table.get("header").as_ref());
        let body = statement.map_or_else(|| self.body(table), Body::Sql);
        let formats = [
            ("json", Format::Json),
            ("xml", Format::Xml),
            ("csv", Format::Csv),
            ("bytes", Format::Bytes),
            ("none", Format::None),
        ];
        let gives = table.get("gives").and_then(|item| item.word(&mut self.problems, &formats));
        let gives = gives.unwrap_or(match self.format {
            DocumentFormat::Json => Format::Json,
            DocumentFormat::Xml => Format::Xml,
            DocumentFormat::Csv => Format::Csv,
        });
        let mut take = BTreeMap::new();
        if let Some(taken) = table.table("take", &mut self.problems) {
            for (name, _, item) in taken.members() {
                if let Some(path) = self.path(&item) {
                    take.insert(name.to_owned(), path);
                }
            }
        }
        let shows = [("hints", Shows::Hints), ("whole", Shows::Whole)];
        let call = Call {
            name: name.to_owned(),
            line,
            query,
            headers,
            body,
            bare: table.bool("bare", &mut self.problems).unwrap_or(false),
            gives,
            root: table.get("root").and_then(|item| self.path(&item)),
            items: table.get("items").and_then(|item| self.path(&item)),
            take,
            now: table.get("now").and_then(|item| self.instant_at(&item, Self::path)),
            page: table.table("page", &mut self.problems).and_then(|table| self.paging(&table)),
            since: table.table("since", &mut self.problems).and_then(|table| self.since(&table)),
            shows: table.get("shows").and_then(|item| item.word(&mut self.problems, &shows)).unwrap_or_default(),
            row: self.row(table),
            answers: self.answers(table),
            method: on.as_ref().map_or(Method::Get, |(method, _)| *method),
            target: on?.1,
        };
        Some(call)
    }

    /// `GET /path/${id}` or `POST ${step.link}`.
    fn on(&mut self, item: &Item<'_>) -> Option<(Method, Target)> {
        const METHODS: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
        self.credentials_in_query(item);
        let mut template = self.template(item)?;
        let mend = "write it as \"GET /path/${id}\" or \"POST ${step.link}\"";
        let Some(Part::Text(first)) = template.0.first_mut() else {
            self.problems.say(code::BAD_VALUE, &item.span, "no method", mend);
            return None;
        };
        let (method, rest) = first.split_once(' ').unwrap_or((first.as_str(), ""));
        let Some(method) = METHODS.into_iter().find(|known| known.as_str() == method) else {
            self.problems.say(code::BAD_VALUE, &item.span, format!("`{method}` is no method"), mend);
            return None;
        };
        *first = rest.trim_start().to_owned();
        if first.is_empty() {
            template.0.remove(0);
        }
        match template.0.first() {
            Some(Part::Text(path)) if path.starts_with('/') => Some((method, Target::Path(template))),
            Some(Part::Var(_)) => Some((method, Target::Whole(template))),
            _ => {
                self.problems.say(code::BAD_VALUE, &item.span, "a path begins with `/`", mend);
                None
            }
        }
    }

    fn body(&mut self, table: &Table<'_>) -> Body {
        let json = table.get("json");
        let form = table.get("form");
        let xml = table.get("xml");
        let csv = table.get("csv");
        let bytes = table.get("bytes");
        let multipart = table.get("multipart");
        let given: Vec<&Item<'_>> = [&json, &form, &xml, &csv, &bytes, &multipart].into_iter().flatten().collect();
        if let [_, second, ..] = given.as_slice() {
            let mend = "keep one of json, form, xml, csv, bytes, multipart";
            self.problems.say(code::BAD_VALUE, &second.span, "a second body", mend);
        }
        if let Some(item) = json {
            return self.tree(&item).map_or(Body::None, Body::Json);
        }
        if let Some(item) = csv {
            return self.tree(&item).map_or(Body::None, Body::Csv);
        }
        if let Some(item) = form {
            return self.tree(&item).map_or(Body::None, Body::Form);
        }
        if let Some(item) = xml {
            return self.xml(&item).map_or(Body::None, Body::Xml);
        }
        if let Some(item) = bytes {
            let content_type = self.template(&item).unwrap_or_else(|| Template::text("application/octet-stream"));
            return Body::Bytes { content_type };
        }
        let Some(multipart) = multipart.and_then(|item| item.table(&mut self.problems)) else { return Body::None };
        let parts = self.pairs(multipart.get("parts").as_ref());
        let file = multipart.need("file", &mut self.problems).and_then(|item| item.str(&mut self.problems));
        multipart.finish(&mut self.problems);
        Body::Multipart { parts, file: file.unwrap_or_default().to_owned() }
    }

    /// `"PATH"`, in the default format, or `{ at, as, zone }`.
    pub(super) fn instant_at<P>(
        &mut self,
        item: &Item<'_>,
        place: fn(&mut Self, &Item<'_>) -> Option<P>,
    ) -> Option<InstantAt<P>> {
        if item.value.as_str().is_some() {
            return Some(InstantAt { at: place(self, item)?, format: self.instants.clone() });
        }
        let table = item.table(&mut self.problems)?;
        let at = table.need("at", &mut self.problems).and_then(|item| place(self, &item));
        let format = self.instant_in(&table);
        table.finish(&mut self.problems);
        Some(InstantAt { at: at?, format: format? })
    }

    fn row(&mut self, table: &Table<'_>) -> Row {
        let Some(row) = table.table("row", &mut self.problems) else { return Row::default() };
        let out = Row {
            id: row.get("id").and_then(|item| self.path(&item)),
            version: row.get("version").and_then(|item| self.path(&item)),
            changed: row.get("changed").and_then(|item| self.instant_at(&item, Self::path)),
        };
        row.finish(&mut self.problems);
        out
    }

    fn paging(&mut self, table: &Table<'_>) -> Option<Paging> {
        #[derive(Clone, Copy)]
        enum By {
            Number,
            Offset,
            Token,
            Link,
        }
        let words = [("number", By::Number), ("offset", By::Offset), ("token", By::Token), ("link", By::Link)];
        let by = table.need("by", &mut self.problems).and_then(|item| item.word(&mut self.problems, &words));
        let first = table.get("first").and_then(|item| item.number(&mut self.problems));
        let next = table.get("next").and_then(|item| self.path(&item));
        let by = match (by?, next) {
            (By::Number, _) => PageBy::Number(first.unwrap_or(1)),
            (By::Offset, _) => PageBy::Offset(first.unwrap_or(0)),
            (By::Token, Some(next)) => PageBy::Token(next),
            (By::Link, Some(next)) => PageBy::Link(next),
            (By::Token | By::Link, None) => {
                let mend = "add `next = \"PATH\"`, where the answer names the next page";
                self.problems.say(code::MISSING_KEY, &table.span, "`next` is missing", mend);
                table.finish(&mut self.problems);
                return None;
            }
        };
        let size = table.need("size", &mut self.problems);
        let size = size.and_then(|item| {
            let size = item.number(&mut self.problems)?;
            if size == 0 || size > MAX_PAGE_ROWS as u64 {
                let mend = format!("write a number from 1 to {MAX_PAGE_ROWS}");
                self.problems.say(code::BAD_VALUE, &item.span, "no size of a page", mend);
            }
            u32::try_from(size).ok()
        });
        let total = table.get("total").and_then(|item| self.path(&item)).map(PageEnd::Total);
        let more = table.get("more").and_then(|item| self.path(&item)).map(PageEnd::More);
        table.finish(&mut self.problems);
        Some(Paging { by, size: size?, end: total.or(more).unwrap_or(PageEnd::Short) })
    }

    fn since(&mut self, table: &Table<'_>) -> Option<Since> {
        let format = self.instant_in(table);
        let step = table.duration("step", &mut self.problems).unwrap_or(Duration::from_secs(1));
        let inclusive = table.bool("inclusive", &mut self.problems).unwrap_or(false);
        let overlap = table.duration("overlap", &mut self.problems).unwrap_or(step);
        if overlap < step {
            let mend = "make it at least the step and the longest transaction of the remote";
            self.problems.say(code::BAD_VALUE, &table.span, "`overlap` is shorter than `step`", mend);
        }
        table.finish(&mut self.problems);
        Some(Since { format: format?, step, inclusive, overlap })
    }
}
