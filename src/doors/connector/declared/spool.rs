//! Attachments on their way: bytes go to a temporary name, and get their own name only when they are whole.

use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

use super::super::SpooledFile;
use crate::words::hex::hex;

/// A file that is being received. Dropped before [`Sink::keep`], it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Sink {
    temporary: NamedTempFile,
    file: tokio::fs::File,
    digest: Sha256,
    size: u64,
}

impl Sink {
    /// Begins a file in the spool directory, which is made where it is not there.
    pub(super) async fn begin(spool: &Path) -> io::Result<Self> {
        tokio::fs::create_dir_all(spool).await?;
        let temporary = NamedTempFile::with_prefix_in("receiving-", spool)?;
        let file = tokio::fs::File::from_std(temporary.reopen()?);
        Ok(Self { temporary, file, digest: Sha256::new(), size: 0 })
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// The file is whole: it is flushed to the disk and named by its digest.
    pub(super) async fn keep(mut self, spool: &Path) -> io::Result<SpooledFile> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let sha256 = hex(&self.digest.finalize());
        let path = spool.join(&sha256);
        self.temporary.persist(&path).map_err(|error| error.error)?;
        Ok(SpooledFile { path, size: self.size, sha256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_whole_file_is_named_by_its_digest_and_a_broken_one_leaves_nothing() {
        let spool = tempfile::tempdir().unwrap();
        let mut sink = Sink::begin(spool.path()).await.unwrap();
        sink.write(b"hel").await.unwrap();
        sink.write(b"lo").await.unwrap();
        let kept = sink.keep(spool.path()).await.unwrap();
        assert_eq!(kept.size, 5);
        assert_eq!(kept.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert_eq!(std::fs::read(&kept.path).unwrap(), b"hello");
        let mut broken = Sink::begin(spool.path()).await.unwrap();
        broken.write(b"x").await.unwrap();
        drop(broken);
        assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 1);
    }
}
