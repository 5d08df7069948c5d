//! Puts the guide's page of each error reason into the binary, as a table of names and texts.

use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../deploy/guide/errors").canonicalize()?;
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
        if let Some(name) = name.filter(|_| path.extension().is_some_and(|ending| ending == "md")) {
            pages.push((name, path));
        }
    }
    pages.sort();
    let mut table = String::from("const PAGES: &[(&str, &str)] = &[\n");
    for (name, path) in pages {
        table.push_str(&format!("    ({name:?}, include_str!({path:?})),\n"));
    }
    table.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("error_pages.rs"), table)?;
    Ok(())
}
