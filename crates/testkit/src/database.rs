//! A database of either kind that lives as long as the test.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::Postgres;

/// Kind of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite, a file in a folder of its own.
    Sqlite,
    /// PostgreSQL, a server of its own on a private socket and a loopback port.
    Postgres,
}

/// A database.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    folder: Option<TempDir>,
    server: Option<Postgres>,
}

impl TestDatabase {
    /// Starts one.
    pub fn new(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                Self { url, folder: Some(folder), server: None }
            }
            Backend::Postgres => {
                let server = Postgres::start();
                let url = server.create("test");
                Self { url, folder: None, server: Some(server) }
            }
        }
    }

    /// Address in the form the settings take.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("test.db"))
    }

    /// The server of a PostgreSQL database.
    pub fn server(&self) -> Option<&Postgres> {
        self.server.as_ref()
    }
}
