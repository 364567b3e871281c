//! What several black-box tests share.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

/// Longest that a test waits for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An HTTP client for tests; the process gets its one crypto provider.
pub(crate) fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Fails only if the code under test set the same one before.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
    reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap()
}

/// A shipped mapping file.
pub(crate) fn mapping(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings").join(name)
}
