//! The path that every record takes, as the benchmark measures it (`benches/mapping`): a mapping understands and writes
//! the same as code by hand, and takes no more allocations than that needs. Counted, never timed.
//!
//! A binary of its own, because its allocator counts.

#[cfg(test)]
#[path = "../../benches/mapping/work/mod.rs"]
mod work;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use allocation_counter::measure;
    use pakn_bridge::pure::mapping::Mapping;
    use pakn_bridge::pure::wire::{Element, Limits, Node};

    use crate::work::{self, JSON_RECORD, Pages, REFERENCE, Written, XML_RECORD, by_hand, by_hand_out, by_hand_xml};

    #[test]
    fn a_mapping_reads_what_code_by_hand_reads() {
        let limits = Limits::default();
        let ticket = by_hand::decode(JSON_RECORD).unwrap();
        work::same(&work::json().read_bytes(JSON_RECORD, &limits).unwrap(), &ticket);
        let ticket = by_hand_xml::decode(XML_RECORD).unwrap();
        work::same(&work::xml().read_bytes(XML_RECORD, &limits).unwrap(), &ticket);
    }

    /// Documents without the order of their members.
    fn unordered(documents: &[Vec<u8>]) -> Vec<BTreeMap<String, serde_json::Value>> {
        documents.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect()
    }

    #[test]
    fn a_mapping_writes_what_code_by_hand_writes() {
        let mapping = work::json();
        let written = Written::of(&mapping.read_bytes(JSON_RECORD, &Limits::default()).unwrap());
        let by_hand = by_hand_out::encode(&by_hand::decode(JSON_RECORD).unwrap(), REFERENCE).unwrap();
        assert_eq!(unordered(&written.encode(&mapping)), unordered(&by_hand));

        let mapping = work::xml();
        let written = Written::of(&mapping.read_bytes(XML_RECORD, &Limits::default()).unwrap());
        let by_hand = by_hand_xml::encode(&by_hand_xml::decode(XML_RECORD).unwrap(), REFERENCE).unwrap();
        assert_eq!(sorted(&mapping, &written.encode(&mapping)), sorted(&mapping, &by_hand));
    }

    /// Documents with their elements in the order of names: the mapping declares no sequence.
    fn sorted(mapping: &Mapping, documents: &[Vec<u8>]) -> Vec<Node> {
        fn sort(element: &mut Element) {
            let name = |node: &Node| node.as_element().map(|element| element.name.clone());
            element.children.sort_by_key(name);
            for child in &mut element.children {
                if let Node::Element(inner) = child {
                    sort(inner);
                }
            }
        }
        let parse = |bytes: &Vec<u8>| match mapping.document(bytes).unwrap() {
            Node::Element(mut root) => {
                sort(&mut root);
                Node::Element(root)
            }
            other => other,
        };
        documents.iter().map(parse).collect()
    }

    #[test]
    fn a_page_shows_each_of_its_records() {
        let mapping = work::json();
        // A page may show no record twice: that they have one id is the next room's affair.
        let rows = Pages::of(&mapping, work::page(3)).read().rows.unwrap();
        let tickets = by_hand::decode_page(&work::page(3)).unwrap();
        assert_eq!(rows.len(), tickets.len());
        for (row, ticket) in rows.iter().zip(&tickets) {
            work::same(row.ticket.as_ref().unwrap().as_ref().unwrap(), ticket);
        }
    }

    /// Beside the two texts of each field, a reading needs room for its own lists and for what is open while it reads.
    #[test]
    fn reading_a_record_takes_few_allocations_more_than_code_by_hand() {
        let limits = Limits::default();
        let (json, xml) = (work::json(), work::xml());
        for (name, by_hand, mapping) in [
            (
                "JSON",
                measure(|| drop(by_hand::decode(JSON_RECORD))),
                measure(|| drop(json.read_bytes(JSON_RECORD, &limits))),
            ),
            (
                "XML",
                measure(|| drop(by_hand_xml::decode(XML_RECORD))),
                measure(|| drop(xml.read_bytes(XML_RECORD, &limits))),
            ),
        ] {
            let more = mapping.count_total.saturating_sub(by_hand.count_total);
            assert!(more <= 40, "{name}: {} by hand, {} by mapping", by_hand.count_total, mapping.count_total);
        }
    }

    #[test]
    fn writing_a_record_takes_no_more_allocations_than_code_by_hand() {
        let ticket = by_hand::decode(JSON_RECORD).unwrap();
        let json = work::json();
        let written = Written::of(&json.read_bytes(JSON_RECORD, &Limits::default()).unwrap());
        let by_hand = measure(|| drop(by_hand_out::encode(&ticket, REFERENCE))).count_total;
        let by_mapping = measure(|| drop(written.encode(&json))).count_total;
        assert!(by_mapping <= by_hand, "JSON: {by_hand} by hand, {by_mapping} by mapping");

        let xml = work::xml();
        let written = Written::of(&xml.read_bytes(XML_RECORD, &Limits::default()).unwrap());
        let by_hand = measure(|| drop(by_hand_xml::encode(&ticket, REFERENCE))).count_total;
        let by_mapping = measure(|| drop(written.encode(&xml))).count_total;
        assert!(by_mapping <= by_hand, "XML: {by_hand} by hand, {by_mapping} by mapping");
    }
}
