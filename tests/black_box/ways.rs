//! The ways to a system, through programs that nobody here wrote: nginx, which wants a client's certificate and shows one
//! of a private authority, and tinyproxy, which wants a login.

mod authority;

use std::fs;
use std::path::Path;

use pakn_bridge::faces::sandbox::System;

use crate::program::{Program, debian, listens};
use crate::world::World;
use authority::Authority;

/// The name and password that the proxy asks for.
const PROXY_LOGIN: (&str, &str) = ("cau", "qua-cong");

/// nginx before `url`, for clients of this authority only. Its log tells of each request how its certificate was taken,
/// and who called.
async fn nginx(url: &str, authority: &Authority) -> Program {
    let command = |folder: &Path, port: u16| {
        let server = authority.issue("localhost");
        for (name, text) in [("ca.pem", &authority.pem), ("server.pem", &server.pem), ("server.key", &server.key)] {
            fs::write(folder.join(name), text).unwrap();
        }
        let config = format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log;
            events {{ worker_connections 256; }}
            http {{
                log_format way '$ssl_client_verify $status $http_user_agent';
                access_log access.log way;
                client_max_body_size 200m;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {{
                    listen 127.0.0.1:{port} ssl;
                    server_name localhost;
                    ssl_certificate server.pem; ssl_certificate_key server.key;
                    ssl_client_certificate ca.pem; ssl_verify_client on;
                    location / {{ proxy_pass {url}; proxy_set_header Host $http_host; }}
                }}
            }}"
        );
        fs::write(folder.join("nginx.conf"), config).unwrap();
        let mut command = debian("nginx");
        command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        command
    };
    Program::start("nginx", command, listens).await
}

/// A forward proxy for those who know the login; its log names each request.
async fn tinyproxy() -> Program {
    let command = |folder: &Path, port: u16| {
        let (user, password) = PROXY_LOGIN;
        let log = folder.join("proxy.log");
        let config = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 100\nLogFile \"{}\"\nLogLevel Connect\nBasicAuth {user} {password}\n",
            log.display()
        );
        fs::write(folder.join("tinyproxy.conf"), config).unwrap();
        let mut command = debian("tinyproxy");
        command.args(["-d", "-c"]).arg(folder.join("tinyproxy.conf"));
        command
    };
    Program::start("tinyproxy", command, listens).await
}

/// The hotline behind nginx, and a bridge that shows it this certificate.
struct Secured {
    world: World,
    front: Program,
    authority: Authority,
}

impl Secured {
    async fn start() -> Self {
        let mut world = World::empty().await;
        let authority = Authority::new();
        let front = nginx(&world.sandbox.urls().hotline, &authority).await;
        let ours = authority.issue("cau-noi");
        world.bridge.write("ca.pem", &authority.pem);
        world.bridge.write("cau.pem", &ours.pem);
        world.bridge.write("bi-mat/khoa-cau", &ours.key);
        let credentials = world.bridge.path("bi-mat");
        world.bridge = world.bridge.with_secret("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap());
        let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
        let behind = format!("https://localhost:{}", front.port);
        let config = config.replace(&world.sandbox.urls().hotline, &behind);
        let tls =
            "[system.tongdai.tls]\nca = \"ca.pem\"\ncertificate = \"cau.pem\"\nkey = { credential = \"khoa-cau\" }";
        world.bridge.write("bridge.toml", &format!("contact = \"pakn@tinh.gov.vn\"\n{config}\n{tls}\n"));
        Self { world, front, authority }
    }

    fn edit(&self, from: &str, to: &str) {
        let config = fs::read_to_string(self.world.bridge.path("bridge.toml")).unwrap();
        assert!(config.contains(from), "{config}");
        self.world.bridge.write("bridge.toml", &config.replace(from, to));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_behind_client_certificates_of_a_private_authority_is_synced() {
    let secured = Secured::start().await;
    let world = &secured.world;
    world.sandbox.person_creates(System::Hotline, "feedback", &[]);
    world.sandbox.person_creates(System::Portal, "feedback", &[]);
    world.quiet().await.expect(0);
    world.expect_clean();
    let log = secured.front.read("access.log");
    assert!(log.lines().count() >= 3, "{log}");
    let ours = concat!("SUCCESS 20", "0 pakn-bridge/", env!("CARGO_PKG_VERSION"), " (+pakn@tinh.gov.vn)");
    assert!(log.contains(ours), "{log}");
    assert!(log.lines().all(|line| line.starts_with("SUCCESS ")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_to_the_authority_or_an_authority_strange_to_us_moves_nothing() {
    let secured = Secured::start().await;
    let world = &secured.world;
    world.sandbox.person_creates(System::Portal, "feedback", &[]);
    // Nobody vouches for the server.
    let strange = Authority::new();
    world.bridge.write("ca.pem", &strange.pem);
    let finished = world.sync().await;
    assert_eq!(finished.code, 3, "{finished:?}");
    assert!(finished.stderr.contains("invalid peer certificate"), "{finished:?}");
    assert_eq!((world.writes(), secured.front.read("access.log").as_str()), (0, ""));
    // Nobody vouches for us.
    world.bridge.write("ca.pem", &secured.authority.pem);
    let ours = strange.issue("cau-noi");
    world.bridge.write("cau.pem", &ours.pem);
    world.bridge.write("bi-mat/khoa-cau", &ours.key);
    assert_ne!(world.sync().await.code, 0);
    let log = secured.front.read("access.log");
    assert!(!log.is_empty() && log.lines().all(|line| line.starts_with("FAILED")), "{log}");
    assert_eq!(world.writes(), 0);
    // The key of another certificate is told before anything is called.
    world.bridge.write("bi-mat/khoa-cau", &secured.authority.issue("ai-do").key);
    let check = world.bridge.run(&["check"]).await.expect(2);
    assert!(check.stderr.contains("C011"), "{check:?}");
    assert!(!check.stderr.contains("PRIVATE KEY"), "{check:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_calls_go_through_the_proxy_and_one_that_refuses_us_is_waited_for() {
    let secured = Secured::start().await;
    let world = &secured.world;
    let proxy = tinyproxy().await;
    let (user, password) = PROXY_LOGIN;
    world.bridge.write("mat-khau", "sai");
    for system in ["tongdai", "dvcqg"] {
        let through = format!(
            "[system.{system}.proxy]\nurl = \"http://127.0.0.1:{}\"\nuser = \"{user}\"\npassword = {{ file = \"mat-khau\" }}\n[system.{system}.limit]",
            proxy.port
        );
        secured.edit(&format!("[system.{system}.setting]"), &format!("{through}\n[system.{system}.setting]"));
    }
    secured.edit("limit = { rate = 0, concurrency = 8, timeout = \"10s\" }\n", "");
    let (hotline, portal) = (System::Hotline, System::Portal);
    world.sandbox.person_creates(hotline, "feedback", &[]);
    world.sandbox.person_creates(portal, "feedback", &[]);
    let refused = world.sync().await;
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("tunnel error") && !refused.stderr.contains("sai"), "{refused:?}");
    assert_eq!(world.writes(), 0);

    world.bridge.write("mat-khau", password);
    world.quiet().await.expect(0);
    world.expect_clean();
    let log = proxy.read("proxy.log");
    let tunnels = format!("CONNECT localhost:{}", secured.front.port);
    let plain = format!("{}/", world.sandbox.urls().portal);
    assert!(log.contains(&tunnels) && log.contains(&plain), "{log}");
}
