//! The next page as HTTP itself tells it: the target of `rel="next"` in `Link` headers (RFC 8288).

use super::message::Answer;

/// The first target whose relation is `next`, as it is written: it may be relative.
pub(super) fn next_link(answer: &Answer) -> Option<String> {
    let values = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    values.flat_map(|(_, value)| links(value)).find(|(_, parameters)| is_next(parameters)).map(|(target, _)| target)
}

/// Targets and what follows each.
fn links(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let (parameters, next) = up_to(after, ',');
        found.push((target.trim().to_owned(), parameters.to_owned()));
        rest = next;
    }
    found
}

fn is_next(parameters: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, next) = up_to(rest, ';');
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            let relations = value.trim().trim_matches('"');
            return relations.split(' ').any(|one| one.eq_ignore_ascii_case("next"));
        }
        rest = next.strip_prefix(';').unwrap_or(next);
    }
    false
}

/// What comes before a sign that is not inside quotes, and the rest.
fn up_to(text: &str, sign: char) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        c == sign && !quoted
    });
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        let cases: [(&[&str], Option<&str>); 8] = [
            (&["</p?page=2>; rel=\"next\""], Some("/p?page=2")),
            (
                &["<https://x/a,b?p=1>; rel=prev, <https://x/a,b?p=3>; rel=next; title=\"x, y\""],
                Some("https://x/a,b?p=3"),
            ),
            (&["</1>; rel=last", "</2>; REL=\"Next archived\""], Some("/2")),
            (&["</1>; title=\"a, </9>; rel=next\"; rel=prev"], None),
            (&["</1>; rel=nextish"], None),
            (&["</1; rel=next"], None),
            (&[""], None),
            (&[], None),
        ];
        for (values, expected) in cases {
            let headers = values.iter().map(|value| ("Link".to_owned(), (*value).to_owned())).collect();
            let answer = Answer { headers, ..Answer::default() };
            assert_eq!(next_link(&answer).as_deref(), expected, "{values:?}");
        }
    }
}
