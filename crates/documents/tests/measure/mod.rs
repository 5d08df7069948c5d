//! Reads a PDF as poppler's tools see it: pages, words with their places, fonts, ink. Lengths are millimetres from the upper
//! left corner of the page.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::float_arithmetic)]

pub mod sample;

use std::path::{Path, PathBuf};
use std::process::Command;

use minsheng_documents::document::Document;
use minsheng_documents::typeset::{Families, FontSet};

pub const MM: f64 = 25.4 / 72.0;

/// The fonts that `deploy/fonts` brings.
pub fn fonts() -> FontSet {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("fonts");
    FontSet::find(&folder, Families::free())
        .unwrap_or_else(|error| panic!("{error}\nrun deploy/fonts first: it brings the fonts that the tests need"))
}

/// Renders a document and keeps the file for whoever wants to look at it.
pub fn render(name: &str, document: &Document) -> Pdf {
    let bytes = minsheng_documents::render::pdf(document, &fonts()).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(&path, &bytes).unwrap();
    Pdf::open(path)
}

#[derive(Debug, Clone)]
pub struct Word {
    pub text: String,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

#[derive(Debug)]
pub struct Page {
    pub width: f64,
    pub height: f64,
    pub words: Vec<Word>,
}

pub struct Pdf {
    pub path: PathBuf,
    pub pages: Vec<Page>,
}

pub fn tool(name: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(name)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{name} cannot be started ({error}): install Debian's poppler-utils"));
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

impl Pdf {
    pub fn open(path: PathBuf) -> Pdf {
        let listing = tool("pdftotext", &["-bbox", path.to_str().unwrap(), "-"]);
        let listing = String::from_utf8(listing).unwrap();
        let pages = listing.split("<page ").skip(1).map(|page| {
            let words = page.split("<word ").skip(1).map(|word| {
                let (_, text) = word.split_once('>').unwrap();
                Word {
                    text: text.split_once("</word>").unwrap().0.to_owned(),
                    left: attribute(word, "xMin"),
                    top: attribute(word, "yMin"),
                    right: attribute(word, "xMax"),
                    bottom: attribute(word, "yMax"),
                }
            });
            Page { width: attribute(page, "width"), height: attribute(page, "height"), words: words.collect() }
        });
        Pdf { pages: pages.collect(), path }
    }

    pub fn text(&self, page: usize) -> String {
        let number = page.to_string();
        let path = self.path.to_str().unwrap();
        String::from_utf8(tool("pdftotext", &["-f", &number, "-l", &number, path, "-"])).unwrap()
    }

    /// The ink of a page at 10 dots a millimetre or so.
    pub fn ink(&self, page: usize) -> Ink {
        const DOTS: f64 = 254.0;
        let number = page.to_string();
        let path = self.path.to_str().unwrap();
        let image = tool("pdftoppm", &["-r", "254", "-f", &number, "-l", &number, path]);
        let mut parts = image.splitn(4, |byte| *byte == b'\n');
        assert_eq!(parts.next().unwrap(), b"P6");
        let size = String::from_utf8(parts.next().unwrap().to_vec()).unwrap();
        let width: usize = size.split(' ').next().unwrap().parse().unwrap();
        parts.next();
        Ink { width, pixels: parts.next().unwrap().to_vec(), scale: DOTS / 25.4 }
    }
}

fn attribute(element: &str, name: &str) -> f64 {
    let (_, rest) = element.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.parse::<f64>().unwrap() * MM
}

impl Page {
    /// The first word that begins so.
    pub fn word(&self, start: &str) -> &Word {
        let found = self.words.iter().find(|word| word.text.starts_with(start));
        found.unwrap_or_else(|| panic!("no word \"{start}\" in {:?}", self.words))
    }

    /// Lines of words from top to bottom: words whose middle lies within two millimetres.
    pub fn lines(&self) -> Vec<Vec<&Word>> {
        let middle = |word: &Word| f64::midpoint(word.top, word.bottom);
        let mut sorted: Vec<&Word> = self.words.iter().collect();
        sorted.sort_by(|one, other| middle(one).total_cmp(&middle(other)));
        let mut lines: Vec<Vec<&Word>> = Vec::new();
        for word in sorted {
            match lines.last_mut() {
                Some(line) if middle(word) - middle(line[0]) < 2.0 => line.push(word),
                _ => lines.push(vec![word]),
            }
        }
        lines.iter_mut().for_each(|line| line.sort_by(|one, other| one.left.total_cmp(&other.left)));
        lines
    }
}

/// What is printed of a page.
pub struct Ink {
    width: usize,
    pixels: Vec<u8>,
    scale: f64,
}

/// Edges of a mark.
#[derive(Debug, Clone, Copy)]
pub struct Edges {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

pub fn dark(pixel: [u8; 3]) -> bool {
    pixel.iter().map(|part| u32::from(*part)).sum::<u32>() < 384
}

pub fn red(pixel: [u8; 3]) -> bool {
    pixel[0] > 150 && pixel[1] < 100 && pixel[2] < 100
}

impl Ink {
    /// Edges of the pixels of a kind within a part of the page (left, top, right, bottom).
    pub fn edges(&self, within: (f64, f64, f64, f64), kind: fn([u8; 3]) -> bool) -> Option<Edges> {
        let dots = |length: f64| (length * self.scale).round() as usize;
        let (from, to) = (dots(within.0), dots(within.2).min(self.width));
        let height = self.pixels.len() / 3 / self.width;
        let mut edges: Option<(usize, usize, usize, usize)> = None;
        for row in dots(within.1)..dots(within.3).min(height) {
            for column in from..to {
                let at = 3 * (row * self.width + column);
                if kind([self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]) {
                    let known = edges.get_or_insert((column, row, column, row));
                    *known = (known.0.min(column), known.1, known.2.max(column), row);
                }
            }
        }
        let length = |dots: usize| dots as f64 / self.scale;
        edges.map(|(left, top, right, bottom)| Edges {
            left: length(left),
            top: length(top),
            right: length(right + 1),
            bottom: length(bottom + 1),
        })
    }
}

pub fn near(what: &str, value: f64, wanted: f64, tolerance: f64) {
    assert!((value - wanted).abs() <= tolerance, "{what}: {value:.2} mm, not {wanted:.2} ± {tolerance:.2} mm");
}
