//! Where attachments rest between the two sides: a folder of its own for each operation, gone when it is over.

use std::io;
use std::path::Path;

use crate::pure::sync::reference::KEY_DIGITS;

/// Removes what processes that ended left behind: folders that are named like operations, and nothing else that may lie
/// where the config points.
///
/// # Errors
/// Where something is there and can't be looked at or removed.
pub async fn clear_all(spool: &Path) -> io::Result<()> {
    let mut entries = match tokio::fs::read_dir(spool).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_key = name.len() == KEY_DIGITS && name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_key && entry.file_type().await?.is_dir() {
            clear(&entry.path()).await?;
        }
    }
    Ok(())
}

/// Removes what an operation left behind. Nothing there is fine, too.
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

    #[tokio::test]
    async fn a_spool_that_is_somebody_elses_folder_loses_nothing_but_operations() {
        let folder = tempfile::tempdir().unwrap();
        let ours = folder.path().join("0123456789abcdef0123456789abcdef");
        let others = [folder.path().join("photos"), folder.path().join("0123456789ABCDEF0123456789ABCDEF")];
        for folder in others.iter().chain([&ours]) {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(folder.path().join("bridge.db"), "state").unwrap();
        std::fs::write(ours.join("file"), "bytes").unwrap();
        clear_all(folder.path()).await.unwrap();
        clear_all(&folder.path().join("nowhere")).await.unwrap();
        assert!(!ours.exists() && others.iter().all(|folder| folder.exists()));
        assert!(folder.path().join("bridge.db").exists());
    }
}
