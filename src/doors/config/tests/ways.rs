//! The way to a system: certificates, keys, proxies, and secrets that systemd gives.

use std::path::Path;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

use super::super::{Config, Setting};
use super::GOOD;
use crate::words::problem::Problem;
use crate::words::secret::Secret;
use crate::words::side::SystemName;

/// The good config in a folder of its own, with these keys in its first system.
fn load(folder: &Path, keys: &str) -> Result<Config, Vec<Problem>> {
    let text = GOOD.replace("[system.portal]", &format!("{keys}\n[system.portal]"));
    let env = |name: &str| match name {
        "HUB_KEY" => Some("hunter2".to_owned()),
        "CREDENTIALS_DIRECTORY" => folder.to_str().map(str::to_owned),
        _ => None,
    };
    Config::parse(&folder.join("bridge.toml"), &text, &env)
}

/// A folder with a certificate, its key, and the key of another.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["bridge".to_owned()]).unwrap();
    let files = [
        ("own.pem", cert.pem()),
        ("own.key", signing_key.serialize_pem()),
        ("other.key", KeyPair::generate().unwrap().serialize_pem()),
        ("text", "no certificate\n".to_owned()),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const OWN: &str = "certificate = \"own.pem\"\nkey = { credential = \"own.key\" }";

#[test]
fn a_way_is_what_the_deployment_gives() {
    let folder = folder();
    let keys = format!(
        "[system.hub.tls]\nca = \"own.pem\"\n{OWN}\n[system.hub.proxy]\nurl = \"http://p:3128\"\nuser = \"b\"\npassword = {{ env = \"HUB_KEY\" }}"
    );
    let config = load(folder.path(), &keys).unwrap();
    assert!(!format!("{config:?}").contains("PRIVATE"));
    let way = &config.systems[&SystemName::from("hub")].way;
    assert_eq!(way.authorities.len(), 1);
    assert!(way.identity.as_ref().unwrap().reveal().contains("PRIVATE KEY"));
    let proxy = way.proxy.as_ref().unwrap();
    assert_eq!(
        (proxy.url.as_str(), &proxy.login),
        ("http://p:3128", &Some(("b".into(), Secret::new("hunter2".into()))))
    );
    assert_eq!(config.systems[&SystemName::from("portal")].way, crate::words::way::Way::default());
}

#[test]
fn a_way_that_can_t_be_gone_is_told_with_its_mend() {
    let folder = folder();
    for (keys, code, message, mend) in [
        ("[system.hub.tls]\nca = \"none.pem\"", "C011", "can't be read", "readable file"),
        ("[system.hub.tls]\nca = \"text\"", "C011", "holds no certificate", "BEGIN CERTIFICATE"),
        ("[system.hub.tls]\ncertificate = \"own.pem\"", "C004", "`key` is missing", "key"),
        ("[system.hub.tls]\nkey = { file = \"own.key\" }", "C004", "`certificate` is missing", "certificate"),
        ("[system.hub.tls]\ncertificate = \"own.pem\"\nkey = { file = \"text\" }", "C011", "no private key", "PEM"),
        ("[system.hub.tls]\ncertificate = \"own.pem\"\nkey = { file = \"other.key\" }", "C011", "does not fit", "key"),
        ("[system.hub.tls]\nkeys = 1", "C002", "unknown key `keys`", "key"),
        ("[system.hub.proxy]\nurl = \"p:3128\"", "C005", "no address of a proxy", "http://"),
        ("[system.hub.proxy]\nurl = \"http://a:hunter3@p\"", "C005", "login stands in the address", "password"),
        ("[system.hub.proxy]\nurl = \"http://p\"\nuser = \"b\"", "C004", "`password` is missing", "password"),
        ("[system.hub.proxy]\nuser = \"b\"\npassword = { env = \"HUB_KEY\" }", "C004", "`url` is missing", "url"),
    ] {
        let problems = load(folder.path(), keys).expect_err(keys);
        let found = problems.iter().find(|problem| problem.code == code);
        let found = found.unwrap_or_else(|| panic!("{keys}: {problems:#?}"));
        assert!(found.message.contains(message) && found.mend.contains(mend), "{keys}: {found:#?}");
        assert!(!format!("{problems:?}").contains("hunter3"), "{problems:#?}");
    }
}

#[test]
fn a_credential_comes_from_the_folder_that_systemd_names() {
    let folder = folder();
    std::fs::write(folder.path().join("khoa"), "hunter4\n").unwrap();
    let given = |name: &str| {
        let text = GOOD.replace("{ env = \"HUB_KEY\" }", &format!("{{ credential = \"{name}\" }}"));
        let env = |name: &str| (name == "CREDENTIALS_DIRECTORY").then(|| folder.path().to_str().unwrap().to_owned());
        Config::parse(Path::new("/etc/bridge.toml"), &text, &env)
    };
    let key = &given("khoa").unwrap().systems[&SystemName::from("hub")].settings["key"];
    assert_eq!(*key, Setting::Secret(Secret::new("hunter4".into())));
    for (name, message) in [("khoa2", "can't be read"), ("../khoa", "can't name a credential"), ("", "can't name")] {
        let problems = given(name).expect_err(name);
        assert_eq!(problems[0].code, "C007");
        assert!(problems[0].message.contains(message), "{problems:#?}");
    }
    let text = GOOD.replace("{ env = \"HUB_KEY\" }", "{ credential = \"khoa\" }");
    let problems = Config::parse(Path::new("/etc/bridge.toml"), &text, &|_| None).unwrap_err();
    assert!(problems[0].message.contains("CREDENTIALS_DIRECTORY"), "{problems:#?}");
    assert!(problems[0].mend.contains("LoadCredential=khoa:PATH"), "{problems:#?}");
}
