//! Attachments: the same bytes on the other side, under the right ticket and the right reply, by the systems' own truth.

use bytes::Bytes;
use pakn_bridge::faces::sandbox::{ChildKind, Meaning, System, Ticket};

use crate::world::World;

use System::{Hotline, Legal, Portal};

/// From where to where, with which kind of ticket.
const WAYS: [(System, System, &str); 4] = [
    (Hotline, Portal, "feedback"),
    (Portal, Hotline, "feedback"),
    (Hotline, Legal, "legal_text"),
    (Legal, Hotline, "legal_text"),
];

#[tokio::test]
async fn files_arrive_whole_on_every_way() {
    let world = World::empty().await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let files = [
        ("ảnh hiện trường (1) & 'bản đồ'.png", Bytes::from(every_byte)),
        ("ghi âm.mp3", Bytes::from_static(b"ID3\0\x01\r\n--boundary\r\n\r\n")),
        ("một byte.bin", Bytes::from_static(b"\0")),
    ];
    let made = WAYS.map(|(from, to, kind)| {
        let id = world.sandbox.person_creates(from, kind, &[]);
        for (name, bytes) in &files {
            world.sandbox.person_attaches(from, &id, name, "application/octet-stream", bytes.clone()).unwrap();
        }
        (from, to, id)
    });
    world.quiet().await.expect(0);
    for (from, to, id) in made {
        let (original, copy) = (world.sandbox.ticket(from, &id).unwrap(), world.copy(from, &id, to));
        assert_eq!(copy.children(ChildKind::File).len(), files.len(), "{from:?} to {to:?}");
        for (name, bytes) in &files {
            let (here, there) = (file(&original, name), file(&copy, name));
            assert!(there.bytes.as_ref() == Some(bytes), "{from:?} to {to:?}: {name} is another");
            let digest = |child: &pakn_bridge::faces::sandbox::Child| child.values[&Meaning::FileDigest].clone();
            assert_eq!(digest(here), digest(there), "{from:?} to {to:?}: {name}");
        }
    }
    world.expect_clean();
}

#[tokio::test]
async fn a_replys_file_hangs_at_the_same_reply_there() {
    let world = World::empty().await;
    let made = WAYS.map(|(from, to, kind)| (from, to, world.sandbox.person_creates(from, kind, &[])));
    world.quiet().await.expect(0);
    for (from, _, id) in &made {
        for nth in 1..=2 {
            let reply = world.sandbox.person_replies(*from, id, &format!("Trả lời {nth}")).unwrap();
            let (name, bytes) = (format!("văn bản {nth}.pdf"), format!("%PDF-1.4 {nth}"));
            world.sandbox.person_attaches_to_reply(*from, id, &reply, &name, bytes.into()).unwrap();
        }
    }
    world.quiet().await.expect(0);
    for (from, to, id) in made {
        let copy = world.copy(from, &id, to);
        for nth in 1..=2 {
            let text = format!("Trả lời {nth}");
            let replies = copy.children(ChildKind::Reply);
            let reply = replies.iter().find(|reply| reply.values[&Meaning::Text].parts()[0] == text).unwrap();
            let found = file(&copy, &format!("văn bản {nth}.pdf"));
            let of = found.values.get(&Meaning::FileOfReply).map(|raw| raw.parts()[0].clone());
            assert_eq!(of.as_ref(), Some(&reply.id), "{from:?} to {to:?}: {found:#?}");
        }
    }
    world.expect_clean();
}

fn file<'a>(ticket: &'a Ticket, name: &str) -> &'a pakn_bridge::faces::sandbox::Child {
    let named = |child: &&pakn_bridge::faces::sandbox::Child| child.values[&Meaning::FileName].parts()[0] == name;
    let mut files = ticket.children(ChildKind::File).iter().filter(named);
    let found = files.next().unwrap_or_else(|| panic!("no {name}: {:#?}", ticket.children(ChildKind::File)));
    assert!(files.next().is_none(), "{name} is there twice");
    found
}
