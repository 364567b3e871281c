//! Where attachments rest between the two sides: a folder of its own for each operation, gone when it is over.

use std::io;
use std::path::Path;

/// Removes what an operation, or a process that ended, left behind. Nothing there is fine, too.
///
/// # Errors
/// Where something is there and can't be removed.
pub async fn clear(folder: &Path) -> io::Result<()> {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clearing_removes_everything_and_may_find_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("operation");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("file"), "bytes").unwrap();
        clear(&inner).await.unwrap();
        clear(&inner).await.unwrap();
        assert!(!inner.exists());
    }
}
