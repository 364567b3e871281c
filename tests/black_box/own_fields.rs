//! Fields that a province declares in its mapping files: they cross like those of every ticket.

use std::fs;
use std::sync::Arc;

use pakn_bridge::faces::sandbox::{Meaning, Options, Sandbox, System};

use crate::bridge::Bridge;
use crate::harness::mapping;
use crate::world::{World, bridge_for, config_for};

use System::{Hotline, Portal};

const DECLARED: &str =
    "\n[extra.so_ho_so]\ntype = \"text\"\nvi = \"Hồ sơ một cửa\"\nen = \"One-stop dossier\"\npersonal = false\n";

/// A shipped mapping that knows the dossier as a field of the province's own.
fn declaring(name: &str, declared: &str) -> String {
    let text = fs::read_to_string(mapping(name)).unwrap();
    assert!(text.contains("dossier"), "{name}");
    format!("{}{declared}", text.replace("dossier", "so_ho_so"))
}

async fn world(owner: &str, hotline: &str, portal: &str) -> World {
    let sandbox = Arc::new(Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap());
    let mut config = config_for(&sandbox);
    for name in ["tongdai-1022.toml", "dvcqg.toml"] {
        config = config.replace(&format!("{:?}", mapping(name)), &format!("{name:?}"));
    }
    let config = config.replacen("[link.owner]", &format!("[link.owner]\n{owner}"), 1);
    let bridge = bridge_for(&sandbox, &config);
    bridge.write("tongdai-1022.toml", hotline);
    bridge.write("dvcqg.toml", portal);
    World { sandbox, bridge }
}

async fn both() -> World {
    let portal = declaring("dvcqg.toml", DECLARED);
    world("so_ho_so = \"province\"", &declaring("tongdai-1022.toml", DECLARED), &portal).await
}

fn dossier(world: &World, system: System, id: &str) -> Option<String> {
    world.sandbox.ticket(system, id).unwrap().values.get(&Meaning::Dossier).map(|raw| raw.parts().join(" "))
}

#[tokio::test]
async fn a_declared_field_is_made_and_changed_on_both_sides() {
    let world = both().await;
    let sandbox = &world.sandbox;
    let up = sandbox.person_creates(Hotline, "feedback", &[(Meaning::Dossier, "H19-1")]);
    let down = sandbox.person_creates(Portal, "feedback", &[(Meaning::Dossier, "H19-2")]);
    world.quiet().await.expect(0);
    let (copy, local) = (world.copy(Hotline, &up, Portal).id, world.copy(Portal, &down, Hotline).id);
    assert_eq!(dossier(&world, Portal, &copy).as_deref(), Some("H19-1"));
    assert_eq!(dossier(&world, Hotline, &local).as_deref(), Some("H19-2"));

    sandbox.person_edits(Portal, &copy, &[(Meaning::Dossier, "H19-3")]).unwrap();
    sandbox.person_edits(Hotline, &local, &[(Meaning::Dossier, "H19-4")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(dossier(&world, Hotline, &up).as_deref(), Some("H19-3"));
    assert_eq!(dossier(&world, Portal, &down).as_deref(), Some("H19-4"));
    world.expect_clean();
}

#[tokio::test]
async fn a_declared_field_has_its_owner_where_both_sides_changed_it() {
    let world = both().await;
    let up = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Dossier, "H19-1")]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &up, Portal).id;
    world.sandbox.person_edits(Hotline, &up, &[(Meaning::Dossier, "H19-ours")]).unwrap();
    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Dossier, "H19-theirs")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(dossier(&world, Portal, &copy).as_deref(), Some("H19-ours"));
}

