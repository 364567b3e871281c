//! `demo`: the whole bridge with one command.

use crate::bridge::Bridge;

#[tokio::test]
async fn the_demo_ends_clean_in_a_storm_and_tells_its_figures() {
    let bridge = Bridge::new("");
    let folder = bridge.path("demo");
    let folder = folder.to_str().unwrap();
    let run = ["demo", "--tickets", "150", "--seed", "3", "--faults", "on", "--dir", folder, "--format", "json"];
    let told = bridge.run(&run).await.expect(0).json();
    for name in ["tickets", "selected", "pushed_up", "pulled_down", "retries", "in_doubt_settled", "conflicts"] {
        assert!(told[name].as_u64().is_some(), "{name}: {told:#}");
    }
    for name in ["lost", "duplicated", "different"] {
        assert_eq!(told[name], 0, "{name}: {told:#}");
    }
    assert!(told["seconds"].as_f64().is_some(), "{told:#}");
    assert!(told["report"].as_str().is_some_and(|path| std::path::Path::new(path).exists()), "{told:#}");
    assert_eq!(told["tickets"], 150);
}

#[tokio::test]
async fn two_demos_with_one_seed_make_the_same_tickets() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let bridge = Bridge::new("");
        let run = ["demo", "--tickets", "80", "--seed", "11", "--faults", "off", "--format", "json"];
        let json = bridge.run(&run).await.expect(0).json();
        told.push(["tickets", "selected", "pushed_up", "pulled_down"].map(|name| json[name].clone()));
    }
    assert_eq!(told[0], told[1]);
}
