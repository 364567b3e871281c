//! One field of a record: which rule shows it, what is said there, and what that means.

use std::borrow::Cow;

use super::{REF, ReadFault, Seen, Standing, View, fault, misshapen};
use crate::pure::mapping::codec::list_image;
use crate::pure::mapping::condition;
use crate::pure::mapping::model::{Absent, FieldMap, Mapping, Rule, Shape, Spelled};
use crate::words::record::{Cell, Dates};
use crate::words::ticket::Field;

impl Mapping {
    /// One field; `None` where it is not shown.
    #[inline]
    pub(in crate::pure::mapping) fn cell(
        &self,
        shape: &Shape,
        field: &Field,
        map: &FieldMap,
        view: View<'_, '_>,
        dates: &Dates,
    ) -> Result<Option<Cell>, ReadFault> {
        if let Some(fixed) = &map.fixed {
            return Ok(Some(Cell { image: Some(fixed.display().into()), value: Some(fixed.clone()) }));
        }
        let image = match map.joined {
            Some(join) => self.part(shape, join, field, view, dates)?,
            None => self.text(shape, field, map, view, dates)?,
        };
        let Some(image) = image else { return Ok(None) };
        if let Some(image) = image {
            match map.codec.parse(&image, self.sight(dates)) {
                Ok(Some(value)) => return Ok(Some(Cell::spelled(&image, value))),
                // Blanks say nothing, like every other spelling of nothing.
                Ok(None) => {}
                Err(reason) => return Err(fault(shape.kind, field.as_str(), reason)),
            }
        }
        Ok(Some(Cell { image: None, value: map.default.clone() }))
    }

    /// The rule of a field that holds for this record.
    pub(in crate::pure::mapping) fn rule<'m>(
        &self,
        shape: &Shape,
        map: &'m FieldMap,
        view: View<'_, '_>,
        dates: &Dates,
    ) -> Option<&'m Rule> {
        // What a rule depends on has no condition of its own. Where it can't be read it says so itself.
        map.rule(|on: &Field| {
            let cell = self.cell(shape, on, shape.fields.get(on)?, view, dates).ok().flatten();
            cell.map(|cell| condition::word(cell.value.as_ref()))
        })
    }

    /// What stands at the place that holds for this record: `None` where it is not shown, or no place holds.
    fn text<'s>(
        &self,
        shape: &Shape,
        field: &Field,
        map: &FieldMap,
        view: View<'s, '_>,
        dates: &Dates,
    ) -> Result<Option<Option<Cow<'s, str>>>, ReadFault> {
        let Some(at) = self.rule(shape, map, view, dates).and_then(|rule| rule.at.as_ref()) else { return Ok(None) };
        let because = |reason: String| fault(shape.kind, field.as_str(), reason);
        let standing = view.at(at);
        match standing {
            Standing::Misshapen(what) => return Err(misshapen(shape.kind, at, what)),
            Standing::Hidden if map.absent.contains(&Absent::Omit) => return Ok(Some(None)),
            Standing::Hidden if shape.complete => return Err(because(format!("`{at}` is missing"))),
            Standing::Hidden => return Ok(None),
            Standing::One(_) | Standing::Many(_) => {}
        }
        if map.is_list() {
            let mut parts = Vec::new();
            for one in standing.values() {
                parts.extend(scalar(map, one).map_err(because)?);
            }
            let image = (!parts.is_empty()).then(|| list_image(&parts)).transpose();
            return image.map(|image| Some(image.map(Cow::Owned))).map_err(because);
        }
        let text = standing.values().first().map(|one| scalar(map, one)).transpose();
        Ok(Some(text.map_err(because)?.flatten().map(Cow::Borrowed)))
    }

    /// The part of a text that is this field.
    fn part<'s>(
        &self,
        shape: &Shape,
        join: usize,
        field: &Field,
        view: View<'s, '_>,
        dates: &Dates,
    ) -> Result<Option<Option<Cow<'s, str>>>, ReadFault> {
        let Some(join) = shape.joins.get(join) else { return Ok(None) };
        let Some(text) = self.text(shape, field, &join.text, view, dates)? else { return Ok(None) };
        let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(Some(None)) };
        if *field == REF {
            return Ok(Some(join.pattern.reference(text).map(|reference| Cow::Owned(reference.into()))));
        }
        let parts = join.pattern.split(text).map_err(|reason| fault(shape.kind, field.as_str(), reason))?;
        let part = join.fields().zip(parts).find(|(name, _)| *name == field);
        Ok(part.map(|(_, image)| image.map(|text| Cow::Owned(text.into()))))
    }
}

/// The text of one value, or `None` for a spelling of nothing.
fn scalar<'s>(map: &FieldMap, seen: &'s Seen<'_>) -> Result<Option<&'s str>, String> {
    let expected = match (seen, map.spelled) {
        (Seen::Null, _) => {
            return if map.absent.contains(&Absent::Null) || map.absent.contains(&Absent::Omit) {
                Ok(None)
            } else {
                Err("null, which is not declared as empty here".to_owned())
            };
        }
        (Seen::Nil, _) => return Ok(None),
        (Seen::List | Seen::Object, _) => Some("a single value"),
        (Seen::Number(_) | Seen::Bool(_), Spelled::Text) => Some("text"),
        // A text where a number or a boolean was declared can only be a declared spelling of nothing.
        (Seen::Text(text), Spelled::Number) if !is_absent_text(map, text) => Some("a number"),
        (Seen::Text(text), Spelled::Bool) if !is_absent_text(map, text) => Some("a boolean"),
        (Seen::Bool(_), Spelled::Number) => Some("a number"),
        (Seen::Number(_), Spelled::Bool) => Some("a boolean"),
        (Seen::Text(_) | Seen::Number(_) | Seen::Bool(_) | Seen::Bare(_) | Seen::Elements, _) => None,
    };
    if let Some(expected) = expected {
        return Err(format!("{} where {expected} was declared", seen.kind()));
    }
    let text = seen.as_plain().ok_or_else(|| "elements where a text was declared".to_owned())?;
    Ok((!is_absent_text(map, text)).then_some(text))
}

fn is_absent_text(map: &FieldMap, text: &str) -> bool {
    map.absent.iter().any(|absent| matches!(absent, Absent::Text(spelling) if spelling == text))
}