#[tokio::test]
async fn a_conflict_about_a_declared_field_goes_by_its_label_and_masks_what_is_personal() {
    for (personal, shown) in [("false", "H19-ours"), ("true", "***")] {
        let declared = DECLARED.replace("personal = false", &format!("personal = {personal}"));
        let (hotline, portal) = (declaring("tongdai-1022.toml", &declared), declaring("dvcqg.toml", &declared));
        let world = world("so_ho_so = \"person\"", &hotline, &portal).await;
        let up = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Dossier, "H19-1")]);
        world.quiet().await.expect(0);
        let copy = world.copy(Hotline, &up, Portal).id;
        world.sandbox.person_edits(Hotline, &up, &[(Meaning::Dossier, "H19-ours")]).unwrap();
        world.sandbox.person_edits(Portal, &copy, &[(Meaning::Dossier, "H19-theirs")]).unwrap();
        world.quiet().await;
        let listed = world.bridge.run(&["conflicts", "list", "--lang", "en"]).await.expect(1);
        assert!(listed.stdout.contains("so_ho_so (One-stop dossier)"), "{listed:#?}");
        assert!(listed.stdout.contains(shown), "{listed:#?}");
        assert!(personal == "false" || !listed.stdout.contains("H19-"), "{listed:#?}");
    }
}

#[tokio::test]
async fn a_declared_field_of_replies_crosses_with_them() {
    const OF_REPLIES: &str = "\n[extra.nguoi_soan]\nof = \"replies\"\ntype = \"text\"\nvi = \"Người soạn\"\n";
    let with = |name: &str| {
        let text = fs::read_to_string(mapping(name)).unwrap();
        let (before, after) = text.split_once("[child.replies.field]").unwrap();
        format!("{before}[child.replies.field]{}{OF_REPLIES}", after.replacen("author ", "nguoi_soan ", 1))
    };
    let world = world("\"reply.nguoi_soan\" = \"national\"", &with("tongdai-1022.toml"), &with("dvcqg.toml")).await;
    let up = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &up, Portal).id;
    world.sandbox.person_replies(Portal, &copy, "Đã xử lý").unwrap();
    world.quiet().await.expect(0);
    let ticket = world.sandbox.ticket(Hotline, &up).unwrap();
    let reply = ticket.children.values().flatten().next().expect("the reply crossed");
    assert_eq!(reply.values[&Meaning::Author].parts(), ["Trần Văn An"]);

    let other =
        with("dvcqg.toml").replace("of = \"replies\"", "of = \"transfers\"").replace("nguoi_soan =", "author =");
    world.bridge.write("dvcqg.toml", &other);
    let found = check(&world.bridge).await;
    assert!(found.contains("`nguoi_soan` is a field of another kind of record in dvcqg.toml"), "{found}");
}

#[tokio::test]
async fn a_field_of_one_side_only_stays_there_and_check_says_so() {
    let portal = fs::read_to_string(mapping("dvcqg.toml")).unwrap();
    let world = world("content = \"province\"", &declaring("tongdai-1022.toml", DECLARED), &portal).await;
    let up = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Dossier, "H19-1")]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &up, Portal).id;
    assert_eq!(dossier(&world, Portal, &copy), None);
    let said = check(&world.bridge).await;
    assert!(said.contains("link pakn: only tongdai-1022.toml declares the field `so_ho_so`"), "{said}");
}

#[tokio::test]
async fn declarations_that_do_not_fit_together_are_problems_of_the_config() {
    let integer = DECLARED.replace("\"text\"", "\"integer\"");
    let portal = declaring("dvcqg.toml", &integer)
        .replace("at = \"SoHoSo\", type = \"text\"", "at = \"SoHoSo\", type = \"integer\"");
    for (owner, portal, said) in [
        (
            "so_ho_so = \"province\"",
            portal,
            "`so_ho_so` has another type in dvcqg.toml, at the other end of link `pakn`",
        ),
        ("so_ho_sa = \"province\"", declaring("dvcqg.toml", DECLARED), "there is no field `so_ho_sa`"),
    ] {
        let world = world(owner, &declaring("tongdai-1022.toml", DECLARED), &portal).await;
        let found = check(&world.bridge).await;
        assert!(found.contains(said), "{found}");
    }
}

async fn check(bridge: &Bridge) -> String {
    let finished = bridge.run(&["check", "--lang", "en"]).await;
    format!("{}{}", finished.stdout, finished.stderr)
}
