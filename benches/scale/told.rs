//! How long a ticket takes that the province tells of by itself: from the notice until the portal has it. No poll is due.

use std::net::TcpListener;
use std::time::Duration;

use pakn_bridge::pure::exchange::mac;
use pakn_bridge::pure::mapping::auth::SigningHash;
use pakn_bridge::words::clock::now;
use pakn_bridge::words::hex::hex;

use crate::bridge::{Bridge, HOOK_KEY, Postgres, Systems, client};
use crate::fair::ways;

/// What each create takes at the portal: with the read of the ticket these are the two remote calls.
const TAKES: Duration = Duration::from_millis(5);
/// A timetable without a poll for months.
const HARDLY_EVER: &str = "0 0 0 1 1 *";

pub async fn run(postgres: &Postgres) {
    println!(
        "the way of a ticket that the province tells of, without any poll; a create takes {} ms",
        TAKES.as_millis()
    );
    for (name, database) in [("SQLite", None), ("PostgreSQL", Some(postgres.database("told").await))] {
        let systems = Systems::start(0, TAKES);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let bridge = Bridge::new(&[&systems], database, HARDLY_EVER).listening(port);
        // Makes the database: whoever asks for its state while the daemon makes it gets in the way.
        bridge.sync();
        let daemon = bridge.start();
        let client = client();
        let ways = ways(&systems, async |ticket| {
            let (at, body) = (now().timestamp(), format!(r#"{{"id":{ticket}}}"#));
            let code = mac(SigningHash::Sha256, HOOK_KEY.as_bytes(), format!("{at}.{body}").as_bytes()).unwrap();
            let call = client.post(format!("http://127.0.0.1:{port}/hooks/province-0")).body(body);
            let answer = call.header("X-Signature", format!("t={at},v1={}", hex(&code))).send().await.unwrap();
            assert_eq!(answer.status(), 202);
        })
        .await;
        let at = |share: usize| ways[(ways.len() - 1) * share / 100].as_secs_f64() * 1e3;
        println!(
            "  {name:<12} 50 % within {:.0} ms   90 % within {:.0} ms   all within {:.0} ms",
            at(50),
            at(90),
            at(100)
        );
        drop(daemon);
    }
}
